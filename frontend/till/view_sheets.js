// @ts-check
/** Dialogs: one open at a time, one typed text, one sentence of trouble. Number pads type into that text. */

import { whole } from '../common/format.js';
import { parseClp } from './money.js';

/** Dialogs whose text is an amount of pesos and shows its dots. */
const AMOUNTS = ['opening', 'cashmove', 'cash', 'tender'];

/**
 * @param {{wakeSheet: (sheet: Element) => void}} room
 * @returns {Record<string, any>}
 */
export function sheetView(room) {
  return {
    dialog: null,
    pad: '',
    /** The first key replaces a text that was filled in for the cashier. */
    padFresh: true,
    sheetError: '',
    sheetText: '',
    padKeys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],

    /**
     * @param {string} name the dialog's `x-ref`
     * @param {string} text what its field starts with
     */
    open(name, text) {
      this.close();
      this.dialog = name;
      this.pad = text;
      this.padFresh = true;
      this.sheetError = '';
      const dialog = this.$refs[name];
      room.wakeSheet(dialog);
      dialog.showModal();
      const field = dialog.querySelector('[data-first]');
      field?.focus();
      field?.select?.();
    },

    /** What is typed after a choice goes where it is wanted: a button would swallow it. */
    focusSheet() {
      this.$refs[this.dialog]?.querySelector('[data-first]')?.focus();
    },

    close() {
      if (!this.dialog) return;
      const dialog = this.$refs[this.dialog];
      this.dialog = null;
      if (dialog.open) dialog.close();
      this.focusSearch();
    },

    /**
     * The browser closed a dialog itself (Escape, back). It tells so a moment late: the same one may be open anew.
     * @param {Event} event
     */
    closed(event) {
      const dialog = /** @type {HTMLDialogElement} */ (event.target);
      if (this.dialog && dialog === this.$refs[this.dialog] && !dialog.open) {
        this.dialog = null;
        this.focusSearch();
      }
    },

    /** The browser tells of a closed dialog a moment late; a key may come before. */
    catchUp() {
      if (this.dialog && !this.$refs[this.dialog].open) this.dialog = null;
    },

    /** @param {string} key */
    typePad(key) {
      const text = this.padFresh ? '' : this.pad;
      this.padFresh = false;
      this.pad = text + key;
      this.typed();
    },

    erasePad() {
      this.padFresh = false;
      this.pad = AMOUNTS.includes(this.dialog) ? this.pad.replace(/\./g, '').slice(0, -1) : this.pad.slice(0, -1);
      this.typed();
    },

    /** Money shows its dots while it is typed. */
    typed() {
      this.padFresh = false;
      this.sheetError = '';
      if (this.dialog === 'closing') this.takeCount();
      if (this.dialog === 'giveback') this.takeBackTyped();
      if (!AMOUNTS.includes(this.dialog)) return;
      const amount = parseClp(this.pad.replace(/[^\d]/g, '').slice(0, 9));
      this.pad = amount === null ? '' : whole(amount);
    },

    /** @returns {Record<string, () => void>} */
    sheetKeys() {
      if (this.dialog === 'cash') return { F8: () => this.payExact() };
      if (this.dialog === 'tender') return this.tenderKeys();
      if (this.dialog === 'closing') return { F8: () => this.confirmCount() };
      if (this.dialog === 'more') return this.moreKeys();
      if (this.dialog === 'adult') return this.adultKeys();
      return {};
    },
  };
}
