// @ts-check
/**
 * The till for learning: sales are checked and priced as real ones and then forgotten. Nothing here can reach the
 * journal, the folios or the server, because nothing here holds any of them.
 */

import { fitOrder } from './device/selling.js';

/**
 * @typedef {import('./device/journal.js').SaleOrder} SaleOrder
 * @typedef {{uid: string, at: string, body: import('./device/journal.js').Sold, isPractice: true}} PracticeSale
 */

/**
 * @param {{now: () => number, newUid: () => string}} parts
 */
export function createPractice({ now, newUid }) {
  return {
    /**
     * Sell to nobody.
     * @param {SaleOrder} order
     * @returns {PracticeSale}
     * @throws {import('./device/journal.js').SaleRefused | import('./device/words.js').TextRefused} as a real sale would
     */
    sell(order) {
      const { body } = fitOrder(order);
      return { uid: order.uid ?? newUid(), at: new Date(now()).toISOString(), body, isPractice: true };
    },
  };
}

/** @typedef {ReturnType<typeof createPractice>} Practice */
