// @ts-check
/** Which of a product's prices holds on a day. */

/**
 * @typedef {Readonly<{list: string, priceClp: number, validFrom: string | null, validTo: string | null}>} PriceRow
 *   a price of one list, from a day on and up to (without) another, as `YYYY-MM-DD`
 */

export const BASE_LIST = 'base';

/**
 * The lists in which a price is looked for; the first that has one wins.
 * @param {string | null} customer
 * @param {string | null} branch
 * @returns {string[]}
 */
export function listOrder(customer, branch) {
  return [...new Set([customer, branch, BASE_LIST].filter((list) => list !== null))];
}

/**
 * All prices of a product as the catalogue tells them: its own, and `[list, pesos, from, to]` of each list.
 * @param {number} baseClp
 * @param {readonly (readonly [number, number, string | null, string | null])[]} listed
 * @returns {PriceRow[]}
 */
export function pricesOf(baseClp, listed) {
  const own = { list: BASE_LIST, priceClp: baseClp, validFrom: null, validTo: null };
  return [...listed.map(([list, priceClp, validFrom, validTo]) => ({ list: String(list), priceClp, validFrom, validTo })), own];
}

/**
 * Find the price of the first list that has one on that day. Within a list the latest start wins, then the lower price.
 * @param {readonly PriceRow[]} rows
 * @param {readonly string[]} lists
 * @param {string} day
 * @returns {number | null}
 */
export function findPrice(rows, lists, day) {
  for (const list of lists) {
    let best = null;
    for (const row of rows) {
      if (row.list === list && holds(row, day) && (best === null || isNewer(row, best))) best = row;
    }
    if (best !== null) return best.priceClp;
  }
  return null;
}

/**
 * @param {PriceRow} row
 * @param {string} day
 */
function holds(row, day) {
  return (row.validFrom === null || row.validFrom <= day) && (row.validTo === null || day < row.validTo);
}

/**
 * @param {PriceRow} row
 * @param {PriceRow} best
 */
function isNewer(row, best) {
  const [mine, theirs] = [row.validFrom ?? '', best.validFrom ?? ''];
  return mine === theirs ? row.priceClp < best.priceClp : mine > theirs;
}
