// @ts-check
/** What each key does: on the ticket, in the menu, in a sheet; and the scanner, which is a keyboard too. */

import { SLOW_GAP_MS, watchScanner } from './scanner.js';

/** Keys that pay or note a payment. */
const PAYING = /^(F\d+|Enter)$/;
/** Sheets where a letter answers: the first of a scanned code must not. */
const LETTERED = ['adult', 'more'];

/** @returns {Record<string, any>} */
export function keysView() {
  /** A letter that waits to see whether it is the first of a code. @type {ReturnType<typeof setTimeout> | undefined} */
  let letter;

  return {
    watchKeys() {
      watchScanner(window, {
        onScan: (code) => this.scanned(code),
        home: () => this.$refs.search ?? null,
        isKnownSlow: () => this.slowReader,
        onSlow: () => this.foundSlowReader(),
        onBurst: () => this.keptFromEnter(),
      });
      window.addEventListener('keydown', (event) => this.pressed(event));
    },

    /** @param {KeyboardEvent} event */
    pressed(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      clearTimeout(letter);
      if (this.$refs.menu?.matches(':popover-open')) {
        this.menuKey(event);
        return;
      }
      if (this.heldEarly(event)) return;
      this.catchUp();
      if (this.dialog && event.repeat && PAYING.test(event.key)) {
        // A key held down must not walk through a payment by itself.
        event.preventDefault();
        return;
      }
      const deed = this.dialog ? this.sheetKeys()[event.key] : this.ticketKeys()[event.key];
      if (!deed) return;
      event.preventDefault();
      if (!LETTERED.includes(this.dialog)) {
        deed();
        return;
      }
      const { dialog } = this;
      this.afterNoMore(() => {
        if (this.dialog === dialog) deed();
      });
    },

    /**
     * Do what a letter means when no other key follows at once, as in a scanned code.
     * @param {() => void} deed
     */
    afterNoMore(deed) {
      letter = setTimeout(deed, SLOW_GAP_MS);
    },

    /** @returns {Record<string, () => void>} what each key does while the ticket is on the screen */
    ticketKeys() {
      const always = {
        F1: () => this.openMenu(),
        F2: () => this.focusSearch(),
        F5: () => this.askMore(),
        F3: () => this.askCustomer(),
        F6: () => this.askHeld(),
        F4: () => this.askLineDiscount(),
        F7: () => this.askInvoice(),
        F8: () => this.openCash(),
        F9: () => this.openCard(),
        F10: () => this.openMixed(),
        Escape: () => this.stepBack(),
        ...(this.mayPrint() ? { F11: () => this.printNow() } : {}),
      };
      const typing = this.search !== '' || (document.activeElement?.closest('[data-own-keys]') ?? null) !== null;
      if (typing) return always;
      return {
        ...always,
        '+': () => this.step(1),
        '-': () => this.step(-1),
        '*': () => this.askQuantity(),
        Delete: () => this.drop(),
        ArrowUp: () => this.walkLines(-1),
        ArrowDown: () => this.walkLines(1),
      };
    },

    /** Escape clears what was typed, then the last sale from the screen; it never loses a ticket. */
    stepBack() {
      if (this.search) this.clearSearch();
      else if (this.times > 1) this.times = 1;
      else this.newTicketIfPaid();
      this.hush();
      this.focusSearch();
    },
  };
}
