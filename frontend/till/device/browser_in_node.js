// @ts-check
/** For tests: a database in memory, a clock somebody can set, an office that hands out folios. No part of the till. */

import 'fake-indexeddb/auto';
import { generateKeyPairSync } from 'node:crypto';
import { createUidSource } from '../uid.js';
import { toBase64, utf8 } from './bytes.js';
import { createClock } from './clock.js';
import { createJournal } from './journal.js';
import { keepLease } from './leases.js';
import { openMemory } from './memory.js';

export const NOON = Date.parse('2026-11-22T15:00:00.000Z');
const STAMPING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' };

let made = 0;

/** @returns {string} a database that no other test has */
export const freshName = () => `caja-${(made += 1)}`;

/** @param {number} [start] */
export function handClock(start = NOON) {
  const hands = { device: start, ticks: 0 };
  return {
    hands,
    clock: createClock({ now: () => hands.device, ticks: () => hands.ticks }),
    /** @param {number} ms let time pass */
    pass(ms) {
      hands.device += ms;
      hands.ticks += ms;
    },
  };
}

/** @returns {import('./journal.js').Lock} one at a time, in the order of asking, as Web Locks do */
export function oneAtATime() {
  let last = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.then(
      () => {},
      () => {},
    );
    return mine;
  };
}

/** @type {import('./journal.js').Lock} */
export const noLock = (work) => work();

/** A folio key as the SII makes them: 512 bits, exponent 3. */
export function folioKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 512, publicExponent: 3 });
  return new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
}

/**
 * @param {{first: number, last: number, kind?: number}} range
 * @returns {string}
 */
export function cafElement({ first, last, kind = 39 }) {
  return (
    `<CAF version="1.0"><DA><RE>76918245-4</RE><RS>DOÑA ROSA</RS><TD>${kind}</TD><RNG><D>${first}</D><H>${last}</H></RNG>` +
    '<FA>2026-01-02</FA><RSAPK><M>AA==</M><E>Aw==</E></RSAPK><IDK>900</IDK></DA>' +
    '<FRMA algoritmo="SHA1withRSA">AA==</FRMA></CAF>'
  );
}

/**
 * Wrap a folio key for a device, as the server does.
 * @param {{uid: string, kind: number, first: number, last: number}} block
 * @param {{device_uid: string, wrap_key: string}} device
 * @param {Uint8Array<ArrayBuffer>} pkcs8
 * @returns {Promise<import('./keys.js').Lease>}
 */
export async function wrapLease(block, device, pkcs8) {
  const curve = { name: 'ECDH', namedCurve: 'P-256' };
  const own = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  const point = Uint8Array.from(Buffer.from(device.wrap_key, 'base64'));
  const theirs = await crypto.subtle.importKey('raw', point, curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own.privateKey, 256);
  const source = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8('caf') };
  const key = await crypto.subtle.deriveKey(derivation, source, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const additionalData = utf8(`${block.uid}|${block.kind}|${block.first}|${block.last}|${device.device_uid}`);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, pkcs8));
  return {
    ...block,
    caf: cafElement(block),
    key: toBase64(new Uint8Array([...salt, ...iv, ...sealed])),
    wrapped_by: toBase64(await crypto.subtle.exportKey('raw', own.publicKey)),
  };
}

/**
 * A till that is open, with one block of folios.
 * @param {{name?: string, time?: ReturnType<typeof handClock>, lock?: import('./journal.js').Lock,
 *   stamp?: typeof import('./stamp.js').makeTed, blocks?: [number, number][]}} [given]
 */
export async function openTill({ name = freshName(), time = handClock(), lock = oneAtATime(), stamp, blocks = [[1, 100]] } = {}) {
  const memory = await openMemory(name);
  const newUid = createUidSource(time.clock.now, (bytes) => crypto.getRandomValues(bytes));
  for (const [first, last] of blocks) {
    const uid = `lease-${first}`;
    const key = await crypto.subtle.importKey('pkcs8', folioKey(), STAMPING, false, ['sign']);
    const lease = { uid, kind: 39, first, last, caf: cafElement({ first, last }), key: '', wrapped_by: '' };
    await keepLease(memory, lease, key, time.clock.now());
  }
  const journal = createJournal({ memory, clock: time.clock, newUid, lock, ...(stamp ? { stamp } : {}) });
  return { name, time, memory, journal, lock, newUid };
}

/** @returns {import('./journal.js').Sold} */
export function bread() {
  return {
    shift_uid: 'shift-1',
    lines: [
      { product_id: 1, name: 'Pan marraqueta', unit: 'kg', quantity: '0.500', price_clp: 1980, exempt: false, discount_clp: 0, amount_clp: 990 },
    ],
    payments: [{ kind: 'cash', amount_clp: 1000, reference: '' }],
    total_clp: 990,
  };
}
