// @ts-check
/** UUID version 7: made by the till, so that a sale sent twice is one sale. */

/**
 * Make a source of ids that never go backwards, also inside one millisecond and when the clock steps back.
 * @param {() => number} now milliseconds since 1970
 * @param {(bytes: Uint8Array) => Uint8Array} fillRandom
 * @param {number} [since] the millisecond of the last id made before, by a page that was closed
 * @returns {() => string}
 */
export function createUidSource(now, fillRandom, since = 0) {
  let lastMs = since;
  let counter = 0;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = 0;
    } else {
      counter += 1;
      if (counter > 0xfff) {
        lastMs += 1;
        counter = 0;
      }
    }
    return layOut(lastMs, counter, fillRandom(new Uint8Array(8)));
  };
}

/**
 * Source: RFC 9562, section 5.7.
 * @param {number} ms
 * @param {number} counter 12 bits
 * @param {Uint8Array} random 8 bytes
 */
function layOut(ms, counter, random) {
  const time = ms.toString(16).padStart(12, '0');
  const tail = [...random].map((byte, place) => (place === 0 ? (byte & 0x3f) | 0x80 : byte));
  const hex = tail.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const count = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}
