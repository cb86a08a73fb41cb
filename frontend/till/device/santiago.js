// @ts-check
/** The SII's clock: Santiago's wall, whole seconds, no zone. */

/** @type {Intl.DateTimeFormat | null} */
let wall = null;

/**
 * Return an instant as Chile's law writes it. Fractions of a second are cut off, as the server cuts them.
 * @param {number} instant milliseconds since 1970
 * @returns {{second: string, day: string}} `YYYY-MM-DDTHH:MM:SS` and its day
 */
export function localSecond(instant) {
  // Making one takes milliseconds; using it, microseconds.
  wall ??= new Intl.DateTimeFormat('en-CA', {
    timeZone: 'America/Santiago',
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = Object.fromEntries(wall.formatToParts(instant).map(({ type, value }) => [type, value]));
  const day = `${parts.year}-${parts.month}-${parts.day}`;
  return { second: `${day}T${parts.hour}:${parts.minute}:${parts.second}`, day };
}
