// @ts-check
/** Discounts by hand, on a line or on the whole ticket, and the supervisor's PIN when one is above the limit. */

import { clp } from '../common/format.js';
import { fitDiscounts, priceByHand, setLineDiscount, setTicketDiscount } from './cart.js';
import { localSecond } from './device/santiago.js';
import { parseClp } from './money.js';
import { percentOf, WHOLE } from './pricing/amounts.js';
import { isOverLimit } from './pricing/ticket.js';
import { play } from './sound.js';
import { CHANGE_PRICES, mayDo } from './verbs.js';

const MINUTE_MS = 60_000;
const PERCENT = /^(\d{1,3})(?:,(\d{1,2}))?$/;

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
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, device: import('./device/device.js').Device | null,
 *   now: () => number}} room
 * @returns {Record<string, any>}
 */
export function discountView(room) {
  // The minute in Santiago is asked with each scan and takes longer than pricing a line.
  let known = { minute: NaN, atLocal: '' };

  return {
    /** What the open sheet is about: a line's key, or null for the ticket. */
    discountKey: null,
    /** @type {'percent' | 'pesos' | 'price'} how it is typed; a price is that of one unit */
    discountWay: 'percent',
    /** @returns {import('./cart.js').Rules} what is on offer at this minute */
    rules() {
      const minute = Math.floor(room.now() / MINUTE_MS);
      if (minute !== known.minute) known = { minute, atLocal: localSecond(minute * MINUTE_MS).second.slice(0, 16) };
      return {
        promotions: room.catalogue?.promotions ?? [],
        names: room.catalogue?.promotionNames ?? new Map(),
        atLocal: known.atLocal,
      };
    },

    /** How far who stands here may go alone, in hundredths of a percent: who changes prices, all the way. */
    discountLimit() {
      return mayDo(this.people, this.shift?.cashier.id, CHANGE_PRICES) ? WHOLE : (this.limits.discount_limit ?? WHOLE);
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

    /** An offer or a dated price may have begun or ended while the ticket was open: tell before charging. */
    stillCosts() {
      if (this.changedPrices().length > 0) {
        this.close();
        this.takeNewPrices();
        return false;
      }
      const { total } = this.priced;
      const fit = this.fitted(this.cart);
      if (fit.priced.total !== total) {
        this.setCart(fit.cart);
        this.sayOfferChanged();
        return false;
      }
      // Told is what holds at this minute; nothing of the screen is drawn again on the way of a payment.
      [this.cart, this.priced] = [fit.cart, Object.freeze(fit.priced)];
      return true;
    },

    sayOfferChanged() {
      this.close();
      this.say('warn', `Cambió una oferta: el total ahora es ${clp(this.priced.total)}. Dile al cliente y cobra de nuevo.`);
      play('error');
    },

    /** @param {number | null} key of a line; null is the whole ticket */
    askDiscount(key) {
      if (this.isEmpty() || this.stage !== 'ticket') return;
      const line = this.lineOf(key);
      if (line?.discountable === false) {
        this.say('warn', `${line.name} no admite descuentos.`);
        play('error');
        return;
      }
      if (key === null && this.priced.ticketRest === 0) return;
      const given = (line ?? this.cart).discount;
      this.discountKey = key;
      this.discountWay = !given || 'percent' in given ? 'percent' : given.unitClp === undefined ? 'pesos' : 'price';
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

    /** @param {'percent' | 'pesos' | 'price'} way */
    discountBy(way) {
      this.discountWay = way;
      this.pad = '';
      this.padFresh = true;
      this.sheetError = '';
      this.focusSheet();
    },

    /** @returns {import('./cart.js').HandDiscount | null} what was typed */
    typedDiscount() {
      if (this.discountWay === 'percent') {
        const percent = readPercent(this.pad);
        return percent === null ? null : { percent };
      }
      const amountClp = parseClp(this.pad);
      if (this.discountWay === 'pesos') return amountClp ? { amountClp } : null;
      const line = this.lineOf(this.discountKey);
      return line && amountClp && amountClp < line.priceClp ? priceByHand(line, amountClp) : null;
    },

    /** A price of its own has who buys one thing; a label has its price already. */
    mayTypePrice() {
      const line = this.lineOf(this.discountKey);
      return line !== null && line.labelClp === undefined;
    },

    /** What the pad's text means, for who cannot see which way is chosen. */
    discountPadName() {
      return { percent: 'Porcentaje', pesos: 'Pesos', price: 'Precio nuevo' }[/** @type {'percent'} */ (this.discountWay)];
    },

    /** Why what was typed is no discount. */
    discountTrouble() {
      if (this.discountWay === 'percent') return 'Escribe un porcentaje de 1 a 100.';
      if (this.discountWay === 'pesos') return 'Escribe cuántos pesos descuentas.';
      const line = this.lineOf(this.discountKey);
      const typed = parseClp(this.pad);
      if (!line || !typed) return 'Escribe el precio nuevo de cada uno.';
      return `El precio es ${clp(line.priceClp)}: en la caja solo se puede bajar. Para subirlo, cámbialo en la oficina, en Productos.`;
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
        this.sheetError = this.discountTrouble();
        play('error');
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
      this.askPin({
        title: 'Supera tu límite',
        words: 'Pide su PIN a quien autoriza. Sirve solo para este descuento.',
        go: 'Autorizar',
        people: this.peopleWho(CHANGE_PRICES),
        nobody: 'Supera tu límite y nadie puede autorizarlo: quien administra necesita un PIN.',
        then: (/** @type {import('./view_pin.js').Person} */ person) => {
          this.giveDiscount(key, { ...typed, approvedBy: person.id });
          this.announce(`Autoriza ${person.name}.`);
        },
      });
    },

    /**
     * @param {number | null} key
     * @param {import('./cart.js').HandDiscount | null} discount
     */
    giveDiscount(key, discount) {
      const line = this.lineOf(key);
      const before = this.priced.total;
      this.setCart(key === null ? setTicketDiscount(this.cart, discount) : setLineDiscount(this.cart, key, discount));
      if (line && discount?.unitClp !== undefined) {
        const words = `${line.name}: de ${clp(line.priceClp)} a ${clp(discount.unitClp)}`;
        this.tellDeed('price_changed', before - this.priced.total, words, discount.approvedBy ?? null);
      }
      this.announce(`Total ${clp(this.priced.total)}`);
      this.focusSearch();
    },
  };
}
