// @ts-check
/** Tickets put aside for a moment, and what else a ticket can become: a quotation, a note. */

import { clp, hour } from '../common/format.js';
import { soldLines } from './cart.js';
import { hold, letGo, listHeld, MOST_HELD, takeBack } from './device/held.js';
import { parseQuantity } from './money.js';
import { quotationBlocks } from './paper/quotation.js';
import { isPrinted, printedWords } from './printing.js';
import { MILLI } from './pricing/amounts.js';
import { play } from './sound.js';

/** @typedef {import('./device/held.js').Held} Held */

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   newUid: () => string, now: () => number, later: import('./later.js').Later}} room
 * @returns {Record<string, any>}
 */
export function heldView(room) {
  return {
    held: [],
    holdName: '',
    /** A ticket goes aside or comes back: a second tap does nothing, and what is scanned comes after. */
    isHolding: false,
    /** The held ticket that one more tap lets go. */
    goingUid: '',

    async readHeld() {
      const { device } = room;
      if (!device) return;
      this.held = (await listHeld(device.memory)).map(rowOf);
    },

    heldText() {
      return this.held.length === 1 ? '1 venta en espera' : `${this.held.length} ventas en espera`;
    },

    /** One key: with goods it puts the ticket aside, without it shows those that wait. */
    askHeld() {
      if (this.practicing) {
        this.say('info', 'En práctica no se guardan ventas en espera.');
        return;
      }
      if (this.stage !== 'ticket') return;
      if (this.isEmpty() && this.held.length === 0) {
        this.say('info', 'No hay ventas en espera. Con productos en la venta, F6 la deja esperando.');
        return;
      }
      this.holdName = this.customer?.name ?? '';
      this.goingUid = '';
      this.open('held', '');
    },

    /**
     * Tickets change their places, one change at a time.
     * @param {() => Promise<void>} change
     */
    async whileHolding(change) {
      if (!room.device || this.isHolding) return;
      this.isHolding = true;
      this.sheetError = '';
      try {
        await change();
      } catch (error) {
        this.sayTrouble('No pudimos guardar el cambio en este equipo. Prueba de nuevo con F6; si se repite, recarga la caja.');
        globalThis.reportError?.(error);
      } finally {
        this.isHolding = false;
        const trouble = this.sheetError;
        this.drainScans();
        // A scan that waited closed the sheet where it was said.
        if (trouble && !this.dialog) this.say('warn', trouble);
      }
    },

    /** @returns {Held | null} the ticket on the screen, to be put aside; null: it must stay, the sheet says why */
    ticketToHold() {
      if (this.tenders.length > 0) {
        this.sheetError = 'Esta venta ya tiene un pago anotado. Termina de cobrarla, o quita el pago.';
        return null;
      }
      const heldAt = new Date(room.now()).toISOString();
      const name = this.holdName.trim().replace(/\s+/g, ' ') || this.customer?.name || `Venta de las ${hour(heldAt)}`;
      return { uid: room.newUid(), name, heldAt, totalClp: this.priced.total, ticket: this.ticketNow() };
    },

    /** @returns {Promise<boolean>} false: the ticket is still on the screen */
    async putAside() {
      const { device } = room;
      const held = device && !this.isEmpty() && this.ticketToHold();
      if (!held) return false;
      room.later.now('ticket');
      if (!(await hold(device.memory, held))) {
        this.sheetError = `Ya hay ${MOST_HELD} ventas en espera. Cobra o borra alguna antes.`;
        play('error');
        return false;
      }
      this.clearTicket();
      await this.readHeld();
      return true;
    },

    async confirmHold() {
      const words = this.totalText();
      await this.whileHolding(async () => {
        if (!(await this.putAside())) return;
        this.close();
        this.say('info', `Quedó en espera: ${this.held.at(-1)?.name}, ${words}. F6 la trae de vuelta.`);
      });
    },

    /**
     * Go on with a ticket; the one on the screen takes its place.
     * @param {string} uid
     */
    async takeHeld(uid) {
      await this.whileHolding(async () => {
        const aside = this.isEmpty() ? null : this.ticketToHold();
        if (!aside && !this.isEmpty()) return;
        room.later.now('ticket');
        const found = await takeBack(/** @type {import('./device/device.js').Device} */ (room.device).memory, uid, aside);
        // Before the list is drawn anew: the chosen button goes with it, and with it the way to the sheets.
        this.close();
        if (found) {
          // It may still be said that this one waits.
          this.hush();
          this.takeTicket(found.ticket);
          this.announce(`${found.name}. Total ${this.totalText()}`);
          this.takeNewPrices();
          this.guardTakenBack();
        }
        await this.readHeld();
      });
    },

    /** @param {string} uid */
    async letHeldGo(uid) {
      const { device, selling } = room;
      const row = this.held.find((/** @type {any} */ one) => one.uid === uid);
      if (!device || !selling || !row) return;
      if (this.goingUid !== uid) {
        this.goingUid = uid;
        return;
      }
      this.goingUid = '';
      await this.whileHolding(async () => {
        const deed = this.deedOf('ticket_voided', row.totalClp, `En espera: ${row.name}`);
        await letGo({ memory: device.memory, journal: selling.journal }, uid, deed);
        if (this.held.length === 1 && this.isEmpty()) this.close();
        await this.readHeld();
      });
    },

    askMore() {
      if (this.stage === 'ticket') this.open('more', '');
    },

    /** @returns {Record<string, () => void>} */
    moreKeys() {
      return { e: () => this.askHeld(), c: () => void this.quote(), n: () => this.askNote(), d: () => this.askDiscount(null), a: () => this.askVoid() };
    },

    askNote() {
      this.open('note', this.note);
    },

    confirmNote() {
      this.note = this.pad.trim().replace(/\s+/g, ' ');
      this.close();
      this.setCart(this.cart);
    },

    /** What this would cost today, on paper that is no boleta. */
    async quote() {
      this.close();
      if (this.isEmpty()) {
        this.say('info', 'Agrega productos para cotizar.');
        return;
      }
      const blocks = quotationBlocks({
        ...{ shop: this.till.shop, till: this.till.name, at: new Date(room.now()).toISOString() },
        ...{ customer: this.customer?.name ?? this.invoice?.name ?? '', note: this.note, totalClp: this.priced.total },
        lines: soldLines(this.cart, this.priced).map(quotedLine),
      });
      const state = await this.printSlip(blocks, room.newUid(), { name: 'la cotización' });
      if (isPrinted(state)) this.say('info', printedWords(state, 'la cotización'));
    },
  };
}

/** @param {Held} held */
function rowOf({ uid, name, heldAt, totalClp, ticket }) {
  const [first, ...others] = ticket.lines;
  const goods = others.length === 0 ? first?.name : `${first?.name} y ${others.length} más`;
  return { uid, name, totalClp, total: clp(totalClp), detail: `${goods} · desde las ${hour(heldAt)}` };
}

/**
 * @param {import('./device/journal.js').SoldLine} line
 * @returns {import('./paper/quotation.js').QuotedLine}
 */
function quotedLine({ name, unit, quantity, price_clp: priceClp, amount_clp: amountClp, label_clp: label }) {
  const counted = { unit: /** @type {'un' | 'kg'} */ (unit), milli: parseQuantity(quantity) ?? 0, priceClp };
  return { name, amountClp, ...(label === undefined ? counted : { unit: 'un', milli: MILLI, priceClp: label }) };
}
