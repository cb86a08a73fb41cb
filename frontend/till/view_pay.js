// @ts-check
/** Paying: the sheets for cash and card, sending the sale, and what the cashier sees until the next scan. */

import { clp, whole } from '../common/format.js';
import { readRut } from './buyer.js';
import { EMPTY_CART, reprice, reviveCart, saleDiscount, saleLines } from './cart.js';
import { parseClp } from './money.js';
import { likelyNotes, roundedCash, settle } from './pricing/cash.js';
import { Refusal } from './pricing/refusals.js';
import { play } from './sound.js';

/** Answered sooner than this, nobody sees a waiting screen. */
const CALM_MS = 1_500;

/** @typedef {import('./queue.js').SaleRecord} SaleRecord */

/**
 * @param {{queue: import('./queue.js').Queue | null, agent: import('./agent.js').Agent, newUid: () => string,
 *   now: () => Date, printing: Set<string>}} room
 * @returns {Record<string, any>}
 */
export function payView(room) {
  return {
    stage: 'ticket',
    tenders: [],
    isMixed: false,
    reference: '',
    buyerRut: '',
    buyerName: '',
    buyerTenders: [],
    paid: null,
    current: null,
    repriced: null,
    refusedSales: [],
    heldScans: [],

    dueClp() {
      const taken = this.tenders.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.amount_clp, 0);
      return this.priced.total - taken;
    },

    toPayClp() {
      return roundedCash(this.dueClp());
    },

    dueText() {
      return clp(this.dueClp());
    },

    toPayText() {
      return clp(this.toPayClp());
    },

    roundingText() {
      const rounding = this.toPayClp() - this.dueClp();
      if (rounding === 0) return '';
      return `${clp(this.dueClp())} ${rounding > 0 ? 'sube' : 'baja'} a ${this.toPayText()} en efectivo`;
    },

    takenText() {
      return this.tenders.length > 0 ? `Tarjeta ${clp(this.tenders[0].amount_clp)}. Falta en efectivo` : '';
    },

    notes() {
      return this.quickNotes.map((/** @type {number} */ note) => ({ note, text: clp(note) }));
    },

    quickPays() {
      if (this.isEmpty()) return [];
      const pays = likelyNotes(roundedCash(this.priced.total), this.quickNotes);
      return pays.map((handed) => ({ handed, text: clp(handed) }));
    },

    canPay() {
      return this.stage === 'ticket' && this.priced.total > 0 && this.shift !== null && !this.doubled;
    },

    missingText() {
      const handed = parseClp(this.pad) ?? 0;
      const missing = this.toPayClp() - handed;
      if (handed === 0) return '';
      return missing > 0 ? `Faltan ${clp(missing)}` : `Vuelto ${clp(-missing)}`;
    },

    openCash() {
      if (!this.readyToPay()) return;
      this.tenders = [];
      this.open('cash', '');
    },

    openCard() {
      if (!this.readyToPay()) return;
      this.tenders = [];
      this.isMixed = false;
      this.reference = '';
      this.open('card', whole(this.priced.total));
    },

    openMixed() {
      if (!this.readyToPay()) return;
      this.tenders = [];
      this.isMixed = true;
      this.reference = '';
      this.open('card', '');
    },

    readyToPay() {
      if (this.canPay()) return true;
      if (this.stage === 'ticket' && this.isEmpty()) this.say('info', 'Agrega un producto para cobrar.');
      else if (this.shift === null) this.say('warn', 'La caja está cerrada. Abre el turno para cobrar.');
      return false;
    },

    /**
     * A note that covers the rest pays at once; smaller notes add up.
     * @param {number} note
     */
    tapNote(note) {
      const handed = (parseClp(this.pad) ?? 0) + note;
      if (handed >= this.toPayClp()) this.payCash(handed);
      else this.pad = whole(handed);
    },

    payExact() {
      this.payCash(this.toPayClp());
    },

    /** Enter with nothing typed means the exact amount. */
    payTyped() {
      if (this.pad.trim() === '') {
        this.payExact();
        return;
      }
      const handed = parseClp(this.pad);
      if (handed === null) this.sheetError = 'Escribe con cuánto paga.';
      else this.payCash(handed);
    },

    /** @param {number} handedClp */
    payCash(handedClp) {
      void this.pay([...this.tenders, { kind: 'cash', amount_clp: handedClp }]);
    },

    /**
     * One tap from the ticket: the sale is paid with this much cash.
     * @param {number} handedClp
     */
    payQuick(handedClp) {
      if (!this.readyToPay()) return;
      this.tenders = [];
      this.payCash(handedClp);
    },

    payQuickExact() {
      this.payQuick(roundedCash(this.priced.total));
    },

    confirmCard() {
      const amount = parseClp(this.pad);
      if (amount === null || amount === 0) {
        this.sheetError = 'Escribe el monto que pasó por la máquina.';
        return;
      }
      if (amount > this.priced.total) {
        this.sheetError = `Es más que el total. Escribe ${clp(this.priced.total)} o menos.`;
        return;
      }
      const reference = this.reference.trim();
      const tender = { kind: 'card', amount_clp: amount, ...(reference ? { reference } : {}) };
      if (amount === this.priced.total) {
        void this.pay([tender]);
        return;
      }
      this.close();
      this.tenders = [tender];
      this.open('cash', '');
    },

    /** The server asked who buys: the same sale again, with the answer. */
    confirmBuyer() {
      const rut = readRut(this.buyerRut);
      const name = this.buyerName.trim();
      if (!rut) this.sheetError = 'Ese RUT no existe: revisa el último dígito.';
      else if (!name) this.sheetError = 'Escribe el nombre de quien compra.';
      else {
        this.buyerRut = '';
        this.buyerName = '';
        void this.pay(this.buyerTenders, { rut, name });
      }
    },

    buyerButtonText() {
      return `Cobrar ${this.totalText()}`;
    },

    cardTitle() {
      return this.isMixed ? 'Mixto: primero la tarjeta' : 'Tarjeta';
    },

    cardHint() {
      if (this.machineHint()) return this.machineHint();
      return this.isMixed
        ? 'Anota la parte que cobró la máquina. El resto se paga en efectivo.'
        : 'Pasa la tarjeta por la máquina y anota aquí lo que cobró.';
    },

    cardButtonText() {
      const amount = parseClp(this.pad);
      if (this.isMixed && !amount) return 'Sigue: el efectivo';
      if (amount === null || amount === 0 || amount >= this.priced.total) return `Cobrar ${clp(this.priced.total)}`;
      return `Sigue: ${clp(roundedCash(this.priced.total - amount))} en efectivo`;
    },

    /**
     * The sale is written down on this machine, then sent; the screen says paid when the server has it.
     * @param {{kind: string, amount_clp: number, reference?: string}[]} tenders
     * @param {{rut: string, name: string} | null} [buyer] who buys, when the boleta must say it
     */
    async pay(tenders, buyer = null) {
      if (!this.canPay() || !this.stillCosts()) return;
      // Plain copies: what Alpine watches cannot be written to the disk.
      const payments = tenders.map((tender) => ({ ...tender }));
      let settlement;
      try {
        settlement = settle(
          this.priced.total,
          payments.map(({ kind, amount_clp }) => ({ kind, amount: amount_clp })),
        );
      } catch (error) {
        this.sayTenderRefused(error);
        return;
      }
      this.stage = 'sending';
      if (this.invoice && !(await this.mayInvoice())) return;
      const { cart } = this;
      const at = room.now().toISOString();
      const uid = room.newUid();
      const body = {
        uid,
        lines: saleLines(cart),
        ...saleDiscount(cart),
        payments,
        total_clp: this.priced.total,
        sold_at: at,
        ...(buyer ? { buyer } : {}),
        ...(this.invoice ? { invoice_to: { ...this.invoice } } : {}),
      };
      this.current = { uid, total: this.priced.total, settlement, payments, invoiced: this.invoice !== null };
      this.close();
      let outcome;
      try {
        ({ outcome } = await /** @type {any} */ (room.queue).submit(body, cart, at));
      } catch {
        this.stage = 'ticket';
        this.current = null;
        this.say('danger', 'No pudimos guardar la venta en este equipo. No se cobró: revisa el disco y cobra de nuevo.');
        return;
      }
      this.invoice = null;
      this.setCart(EMPTY_CART);
      setTimeout(() => {
        if (this.stage === 'sending' && this.current?.uid === uid) this.stage = 'waiting';
      }, CALM_MS);
      await this.settled(await outcome);
    },

    /** A factura is given out by the server: asked first, so that nobody pays for one that cannot come. */
    async mayInvoice() {
      await this.pollState();
      if (this.isOnline()) return true;
      this.stage = 'ticket';
      this.close();
      this.say('warn', 'Sin conexión no sale factura. No se cobró: cobra con boleta y cámbiala después, o espera la señal.');
      play('unknown');
      return false;
    },

    /** @param {unknown} error */
    sayTenderRefused(error) {
      if (!(error instanceof Refusal)) throw error;
      const reasons = {
        bad_amount: 'Escribe el monto que pasó por la máquina.',
        bad_cash_amount: `El efectivo va en decenas. Escribe ${this.toPayText()} o más.`,
        over_tender: 'Ya está todo pagado con tarjeta.',
        under_tender: `Falta plata. Escribe ${this.toPayText()} o más.`,
      };
      this.sheetError = /** @type {Record<string, string>} */ (reasons)[error.code];
      play('unknown');
    },

    /**
     * The server answered, for the sale on the screen or for one from before.
     * @param {import('./queue.js').Outcome} outcome
     */
    async settled(outcome) {
      const { record } = outcome;
      const onScreen = this.current?.uid === record.uid;
      if (outcome.kind === 'refused') {
        if (onScreen) await this.takeBack(record);
        else this.say('danger', 'El servidor no aceptó una venta guardada. Toca el aviso de arriba para revisarla.');
        this.drainScans();
        return;
      }
      if (onScreen) this.showPaid(record);
      this.drainScans();
      await this.printPaper(record);
      void this.pollState();
    },

    drainScans() {
      for (const code of this.heldScans.splice(0)) this.scanned(code);
    },

    /** @param {SaleRecord} record */
    showPaid(record) {
      const { words, folio, payment, document_url: url } = record.answer;
      this.stage = 'paid';
      const handed = record.body.payments.find((/** @type {any} */ one) => one.kind === 'cash');
      this.paid = {
        uid: record.uid,
        title: folio ? (words ?? `Boleta ${whole(folio)}`) : 'El voucher es la boleta',
        noun: (words ?? 'Boleta').split(' ')[0].toLowerCase(),
        hasPaper: Boolean(folio),
        total: clp(record.body.total_clp),
        hasChange: Boolean(handed),
        change: clp(payment?.change ?? this.current.settlement.change),
        handed: handed ? clp(/** @type {any} */ (handed).amount_clp) : '',
        url: url ?? '',
        paper: 'sending',
      };
      play('paid');
      const said = handed ? `Vuelto ${this.paid.change}` : 'Pagado con tarjeta';
      this.announce(`${this.paid.title}${folio ? ' emitida' : ''}. ${said}`);
      this.focusSearch();
    },

    /** @param {SaleRecord} record */
    async printPaper(record) {
      if (room.printing.has(record.uid)) return;
      room.printing.add(record.uid);
      try {
        await this.handOver(record);
      } finally {
        room.printing.delete(record.uid);
      }
    },

    /** @param {SaleRecord} record */
    async handOver(record) {
      if (!record.answer.folio) {
        // The card terminal's own paper is the document: there is nothing of ours to print.
        if (this.paid?.uid === record.uid) this.paid = { ...this.paid, paper: 'voucher' };
        await room.queue?.settle(record.uid);
        return;
      }
      const drawer = record.body.payments.some((/** @type {any} */ one) => one.kind === 'cash');
      const state = await room.agent.print({ id: record.uid, blocks: record.answer.receipt ?? [], drawer });
      // A factura does not fit on narrow paper: what was printed is a slip.
      const shown = record.answer.fits === false ? 'letter' : state;
      if (this.paid?.uid === record.uid) this.paid = { ...this.paid, paper: shown };
      if (state === 'unreachable') {
        if (this.paid?.uid !== record.uid) this.say('warn', 'Una boleta espera la impresora. Se imprimirá sola.');
        return;
      }
      await room.queue?.settle(record.uid);
    },

    paperText() {
      const texts = {
        sending: 'Imprimiendo…',
        printed: `${this.paid?.title.split(' ')[0]} impresa`,
        letter: 'No cabe en el papel de esta caja. Ábrela e imprímela en carta, o envíala por correo.',
        voucher: 'Entrega el voucher de la máquina',
        waiting: 'En la impresora',
        failed: 'No se pudo imprimir. Ábrela e imprímela desde ahí.',
        no_agent: 'Esta caja no tiene impresora. El documento quedó emitido.',
        unreachable: 'La impresora no contesta. Se imprimirá sola cuando vuelva.',
      };
      return this.paid ? /** @type {Record<string, string>} */ (texts)[this.paid.paper] : '';
    },

    waitingChange() {
      return this.current ? clp(this.current.settlement.change) : '';
    },

    waitingHasCash() {
      return Boolean(this.current?.payments.some((/** @type {any} */ one) => one.kind === 'cash'));
    },

    newTicketIfPaid() {
      if (this.stage !== 'paid' && this.stage !== 'waiting') return;
      this.stage = 'ticket';
      this.paid = null;
      this.current = null;
      this.focusSearch();
    },

    /**
     * A refused sale wrote nothing at the server: its goods go back on the screen.
     * @param {SaleRecord} record
     */
    async takeBack(record) {
      const refusal = /** @type {import('./queue.js').Refusal} */ (record.refusal);
      this.stage = 'ticket';
      this.current = null;
      this.paid = null;
      this.invoice = record.body.invoice_to ?? null;
      play('unknown');
      if (refusal.code === 'price_changed' && Array.isArray(refusal.details?.lines)) {
        await this.pullCatalogue();
        this.showRepriced(reviveCart(record.cart), refusal.details.lines, record.body.total_clp);
      } else if (refusal.details?.reason === 'large_sale_without_buyer') {
        this.setCart(reviveCart(record.cart));
        this.buyerTenders = record.body.payments;
        this.open('buyer', '');
      } else {
        this.setCart(reviveCart(record.cart));
        this.sheetText = refusal.message;
        if (refusal.code === 'no_open_shift') this.shift = null;
        this.open('refused', '');
      }
      await room.queue?.settle(record.uid);
    },

    /**
     * @param {import('./cart.js').Cart} cart
     * @param {import('./cart.js').PriceChange[]} changes
     * @param {number} before what the cashier saw
     */
    showRepriced(cart, changes, before) {
      const next = reprice(cart, changes);
      const lines = next.lines
        .map((line, place) => ({ name: line.name, key: line.key, before: cart.lines[place].priceClp, now: line.priceClp }))
        .filter((line) => line.before !== line.now)
        .map((line) => ({ ...line, before: clp(line.before), now: clp(line.now) }));
      this.setCart(next);
      this.repriced = { lines, before: clp(before), now: clp(this.priced.total) };
      this.open('prices', '');
    },

    /** The chip was tapped: show the sales that need a person. */
    async review() {
      if (this.queued.forbidden === 'role') {
        this.say('danger', 'Tu cuenta no puede vender en esta caja. Pídele permiso a quien administra; lo guardado se envía solo.');
        void this.pollState();
        return;
      }
      if (this.queued.signedOut || this.queued.forbidden === 'stale') {
        // A fresh page signs in and brings a fresh protection; the ticket and the queue are on the disk.
        window.location.reload();
        return;
      }
      this.refusedSales = ((await room.queue?.refused()) ?? []).map((record) => ({
        uid: record.uid,
        total: clp(record.body.total_clp),
        count: record.body.lines.length,
        message: record.refusal?.message ?? '',
      }));
      if (this.refusedSales.length > 0) this.open('review', '');
      else void this.pollState();
    },

    /** @param {string} uid */
    async bringBack(uid) {
      const record = (await room.queue?.refused())?.find((one) => one.uid === uid);
      if (!record || this.stage === 'sending') return;
      if (!this.isEmpty()) {
        this.sheetError = 'Cobra o borra primero la venta que está en pantalla.';
        return;
      }
      this.close();
      this.newTicketIfPaid();
      this.invoice = record.body.invoice_to ?? null;
      this.setCart(reviveCart(record.cart));
      await room.queue?.settle(uid);
    },
  };
}
