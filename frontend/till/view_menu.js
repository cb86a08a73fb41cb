// @ts-check
/** The till's menu: what is not about the ticket on the screen. Each entry has a letter while the menu is open. */

/** @returns {Record<string, any>} */
export function menuView() {
  return {
    /** @returns {Record<string, () => void>} what each letter does while the menu is open */
    menuKeys() {
      return {
        t: () => (this.shift === null ? this.askOpening() : this.askClosing()),
        e: () => this.askMove(),
        s: () => void this.printOwedSlip(),
        c: () => this.askSwitch(),
        x: () => this.askX(),
        v: () => this.openSold(),
        p: () => this.swapPractice(),
        r: () => this.askRetire(),
        i: () => this.askPrinting(),
        d: () => this.openDisplay(),
      };
    },

    openMenu() {
      if (this.dialog) return;
      this.$refs.menu.showPopover();
      this.$refs.menu.querySelector('button:not([hidden])')?.focus();
    },

    /** @param {KeyboardEvent} event a key while the menu is open */
    menuKey(event) {
      const deed = this.menuKeys()[event.key.toLowerCase()];
      if (!deed) return;
      event.preventDefault();
      this.afterNoMore(() => {
        if (!this.$refs.menu.matches(':popover-open')) return;
        this.closeMenu();
        deed();
      });
    },

    closeMenu() {
      if (this.$refs.menu.matches(':popover-open')) this.$refs.menu.hidePopover();
    },

    /** @param {string} letter */
    fromMenu(letter) {
      this.$refs.menu.hidePopover();
      this.menuKeys()[letter]();
    },
  };
}
