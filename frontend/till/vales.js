// @ts-check
/**
 * Vales that were spent at this till, for when the server cannot say what is left of one: those of the journal, and the
 * last ones that the server has heard of.
 */

/** Weeks of vales of a busy shop; an older one is asked of the server. */
export const MOST_VALES = 200;
const KEY = 'vales_spent';
const VALE = 'store_credit';

/**
 * @typedef {{code: string, at: string}} SpentVale
 * @typedef {{unsentClp: number, at: string}} SpentHere `unsentClp`: what of it the server has not heard of; `at`: when it
 *   was spent last
 * @typedef {import('./device/journal.js').Entry} Entry
 * @typedef {import('./device/memory.js').Memory} Memory
 */

/**
 * Say what of a vale was spent at this till.
 * @param {readonly Pick<Entry, 'at' | 'body'>[]} unsent
 * @param {readonly SpentVale[]} told
 * @param {string} code
 * @returns {SpentHere | null} null: nothing that this till knows of
 */
export function spentHere(unsent, told, code) {
  const parts = unsent.flatMap(({ at, body }) => valesIn(body).filter((one) => one.reference === code).map((one) => ({ at, clp: one.amount_clp })));
  const last = [...told.filter((one) => one.code === code), ...parts].at(-1);
  return last ? { at: last.at, unsentClp: parts.reduce((sum, { clp }) => sum + clp, 0) } : null;
}

/**
 * @param {Memory} memory
 * @returns {Promise<readonly SpentVale[]>} the last ones that the server has heard of
 */
export async function readSpentVales(memory) {
  return (await memory.read(KEY)) ?? [];
}

/**
 * The server took sales: their vales leave the journal, and are remembered.
 * @param {Memory} memory
 * @param {readonly Pick<Entry, 'at' | 'body'>[]} entries
 */
export async function rememberVales(memory, entries) {
  const spent = entries.flatMap(({ at, body }) => valesIn(body).map(({ reference }) => ({ code: reference, at })));
  if (spent.length === 0) return;
  await memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    const kept = /** @type {SpentVale[]} */ ((await kv.get(KEY)) ?? []);
    await kv.put([...kept, ...spent].slice(-MOST_VALES), KEY);
  });
}

/** @param {any} body @returns {{reference: string, amount_clp: number}[]} */
const valesIn = (body) => (body?.payments ?? []).filter((/** @type {any} */ one) => one.kind === VALE);
