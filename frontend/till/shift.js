// @ts-check
/** The shift as this till knows it: what it did itself counts until the server has heard of it. */

/** Where the device keeps what it did to its shift, with the number of that event. */
export const SHIFT_HERE = 'shift_here';
/** Notes and coins in use, largest first. Source: Ley 20.956, artículo 1. */
export const DENOMINATIONS = Object.freeze([20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10]);
const MOST_PIECES = 9_999;

/**
 * @typedef {{uid: string, opened_at: string, cashier: {id: number, name: string}}} Shift
 * @typedef {{seq: number, shift: Shift | null}} ShiftHere
 */

/**
 * Give the shift that is open.
 * @param {{shift?: Shift | null, last_seq?: number} | null} office what the server last said, and up to which event it knew
 * @param {ShiftHere | null} here the last thing done here
 * @returns {Shift | null}
 */
export function shiftNow(office, here) {
  if (here && (office?.last_seq ?? 0) < here.seq) return here.shift;
  return office?.shift ?? null;
}

/**
 * @param {Readonly<Record<number, number>>} counts how many of each value
 * @returns {number} pesos
 */
export function drawerSum(counts) {
  return DENOMINATIONS.reduce((sum, value) => sum + value * (counts[value] ?? 0), 0);
}

/**
 * Read how many there are of one value.
 * @param {string} text
 * @returns {number | null} null: no such number
 */
export function readPieces(text) {
  if (text === '') return 0;
  return /^\d{1,4}$/.test(text) && Number(text) <= MOST_PIECES ? Number(text) : null;
}

/**
 * @param {Readonly<Record<number, number>>} counts
 * @returns {Record<string, number>} those that are there, as the journal tells them
 */
export function toldCounts(counts) {
  return Object.fromEntries(DENOMINATIONS.filter((value) => counts[value] > 0).map((value) => [String(value), counts[value]]));
}
