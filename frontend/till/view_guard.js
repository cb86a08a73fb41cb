// @ts-check
/**
 * What is not sold to everybody, or not at every hour: asked once per ticket, refused with the reason. A ticket can wait
 * for hours before it is paid, so the hours hold when it is added to and when it is paid, too.
 */

import { localSecond } from './device/santiago.js';
import { hindrance, hoursText } from './restrictions.js';
import { play } from './sound.js';

/** @typedef {import('./catalogue.js').Product} Product */

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, now: () => number}} room
 * @returns {Record<string, any>}
 */
export function guardView(room) {
  /** What goes on when the customer is an adult. @type {(() => void) | null} */
  let waiting = null;
  /** Whether what waits is on the ticket already. */
  let isOnTicket = false;

  return {
    /** Asked already for this ticket. */
    isAdult: false,
    adultOf: '',

    /**
     * Sell a product if it may be sold now; asks first where the law wants it asked.
     * @param {Product} product
     * @param {() => void} go
     */
    guarded(product, go) {
      const found = this.hindranceOf(product);
      if (found === 'closed') {
        this.say('danger', this.closedText(product.name));
        this.alarm();
      } else if (found === 'ask') this.askAdult(product.name, go, false);
      else go();
    },

    /**
     * More of what is on the ticket is sold like the first of it.
     * @param {import('./cart.js').Line} line
     * @param {() => void} go
     */
    guardedLine(line, go) {
      const product = room.catalogue?.product(line.productId);
      if (product) this.guarded(product, go);
      else go();
    },

    /**
     * @param {() => void} again what was wanted, for when the customer turns out to be an adult
     * @returns {boolean} whether all of the ticket may be sold now; if not, it is said, or asked
     */
    mayBeSold(again) {
      // What a machine was asked for is settled first, and what it has paid is sold.
      return this.unsure() !== null || this.standing().isPaid || !this.isHindered(again);
    },

    /**
     * @param {() => void} again
     * @returns {boolean} whether something of the ticket may not be sold now: then it was said, or asked
     */
    isHindered(again) {
      const [closed, asked] = [this.hinderedName('closed'), this.hinderedName('ask')];
      if (closed) this.refuseClosed(closed);
      else if (asked) this.askAdult(asked, again, true);
      return Boolean(closed || asked);
    },

    /** A ticket came back after a while: said at once, and what the law wants asked is asked before it is paid. */
    guardTakenBack() {
      if (this.dialog) return;
      const [closed, asked] = [this.hinderedName('closed'), this.hinderedName('ask')];
      if (closed) {
        this.say('danger', this.closedText(closed));
        this.alarm();
      } else if (asked) this.askAdult(asked, () => {}, true);
    },

    /**
     * Nothing is taken any more. What was taken before is named: it has to go back.
     * @param {string} name
     */
    refuseClosed(name) {
      const taken = this.tenders.length > 0 ? ` Ya estaba anotado: ${this.takenNames()}. Si no lo vendes, devuélvelo.` : '';
      const way = taken ? 'Quítalo de la venta para cobrar el resto.' : 'Quítalo de la venta para cobrar el resto, o déjala en espera (F6).';
      this.sheetText = `${this.closedText(name)} ${way}${taken}`;
      play('unknown');
      this.open('refused', '');
    },

    /**
     * @param {'closed' | 'ask'} wanted
     * @returns {string} the first of the ticket with which it stands so; nothing when none does
     */
    hinderedName(wanted) {
      const isSo = (/** @type {import('./cart.js').Line} */ { productId }) => this.hindranceOf(room.catalogue?.product(productId)) === wanted;
      return this.cart.lines.find(isSo)?.name ?? '';
    },

    /**
     * @param {Product | null | undefined} product
     * @returns {'closed' | 'ask' | null}
     */
    hindranceOf(product) {
      const { catalogue } = room;
      if (!product?.restriction || !catalogue) return null;
      return hindrance(product.restriction, { hours: catalogue.alcohol, atLocal: localSecond(room.now()).second, isAdult: this.isAdult });
    },

    /** @param {string} name */
    closedText(name) {
      const hours = room.catalogue ? ` ${hoursText(room.catalogue.alcohol)}` : '';
      return `A esta hora no se vende alcohol: ${name} se puede vender${hours}.`;
    },

    /**
     * @param {string} name
     * @param {() => void} go
     * @param {boolean} isThere whether it is on the ticket already
     */
    askAdult(name, go, isThere) {
      waiting = go;
      isOnTicket = isThere;
      this.adultOf = name;
      this.open('adult', '');
    },

    /** @returns {Record<string, () => void>} */
    adultKeys() {
      return { s: () => this.isAnAdult(), n: () => this.isNoAdult() };
    },

    isAnAdult() {
      this.isAdult = true;
      this.answerAdult();
    },

    /** @returns {void} what was asked for is not sold; the rest of the ticket stays */
    isNoAdult() {
      waiting = null;
      this.answerAdult();
      const words = isOnTicket ? 'se vende solo a mayores de 18: quítalo de la venta para cobrar.' : 'no se agregó: se vende solo a mayores de 18.';
      this.say('warn', `${this.adultOf} ${words}`);
    },

    answerAdult() {
      const go = waiting;
      waiting = null;
      this.close();
      go?.();
      this.drainScans();
    },
  };
}
