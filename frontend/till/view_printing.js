// @ts-check
/** The paper of a sale on its way: to the printing program of this machine, or through the browser's dialog. */

import { blocksOfSale } from './paper/of_sale.js';
import { CASH } from './pricing/cash.js';
import { groupOf, isPrinted, keepPrinting, printedWords, readPrinting } from './printing.js';
import { play } from './sound.js';

/**
 * @typedef {import('./device/journal.js').Entry} Entry
 * @typedef {{id: string, blocks: import('./paper/receipt.js').Block[], noted: string}} NotedSlip `noted`: what is in the
 *   journal, in words
 */

const GROUPS = { cash: 'Con efectivo', card: 'Con tarjeta', other: 'Transferencia, fiado y vales' };
/** Papers of this page that wait for the printer; older ones wait on the disk, and are asked for at the next start. */
const MOST_OWING = 100;
const CHOICES = { always: 'Imprimir', ask: 'Preguntar', never: 'No imprimir' };

/**
 * @param {{selling: import('./device/device.js').Selling | null, agent: import('./agent.js').Agent, newUid: () => string,
 *   printing: Set<string>, owing: Map<string, Entry>, shown: import('./paper/receipt.js').Block[]}} room `owing`: papers
 *   of this page that the printer has not taken; `shown`: the one of the sale on the screen
 * @returns {Record<string, any>}
 */
