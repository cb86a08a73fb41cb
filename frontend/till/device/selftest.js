// @ts-check
/**
 * Can this browser sell without a network? Everything a sale needs is done once with a key that opens nothing, and
 * compared with what it must give, before a customer stands there.
 */

import { toBase64, utf8 } from './bytes.js';
import { makeKeys, openLease, publicKeys } from './keys.js';
import { localSecond } from './santiago.js';

/** 512 bits, exponent 3, made for this test alone. */
const TRIAL_KEY =
  'MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA1rk6mdP7RSioJ41VbfG/Oa5XQ05rGl2Z4+K7XZLr2Lfe5srzDOqvgUq7IaJD' +
  'bQZRAJ6gxUWHeEORC6EdEjKLEQIBAwJBAI8mJxE3/NjFxW+zjklL1NEe5NeJnLw+ZpfsfOkMnTskBffBsgOXOjojdd1MW30qsSHERs1Q2KkB' +
  '6AU2qcYgOiMCIQD6mEmeWaj98i++Vygj1BwVAOBVI3ERYrd2p4bZZHn7qwIhANta3smt3to35cv+h5ZdKjJNF+Ft2zEYCT5cSEUEiDgzAiEA' +
  'pxAxFDvF/qF1KY9wF+K9Y1Xq42z2C5ck+cUEkO2mp8cCIQCSPJSGc+nmz+6H/wUO6MbMM2VA8+d2EAYpktrYrbAldwIhAMPs/ChOqbuU+6l1' +
  'ATt1Xq4xBStx4A2rssWr+NIbrrb0';
const TRIAL_TEXT = 'Almacen Dona Rosa';
const TRIAL_SIGNATURE = 'O5HbGtAJ9ykUAap5bSvMqF9zwoF2Z34q06CzsNqklMapewPkXBucy060eTlIzyk5UICV7LGxu3RPas6XhkO9qg==';

/** Two nights on which an old zone table or a missing one shows. */
const TRIAL_INSTANTS = [
  [Date.UTC(2026, 8, 6, 4), '2026-09-06T01:00:00'],
  [Date.UTC(2026, 3, 5, 3, 30), '2026-04-04T23:30:00'],
];

const NO = ' Esta caja vende sólo con conexión.';
const WORDS = {
  insecure: `La dirección de la caja no es segura (https).${NO} Pide a quien administra que la active.`,
  no_locks: `Este navegador es antiguo.${NO} Actualízalo.`,
  old_zone: `Este navegador no conoce la hora de Chile.${NO} Actualízalo.`,
  no_memory: `Este navegador no guarda datos (¿ventana privada?).${NO} Abre la caja en una ventana normal.`,
  no_stamp: `Este navegador no puede timbrar boletas.${NO} Usa Chrome, Edge o Firefox al día.`,
};

/** @typedef {{able: true} | {able: false, code: keyof typeof WORDS, words: string}} Ability */

/**
 * @param {import('./memory.js').Memory | null} memory null when it could not be opened
 * @param {{locks?: unknown, crypto?: Crypto}} [browser]
 * @returns {Promise<Ability>}
 */
export async function testSelling(memory, browser = { locks: navigator.locks, crypto: globalThis.crypto }) {
  if (!browser.crypto?.subtle) return unable('insecure');
  if (!browser.locks) return unable('no_locks');
  if (TRIAL_INSTANTS.some(([instant, second]) => localSecond(Number(instant)).second !== second)) return unable('old_zone');
  if (!memory) return unable('no_memory');
  try {
    return (await stampOnce(memory)) === TRIAL_SIGNATURE ? { able: true } : unable('no_stamp');
  } catch {
    return unable('no_stamp');
  }
}

/**
 * @param {keyof typeof WORDS} code
 * @returns {Ability}
 */
const unable = (code) => ({ able: false, code, words: WORDS[code] });

/**
 * The whole way of a folio key: sealed for a device, opened, kept on the disk, read back, used.
 * @param {import('./memory.js').Memory} memory
 */
async function stampOnce(memory) {
  const keys = await makeKeys('trial');
  const key = await openLease(await sealTrial(keys), keys);
  await memory.keep('trial', key);
  const kept = await memory.read('trial');
  await memory.drop('trial');
  return toBase64(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', kept, utf8(TRIAL_TEXT)));
}

/**
 * @param {import('./keys.js').DeviceKeys} keys
 * @returns {Promise<import('./keys.js').Lease>}
 */
async function sealTrial(keys) {
  const { wrap_key: wrapKey } = await publicKeys(keys);
  // Sender and receiver are one: the secret they share is as good as any.
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: keys.wrap.publicKey }, keys.wrap.privateKey, 256);
  const source = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const [salt, iv] = [new Uint8Array(16), new Uint8Array(12)];
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8('caf') };
  const sealer = await crypto.subtle.deriveKey(derivation, source, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  const envelope = { name: 'AES-GCM', iv, additionalData: utf8('trial|39|1|1|trial') };
  const sealed = await crypto.subtle.encrypt(envelope, sealer, Uint8Array.from(atob(TRIAL_KEY), (one) => one.charCodeAt(0)));
  const key = toBase64(new Uint8Array([...salt, ...iv, ...new Uint8Array(sealed)]));
  return { uid: 'trial', kind: 39, first: 1, last: 1, caf: '', key, wrapped_by: wrapKey };
}
