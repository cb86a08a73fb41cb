// @ts-check
/** Discounts by hand, on a line or on the whole ticket, and the supervisor's PIN when one is above the limit. */

import { clp } from '../common/format.js';
import { fitDiscounts, saleDiscount, setLineDiscount, setTicketDiscount } from './cart.js';
import { localSecond } from './device/santiago.js';
import { parseClp } from './money.js';
import { percentOf, WHOLE } from './pricing/amounts.js';
import { isOverLimit } from './pricing/ticket.js';
import { Refused } from './server.js';
import { play } from './sound.js';

const PERCENT = /^(\d{1,3})(?:,(\d{1,2}))?$/;
/** The server believes a till's clock that is no further off than this. */
const CLOCK_TRUST_MS = 15 * 60_000;

/**
 * Read a percent as people type it, in hundredths.
 * @param {string} text
 * @returns {number | null}
 */
export function readPercent(text) {
  const match = PERCENT.exec(text.trim());
  if (!match) return null;
  const hundredths = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return hundredths > 0 && hundredths <= WHOLE ? hundredths : null;
}

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, server: import('./server.js').Server,
 *   newUid: () => string, now: () => Date}} room
 * @param {{approvers?: [number, string][]}} config
 * @returns {Record<string, any>}
 */
export function discountView(room, config) {
  return {
    /** What the open sheet is about: a line's key, or null for the ticket. */
    discountKey: null,
    discountIsPercent: true,
    /** A discount that waits for a PIN. */
    asked: null,
    approvers: (config.approvers ?? []).map(([id, name]) => ({ id, name })),
    approver: String(config.approvers?.[0]?.[0] ?? ''),
    /** How far the server's clock is ahead of this one. */
    skewMs: 0,

    /** @param {string} text the server's time */
    noteServerTime(text) {
      const server = Date.parse(text);
      if (!Number.isNaN(server)) this.skewMs = server - room.now().getTime();
    },

    /** @returns {import('./cart.js').Rules} what is on offer at this minute */
    rules() {
      const own = room.now().getTime();
      const instant = Math.abs(this.skewMs) > CLOCK_TRUST_MS ? own + this.skewMs : own;
      return {
        promotions: room.catalogue?.promotions ?? [],
        names: room.catalogue?.promotionNames ?? new Map(),
        atLocal: localSecond(instant).second.slice(0, 16),
      };
    },

    /** How far the cashier may go; until the server said so, it is the judge. */
    discountLimit() {
      return this.state?.discount_limit ?? WHOLE;
    },

    /**
     * Price a ticket by the offers of this minute; discounts that no longer fit are taken out, and it is said.
     * @param {import('./cart.js').Cart} cart
     */
    fitted(cart) {
      const fit = fitDiscounts(cart, this.rules(), this.discountLimit());
      if (fit.dropped) this.say('warn', 'Un descuento ya no cabía en la venta y se quitó. Revísalo con el cliente.');
      return fit;
    },

    /** An offer may have begun or ended while the ticket was open: tell before charging. */
    stillCosts() {
      const before = this.priced.total;
      this.setCart(this.cart);
      if (this.priced.total === before) return true;
      this.close();
      this.say('warn', `Cambió una oferta: el total ahora es ${clp(this.priced.total)}. Dile al cliente y cobra de nuevo.`);
      play('unknown');
      return false;
    },

    /** @param {number | null} key of a line; null is the whole ticket */
    askDiscount(key) {
      if (this.isEmpty() || this.stage !== 'ticket') return;
      const line = this.lineOf(key);
      if (line?.discountable === false) {
        this.say('warn', `${line.name} no admite descuentos.`);
        play('unknown');
        return;
      }
      if (key === null && this.priced.ticketRest === 0) return;
      const given = (line ?? this.cart).discount;
      this.discountKey = key;
      this.discountIsPercent = !given || 'percent' in given;
      this.open('discount', '');
    },

    /** @param {number | null} key */
    lineOf(key) {
      return this.cart.lines.find((/** @type {any} */ line) => line.key === key) ?? null;
    },

    askLineDiscount() {
      if (this.cart.activeKey !== null) this.askDiscount(this.cart.activeKey);
    },

    discountTitle() {
      return this.discountKey === null ? 'Descuento a la venta' : 'Descuento al producto';
    },

    discountOf() {
      const line = this.lineOf(this.discountKey);
      return line ? `${line.name}, ${clp(this.discountRest())}` : `Total ${clp(this.discountRest())}`;
    },

    discountRest() {
      if (this.discountKey === null) return this.priced.ticketRest;
      const place = this.cart.lines.findIndex((/** @type {any} */ line) => line.key === this.discountKey);
      return this.priced.rests[place] ?? 0;
    },

    /** @param {boolean} isPercent */
    discountBy(isPercent) {
      this.discountIsPercent = isPercent;
      this.pad = '';
      this.sheetError = '';
    },

    /** @returns {import('./cart.js').HandDiscount | null} what was typed */
    typedDiscount() {
      if (this.discountIsPercent) {
        const percent = readPercent(this.pad);
        return percent === null ? null : { percent };
      }
      const amountClp = parseClp(this.pad);
      return amountClp ? { amountClp } : null;
    },

    discountText() {
      const typed = this.typedDiscount();
      if (!typed) return '';
      const off = 'percent' in typed ? percentOf(this.discountRest(), typed.percent) : typed.amountClp;
      return off > this.discountRest() ? '' : `Se descuentan ${clp(off)}: queda en ${clp(this.discountRest() - off)}`;
    },

    hasDiscount() {
      return Boolean((this.lineOf(this.discountKey) ?? this.cart).discount);
    },

    dropTypedDiscount() {
      this.close();
      this.giveDiscount(this.discountKey, null);
    },

    confirmDiscount() {
      const typed = this.typedDiscount();
      if (!typed) {
        this.sheetError = this.discountIsPercent ? 'Escribe un porcentaje de 1 a 100.' : 'Escribe cuántos pesos descuentas.';
        return;
      }
      if ('amountClp' in typed && typed.amountClp > this.discountRest()) {
        this.sheetError = `Es más de lo que queda por pagar. Escribe ${clp(this.discountRest())} o menos.`;
        return;
      }
      const key = this.discountKey;
      const isOver = isOverLimit(typed, this.discountRest(), this.discountLimit());
      this.close();
      if (!isOver) {
        this.giveDiscount(key, typed);
        return;
      }
      if (this.approvers.length === 0) {
        this.say('warn', 'Supera tu límite y nadie puede autorizarlo: quien administra necesita un PIN.');
        return;
      }
      this.asked = { uid: room.newUid(), key, discount: typed };
      this.open('approve', '');
    },

    /** The PIN goes to the server and nowhere else; what comes back is good for this discount once. */
    async confirmApproval() {
      const { asked } = this;
      const pin = this.pad;
      if (!/^\d{4,6}$/.test(pin)) {
        this.sheetError = 'El PIN tiene 4 a 6 números.';
        return;
      }
      const { discount } = asked;
      const line = this.lineOf(asked.key);
      try {
        const { approval, by } = await room.server.approve({
          uid: asked.uid,
          approver: Number(this.approver),
          pin,
          ...(line ? { product_id: line.productId } : {}),
          ...saleDiscount({ discount }),
        });
        this.close();
        this.giveDiscount(asked.key, { ...discount, approval });
        this.announce(`Autoriza ${by}.`);
      } catch (error) {
        this.pad = '';
        this.sheetError = error instanceof Refused ? error.message : 'Sin conexión no se puede autorizar. Prueba de nuevo o cobra sin el descuento.';
        play('unknown');
      }
    },

    /**
     * @param {number | null} key
     * @param {import('./cart.js').HandDiscount | null} discount
     */
    giveDiscount(key, discount) {
      this.setCart(key === null ? setTicketDiscount(this.cart, discount) : setLineDiscount(this.cart, key, discount));
      this.announce(`Total ${clp(this.priced.total)}`);
      this.focusSearch();
    },
  };
}
