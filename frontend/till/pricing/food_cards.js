// @ts-check
/** What a food card (BAES) may pay: only goods that its programme allows. */

import { Refusal } from './refusals.js';

/** @typedef {Readonly<{amountClp: number, takesCard: boolean}>} FoodLine a line as it is paid, after all discounts */

/**
 * How many pesos of a ticket a food card may pay.
 * @param {readonly FoodLine[]} lines
 * @returns {number}
 */
export function foodCardLimit(lines) {
  return lines.reduce((sum, line) => sum + (line.takesCard ? line.amountClp : 0), 0);
}

/**
 * @param {readonly FoodLine[]} lines
 * @param {number} paidClp
 * @throws {Refusal} not_eligible when it pays more than its lines
 */
export function checkFoodCard(lines, paidClp) {
  if (paidClp > foodCardLimit(lines)) throw new Refusal('not_eligible');
}
