// @ts-check
/** The right side of the screen: the ticket, its active line, its total, and what empties it. */

import { clp, quantity } from '../common/format.js';
import { EMPTY_CART, moveSelection, priceCart, removeLine, selectLine, setQuantity } from './cart.js';
import { MAX_QUANTITY_MILLI } from './money.js';
import { MILLI } from './pricing/amounts.js';
import { roundedCash } from './pricing/cash.js';

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, store: import('./store.js').Store | null, deeds: import('./deeds.js').Deeds | null}} room
 * @returns {Record<string, any>}
 */
export function cartView(room) {
  return {
    cart: EMPTY_CART,
    rows: [],
    priced: priceCart(EMPTY_CART),

    /** @param {import('./cart.js').Cart} cart */
    setCart(cart) {
      const fit = this.fitted(cart);
      this.cart = fit.cart;
      this.priced = fit.priced;
      this.rows = this.cart.lines.map((/** @type {import('./cart.js').Line} */ line, /** @type {number} */ place) => ({
        key: line.key,
        name: line.name,
        unit: line.unit,
        amount: clp(this.priced.amounts[place]),
        detail: `${quantity(line.quantityMilli, line.unit)} × ${clp(line.priceClp)}`,
        canLess: line.unit === 'un' && line.quantityMilli > MILLI,
        active: line.key === this.cart.activeKey,
        discountable: line.discountable !== false,
        deals: this.priced.reasons[place]
          .filter((/** @type {any} */ reason) => reason.kind !== 'ticket')
          .map((/** @type {any} */ reason, /** @type {number} */ order) => ({ order, name: reason.name, off: clp(-reason.amount_clp) })),
      }));
      this.countTiles();
      // Who gets a factura is part of the ticket: both go from the disk in one stroke.
      void room.store?.write('cart', { ...this.cart, invoice: this.invoice && { ...this.invoice } });
      this.$nextTick(() => this.$refs.lines?.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' }));
    },

    isEmpty() {
      return this.cart.lines.length === 0;
    },

    lineCount() {
      const count = this.cart.lines.length;
      return count === 1 ? '1 producto' : `${count} productos`;
    },

    totalText() {
      return clp(this.priced.total);
    },

    savedText() {
      return this.priced.saved > 0 ? `Ahorra ${clp(this.priced.saved)}` : '';
    },

    ticketDiscountText() {
      return clp(-this.priced.ticketDiscount);
    },

    cashText() {
      return clp(roundedCash(this.priced.total));
    },

    netText() {
      return clp(this.priced.net);
    },

    vatText() {
      return clp(this.priced.iva);
    },

    exemptText() {
      return clp(this.priced.exempt);
    },

    /** @param {number} key */
    choose(key) {
      this.setCart(selectLine(this.cart, key));
    },

    activeLine() {
      return this.cart.lines.find((/** @type {any} */ line) => line.key === this.cart.activeKey) ?? null;
    },

    /**
     * Add or take units of the active line; what is weighed has no plus and minus.
     * @param {number} units
     */
    step(units) {
      const line = this.activeLine();
      if (!line || line.unit !== 'un' || this.stage !== 'ticket') return;
      const milli = line.quantityMilli + units * MILLI;
      if (milli < MILLI || milli > MAX_QUANTITY_MILLI) return;
      const before = this.priced.total;
      this.setCart(setQuantity(this.cart, line.key, milli));
      if (units < 0) this.tellLess(line, before);
    },

    /**
     * Tell the owner's log that less of a line will be paid; a line that is gone takes all of it along.
     * @param {{name: string}} line
     * @param {number} before what the ticket came to
     */
    tellLess(line, before) {
      void room.deeds?.tell('line_removed', before - this.priced.total, line.name).catch(() => {});
    },

    /** @param {number} steps */
    walkLines(steps) {
      this.setCart(moveSelection(this.cart, steps));
    },

    drop() {
      const line = this.activeLine();
      if (!line || this.stage !== 'ticket') return;
      const before = this.priced.total;
      this.setCart(removeLine(this.cart, line.key));
      this.tellLess(line, before);
      this.announce(`${line.name} quitado. Total ${clp(this.priced.total)}`);
      this.focusSearch();
    },

    askQuantity() {
      const line = this.activeLine();
      if (!line) return;
      if (line.unit === 'un') {
        this.open('quantity', '');
        void this.tellStock(line.productId);
        return;
      }
      this.askWeight({ id: line.productId, name: line.name, priceClp: line.priceClp, unit: 'kg' }, line.key);
    },

    quantityName() {
      return this.activeLine()?.name ?? '';
    },

    confirmQuantity() {
      const units = Number(this.pad);
      const milli = units * MILLI;
      if (!/^\d{1,5}$/.test(this.pad) || units === 0 || milli > MAX_QUANTITY_MILLI) {
        this.sheetError = 'Escribe cuántas unidades lleva, de 1 en adelante.';
        return;
      }
      const line = this.activeLine();
      const before = this.priced.total;
      this.close();
      this.setCart(setQuantity(this.cart, this.cart.activeKey, milli));
      if (line && milli < line.quantityMilli) this.tellLess(line, before);
    },

    askVoid() {
      if (!this.isEmpty() && this.stage === 'ticket') this.open('void', '');
    },

    confirmVoid() {
      this.close();
      void room.deeds?.tell('ticket_voided', this.priced.total, this.lineCount()).catch(() => {});
      this.invoice = null;
      this.setCart(EMPTY_CART);
      this.times = 1;
      this.say('info', 'Venta borrada. No se emitió boleta.');
    },
  };
}
