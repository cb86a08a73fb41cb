// @ts-check
/** The right side of the screen: the ticket, its active line, its total, and what empties it. */

import { clp, quantity } from '../common/format.js';
import { EMPTY_CART, moveSelection, priceCart, removeLine, reviveCart, selectLine, setQuantity } from './cart.js';
import { createFoot } from './foot.js';
import { createLineList } from './lines.js';
import { MAX_QUANTITY_MILLI } from './money.js';
import { MILLI } from './pricing/amounts.js';

/**
 * @param {{device: import('./device/device.js').Device | null, later: import('./later.js').Later}} room
 * @returns {Record<string, any>}
 */
export function cartView(room) {
  /** @type {ReturnType<typeof createLineList> | null} */
  let lines = null;
  /** @type {ReturnType<typeof createFoot> | null} */
  let foot = null;

  return {
    cart: EMPTY_CART,
    /** What the cashier wrote beside the ticket. */
    note: '',
    /** @type {readonly import('./lines.js').Row[]} */
    rows: [],
    priced: Object.freeze(priceCart(EMPTY_CART)),
    /** What the foot of the ticket reads: written once for each change, and only what is another word is drawn again. */
    bill: billOf(priceCart(EMPTY_CART), 0),

    /** @param {import('./cart.js').Cart} cart */
    setCart(cart) {
      const fit = this.fitted(cart);
      this.cart = fit.cart;
      // Frozen: what Alpine watches is read through a proxy, number by number.
      this.priced = Object.freeze(fit.priced);
      Object.assign(this.bill, billOf(fit.priced, fit.cart.lines.length));
      this.drawLines();
      room.later.after('tiles', () => this.countTiles());
      this.keepTicket();
      this.tellDisplay();
    },

    drawLines() {
      const { reasons, amounts } = this.priced;
      const { lines: sold, activeKey } = this.cart;
      this.rows = Object.freeze(
        sold.map((/** @type {import('./cart.js').Line} */ line, /** @type {number} */ place) =>
          rowOf(line, { amountClp: amounts[place], reasons: reasons[place], active: line.key === activeKey }),
        ),
      );
      const list = this.$refs.lines;
      if (!list) return;
      lines ??= newLineList(list);
      lines.show(this.rows);
      // With the picture that is drawn anyway: looking now would have all of it laid out twice.
      requestAnimationFrame(() => showActive(list));
    },

    /** Whenever something of it changed: Alpine sees what it reads. */
    drawFoot() {
      foot ??= createFoot(this.$refs.foot);
      foot.show({ ...this.bill, exact: this.cashText() }, this.quickPays(), this.payable);
    },

    /**
     * A tap on a line, or on one of the buttons of the active one.
     * @param {Event} event
     */
    lineTapped(event) {
      const button = /** @type {HTMLElement} */ (event.target).closest('button');
      const key = Number(button?.closest('li')?.dataset.key);
      const deeds = {
        choose: () => this.choose(key),
        less: () => this.step(-1),
        more: () => this.step(1),
        quantity: () => this.askQuantity(),
        discount: () => this.askDiscount(key),
        drop: () => this.drop(),
      };
      /** @type {Record<string, () => void>} */ (deeds)[button?.dataset.does ?? '']?.();
    },

    /**
     * Onto the disk, after the screen was drawn. Only what a machine or an account paid must outlive a power cut: goods
     * are still on the counter. A ticket that is being sold leaves the disk with its sale.
     * @param {'strict' | 'relaxed'} [wanted]
     */
    keepTicket(wanted) {
      if (this.practicing || this.stage === 'sending') return;
      const ticket = this.ticketNow();
      const durability = wanted ?? (ticket.tenders.length > 0 ? 'strict' : 'relaxed');
      room.later.after('ticket', () => void room.device?.memory.keep('cart', ticket, durability).catch((error) => this.notKept(error)));
    },

    /** @param {unknown} error */
    notKept(error) {
      this.say('warn', 'No pudimos guardar la venta en este equipo: si se apaga ahora, se pierde. Libera espacio en el disco.');
      globalThis.reportError?.(error);
    },

    /** The ticket, who buys it and what was paid of it, as plain values: all goes from the disk in one stroke. */
    ticketNow() {
      const { invoice, customer, note, isAdult } = this;
      const tenders = this.tenders.map((/** @type {any} */ one) => ({ ...one }));
      return { ...this.cart, invoice: invoice && plainInvoice(invoice), customer: customer && { ...customer }, note, isAdult, tenders };
    },

    /** @param {any} kept what `ticketNow` gave, or an older program */
    takeTicket(kept) {
      this.invoice = kept?.invoice ?? null;
      this.customer = kept?.customer ?? null;
      this.note = kept?.note ?? '';
      this.isAdult = kept?.isAdult ?? false;
      this.tenders = kept?.tenders ?? [];
      this.times = 1;
      this.setCart(reviveCart(kept));
    },

    /** Nothing of one customer is left for the next. */
    clearTicket() {
      this.takeTicket(EMPTY_CART);
    },

    isEmpty() {
      return this.cart.lines.length === 0;
    },

    lineCount() {
      return this.bill.count;
    },

    totalText() {
      return this.bill.total;
    },

    savedText() {
      return this.bill.saved;
    },

    cashText() {
      return clp(this.standing().cashClp);
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
      if (!line || !isCounted(line) || this.stage !== 'ticket') return;
      const milli = line.quantityMilli + units * MILLI;
      if (milli < MILLI || milli > MAX_QUANTITY_MILLI) return;
      const before = this.priced.total;
      const go = () => this.setCart(setQuantity(this.cart, line.key, milli));
      if (units > 0) this.guardedLine(line, go);
      else {
        go();
        this.tellLess(line, before);
      }
    },

    /**
     * Tell the owner's log that less of a line will be paid; a line that is gone takes all of it along.
     * @param {{name: string}} line
     * @param {number} before what the ticket came to
     */
    tellLess(line, before) {
      this.tellDeed('line_removed', before - this.priced.total, line.name);
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
      if (line.labelClp !== undefined) this.say('info', `${line.name} tiene el precio de su etiqueta. Para cambiarlo, quítalo y escanea otra.`);
      else if (line.unit === 'un') {
        this.open('quantity', '');
        void this.tellStock(line.productId);
      } else this.askWeight({ id: line.productId, name: line.name, priceClp: line.priceClp, unit: 'kg' }, line.key);
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
      if (!line) return;
      const go = () => this.setCart(setQuantity(this.cart, line.key, milli));
      if (milli > line.quantityMilli) this.guardedLine(line, go);
      else {
        go();
        if (milli < line.quantityMilli) this.tellLess(line, before);
      }
    },

    askVoid() {
      if (!this.isEmpty() && this.stage === 'ticket') this.open('void', '');
    },

    confirmVoid() {
      this.close();
      this.tellDeed('ticket_voided', this.priced.total, this.lineCount());
      this.clearTicket();
      this.say('info', 'Venta borrada. No se emitió boleta.');
    },
  };
}

