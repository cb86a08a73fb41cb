// @ts-check
/** Local days and minutes as text, `2026-07-03` and `2026-07-03T18:30`: no zone, no clock. */

const DAY_MS = 86_400_000;

/**
 * @param {string} day
 * @returns {number} days since 1970-01-01
 */
export function dayNumber(day) {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))) / DAY_MS;
}

/**
 * @param {string} day
 * @param {number} days
 * @returns {string}
 */
export function addDays(day, days) {
  return new Date((dayNumber(day) + days) * DAY_MS).toISOString().slice(0, 10);
}

/**
 * @param {string} day
 * @returns {number} 1 for Monday to 7 for Sunday
 */
export function weekday(day) {
  return ((dayNumber(day) + 3) % 7) + 1;
}
