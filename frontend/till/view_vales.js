// @ts-check
/** A vale in the field where it is paid with: known without a network by its check sign and by what was spent here. */

import { clp, day, hour, whole } from '../common/format.js';
import { readValeCode } from './tenders.js';
import { readSpentVales, rememberVales, spentHere } from './vales.js';

const NO_VALE = Object.freeze({ code: '', isRead: true, leftClp: null, spentAt: '' });

/**
 * @typedef {{code: string, isRead: boolean, leftClp: number | null, spentAt: string}} TypedVale `isRead`: this till looked
 *   whether it took the vale before; `leftClp` null: the server has not said; `spentAt`: when this till took it last
 */

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   ask: import('./device/office.js').Office | null}} room
 * @returns {Record<string, any>}
 */
export function valeView(room) {
  /** The amount that the balance of the typed vale filled in, as it stood in the field. */
  let filled = '';

  return {
    /** @type {TypedVale} */
    vale: NO_VALE,

    /** Another code is another vale: nothing of the one before stays on the sheet. */
    forgetTypedVale() {
      if (filled !== '' && this.pad === filled) this.pad = '';
      filled = '';
      this.vale = NO_VALE;
    },

    /**
     * The QR of a vale, scanned where it is being paid.
     * @param {string} code
     * @returns {boolean}
     */
    takeScannedVale(code) {
      if (this.dialog !== 'tender' || readValeCode(code) === null) return false;
      this.chooseWay('store_credit');
      this.reference = code;
      void this.lookUpVale();
      return true;
    },

    /** What this till knows first: the server may be long in not answering. */
    async lookUpVale() {
      const code = this.way === 'store_credit' ? readValeCode(this.reference) : null;
      if ((code ?? '') === this.vale.code) return;
      this.forgetTypedVale();
      this.sheetError = '';
      if (!code) return;
      this.vale = { ...NO_VALE, code, isRead: false };
      const here = await this.valeSpentHere(code);
      if (this.vale.code !== code) return;
      this.vale = { ...this.vale, isRead: true, spentAt: here?.at ?? '' };
      const found = await room.ask?.vale(code).catch(() => undefined);
      if (this.vale.code !== code) return;
      // What this till has not told yet is still in the server's balance.
      if (found !== undefined) this.vale = { ...this.vale, leftClp: Math.max(0, (found?.balance_clp ?? 0) - (here?.unsentClp ?? 0)) };
      this.sheetError = this.wrongVale(code);
      const { leftClp } = this.vale;
      if (this.sheetError || this.pad !== '' || leftClp === null) return;
      filled = whole(Math.min(leftClp, this.mostClp()));
      this.pad = filled;
    },

    /** @param {string} code */
    async valeSpentHere(code) {
      const { device, selling } = room;
      if (!device || !selling) return null;
      const [unsent, told] = await Promise.all([selling.journal.unsent(), readSpentVales(device.memory)]);
      return spentHere(unsent, told, code);
    },

    /**
     * @param {string} code
     * @returns {string} why it does not pay; nothing when it may
     */
    wrongVale(code) {
      const { code: known, isRead, leftClp, spentAt } = this.vale;
      if (known !== code) return '';
      if (!isRead) return 'Un momento: mirando si ese vale ya se usó.';
      if (leftClp === 0) return 'En ese vale no queda nada, o el código es de otro: revísalo.';
      if (leftClp !== null || !spentAt) return '';
      return `Ese vale ya se usó en esta caja (${day(spentAt)} a las ${hour(spentAt)}), y sin conexión no se sabe si le queda algo. Pide otro medio de pago.`;
    },

    valeText() {
      const { code, leftClp } = this.vale;
      return code !== '' && leftClp ? `A este vale le quedan ${clp(leftClp)}.` : '';
    },

    /**
     * The server took sales: the vales of those that leave the journal are remembered.
     * @param {import('./device/journal.js').Settled[]} settled
     */
    valesTold(settled) {
      const { device } = room;
      const taken = settled.filter(({ result }) => result.state === 'taken' || result.state === 'repeated').map(({ entry }) => entry);
      if (device) void rememberVales(device.memory, taken).catch((error) => globalThis.reportError?.(error));
    },
  };
}
