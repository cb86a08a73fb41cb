// @ts-check
/**
 * What is sold to adults only, and alcohol within the hours of the shop's licence.
 * Source: Ley 19.925, art. 21 and 42 (hours, proof of age); the hours come with the catalogue.
 */

/**
 * @typedef {0 | 1 | 2} Restriction 0 for everybody, 1 for adults, 2 for adults within alcohol hours
 * @typedef {readonly [string, string, string]} AlcoholHours opens, until (small hours), until on Saturdays
 */

const ALCOHOL = 2;
const SATURDAY = 6;

/**
 * Say whether alcohol may be sold at a local minute.
 * @param {AlcoholHours} hours
 * @param {string} atLocal `2026-11-22T18:42`, in Santiago
 * @returns {boolean}
 */
export function sellsAlcohol([opens, until, saturdayUntil], atLocal) {
  const [day, minute] = atLocal.slice(0, 16).split('T');
  const isSaturday = new Date(`${day}T00:00Z`).getUTCDay() === SATURDAY;
  return minute >= opens || minute < (isSaturday ? saturdayUntil : until);
}

/**
 * Say what stands between a product and the ticket.
 * @param {Restriction} restriction
 * @param {{hours: AlcoholHours, atLocal: string, isAdult: boolean}} moment `isAdult`: asked already for this ticket
 * @returns {'closed' | 'ask' | null} null: it can be sold
 */
export function hindrance(restriction, { hours, atLocal, isAdult }) {
  if (restriction === 0) return null;
  if (restriction === ALCOHOL && !sellsAlcohol(hours, atLocal)) return 'closed';
  return isAdult ? null : 'ask';
}

/**
 * Write the hours as the cashier tells them to the customer.
 * @param {AlcoholHours} hours
 */
export function hoursText([opens, until, saturdayUntil]) {
  return `de ${opens} a ${until} (la madrugada del sábado, hasta las ${saturdayUntil})`;
}
