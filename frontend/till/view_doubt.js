// @ts-check
/** Money that nobody knows to have come: the machine did not answer. It is noted, counts as nothing, and a person settles it. */

import { clp } from '../common/format.js';
import { play } from './sound.js';
import { settleDoubt, unsureOf } from './tenders.js';

/** Ways in which somebody else's machine or account says whether the money came. */
const DOUBTFUL = ['card', 'baes', 'transfer'];

/** @returns {Record<string, any>} */
export function doubtView() {
  return {
    /** @returns {import('./tenders.js').Tender | null} what is still to be settled on this ticket */
    unsure() {
      return unsureOf(this.tenders);
    },

    mayDoubt() {
      return this.dialog === 'tender' && !this.unsure() && DOUBTFUL.includes(this.way) && this.mostClp() > 0;
    },

    /** What to do next, before any money is asked for again. */
    doubtText() {
      const unsure = this.unsure();
      if (!unsure) return '';
      const amount = clp(unsure.amount_clp);
      if (unsure.kind === 'transfer') return `Mira en tu cuenta si llegaron ${amount}. Si están, toca Sí pasó; si no, No pasó. No la pidas de nuevo antes.`;
      return `No pases la tarjeta de nuevo todavía. Mira la última venta en la máquina, o reimprime su último voucher: si sale por ${amount}, toca Sí pasó; si no, No pasó.`;
    },

    /** The machine says nothing: what was typed is noted as it is, unsure. */
    noteDoubt() {
      if (!this.mayDoubt()) return;
      const tender = this.typedTender();
      if (!tender) {
        play('unknown');
        return;
      }
      this.keepTenders([...this.tenders, { ...tender, isUnsure: true }]);
      this.chooseWay(this.way);
      this.sheetError = '';
      this.announce(this.doubtText());
    },

    /** @returns {boolean} whether nothing more is taken now; said on the sheet */
    heldByDoubt() {
      if (!this.unsure()) return false;
      if (this.dialog !== 'tender') this.openTender('card');
      this.sheetError = 'Primero di qué pasó con lo que está sin confirmar.';
      play('unknown');
      return true;
    },

    /** @param {boolean} hasPassed */
    settleUnsure(hasPassed) {
      if (!this.unsure()) return;
      const tenders = settleDoubt(this.tenders, hasPassed);
      this.keepTenders(tenders);
      if (tenders.length > 0 && this.standing().isPaid) void this.pay(tenders);
      else if (this.mayBeSold(() => void this.openTender(this.way))) this.chooseWay(hasPassed ? 'cash' : this.way);
    },
  };
}
