// @ts-check
/** What of a product lies where: a line in its sheets, told by the server when there is one. */

import { Away, Refused } from './device/office.js';

/**
 * @param {Array<{name: string, words: string, is_own: boolean}>} places
 * @returns {string}
 */
export function placesText(places) {
  if (places.length === 0) return 'Sin movimientos en ninguna bodega.';
  return places.map(({ name, words, is_own }) => (is_own ? `Aquí hay ${words}` : `${name}: ${words}`)).join(' · ');
}

/**
 * @param {{ask: import('./device/office.js').Office | null}} room
 * @returns {Record<string, any>}
 */
export function stockView(room) {
  return {
    stockText: '',
    stockOf: 0,

    /**
     * Ask for the stock of the product whose sheet opens; without a line the sheet works as ever.
     * @param {number} productId
     */
    async tellStock(productId) {
      this.stockOf = productId;
      this.stockText = '';
      try {
        const answer = await room.ask?.stock(productId);
        const { places } = answer ?? { places: null };
        if (places && this.stockOf === productId) this.stockText = placesText(places);
      } catch (error) {
        if (!(error instanceof Away || error instanceof Refused)) throw error;
      }
    },
  };
}
