// @ts-check
/** How much of a journal goes into one request: who reads it takes only so many letters. */

/**
 * @template T
 * @param {T[]} events
 * @param {number} mostLetters of them as JSON
 * @returns {T[]} as many of the first as fit; at least one
 */
export function fitting(events, mostLetters) {
  let letters = 0;
  const end = events.findIndex((event, place) => {
    letters += JSON.stringify(event).length;
    return place > 0 && letters > mostLetters;
  });
  return end < 0 ? events : events.slice(0, end);
}
