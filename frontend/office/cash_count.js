// @ts-check
/** Counts a drawer by notes and coins; the sum goes into the field that is sent. */

import { clp, whole } from '../common/format.js';

/** Notes and coins in use, largest first. */
const DENOMINATIONS = [20_000, 10_000, 5000, 2000, 1000, 500, 100, 50, 10];
const MOST = 9999;

/**
 * Add up a drawer.
 * @param {ReadonlyMap<number, number>} counts how many of each value
 * @returns {number} pesos
 */
export function drawerSum(counts) {
  return [...counts].reduce((sum, [value, count]) => sum + value * count, 0);
}

/**
 * @param {ReadonlyMap<number, number>} counts
 */
function rowsOf(counts) {
  return DENOMINATIONS.map((value) => {
    const count = counts.get(value) ?? 0;
    return { value, count, name: clp(value), shown: count === 0 ? '' : String(count), sum: clp(value * count) };
  });
}

/** @returns {Record<string, any>} the Alpine component */
export function cashCount() {
  /** @type {Map<number, number>} */
  const counts = new Map();
  return {
    rows: rowsOf(counts),

    /**
     * @param {number} value
     * @param {number} step
     */
    add(value, step) {
      this.put(value, (counts.get(value) ?? 0) + step);
    },

    /**
     * @param {number} value
     * @param {string} text
     */
    set(value, text) {
      this.put(value, Number(text.replace(/\D/g, '').slice(0, 4)));
    },

    /**
     * @param {number} value
     * @param {number} count
     */
    put(value, count) {
      counts.set(value, Math.min(Math.max(count, 0), MOST));
      this.rows = rowsOf(counts);
      this.$refs.counted.value = whole(drawerSum(counts));
    },
  };
}
