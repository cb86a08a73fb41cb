// @ts-check
/**
 * Integer arithmetic of the till: pesos are integers, quantities are integer thousandths.
 *
 * Products of a quantity and a price stay below 2^53 under the limits here, so plain numbers are exact.
 */

/** One unit (or one kilo) in thousandths. */
export const MILLI = 1000;
/** Largest quantity of a line, in thousandths: below 100.000 units or kilos. */
export const MAX_QUANTITY_MILLI = 99_999_999;
/** Largest price the arithmetic accepts: below 10 million pesos. */
export const MAX_PRICE_CLP = 9_999_999;

/**
 * Divide two non-negative integers, half up.
 * @param {number} numerator
 * @param {number} denominator
 * @returns {number}
 */
export function divideHalfUp(numerator, denominator) {
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}

/**
 * Round quantity × price to whole pesos, half up.
 * @param {number} quantityMilli
 * @param {number} priceClp
 * @returns {number}
 */
export function lineAmount(quantityMilli, priceClp) {
  return divideHalfUp(quantityMilli * priceClp, MILLI);
}

/**
 * Split an amount over weights by largest remainder, ties by order; the parts sum to the whole.
 * @param {number} amountClp
 * @param {readonly number[]} weights
 * @returns {number[]}
 */
export function splitClp(amountClp, weights) {
  const sum = weights.reduce((total, weight) => total + BigInt(weight), 0n);
  if (sum === 0n) return weights.map(() => 0);
  const parts = weights.map((weight, order) => {
    const product = BigInt(amountClp) * BigInt(weight);
    return { order, whole: Number(product / sum), rest: product % sum };
  });
  let missing = amountClp - parts.reduce((total, part) => total + part.whole, 0);
  const byRest = [...parts].sort((a, b) => (a.rest === b.rest ? a.order - b.order : a.rest < b.rest ? 1 : -1));
  for (const part of byRest) {
    if (missing === 0) break;
    part.whole += 1;
    missing -= 1;
  }
  return parts.map((part) => part.whole);
}

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