/**
 * What has a number to step up and down: no weights, and no piece whose price is on its label.
 * @param {import('./cart.js').Line} line
 */
const isCounted = (line) => line.unit === 'un' && line.labelClp === undefined;

/**
 * What a line of the ticket reads.
 * @param {import('./cart.js').Line} line
 * @param {{amountClp: number, reasons: readonly import('./cart.js').Reason[], active: boolean}} priced
 * @returns {import('./lines.js').Row}
 */
function rowOf(line, { amountClp, reasons, active }) {
  const isLabelled = line.labelClp !== undefined;
  return {
    key: line.key,
    name: line.name,
    amount: clp(amountClp),
    detail: `${quantity(line.quantityMilli, line.unit)} × ${clp(line.priceClp)}${isLabelled ? ' · etiqueta' : ''}`,
    action: line.unit === 'kg' ? 'Peso' : 'Cantidad',
    canLess: isCounted(line) && line.quantityMilli > MILLI,
    canMore: isCounted(line),
    label: isLabelled,
    active,
    discountable: line.discountable !== false,
    deals: reasons.filter(({ kind }) => kind !== 'ticket').map(({ name, amount_clp: off }) => ({ name, off: clp(-off) })),
  };
}

/**
 * @param {import('./cart.js').PricedCart} priced
 * @param {number} lineCount
 */
function billOf(priced, lineCount) {
  return {
    isEmpty: lineCount === 0,
    count: lineCount === 1 ? '1 producto' : `${lineCount} productos`,
    total: clp(priced.total),
    net: clp(priced.net),
    vat: clp(priced.iva),
    exempt: priced.exempt > 0 ? clp(priced.exempt) : '',
    saved: priced.saved > 0 ? `Ahorra ${clp(priced.saved)}` : '',
    off: priced.ticketDiscount > 0 ? `Descuento a la venta ${clp(-priced.ticketDiscount)}` : 'Descuento a la venta',
  };
}

/** @param {HTMLElement} list whose active line stays in sight, also when the foot below it grows or the screen is turned */
function newLineList(list) {
  new ResizeObserver(() => showActive(list)).observe(list);
  return createLineList(list);
}

/** @param {HTMLElement} list */
function showActive(list) {
  list.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' });
}

/**
 * What Alpine watches cannot be written to the disk.
 * @param {import('./view_invoice.js').InvoiceTo} invoice
 */
function plainInvoice({ journey, ...to }) {
  return journey ? { ...to, journey: { ...journey } } : { ...to };
}
