// @ts-check
/**
 * Deeds that only the server can do and that must not be done twice. Each is kept on the disk, with its uid, from before
 * it is sent until it was answered: asked again after a lost answer, a closed browser or a power cut, it is the same one.
 * One of a kind at a time: the next waits until it is known what became of the one before.
 */

import { Refused } from './office.js';

const KEYS = Object.freeze({ back: 'asked_return', mail: 'asked_mail' });
/** A session, a clock, too many at once, a wait: none of them says that the deed was not done. */
const UNSURE = [401, 408, 425, 429];
const CLIENT_ERRORS = 400;
const SERVER_ERRORS = 500;

/**
 * @typedef {keyof typeof KEYS} Kind
 * @typedef {{uid: string} & Record<string, any>} Asked plain values, with all that the answer will be shown with
 * @typedef {import('./memory.js').Memory} Memory
 */

/**
 * Keep a deed before it is asked for.
 * @param {Memory} memory
 * @param {Kind} kind
 * @param {Asked} asked
 * @returns {Promise<Asked>} the one to ask for: this one, or the one that still waits for its answer
 */
export function keepAsked(memory, kind, asked) {
  return memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    const waiting = await kv.get(KEYS[kind]);
    if (waiting) return waiting;
    await kv.put(asked, KEYS[kind]);
    return asked;
  });
}

/**
 * @param {Memory} memory
 * @param {Kind} kind
 * @returns {Promise<Asked | null>} what was not answered
 */
export async function readAsked(memory, kind) {
  return (await memory.read(KEYS[kind])) ?? null;
}

/**
 * It was answered, and its paper handed over; another one that came after it stays.
 * @param {Memory} memory
 * @param {Kind} kind
 * @param {string} uid
 */
export function forgetAsked(memory, kind, uid) {
  return memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    if ((await kv.get(KEYS[kind]))?.uid === uid) await kv.delete(KEYS[kind]);
  });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the server said no to the deed itself: it was not done, and never will be by this uid
 */
export function isRefusal(error) {
  if (!(error instanceof Refused)) return false;
  const { status } = error;
  return status >= CLIENT_ERRORS && status < SERVER_ERRORS && !UNSURE.includes(status);
}
