// @ts-check
/**
 * The device's two key pairs. ECDSA signs what it sends; ECDH opens the folio keys sent to it. Scripts can use them and
 * cannot read them (docs/algorithms/offline.md, "What the key protects").
 */

import { fromBase64, toBase64, toHex, utf8 } from './bytes.js';

/**
 * @typedef {{deviceUid: string, sign: CryptoKeyPair, wrap: CryptoKeyPair}} DeviceKeys
 * @typedef {{uid: string, kind: number, first: number, last: number, caf: string, key: string, wrapped_by: string}} Lease
 *   as the server sends it
 */

const KEPT_AS = 'keys';
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const STAMPING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' };

/**
 * @param {string} deviceUid
 * @returns {Promise<DeviceKeys>}
 */
export async function makeKeys(deviceUid) {
  const [sign, wrap] = await Promise.all([
    crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
    crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']),
  ]);
  return { deviceUid, sign, wrap };
}

/**
 * Read this device's keys, or make them: one pair of pairs per browser profile and company.
 * @param {import('./memory.js').Memory} memory
 * @param {() => string} newUid
 * @returns {Promise<DeviceKeys>}
 */
export async function keepKeys(memory, newUid) {
  const made = (await readKeys(memory)) ?? (await makeKeys(newUid()));
  return memory.write(['kv'], async (tx) => {
    const store = tx.objectStore('kv');
    // Another page may have made them meanwhile; the first ones stay.
    const kept = await store.get(KEPT_AS);
    if (!kept) await store.put(made, KEPT_AS);
    return kept ?? made;
  });
}

/**
 * @param {import('./memory.js').Memory} memory
 * @returns {Promise<DeviceKeys | undefined>}
 */
export const readKeys = (memory) => memory.read(KEPT_AS);

/**
 * What the server is told at enrolment.
 * @param {DeviceKeys} keys
 * @returns {Promise<{device_uid: string, sign_key: string, wrap_key: string}>}
 */
export async function publicKeys({ deviceUid, sign, wrap }) {
  const [spki, point] = await Promise.all([
    crypto.subtle.exportKey('spki', sign.publicKey),
    crypto.subtle.exportKey('raw', wrap.publicKey),
  ]);
  return { device_uid: deviceUid, sign_key: toBase64(spki), wrap_key: toBase64(point) };
}

/**
 * Sign a request.
 * @param {DeviceKeys} keys
 * @param {{method: string, path: string, body: string, at: number}} request path as sent, query included; `at` by the
 *   corrected clock
 * @returns {Promise<Record<string, string>>} the headers
 */
export async function signRequest({ deviceUid, sign }, { method, path, body, at }) {
  const hour = new Date(at).toISOString();
  const digest = toHex(await crypto.subtle.digest('SHA-256', utf8(body)));
  const text = utf8(`${method}\n${path}\n${hour}\n${digest}`);
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, sign.privateKey, text);
  return { 'X-Caja-Equipo': deviceUid, 'X-Caja-Hora': hour, 'X-Caja-Firma': toBase64(signature) };
}

/**
 * Open the folio key of a lease. The browser gives it to no script, this one included.
 * @param {Lease} lease
 * @param {DeviceKeys} keys
 * @returns {Promise<CryptoKey>} rejects when the lease is not this device's, or was changed on its way
 */
export async function openLease(lease, { deviceUid, wrap }) {
  const sealed = fromBase64(lease.key);
  const salt = sealed.slice(0, SALT_BYTES);
  const iv = sealed.slice(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
  const point = fromBase64(lease.wrapped_by);
  const sender = await crypto.subtle.importKey('raw', point, { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: sender }, wrap.privateKey, 256);
  const source = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8('caf') };
  const opener = await crypto.subtle.deriveKey(derivation, source, { name: 'AES-GCM', length: 256 }, false, ['unwrapKey']);
  const additionalData = utf8([lease.uid, lease.kind, lease.first, lease.last, deviceUid].join('|'));
  const envelope = { name: 'AES-GCM', iv, additionalData };
  const ciphertext = sealed.slice(SALT_BYTES + NONCE_BYTES);
  return crypto.subtle.unwrapKey('pkcs8', ciphertext, opener, envelope, STAMPING, false, ['sign']);
}
