// @ts-check
/** The dialog that asks for a weight: what the scale beside the till says, or what the cashier types. */

import { clp, quantity } from '../common/format.js';
import { setQuantity } from './cart.js';
import { MAX_QUANTITY_MILLI, parseQuantity } from './money.js';
import { grossClp } from './pricing/amounts.js';

/** No counter sells more in one weighing; a comma that was forgotten does. */
const MOST_GRAMS = 500_000;
/** Five looks a second: as fast as a hand puts a loaf down. */
const LOOK_MS = 200;

/** @typedef {import('./catalogue.js').Product} Product */

/**
 * @param {{agent: import('./agent.js').Agent}} room
 * @returns {Record<string, any>}
 */
export function weightView(room) {
  return {
    weighing: null,
    /** What the scale says while the dialog is open; null: there is none. @type {import('./agent.js').Weight | null} */
    scale: null,

    /**
     * @param {Product} product
     * @param {number | null} [key] the line to change, when it is in the ticket already
     */
    askWeight(product, key = null) {
      const weighing = { product, key, priceClp: this.priceFor(product) };
      this.weighing = weighing;
      this.scale = null;
      this.open('weight', '');
      void this.tellStock(product.id);
      void this.watchScale(weighing);
    },

    /**
     * Look at the scale for as long as this weighing is on the screen.
     * @param {object} weighing
     */
    async watchScale(weighing) {
      const isOpen = () => this.dialog === 'weight' && this.weighing?.product === /** @type {any} */ (weighing).product;
      while (isOpen()) {
        const said = await room.agent.weight();
        if (!isOpen()) return;
        this.scale = said;
        if (!said) return;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },

    scaleText() {
      return this.scale ? this.scale.words : '';
    },

    /** What would be sold with one tap: what was typed, else what lies still on the scale. */
    typedMilli() {
      const text = this.pad.trim();
      if (text === '') return this.scale?.state === 'stable' ? this.scale.grams : null;
      // Digits alone are grams, digits with a comma are kilos; scales and people use both.
      if (/^\d{1,8}$/.test(text)) return Number(text);
      return parseQuantity(text);
    },

    /** What the dialog speaks of: the new weight, and until there is one, what the line weighs today. */
    shownMilli() {
      const key = this.weighing?.key ?? null;
      return this.typedMilli() ?? this.cart.lines.find((/** @type {any} */ line) => line.key === key)?.quantityMilli ?? null;
    },

    weightText() {
      const milli = this.shownMilli();
      return milli ? quantity(milli, 'kg') : '0 kg';
    },

    weightPrice() {
      return this.weighing ? clp(this.weighing.priceClp) : '';
    },

    weightAmount() {
      const milli = this.shownMilli();
      if (!milli || !this.weighing) return '$0';
      return clp(grossClp(Math.min(milli, MAX_QUANTITY_MILLI), this.weighing.priceClp));
    },

    weightButtonText() {
      const milli = this.typedMilli();
      const isNew = (this.weighing?.key ?? null) === null;
      if (!milli || milli > MAX_QUANTITY_MILLI) return isNew ? 'Agregar a la venta' : 'Cambiar el peso';
      return `${isNew ? 'Agregar' : 'Cambiar a'} ${quantity(milli, 'kg')}`;
    },

    confirmWeight() {
      const milli = this.typedMilli();
      if (!milli || milli > MAX_QUANTITY_MILLI) {
        const waits = this.scale && this.pad.trim() === '';
        this.sheetError = waits ? `${this.scale.words}.` : 'Escribe los gramos (455) o los kilos con coma (0,455).';
        return;
      }
      if (milli > MOST_GRAMS) {
        this.sheetError = `Son ${quantity(milli, 'kg')}: revisa el peso. Más de ${quantity(MOST_GRAMS, 'kg')} se vende en dos líneas.`;
        return;
      }
      const { product, key } = this.weighing;
      this.close();
      if (key === null) {
        this.put(product, milli);
        return;
      }
      const before = this.priced.total;
      this.setCart(setQuantity(this.cart, key, milli));
      if (this.priced.total < before) this.tellLess(product, before);
    },
  };
}
