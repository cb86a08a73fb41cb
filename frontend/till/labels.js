// @ts-check
/**
 * Labels of the shop's scale: an EAN-13 that holds a product and its weight, price or count. Twelve places: a digit
 * stands for itself, `.` for a digit of the PLU, `?` for any, `N` for one of the value and `D` for one of its decimals.
 */

import { hasRightCheckDigit } from './barcode.js';

/**
 * @typedef {'weight' | 'price' | 'units'} LabelKind
 * @typedef {Readonly<{kind: LabelKind, layout: string}>} LabelRule
 * @typedef {{kind: LabelKind, plu: string, baseCode: string, value: number}} LabelRead the value in grams, pesos or units
 */

const GRAM_DECIMALS = 3;

/**
 * Read a label by the first layout that fits.
 * @param {string} code
 * @param {readonly LabelRule[]} rules
 * @returns {LabelRead | null} null for other codes and for wrong check digits
 */
export function readLabel(code, rules) {
  if (!/^\d{13}$/.test(code) || !hasRightCheckDigit(code)) return null;
  const rule = rules.find(({ layout }) => [...layout].every((place, at) => !/\d/.test(place) || place === code[at]));
  return rule ? readBy(rule, code) : null;
}

/**
 * @param {LabelRule} rule
 * @param {string} code
 * @returns {LabelRead}
 */
function readBy({ kind, layout }, code) {
  const places = [...layout];
  const pick = (/** @type {string} */ signs) => places.map((place, at) => (signs.includes(place) ? code[at] : '')).join('');
  const bare = places.map((place, at) => ('ND?'.includes(place) ? '0' : code[at])).join('');
  const decimals = places.filter((place) => place === 'D').length;
  const scale = kind === 'weight' ? 10 ** (GRAM_DECIMALS - decimals) : 1;
  return { kind, plu: String(Number(pick('.'))), baseCode: withCheckDigit(bare), value: Number(pick('ND')) * scale };
}

/** @param {string} body twelve digits */
function withCheckDigit(body) {
  const digits = [...'0123456789'];
  return body + digits.find((digit) => hasRightCheckDigit(body + digit));
}
