// @ts-check
/** Which of a product's prices holds on a day. */

/**
 * @typedef {Readonly<{list: string, priceClp: number, validFrom: string | null, validTo: string | null}>} PriceRow
 *   a price of one list, from a day on and up to (without) another, as `YYYY-MM-DD`
 */

export const BASE_LIST = 'base';

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
