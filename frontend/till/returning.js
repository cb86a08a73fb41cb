// @ts-check
/** What of a past sale goes back: pieces and kilos of its lines, at the prices of the sale. */

import { quantity } from '../common/format.js';
import { parseQuantity, quantityText } from './money.js';

/**
 * @typedef {{position: number, name: string, unit: 'un' | 'kg', leftMilli: number, soldMilli: number, amountClp: number,
 *   takeMilli: number}} BackRow
 */

/**
 * @param {readonly any[]} lines of a past sale, as the server tells them
 * @returns {BackRow[]} those of which something may still go back
 */
export function backRows(lines) {
  return lines
    .map(({ position, name, unit, quantity: sold, amount_clp: amountClp, left }) => ({
      ...{ position, name, unit, amountClp, takeMilli: 0 },
      ...{ leftMilli: parseQuantity(left) ?? 0, soldMilli: parseQuantity(sold) ?? 0 },
    }))
    .filter(({ leftMilli }) => leftMilli > 0);
}

/**
 * Take so much of a line back; pieces only whole, and never more than is left.
 * @param {readonly BackRow[]} rows
 * @param {number} position
 * @param {string} text
 * @returns {BackRow[] | null} null: that cannot go back
 */
export function takeRow(rows, position, text) {
  const milli = text.trim() === '' ? 0 : parseQuantity(text);
  const row = rows.find((one) => one.position === position);
  if (milli === null || !row || milli > row.leftMilli || (row.unit !== 'kg' && milli % 1000 !== 0)) return null;
  return rows.map((one) => (one === row ? { ...one, takeMilli: milli } : one));
}

/** @param {readonly BackRow[]} rows @returns {BackRow[]} all that may go back */
export const takeAll = (rows) => rows.map((row) => ({ ...row, takeMilli: row.leftMilli }));

/**
 * @param {readonly BackRow[]} rows
 * @returns {{position: number, quantity: string}[]} as the server reads them
 */
export function toldLines(rows) {
  return rows.filter(({ takeMilli }) => takeMilli > 0).map(({ position, takeMilli }) => ({ position, quantity: quantityText(takeMilli) }));
}

/**
 * @param {readonly BackRow[]} rows
 * @returns {{name: string, quantity: string}[]} as a slip names them
 */
export function namedBack(rows) {
  return rows.filter(({ takeMilli }) => takeMilli > 0).map(({ name, unit, takeMilli }) => ({ name, quantity: quantity(takeMilli, unit) }));
}

/**
 * About how much goes back; to the peso only the server says it, which knows what went back before.
 * @param {readonly BackRow[]} rows
 * @returns {number}
 */
export function aboutClp(rows) {
  return rows.reduce((sum, { amountClp, soldMilli, takeMilli }) => sum + Math.floor((amountClp * takeMilli * 2 + soldMilli) / (2 * soldMilli)), 0);
}

/** @param {BackRow} row */
export function takenText({ unit, takeMilli, leftMilli }) {
  return takeMilli === 0 ? `de ${quantity(leftMilli, unit)}` : `${quantity(takeMilli, unit)} de ${quantity(leftMilli, unit)}`;
}
