// @ts-check
/** Dialogs: one open at a time, one typed text, one sentence of trouble. Number pads type into that text. */

import { whole } from '../common/format.js';
import { parseClp } from './money.js';

/** Dialogs whose text is an amount of pesos and shows its dots. */
const AMOUNTS = ['cash', 'card'];

/** @returns {Record<string, any>} */
export function sheetView() {
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
      dialog.showModal();
      const field = dialog.querySelector('[data-first]');
      field?.focus();
      field?.select?.();
    },

    close() {
      if (!this.dialog) return;
      const dialog = this.$refs[this.dialog];
      this.dialog = null;
      if (dialog.open) dialog.close();
      this.focusSearch();
    },

    /**
     * The browser closed a dialog itself (Escape, back).
     * @param {Event} event
     */
    closed(event) {
      if (this.dialog && event.target === this.$refs[this.dialog]) {
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
      if (!AMOUNTS.includes(this.dialog)) return;
      const amount = parseClp(this.pad.replace(/[^\d]/g, '').slice(0, 9));
      this.pad = amount === null ? '' : whole(amount);
    },

    /** @returns {Record<string, () => void>} */
    sheetKeys() {
      if (this.dialog === 'cash') return { F8: () => this.payExact() };
      if (this.dialog === 'card') return { F9: () => this.confirmCard() };
      return {};
    },
  };
}
