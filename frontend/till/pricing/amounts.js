// @ts-check
/**
 * Exact integer arithmetic: pesos are integers, quantities thousandths, percents hundredths.
 *
 * Plain numbers wherever a product surely fits in 2^53, BigInt where it might not: never a rounded float.
 */

/** One unit (or one kilo) in thousandths. */
export const MILLI = 1000;
/** All of it, in hundredths of a percent. */
export const WHOLE = 10_000;

/**
 * Multiply two integers and divide by a third above zero, half away from zero.
 * @param {number} a
 * @param {number} b
 * @param {number} divisor
 * @returns {number}
 */
export function scaleHalfUp(a, b, divisor) {
  const sign = a < 0 !== b < 0 ? -1 : 1;
  const doubled = 2 * Math.abs(a) * Math.abs(b) + divisor;
  if (Number.isSafeInteger(doubled)) return sign * Math.floor(doubled / (2 * divisor)) + 0;
  const exact = 2n * BigInt(Math.abs(a)) * BigInt(Math.abs(b)) + BigInt(divisor);
  return sign * Number(exact / (2n * BigInt(divisor)));
}

/**
 * Price thousandths of a unit, in whole pesos.
 * @param {number} milli
 * @param {number} priceClp
 * @returns {number}
 */
export function grossClp(milli, priceClp) {
  return scaleHalfUp(milli, priceClp, MILLI);
}

/**
 * Take hundredths of a percent of an amount, in whole pesos.
 * @param {number} amountClp
 * @param {number} hundredths
 * @returns {number}
 */
export function percentOf(amountClp, hundredths) {
  return scaleHalfUp(amountClp, hundredths, WHOLE);
}

/**
 * Compare a · b with c · d exactly.
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @returns {number} below zero, zero or above
 */
export function compareProducts(a, b, c, d) {
  const [mine, theirs] = [a * b, c * d];
  if (Number.isSafeInteger(mine) && Number.isSafeInteger(theirs)) return mine - theirs;
  const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * Split an amount over weights by largest remainder, ties to the earlier; the parts sum to the whole.
 * @param {number} amountClp zero or more
 * @param {readonly number[]} weights zero or more each, and one above zero when there is something to split
 * @returns {number[]}
 */
export function splitClp(amountClp, weights) {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) {
    if (amountClp !== 0) throw new RangeError('nothing to split the amount over');
    return weights.map(() => 0);
  }
  const parts = weights.map((weight, order) => shareOf(amountClp, weight, sum, order));
  let missing = amountClp - parts.reduce((total, part) => total + part.whole, 0);
  const byRest = [...parts].sort((a, b) => b.rest - a.rest || a.order - b.order);
  for (const part of byRest) {
    if (missing === 0) break;
    part.whole += 1;
    missing -= 1;
  }
  return parts.map((part) => part.whole);
}

/**
 * @param {number} amountClp
 * @param {number} weight
 * @param {number} sum
 * @param {number} order
 */
function shareOf(amountClp, weight, sum, order) {
  const product = amountClp * weight;
  if (Number.isSafeInteger(product)) return { order, whole: Math.floor(product / sum), rest: product % sum };
  const exact = BigInt(amountClp) * BigInt(weight);
  return { order, whole: Number(exact / BigInt(sum)), rest: Number(exact % BigInt(sum)) };
}
