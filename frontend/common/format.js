// @ts-check
/**
 * How numbers, days and hours are written for people in Chile.
 *
 * The Python side is `erpmarket/ui/formats.py`; both answer the table `erpmarket/ui/tests/formats.json`.
 * Own grouping and not Intl: browsers disagree on `$1.200`, and a till must show one thing.
 */

const NBSP = '\u00a0';
const MINUS = '\u2212';
const ZONE = 'America/Santiago';

/**
 * Group the digits of a whole number with dots: `58.445`.
 * @param {number} value
 * @returns {string}
 */
export function whole(value) {
  const digits = String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, '.');
  return value < 0 ? MINUS + digits : digits;
}

/**
 * Write pesos: `$12.990`, `−$100`.
 * @param {number} amountClp
 * @returns {string}
 */
export function clp(amountClp) {
  return (amountClp < 0 ? `${MINUS}$` : '$') + whole(Math.abs(amountClp));
}

/**
 * Write a difference in pesos, always with its sign: `+$4`, `−$2`, `$0`.
 * @param {number} amountClp
 * @returns {string}
 */
export function signedClp(amountClp) {
  return amountClp > 0 ? `+${clp(amountClp)}` : clp(amountClp);
}

/**
 * Write a quantity given in thousandths: `0,455 kg`, `6 kg`, `2 un`.
 * @param {number} quantityMilli
 * @param {string} [unit]
 * @returns {string}
 */
export function quantity(quantityMilli, unit) {
  const size = Math.abs(quantityMilli);
  const rest = size % 1000;
  const decimals = rest === 0 ? '' : `,${String(rest).padStart(3, '0')}`;
  const number = (quantityMilli < 0 ? MINUS : '') + whole((size - rest) / 1000) + decimals;
  return unit ? `${number}${NBSP}${unit}` : number;
}

/**
 * Write a RUT with dots and dash from any writing of it: `76.543.210-3`.
 * @param {string} text
 * @returns {string} the text itself when it is no RUT
 */
export function rut(text) {
  const match = /^\s*(\d{1,3}(?:\.?\d{3}){0,3})\s*-?\s*([\dkK])\s*$/.exec(text);
  if (!match) return text;
  return `${whole(Number(match[1].replaceAll('.', '')))}-${match[2].toUpperCase()}`;
}

const dayParts = new Intl.DateTimeFormat('es-CL', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/**
 * @param {string} instant ISO 8601 with offset
 * @returns {Record<string, string>}
 */
function localParts(instant) {
  const parts = dayParts.formatToParts(new Date(instant));
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/**
 * Write the local hour of an instant: `14:32`.
 * @param {string} instant ISO 8601 with offset
 * @returns {string}
 */
export function hour(instant) {
  const { hour: hours, minute } = localParts(instant);
  return `${hours}:${minute}`;
}

/**
 * Write the local hour with seconds, for timelines: `14:32:07`.
 * @param {string} instant ISO 8601 with offset
 * @returns {string}
 */
export function hourSeconds(instant) {
  return `${hour(instant)}:${localParts(instant).second}`;
}

/**
 * Write the local day of an instant for a list: `20-11`.
 * @param {string} instant ISO 8601 with offset
 * @returns {string}
 */
export function dayShort(instant) {
  const { day, month } = localParts(instant);
  return `${day}-${month}`;
}

/**
 * Write the local day of an instant for a document: `20-11-2026`.
 * @param {string} instant ISO 8601 with offset
 * @returns {string}
 */
export function day(instant) {
  return `${dayShort(instant)}-${localParts(instant).year}`;
}
