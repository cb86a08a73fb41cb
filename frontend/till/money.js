// @ts-check
/** Amounts and quantities as people type them and the server reads them; their limits. */

import { MILLI } from './pricing/amounts.js';

/** Largest quantity of a line, in thousandths: below 100.000 units or kilos. */
export const MAX_QUANTITY_MILLI = 99_999_999;
/** More cash than this is in no drawer; the server takes no more either. */
export const MOST_CASH_CLP = 100_000_000;
/** Largest price the arithmetic accepts: below 10 million pesos. */
export const MAX_PRICE_CLP = 9_999_999;

/**
 * Read a quantity with at most three decimals, comma or dot, as thousandths.
 * @param {string} text
 * @returns {number | null} null when the text is not such a number
 */
export function parseQuantity(text) {
  const match = /^(\d{1,5})?(?:[.,](\d{0,3}))?$/.exec(text.trim());
  if (!match || (match[1] === undefined && !match[2])) return null;
  return Number(match[1] ?? 0) * MILLI + Number((match[2] ?? '').padEnd(3, '0'));
}

/**
 * Write thousandths as the server reads them: `"2"`, `"0.455"`.
 * @param {number} quantityMilli
 * @returns {string}
 */
export function quantityText(quantityMilli) {
  const whole = Math.floor(quantityMilli / MILLI);
  const rest = quantityMilli % MILLI;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, '0')}`;
}

/**
 * Read pesos typed with or without dots and sign.
 * @param {string} text
 * @returns {number | null} null when the text is not an amount of up to nine digits
 */
export function parseClp(text) {
  const digits = text.replace(/[\s.$]/g, '');
  return /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}
