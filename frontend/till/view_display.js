// @ts-check
/** The customer's screen: a second window that is told what to show, after the cashier's own has been drawn. */

import { clp, whole } from '../common/format.js';
import { createTeller } from './display/channel.js';
import { MILLI } from './pricing/amounts.js';

const PAUSE_MS = 30;

/** @returns {Record<string, any>} */
export function displayView() {
  const teller = createTeller(globalThis.BroadcastChannel);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let telling;
  return {
    openDisplay() {
      window.open(this.$root.dataset.visor, 'caja-visor', 'popup,width=1024,height=600');
      this.tellDisplay();
    },

    /** Nothing on the way of a scan or of a payment waits for it. */
    tellDisplay() {
      clearTimeout(telling);
      telling = setTimeout(() => teller.tell(this.shownToCustomer()), PAUSE_MS);
    },

    /** @returns {import('./display/channel.js').Shown} */
    shownToCustomer() {
      const { paid, priced } = this;
      const isPaid = this.stage === 'paid' && paid !== null;
      return {
        stage: isPaid ? 'paid' : this.isEmpty() ? 'idle' : 'ticket',
        shop: this.till.shop,
        lines: isPaid ? [] : this.rows.map((/** @type {any} */ row, /** @type {number} */ place) => shownLine(row, priced.reasons[place] ?? [])),
        count: isPaid ? '' : countedText(this.cart.lines),
        total: isPaid ? paid.total : this.totalText(),
        saved: isPaid ? '' : this.savedText(),
        change: isPaid && paid.hasChange && paid.change !== clp(0) ? paid.change : '',
        isPractice: Boolean(this.practicing),
      };
    },
  };
}

/**
 * @param {{name: string, detail: string, amount: string}} row
 * @param {readonly {amount_clp: number}[]} reasons
 */
function shownLine({ name, detail, amount }, reasons) {
  const off = reasons.reduce((sum, reason) => sum + reason.amount_clp, 0);
  return { name, detail, amount, saved: off > 0 ? clp(-off) : '' };
}

/**
 * How many things the customer carries: each piece, and what was weighed together as one.
 * @param {readonly Pick<import('./cart.js').Line, 'unit' | 'quantityMilli'>[]} lines
 */
export function countedText(lines) {
  const isByPiece = (/** @type {Pick<import('./cart.js').Line, 'unit' | 'quantityMilli'>} */ line) => line.unit === 'un' && line.quantityMilli % MILLI === 0;
  const count = lines.reduce((sum, line) => sum + (isByPiece(line) ? line.quantityMilli / MILLI : 1), 0);
  return count === 1 ? '1 producto' : `${whole(count)} productos`;
}
