// @ts-check
/** Who buys: a large boleta must say it, and a wrong check digit is seen here, before the sale is sent. */

/**
 * @param {string} text
 * @returns {string | null} the RUT as the server reads it, or null when it is none
 */
export function readRut(text) {
  const match = /^\s*(\d{1,3}(?:\.?\d{3}){0,2})\s*-?\s*([\dkK])\s*$/.exec(text);
  if (!match) return null;
  const digits = match[1].replaceAll('.', '');
  const given = match[2].toUpperCase();
  return checkDigit(digits) === given ? `${Number(digits)}-${given}` : null;
}

/**
 * Modulo 11, weights 2 to 7 from the right.
 * @param {string} digits
 */
function checkDigit(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (2 + (place % 6)), 0);
  const rest = 11 - (sum % 11);
  return rest === 11 ? '0' : rest === 10 ? 'K' : String(rest);
}
