// @ts-check
/** Past sales: the list, and for one of them its copy, its QR, its mail and what the office can do with it. */

import { clp, dayShort, hour } from '../common/format.js';
import { returnedText, wordsOf } from './view_invoice.js';

const PRINTED = {
  printed: 'Copia impresa.',
  waiting: 'La copia está en la impresora.',
  failed: 'No se pudo imprimir. Ábrela e imprímela en la oficina.',
  no_agent: 'Esta caja no tiene impresora. Ábrela e imprímela en la oficina.',
  unreachable: 'La impresora no contesta. Préndela y pide la copia de nuevo.',
};

/**
 * @param {{server: import('./server.js').Server, agent: import('./agent.js').Agent, newUid: () => string}} room
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
        const { sales } = await room.server.sold(wanted);
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
        const sale = await room.server.soldOne(uid);
        this.one = { ...sale, when: `${dayShort(sale.sold_at)} ${hour(sale.sold_at)}`, total: clp(sale.total_clp), returned: returnedText(sale) };
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
        const { receipt } = await room.server.copy(this.one.uid);
        const state = await room.agent.print({ id: room.newUid(), blocks: receipt, drawer: false });
        return PRINTED[state];
      });
    },

    async mailPaper() {
      await this.doOnce(async () => {
        const { words } = await room.server.mail(this.one.uid, { correo: this.mailTo.trim(), uid: this.one.mail_uid });
        this.one.mail_uid = room.newUid();
        return words;
      });
    },

    /**
     * One deed at a time: a second press while it runs is none.
     * @param {() => Promise<string>} deed
     */
    async doOnce(deed) {
      if (this.oneBusy) return;
      this.oneBusy = true;
      this.sheetError = '';
      this.oneWords = '';
      try {
        this.oneWords = await deed();
      } catch (error) {
        this.sheetError = wordsOf(error);
      } finally {
        this.oneBusy = false;
      }
    },
  };
}
