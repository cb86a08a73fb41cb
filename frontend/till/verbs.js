// @ts-check
/** What people may do at a till, by the names of the server (accounts/permissions.py). */

export const SELL = 'sell';
export const CHANGE_PRICES = 'change_prices';
export const ISSUE_PAPERS = 'issue_papers';

/**
 * @param {readonly {id: number, verbs?: readonly string[]}[]} people
 * @param {number | undefined} id who stands at the till
 * @param {string} verb
 * @returns {boolean}
 */
export function mayDo(people, id, verb) {
  return people.some((one) => one.id === id && one.verbs?.includes(verb));
}
