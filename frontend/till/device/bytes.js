// @ts-check
/** Bytes and their texts: base64, hexadecimal, ISO-8859-1. */

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * @param {ArrayBuffer | Uint8Array} bytes
 * @returns {string}
 */
export function toBase64(bytes) {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return btoa(Array.from(view, (byte) => String.fromCharCode(byte)).join(''));
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {string}
 */
export function toHex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {string} text
 * @returns {Bytes}
 */
export const utf8 = (text) => /** @type {Bytes} */ (new TextEncoder().encode(text));

/**
 * @param {string} text
 * @returns {Bytes}
 * @throws {RangeError} for a letter that ISO-8859-1 does not have
 */
export function latin1(text) {
  return Uint8Array.from(text, (letter) => {
    const code = letter.charCodeAt(0);
    if (letter.length > 1 || code > 0xff) throw new RangeError(`${letter} is not in ISO-8859-1`);
    return code;
  });
}
