// @ts-check
/**
 * Trying a person's PIN on this device, so that one way works with and without a network. A PIN says who did something;
 * it keeps nothing from who holds the disk (docs/adr/0012).
 */

import { toBase64, utf8 } from './bytes.js';

const KEPT_AS = 'pin_tries';
const MOST_TRIES = 5;
const PAUSE_MS = 60_000;
const HASH_BITS = 256;

/**
 * @typedef {Record<number, {wrong: number, until: number}>} Tries wrong ones in a row by person; `until`: the end of the
 *   pause, by the till's clock
 * @typedef {'right' | 'wrong' | 'paused'} Verdict
 */

/**
 * Compare a PIN with what Django kept of it.
 * @param {string} kept `pbkdf2_sha256$iterations$salt$hash`
 * @param {string} pin
 * @returns {Promise<boolean>} false for a text that is none of Django's
 */
export async function isPin(kept, pin) {
  const [algorithm, iterations, salt, hash] = kept.split('$');
  if (algorithm !== 'pbkdf2_sha256' || !/^[1-9]\d*$/.test(iterations) || !hash) return false;
  const source = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveBits']);
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: utf8(salt), iterations: Number(iterations) };
  return toBase64(await crypto.subtle.deriveBits(derivation, source, HASH_BITS)) === hash;
}

/**
 * Try a person's PIN; after five wrong ones in a row that person waits a minute, also over a restart.
 * @param {import('./memory.js').Memory} memory
 * @param {import('./clock.js').Clock} clock
 * @param {{id: number, pin: string}} person
 * @param {string} pin
 * @returns {Promise<Verdict>}
 */
export async function tryPin(memory, clock, person, pin) {
  const { until = 0 } = (await readTries(memory))[person.id] ?? {};
  if (clock.now() < until) return 'paused';
  const isRight = await isPin(person.pin, pin);
  return memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    /** @type {Tries} */
    const tries = (await kv.get(KEPT_AS)) ?? {};
    const { [person.id]: own = { wrong: 0, until: 0 }, ...others } = tries;
    if (isRight) {
      await kv.put(others, KEPT_AS);
      return 'right';
    }
    const wrong = own.wrong + 1;
    const isOver = wrong >= MOST_TRIES;
    const next = { wrong: isOver ? 0 : wrong, until: isOver ? clock.now() + PAUSE_MS : 0 };
    await kv.put({ ...others, [person.id]: next }, KEPT_AS);
    return isOver ? 'paused' : 'wrong';
  });
}

/**
 * @param {import('./memory.js').Memory} memory
 * @returns {Promise<Tries>}
 */
async function readTries(memory) {
  return (await memory.read(KEPT_AS)) ?? {};
}
