// @ts-check
/** The shop's customers in memory: found by name, alias, phone or RUT; what the server tells is kept as its rows. */

import { fold } from './search.js';

/**
 * @typedef {Readonly<{id: number, rut: string, name: string, alias: string, limitClp: number, debtClp: number,
 *   priceList: string | null, phone: string}>} Customer
 * @typedef {{rev: number, rows: any[][]}} CustomerRows
 * @typedef {CustomerRows & {base: number | null, gone: number[]}} CustomerNews `base` null: these are all of them
 */

/**
 * Put news into the rows we have. What builds on other rows than ours was overtaken by a later answer: taken for
 * everybody, a few changed customers would be all that is left.
 * @param {CustomerRows | null} kept
 * @param {CustomerNews} news
 * @returns {CustomerRows | null} the kept ones when the news do not fit them
 */
export function withCustomerNews(kept, { rev, base, rows, gone }) {
  if (base === null) return { rev, rows };
  if (base !== kept?.rev) return kept;
  const away = new Set([...gone, ...rows.map(([id]) => id)]);
  return { rev, rows: [...kept.rows.filter(([id]) => !away.has(id)), ...rows] };
}

/**
 * @param {readonly any[][]} rows
 */
export function createCustomers(rows) {
  const all = rows.map(customerOf).sort(byName);
  const byId = new Map(all.map((one) => [one.id, one]));
  const folded = all.map(({ name, alias, rut, phone }) => fold(`${name} ${alias} ${rut} ${phone.replace(/\D/g, '')}`));
  return Object.freeze({
    size: all.length,
    /** @param {number} id */
    find: (id) => byId.get(id) ?? null,
    /**
     * @param {string} text
     * @param {number} limit
     * @returns {Customer[]} by name; the first ones for no text
     */
    search(text, limit) {
      const words = wordsOf(text);
      return all.filter((_, place) => words.every((word) => folded[place].includes(word))).slice(0, limit);
    },
  });
}

/** @typedef {ReturnType<typeof createCustomers>} Customers */

/**
 * Numbers are found however they are written: `11.222.333-4` is one word, and so is `+56 9 1234`.
 * @param {string} text
 */
function wordsOf(text) {
  const plain = fold(text);
  if (/^[\d.+\s-]+k?$/.test(plain)) return [plain.replace(/[.+\s]/g, '')].filter(Boolean);
  return plain.split(/\s+/).filter(Boolean);
}

/**
 * @param {any[]} row
 * @returns {Customer}
 */
function customerOf([id, rut, name, alias, limitClp, debtClp, priceList, phone]) {
  const list = priceList === null || priceList === undefined ? null : String(priceList);
  return Object.freeze({ id, rut: rut ?? '', name, alias: alias ?? '', limitClp, debtClp, priceList: list, phone: phone ?? '' });
}

/**
 * @param {Customer} one
 * @param {Customer} other
 */
function byName(one, other) {
  return one.name.localeCompare(other.name, 'es') || one.id - other.id;
}
