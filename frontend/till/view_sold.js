// @ts-check
/** Past sales: the list, and for one of them its copy, its QR, its mail and what the office can do with it. */

import { clp, dayShort, hour } from '../common/format.js';
import { Away } from './device/office.js';
import { mailOnce } from './mailing.js';
import { DOUBLE_TAP_MS } from './once.js';
import { isPrinted, printedWords } from './printing.js';
import { returnedText, wordsOf } from './view_invoice.js';

/**
 * @param {{ask: import('./device/office.js').Office | null, newUid: () => string,
 *   device: import('./device/device.js').Device | null}} room
 * @returns {Record<string, any>}
 */
export function soldView(room) {
  return {
    sold: [],
    soldQuery: '',
    soldEmpty: false,
    one: null,
    oneWords: '',
    oneBusy: false,
    mailTo: '',

    openSold() {
      this.soldQuery = '';
      this.sold = [];
      this.open('sold', '');
      void this.findSold();
    },

    async findSold() {
      const wanted = this.soldQuery;
      this.sheetError = '';
      try {
        const { sales } = await asked(room).sold(wanted);
        if (wanted !== this.soldQuery) return;
        this.sold = sales.map((/** @type {any} */ sale) => ({
          ...sale,
          when: `${dayShort(sale.sold_at)} ${hour(sale.sold_at)}`,
          total: clp(sale.total_clp),
        }));
        this.soldEmpty = sales.length === 0;
      } catch (error) {
        this.sheetError = wordsOf(error);
      }
    },

    /** @param {string} uid */
    async openOne(uid) {
      try {
        const sale = await asked(room).soldOne(uid);
        const urls = { document: '', back: '', invoice: '', guia: '', ...sale.urls };
        this.one = { no_return: '', ...sale, urls, when: `${dayShort(sale.sold_at)} ${hour(sale.sold_at)}`, total: clp(sale.total_clp), returned: returnedText(sale) };
      } catch (error) {
        if (this.dialog) this.sheetError = wordsOf(error);
        else this.say('warn', wordsOf(error));
        return;
      }
      this.oneWords = '';
      this.mailTo = this.one.mail_to;
      this.open('one', '');
    },

    async reprint() {
      await this.doOnce(async () => {
        const { receipt } = await asked(room).copy(this.one.uid, { made_by: this.shift?.cashier?.id ?? null });
        const state = await this.printSlip(receipt, room.newUid(), { name: 'la copia' });
        return isPrinted(state) ? printedWords(state, 'la copia') : '';
      });
    },

    async mailPaper() {
      await this.doOnce(async () => {
        const { memory } = /** @type {import('./device/device.js').Device} */ (room.device);
        return mailOnce(memory, asked(room), { uid: room.newUid(), sale_uid: this.one.uid, to: this.mailTo.trim() });
      });
    },

    /**
     * One deed at a time: a second press while it runs, or right after it, is none.
     * @param {() => Promise<string>} deed
     */
    async doOnce(deed) {
      if (this.oneBusy) return;
      this.oneBusy = true;
      this.sheetError = '';
      this.oneWords = '';
      try {
        this.oneWords = await deed();
        await new Promise((resolve) => setTimeout(resolve, DOUBLE_TAP_MS));
      } catch (error) {
        this.sheetError = wordsOf(error);
      } finally {
        this.oneBusy = false;
      }
    },
  };
}

/**
 * @param {{ask: import('./device/office.js').Office | null}} room
 * @returns {import('./device/office.js').Office}
 */
function asked({ ask }) {
  if (!ask) throw new Away('no device');
  return ask;
}
