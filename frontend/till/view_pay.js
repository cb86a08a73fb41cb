// @ts-check
/** Paying: cash in one tap, and writing the sale down; other ways are in `view_tenders.js`, what comes after in `view_paid.js`. */

import { clp, whole } from '../common/format.js';
import { HALF_SOLD } from './barriers.js';
import { readRut } from './buyer.js';
import { reprice, soldLines } from './cart.js';
import { SaleRefused } from './device/journal.js';
import { TextRefused } from './device/words.js';
import { parseClp } from './money.js';
import { CASH, likelyNotes, roundedCash, settle } from './pricing/cash.js';
import { Refusal } from './pricing/refusals.js';
import { play } from './sound.js';
import { paperBeside, paymentsOf, unsureOf } from './tenders.js';

/** A sale that takes longer than this to be written shows that it does. */
const SLOW_DISK_MS = 300;

/**
 * @param {{selling: import('./device/device.js').Selling | null, newUid: () => string, later: import('./later.js').Later}} room
 * @returns {Record<string, any>}
 */
export function payView(room) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let slowDisk;

  return {
    stage: 'ticket',
    /** What `canPay` says, for the buttons: looked at once, not by each of them. */
    payable: false,
    buyerRut: '',
    buyerName: '',
    buyerTenders: [],
    paid: null,
    current: null,
    repriced: null,
    heldScans: [],

    notes() {
      return this.till.quick_notes.map((/** @type {number} */ note) => ({ clp: note, text: clp(note) }));
    },

    quickPays() {
      if (this.isEmpty() || this.tenders.length > 0) return [];
      const pays = likelyNotes(roundedCash(this.priced.total), this.till.quick_notes);
      return pays.map((handed) => ({ handed, text: clp(handed) }));
    },

    canPay() {
      return this.stage === 'ticket' && this.priced.total > 0 && this.shift !== null && this.barrier === null;
    },

    missingText() {
      const handed = parseClp(this.pad);
      if (!handed) return '';
      const missing = this.standing().cashClp - handed;
      return missing > 0 ? `Faltan ${clp(missing)}` : `Vuelto ${clp(-missing)}`;
    },

    /**
     * Buttons wake at once and sleep a picture later. A sale that is being written does not wait until they are drawn:
     * they sleep when the disk takes long.
     * @param {boolean} canPay
     */
    showPayable(canPay) {
      room.later.drop('payable');
      clearTimeout(slowDisk);
      const sleep = () => {
        this.payable = false;
      };
      if (canPay) this.payable = true;
      else if (this.stage === 'sending') slowDisk = setTimeout(sleep, SLOW_DISK_MS);
      else room.later.after('payable', sleep);
    },

    /** Cash alone has the fastest sheet; beside other ways it is one of them. */
    openCash() {
      if (!this.readyToPay(() => this.openCash())) return;
      if (this.tenders.length > 0 || this.isGuia()) this.openTender(CASH);
      else this.open('cash', '');
    },

    /**
     * @param {() => void} again what is wanted, for when the customer turns out to be an adult
     * @returns {boolean}
     */
    readyToPay(again) {
      this.useWaitingVale();
      if (this.canPay()) return this.mayRiskMore() && this.mayBeSold(again);
      if (this.barrier !== null) this.refuseToSell();
      else if (this.shift === null) this.askOpening();
      else if (this.stage === 'ticket' && this.isEmpty()) this.say('info', 'Agrega un producto para cobrar.');
      return false;
    },

    /** Something came between while it was being paid: the ticket stays, and what to do is said in the sheet's place. */
    refuseToSell() {
      const { title } = this.barrier;
      const taken = this.tenders.length > 0 ? ` Ya estaba anotado: ${this.takenNames()}. Devuélvelo.` : '';
      this.sheetText = `${title}. La venta sigue en la pantalla: márcala en otra caja, o inscribe este equipo de nuevo.${taken}`;
      play('unknown');
      this.open('refused', '');
    },

    /**
     * A note that covers the rest pays at once; smaller notes add up.
     * @param {number} note
     */
    tapNote(note) {
      const handed = (parseClp(this.pad) ?? 0) + note;
      if (handed >= this.standing().cashClp) this.payCash(handed);
      else this.pad = whole(handed);
    },

    payExact() {
      this.payCash(this.standing().cashClp);
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
      if (this.tenders.length > 0 || this.isGuia()) this.openTender(CASH);
      else if (this.readyToPay(() => this.payQuick(handedClp))) this.payCash(handedClp);
    },

    /** @param {Event} event a tap on one of the notes beside «Justo» */
    quickTapped(event) {
      const handed = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset.handed;
      if (handed) this.payQuick(Number(handed));
    },

    payQuickExact() {
      this.payQuick(roundedCash(this.priced.total));
    },

    /** The law asks who buys: the same sale again, with the answer. */
    confirmBuyer() {
      const rut = readRut(this.buyerRut);
      const name = this.buyerName.trim().replace(/\s+/g, ' ');
      if (!this.buyerRut.trim()) this.sheetError = 'Falta el RUT de quien compra.';
      else if (!rut) this.sheetError = 'Ese RUT no existe: revisa el último dígito.';
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

    /**
     * The sale is on this machine's disk when the screen says paid; the server hears of it later.
     * @param {import('./tenders.js').Tender[]} tenders
     * @param {{rut: string, name: string} | null} [buyer] who buys, when the boleta must say it
     */
    async pay(tenders, buyer = null) {
      if (!this.canPay()) {
        if (this.barrier !== null) this.refuseToSell();
        return;
      }
      if (unsureOf(tenders) !== null) {
        this.heldByDoubt();
        return;
      }
      if (!this.stillCosts()) {
        this.keepTenders(beyondTheDrawer(tenders));
        return;
      }
      // Cash can be handed back. What a machine or an account has paid is sold, though the hour came meanwhile.
      if (beyondTheDrawer(tenders).length === 0 && this.isHindered(() => void this.pay(tenders, buyer))) return;
      // Plain copies: what Alpine watches cannot be written to the disk.
      const payments = paymentsOf(tenders);
      const settlement = this.settled(payments);
      if (!settlement) return;
      const trouble = this.guiaTrouble(payments);
      if (trouble) {
        this.sayTrouble(trouble);
        return;
      }
      if (this.mustNameBuyer(buyer)) {
        this.buyerTenders = tenders;
        this.keepTenders(beyondTheDrawer(tenders));
        this.open('buyer', '');
        return;
      }
      this.stage = 'sending';
      const uid = room.newUid();
      const body = this.soldBody(payments, buyer);
      this.current = { uid, total: this.priced.total, settlement, payments, invoiced: this.invoice !== null };
      const screen = { cashier: this.shift.cashier.name, ...this.owesAfter(tenders) };
      this.close();
      // The sale takes it from the disk.
      room.later.drop('ticket');
      let entry;
      try {
        entry = await /** @type {any} */ (room.selling).journal.sell({ uid, body, screen });
      } catch (error) {
        this.notSold(error, tenders);
        return;
      }
      this.written(entry);
      this.clearTicket();
      this.drainScans();
    },

    /**
     * @param {{kind: string, amount_clp: number}[]} payments
     * @returns {ReturnType<typeof settle> | null} null: said on the sheet
     */
    settled(payments) {
      try {
        return settle(this.priced.total, payments.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
      } catch (error) {
        this.sayTenderRefused(error);
        return null;
      }
    },

    /**
     * A large boleta names its buyer; a factura does already.
     * @param {{rut: string, name: string} | null} buyer
     */
    mustNameBuyer(buyer) {
      const above = this.limits.buyer_above_clp;
      return !buyer && this.invoice === null && above !== undefined && this.priced.total > above;
    },

    /**
     * @param {{kind: string, amount_clp: number, reference: string}[]} payments
     * @param {{rut: string, name: string} | null} buyer
     * @returns {import('./device/journal.js').Sold}
     */
    soldBody(payments, buyer) {
      return {
        shift_uid: this.shift.uid,
        cashier_id: this.shift.cashier.id,
        lines: soldLines(this.cart, this.priced),
        payments,
        total_clp: this.priced.total,
        ...(buyer ? { buyer } : {}),
        ...(this.customer ? { customer_id: this.customer.id } : {}),
        ...(this.note ? { note: this.note } : {}),
        ...this.paperOf(payments),
      };
    },

    /**
     * Who makes the paper: the server a factura, the card's voucher what it pays where it is a boleta, else this till.
     * @param {{kind: string}[]} payments
     */
    paperOf(payments) {
      if (this.invoice !== null) return { issue: 'server', ...paperTo(this.invoice) };
      return this.till.card_is_boleta ? paperBeside(payments) : {};
    },

    /**
     * The ticket is still there, and beside it what a machine or somebody's account already gave.
     * @param {unknown} error
     * @param {import('./tenders.js').Tender[]} tenders
     */
    notSold(error, tenders) {
      this.stage = 'ticket';
      this.current = null;
      play('unknown');
      if (error instanceof SaleRefused && error.code === 'half_sold') {
        // The ticket left the disk with it: nobody may find it and charge it again.
        this.clearTicket();
        this.barrier = HALF_SOLD;
        return;
      }
      this.keepTenders(beyondTheDrawer(tenders));
      if (error instanceof SaleRefused || error instanceof TextRefused) {
        this.sheetText = error.message;
        this.open('refused', '');
      } else {
        this.say('danger', 'No pudimos guardar la venta en este equipo. No se cobró: revisa el disco y cobra de nuevo.');
        globalThis.reportError?.(error);
      }
      this.drainScans();
    },

    /** @param {string} words on the sheet that is open, else over the tiles */
    sayTrouble(words) {
      if (this.dialog) this.sheetError = words;
      else this.say('warn', words);
      play('unknown');
    },

    /** @param {unknown} error */
    sayTenderRefused(error) {
      if (!(error instanceof Refusal)) throw error;
      const toPay = clp(this.standing().cashClp);
      const reasons = {
        bad_amount: 'Escribe el monto que pasó por la máquina.',
        bad_cash_amount: `El efectivo va en decenas. Escribe ${toPay} o más.`,
        over_tender: 'Hay más anotado que el total: quita un medio de pago.',
        under_tender: `Falta plata. Escribe ${toPay} o más, o usa Mixto para el resto.`,
      };
      this.sheetError = /** @type {Record<string, string>} */ (reasons)[error.code];
      play('unknown');
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
  };
}

/**
 * Notes can be handed back over the counter; what a machine or an account gave stays noted.
 * @param {import('./tenders.js').Tender[]} tenders
 */
function beyondTheDrawer(tenders) {
  return tenders.filter(({ kind }) => kind !== CASH);
}

/**
 * @param {import('./view_invoice.js').InvoiceTo} invoice
 * @returns {{invoice_to: any} | {deliver_to: any, journey: any}} plain copies
 */
function paperTo({ journey, ...to }) {
  return journey ? { deliver_to: { ...to }, journey: { ...journey } } : { invoice_to: { ...to } };
}
