// @ts-check
/** Texts as the SII can hold them: the same as `dte.text`, letter by letter (test_till_stamps.py compares them). */

/** What people paste from word processors, and what it means in ISO-8859-1. */
const REPLACEMENTS = letterMap([
  ['\u2010\u2011\u2012\u2013\u2014\u2015\u2212', '-'],
  ['\u2018\u2019\u201a\u201b\u2032', "'"],
  ['\u201c\u201d\u201e\u201f\u2033', '"'],
  ['\u2022\u2023\u25cf\u25aa', '\u00b7'],
  ['\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad', ''],
  ['\t\n\r\u00a0\u202f\u205f\u3000', ' '],
  ['\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a', ' '],
  ['\u2026', '...'],
  ['\u20ac', 'EUR'],
]);

/** Letters and signs of ISO-8859-1 that have no decomposition. */
const TO_ASCII = letterMap([
  ['ß', 'ss'],
  ['Æ', 'AE'],
  ['æ', 'ae'],
  ['Ø', 'O'],
  ['ø', 'o'],
  ['Ð', 'D'],
  ['ð', 'd'],
  ['Þ', 'Th'],
  ['þ', 'th'],
  ['°', 'o'],
  ['×', 'x'],
  ['÷\u2044', '/'],
  ['·', '-'],
  ['\'"¿¡«»', ''],
]);

// The server strips what Python calls blank; `trim` would leave the separators and U+0085.
const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const BLANK_ENDS = new RegExp(`^${BLANK}|${BLANK}$`, 'gu');
const BLANK_END = new RegExp(`${BLANK}$`, 'u');
// U+007F to U+009F are what windows-1252 text looks like when misread.
const UNFIT = /[^\x20-\x7e\xa0-\xff]/u;

/** A name holds a letter that no document can hold. */
export class TextRefused extends Error {
  /** @param {string} letter */
  constructor(letter) {
    const code = /** @type {number} */ (letter.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0');
    const shown = /[\p{C}\p{Z}]/u.test(letter) ? `(U+${code})` : `«${letter}»`;
    super(`El nombre trae ${shown}, que no cabe en una boleta. Corrige el nombre del producto en la oficina.`);
    this.letter = letter;
  }
}

/**
 * Return a text as the body of a document holds it: mapped, composed, trimmed, cut.
 * @param {string} value
 * @param {number} limit
 * @returns {string}
 * @throws {TextRefused}
 */
export function cleanText(value, limit) {
  const text = translate(value.normalize('NFC'), REPLACEMENTS).replace(BLANK_ENDS, '');
  const unfit = UNFIT.exec(text);
  if (unfit) throw new TextRefused(unfit[0]);
  return text.slice(0, limit).replace(BLANK_END, '');
}

/**
 * Return a cleaned text in plain ASCII without quotes, for the stamp.
 * @param {string} text
 * @param {number} limit
 * @returns {string}
 */
export function foldAscii(text, limit) {
  const decomposed = translate(translate(text, TO_ASCII).normalize('NFKD'), TO_ASCII);
  const plain = decomposed.replace(/\p{M}/gu, '').replace(/[^\x00-\x7f]/gu, ' ');
  return plain.replace(BLANK_ENDS, '').slice(0, limit).replace(BLANK_END, '');
}

/**
 * Escape a text for XML content; quotes stay as they are, as canonical XML wants.
 * @param {string} text
 * @returns {string}
 */
export function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * @param {[string, string][]} pairs letters, and what each of them becomes
 * @returns {Map<string, string>}
 */
function letterMap(pairs) {
  return new Map(pairs.flatMap(([letters, meaning]) => [...letters].map((letter) => [letter, meaning])));
}

/**
 * @param {string} text
 * @param {Map<string, string>} map
 */
function translate(text, map) {
  return Array.from(text, (letter) => map.get(letter) ?? letter).join('');
}
