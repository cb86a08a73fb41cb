// @ts-check
/** Reading what a scanner sends: check digits and the two ways of writing one code. */

/**
 * Say whether the text has the form of an EAN-13, EAN-8 or UPC-A code.
 * @param {string} code
 * @returns {boolean}
 */
export function looksLikeEan(code) {
  return /^(\d{8}|\d{12}|\d{13})$/.test(code);
}

/**
 * Check the last digit of an EAN-13, EAN-8 or UPC-A code.
 * @param {string} code
 * @returns {boolean}
 */
export function hasRightCheckDigit(code) {
  let sum = 0;
  for (let place = 1; place < code.length; place += 1) {
    const digit = Number(code[code.length - 1 - place]);
    sum += place % 2 === 1 ? 3 * digit : digit;
  }
  return (10 - (sum % 10)) % 10 === Number(code[code.length - 1]);
}

/**
 * Give the writings under which one code may be stored: UPC-A is EAN-13 with a leading zero.
 * @param {string} code
 * @returns {string[]}
 */
export function writings(code) {
  if (/^\d{12}$/.test(code)) return [code, `0${code}`];
  if (/^0\d{12}$/.test(code)) return [code, code.slice(1)];
  return [code];
}
