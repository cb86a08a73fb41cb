// @ts-check
/** After a sale: what the cashier sees until the next scan, its paper, and what needs a person. */

import { clp, whole } from '../common/format.js';
import { blocksOfSale } from './paper/of_sale.js';
import { CASH } from './pricing/cash.js';
import { isPrinted, printedWords } from './printing.js';
import { play } from './sound.js';
import { standing as standingWords, waitingFor } from './status.js';
import { paidWords } from './tenders.js';

/** Under this name the device keeps the last sale as it stands on the screen. */
const PAID = 'paid';
/** Papers of which a page that was closed did not learn whether they came out. */
const UNSURE = ['sending', 'unreachable'];

/**
 * @typedef {import('./device/journal.js').Entry} Entry
 * @typedef {{stage: 'paid' | 'waiting', current: any, paid: any, blocks: import('./paper/receipt.js').Block[]}} KeptPaid
 */

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   agent: import('./agent.js').Agent, newUid: () => string, now: () => number, printing: Set<string>,
 *   owing: Map<string, Entry>, shown: import('./paper/receipt.js').Block[], later: import('./later.js').Later}} room `owing`: papers of this page that the
 *   printer has not taken; `shown`: the one of the sale on the screen
 * @returns {Record<string, any>}
 */
export function paidView(room) {
  return {
    /** Sales of a page that was closed, whose paper nobody saw. @type {Entry[]} */
    unseen: [],
    letters: [],
    sentences: [],

    /**
     * It is on the disk.
     * @param {Entry} entry
     */
    written(entry) {
      if (entry.isPractice) {
        this.practiceSold(entry);
        return;
      }
      const issue = entry.body.issue ?? 'till';
      if (issue === 'server') {
        this.stage = 'waiting';
        this.keepPaid();
        this.focusSearch();
        return;
      }
      this.showPaid(entry);
      if (issue === 'till') void this.printPaper(entry);
    },

    /**
     * The server answered for events of the journal.
     * @param {import('./device/journal.js').Settled[]} settled
     */
    answered(settled) {
      this.creditTold(settled);
      this.valesTold(settled);
      for (const { entry, result } of settled) {
        const onScreen = this.current?.uid === entry.uid;
        if (result.state === 'refused' || result.state === 'conflict') {
          if (onScreen && this.stage === 'waiting') this.newTicketIfPaid();
          this.say('danger', 'El servidor no aceptó algo de esta caja. Toca el aviso de arriba para verlo.');
          play('unknown');
        } else if (result.answer?.receipt) {
          const told = { ...entry, answer: result.answer };
          if (entry.type === 'shift_closed') this.closingAnswered(entry, result.answer);
          if (onScreen && this.stage === 'waiting') this.showPaid(told);
          void this.printPaper(told);
        } else if (onScreen && this.stage === 'waiting') this.showUndrawn(entry);
      }
    },

    /** @param {Entry} entry with its stamp, or with the paper the server made */
    showPaid({ uid, body, answer }) {
      const { paper, payments, total_clp: total } = body;
      this.stage = 'paid';
      const handed = payments.find((/** @type {any} */ one) => one.kind === CASH);
      const words = answer?.words ?? (paper ? `Boleta ${whole(paper.folio)}` : '');
      this.paid = {
        uid,
        title: words || 'El voucher es la boleta',
        noun: (words || 'Boleta').split(' ')[0].toLowerCase(),
        hasPaper: Boolean(words),
        total: clp(total),
        hasChange: Boolean(handed),
        paidWords: paidWords(payments),
        change: clp(this.current.settlement.change),
        handed: handed ? clp(handed.amount_clp) : '',
        url: answer?.public_url ?? '',
        paper: words ? 'sending' : 'voucher',
      };
      this.keepPaid();
      this.tellDisplay();
      play('paid');
      const said = handed ? `Vuelto ${this.paid.change}` : this.paid.paidWords;
      this.announce(`${this.paid.title}${words ? ' emitida' : ''}. ${said}`);
      this.focusSearch();
    },

    /**
     * The server has it in its books and could not draw its paper.
     * @param {Entry} entry
     */
    showUndrawn(entry) {
      this.showPaid({ ...entry, answer: { words: entry.body.deliver_to ? 'Guía' : 'Factura' } });
      this.showPaper(entry.uid, 'undrawn');
    },

    /** For the page after this one: a reload must not hide the change from who counts it out. After the picture. */
    keepPaid() {
      if (this.practicing) return;
      room.later.after(PAID, () => void this.writePaid().catch((/** @type {unknown} */ error) => globalThis.reportError?.(error)));
    },

    /** The next sale has begun when the screen is a ticket: then nothing is kept. */
    async writePaid() {
      const { memory } = /** @type {import('./device/device.js').Device} */ (room.device);
      const { stage, current, paid } = this;
      if (stage !== 'paid' && stage !== 'waiting') await memory.drop(PAID);
      // A plain copy: what Alpine watches cannot be written to the disk.
      else await memory.keep(PAID, JSON.parse(JSON.stringify({ stage, current, paid, blocks: room.shown })), 'relaxed');
    },

    /**
     * The last sale is shown as it stood. Nothing is sold, told or printed by it.
     * @param {readonly Entry[]} unprinted of the journal
     */
    async recallPaid(unprinted) {
      const { memory } = /** @type {import('./device/device.js').Device} */ (room.device);
      const [kept, last] = await Promise.all([memory.read(PAID), memory.read('last_sale')]);
      // A ticket that was begun, or a sale after it, is newer than what was kept.
      if (!kept || kept.current.uid !== last || !this.isEmpty()) return;
      const owed = unprinted.find(({ uid }) => uid === last);
      this.current = kept.current;
      if (kept.stage === 'waiting' && !owed?.answer) {
        this.stage = 'waiting';
        return;
      }
      if (kept.stage === 'waiting') this.showPaid(/** @type {Entry} */ (owed));
      else {
        room.shown = owed ? blocksOfPaper(owed, this.till) : kept.blocks;
        this.stage = 'paid';
        this.paid = { ...kept.paid, paper: UNSURE.includes(kept.paid.paper) ? this.unsurePaper() : kept.paid.paper };
      }
      this.tellDisplay();
    },

    /** Without a printing program the customer is asked anyway. */
    unsurePaper() {
      return room.agent.present ? 'unsure' : 'ask';
    },

    /**
     * What a closed page left: the server's papers are printed, for the boletas the cashier knows whether they came out.
     * @param {Entry[]} entries
     */
    takeUp(entries) {
      for (const entry of entries.filter(({ answer }) => answer)) void this.printPaper(entry);
      const boletas = entries.filter(({ answer }) => !answer);
      if (boletas.length === 0) return;
      if (!room.agent.present) {
        this.forgetUnseen(boletas);
        this.tellUnseen(boletas.filter(({ uid }) => uid !== this.paid?.uid));
        return;
      }
      this.unseen = boletas.map((entry) => ({ entry, uid: entry.uid, words: `Boleta ${whole(entry.body.paper.folio)}`, total: clp(entry.body.total_clp) }));
      this.open('copies', '');
    },

    /**
     * Sold when the page went, and never seen: it must not be charged again.
     * @param {Entry[]} boletas
     */
    tellUnseen(boletas) {
      if (boletas.length === 0) return;
      const words = boletas.map(({ body }) => `la boleta ${whole(body.paper.folio)} por ${clp(body.total_clp)}`).join(' y ');
      this.say('warn', `Antes de cerrarse, esta caja emitió ${words}. Ya está vendido: si falta su papel, imprímelo en Ventas (F1, V).`);
      play('unknown');
    },

    async printCopies() {
      const { unseen } = this;
      this.close();
      const reprintedAt = new Date(room.now()).toISOString();
      for (const { uid } of unseen) {
        const entry = (await room.selling?.journal.unprinted())?.find((one) => one.uid === uid);
        if (!entry) continue;
        const blocks = blocksOfSale(entry, this.till, reprintedAt);
        const state = await room.agent.print({ id: room.newUid(), blocks, drawer: false });
        if (!isPrinted(state)) {
          this.say('warn', `${printedWords(state, 'la copia')} Pídela en Ventas (F1, V), o recarga la caja.`);
          return;
        }
        await room.selling?.journal.markPrinted(uid);
        this.showPaper(uid, 'printed');
      }
      this.unseen = [];
    },

    leaveCopies() {
      const { unseen } = this;
      this.close();
      this.forgetUnseen(unseen);
      for (const { uid } of unseen) this.showPaper(uid, 'printed');
      this.unseen = [];
    },

    /** @param {{uid: string}[]} papers */
    forgetUnseen(papers) {
      for (const { uid } of papers) void room.selling?.journal.markPrinted(uid);
    },

    paperText() {
      const texts = {
        sending: 'Imprimiendo…',
        printed: `${this.paid?.title.split(' ')[0]} impresa`,
        letter: 'No cabe en el papel de esta caja. Ábrela e imprímela en carta, o envíala por correo.',
        voucher: 'Entrega el voucher de la máquina',
        practice: 'Práctica: no hay boleta y nada se vendió.',
        waiting: 'En la impresora',
        failed: 'No se pudo imprimir. Ábrela e imprímela desde ahí.',
        no_agent: 'Esta caja no tiene impresora. El documento quedó emitido.',
        ask: '¿Quiere su papel? Imprímelo, o muéstrale el QR.',
        never: 'Sin papel: se la puedes mostrar con el QR o enviar por correo.',
        undrawn: 'Quedó emitida. Imprímela en Ventas (F1, V).',
        dialog: 'En el cuadro de impresión del navegador',
        unsure: 'No se sabe si salió su papel: míralo, o pide una copia en Ventas (F1, V).',
        unreachable: 'La impresora no contesta. Se imprimirá sola cuando vuelva.',
      };
      return this.paid ? /** @type {Record<string, string>} */ (texts)[this.paid.paper] : '';
    },

    waitingText() {
      return waitingFor(this.sync);
    },

    waitingChange() {
      return this.current ? clp(this.current.settlement.change) : '';
    },

    waitingHasCash() {
      return Boolean(this.current?.payments.some((/** @type {any} */ one) => one.kind === CASH));
    },

    newTicketIfPaid() {
      if (this.stage !== 'paid' && this.stage !== 'waiting') return;
      this.stage = 'ticket';
      this.paid = null;
      this.current = null;
      this.keepPaid();
      this.tellDisplay();
      // Not before what was scanned stands on the new ticket.
      room.later.after('change over', () => void this.changeOverWhenFree());
      this.focusSearch();
    },

    /** The chip was tapped: how the till stands, and what the server did not take. */
    async review() {
      room.selling?.sync.wake();
      await this.readLetters();
      this.sentences = standingWords(this.sync, this.storage).map((text, order) => ({ order, text }));
      this.open('review', '');
    },

    async readLetters() {
      this.letters = ((await room.selling?.journal.deadLetters()) ?? []).map(({ seq, type, body, verdict }) => ({
        seq,
        name: nameOf(type, body),
        words: verdict?.words || 'El servidor no lo pudo leer. Avisa a quien administra.',
        total: body.total_clp ? clp(body.total_clp) : '',
      }));
    },

    /**
     * The server keeps what it did not take, under Caja, Equipos: here it only leaves the list.
     * @param {number} seq
     */
    async forgetLetter(seq) {
      await room.selling?.journal.forgetDeadLetter(seq);
      await this.readLetters();
    },
  };
}

/**
 * @param {string} type
 * @param {any} body
 */
function nameOf(type, body) {
  if (type === 'sale') return body.paper ? `Boleta ${whole(body.paper.folio)}` : 'Venta';
  const names = { shift_opened: 'Apertura de turno', shift_closed: 'Cierre de turno', cash_moved: 'Movimiento de efectivo' };
  return /** @type {Record<string, string>} */ (names)[type] ?? 'Anotación';
}

/**
 * @param {Entry} entry
 * @param {any} till
 */
const blocksOfPaper = (entry, till) => entry.answer?.receipt ?? blocksOfSale(entry, till);
