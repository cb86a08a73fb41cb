// @ts-check
/** Selling while the first catalogue is still coming: what is scanned is asked of the server, code by code. */

import { createCatalogue, withOneMore } from './catalogue.js';

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, ask: import('./device/office.js').Office | null,
 *   ahead?: import('./catalogue.js').CatalogueAnswer | null, isAsking?: boolean}} room `ahead`: the rows that came before
 *   the catalogue
 * @returns {Record<string, any>}
 */
export function aheadView(room) {
  return {
    /**
     * @param {string} code
     * @returns {boolean} whether this till can say by now what a code is, or that it is nothing
     */
    knows(code) {
      if (!room.catalogue) return false;
      return this.catalogueShare === null || room.catalogue.find(code).kind !== 'unknown';
    },

    /** Ask for what waits, the oldest first. Without a line it waits for the catalogue. */
    async askAhead() {
      if (room.isAsking || !room.ask) return;
      room.isAsking = true;
      try {
        for (let code = this.nextUnknown(); code !== undefined; code = this.nextUnknown()) {
          const found = await room.ask.product(code);
          // The whole catalogue was sooner: it has the last word.
          if (this.catalogueShare === null) return;
          if (found) this.takeAhead(found);
          if (!this.knows(code)) this.dropUnknown(code);
          this.drainScans();
        }
      } catch {
        // No line: what was scanned is still held.
      } finally {
        room.isAsking = false;
      }
    },

    /** @returns {string | undefined} */
    nextUnknown() {
      return this.heldScans.find((/** @type {string} */ code) => !this.knows(code));
    },

    /** @param {Omit<import('./catalogue.js').CatalogueAnswer, 'rev'>} found */
    takeAhead(found) {
      room.ahead = withOneMore(room.ahead ?? null, found);
      room.catalogue = createCatalogue(room.ahead);
    },

    /** @param {string} code */
    dropUnknown(code) {
      this.heldScans = this.heldScans.filter((/** @type {string} */ held) => held !== code);
      this.unknownCode(code, room.catalogue?.find(code) ?? { kind: 'unknown', reason: 'not_found' });
    },
  };
}