export function printingView(room) {
  return {
    /** @type {import('./printing.js').Printing} */
    printing: { cash: 'ask', card: 'ask', other: 'ask' },
    /** The last slip of the drawer that did not come out. @type {NotedSlip | null} */
    owedSlip: null,

    /** @param {Entry} entry */
    async printPaper(entry) {
      if (room.printing.has(entry.uid)) return;
      room.printing.add(entry.uid);
      room.owing.set(entry.uid, entry);
      if (room.owing.size > MOST_OWING) room.owing.delete([...room.owing.keys()][0]);
      try {
        await this.handOver(entry);
      } finally {
        room.printing.delete(entry.uid);
      }
    },

    /** @param {Entry} entry */
    async handOver(entry) {
      const { uid, type, body, answer } = entry;
      const payments = body.payments ?? [];
      const drawer = payments.some((/** @type {any} */ one) => one.kind === CASH);
      const blocks = answer?.receipt ?? blocksOfSale(entry, this.till);
      if (this.paid?.uid === uid) room.shown = blocks;
      const choice = type === 'sale' ? readPrinting(localStorage, room.agent.present)[groupOf(payments)] : 'always';
      if (choice !== 'always') {
        await this.leavePaper(uid, choice, drawer);
        return;
      }
      const isZ = type === 'shift_closed';
      if (isZ && answer?.is_out) {
        // The office printed it before this till heard of it: here it comes out when somebody asks, as a copy.
        room.owing.delete(uid);
        await room.selling?.journal.markPrinted(uid);
        return;
      }
      const state = await room.agent.print({ id: uid, blocks, drawer });
      // A factura does not fit on narrow paper: what was printed is a slip.
      this.showPaper(uid, answer?.fits === false ? 'letter' : state);
      if (state === 'unreachable') {
        if (isZ) this.say('warn', 'El informe Z espera la impresora. Se imprimirá solo.');
        else if (this.paid?.uid !== uid) this.say('warn', 'Una boleta espera la impresora. Se imprimirá sola.');
        return;
      }
      // Whether a Z came out matters to the next one: it is asked for until the printer knows.
      if (isZ && state === 'waiting') return;
      if (isZ) await this.zHanded(entry, state);
      room.owing.delete(uid);
      await room.selling?.journal.markPrinted(uid);
      if (state === 'no_agent' && this.paid?.uid === uid && type === 'sale') await this.printHere();
    },

    /**
     * The customer is asked, or wants none: only the drawer opens.
     * @param {string} uid
     * @param {'ask' | 'never'} choice
     * @param {boolean} drawer
     */
    async leavePaper(uid, choice, drawer) {
      room.owing.delete(uid);
      this.showPaper(uid, choice);
      await room.selling?.journal.markPrinted(uid);
      if (!drawer || !room.agent.present) return;
      const state = await room.agent.print({ id: `${uid}.drawer`, blocks: [], drawer });
      if (state !== 'printed') this.say('warn', 'El cajón no se abrió. Revisa la impresora, o ábrelo con la llave.');
    },

    /**
     * @param {string} uid
     * @param {string} state
     */
    showPaper(uid, state) {
      if (this.paid?.uid !== uid) return;
      this.paid = { ...this.paid, paper: state };
      this.keepPaid();
    },

    mayPrint() {
      return this.paid !== null && ['ask', 'never', 'no_agent', 'dialog'].includes(this.paid.paper);
    },

    /** The customer wants it after all. */
    async printNow() {
      if (!this.mayPrint()) return;
      const { uid } = this.paid;
      if (!room.agent.present) {
        await this.printHere();
        return;
      }
      this.showPaper(uid, 'sending');
      const state = await room.agent.print({ id: uid, blocks: room.shown, drawer: false });
      // It is not owed any more: whoever wants it asks again, and the agent prints it once.
      this.showPaper(uid, state === 'unreachable' ? 'ask' : state);
      if (state === 'unreachable') this.sayTrouble(printedWords(state, 'el papel'));
    },

    /** A machine without our printing program prints through the browser's dialog; drawing the stamp is loaded then. */
    async printHere() {
      const blocks = room.shown;
      if (this.paid) this.showPaper(this.paid.uid, 'dialog');
      await this.printInBrowser(blocks);
      this.focusSearch();
    },

    /** @param {import('./paper/receipt.js').Block[]} blocks */
    async printInBrowser(blocks) {
      const { printByDialog } = await import(this.$root.dataset.paper);
      // Plain copies: what Alpine watches draws slowly.
      await printByDialog(JSON.parse(JSON.stringify(blocks)), this.till.paper_mm);
    },

    /**
     * A paper that is no sale's, on the till's printer or by the browser's dialog where there is none. What goes wrong is
     * said where the person looks.
     * @param {import('./paper/receipt.js').Block[]} blocks
     * @param {string} id
     * @param {{name: string, drawer?: boolean}} paper `name` with its article; `drawer`: money goes in or out
     * @returns {Promise<import('./printing.js').Handed>}
     */
    async printSlip(blocks, id, { name, drawer = false }) {
      const state = await this.handSlip(blocks, id, drawer);
      if (!isPrinted(state)) this.sayTrouble(printedWords(state, name));
      return state;
    },

    /**
     * @param {import('./paper/receipt.js').Block[]} blocks
     * @param {string} id
     * @param {boolean} drawer
     * @returns {Promise<import('./printing.js').Handed>}
     */
    async handSlip(blocks, id, drawer) {
      if (room.agent.present) return room.agent.print({ id, blocks, drawer });
      try {
        await this.printInBrowser(blocks);
        return 'dialog';
      } catch (error) {
        globalThis.reportError?.(error);
        return 'failed';
      }
    },

    /**
     * The slip of money that moved and is in the journal already. What was noted stays in sight when its paper does not
     * come out: who reads only of the printer would note it twice.
     * @param {NotedSlip} slip
     */
    async printNoted(slip) {
      const state = await room.agent.print({ id: slip.id, blocks: slip.blocks, drawer: true });
      if (isPrinted(state)) {
        this.owedSlip = null;
        return;
      }
      // The agent prints an id once, and never one that failed.
      this.owedSlip = state === 'failed' ? { ...slip, id: room.newUid() } : slip;
      this.say('warn', `${slip.noted} Quedó anotado. El comprobante no salió: revisa la impresora e imprímelo de nuevo.`, { again: true });
      play('error');
    },

    /** From the notice, or from the menu when that is gone. */
    async printOwedSlip() {
      const slip = this.owedSlip;
      if (!slip) return;
      this.say('info', `${slip.noted} Imprimiendo el comprobante…`);
      await this.printNoted(JSON.parse(JSON.stringify(slip)));
      if (this.owedSlip === null) this.say('info', `${slip.noted} Se imprimió el comprobante.`);
    },

    /** Papers the agent could not take are handed over again until it does; it prints each once. */
    async retryPapers() {
      for (const entry of [...room.owing.values()]) await this.printPaper(entry);
    },

    askPrinting() {
      this.printing = readPrinting(localStorage, room.agent.present);
      this.open('printing', '');
    },

    printingGroups() {
      return Object.entries(GROUPS).map(([group, name]) => ({
        group,
        name,
        choices: Object.entries(CHOICES).map(([choice, words]) => ({ group, choice, words, isChosen: this.printing[group] === choice })),
      }));
    },

    /**
     * @param {string} group
     * @param {string} choice
     */
    choosePrinting(group, choice) {
      const chosen = /** @type {import('./printing.js').Printing} */ ({ ...this.printing, [group]: choice });
      this.printing = chosen;
      keepPrinting(localStorage, chosen);
    },

    printerText() {
      return this.till.agent
        ? 'Esta caja tiene impresora: el papel sale solo, y el cajón se abre con el efectivo.'
        : 'Esta caja no tiene programa de impresión: se usa el cuadro de impresión del navegador.';
    },
  };
}
