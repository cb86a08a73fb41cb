// @ts-check
/**
 * What a hand does while the till is still opening. Nobody knows yet what ticket and what shift there is: it is done as
 * soon as that is known, and what came with the page is not written over it.
 */

const FUNCTION_KEY = /^F\d+$/;
/** Who answered a question for longer than this no longer waits for what was tapped before it. */
const MEANT_FOR_MS = 8_000;

/** @returns {Record<string, any>} */
export function earlyView() {
  /** The last function key: the ones before it were meant to open what this one opens over. */
  let key = '';
  /** Taps and Enters, in their order. @type {{isGoods: boolean, go: () => void}[]} */
  let held = [];
  /** Since when a question stands before them; 0: none did. */
  let askedAt = 0;

  return {
    isOpening() {
      return !this.ready && this.barrier === null;
    },

    watchEarly() {
      const hold = (/** @type {Event} */ event) => this.holdEarly(event);
      for (const kind of ['click', 'submit']) window.addEventListener(kind, hold, { capture: true });
      // After who else hears it: until then the sheet counts as open.
      window.addEventListener('close', () => setTimeout(() => this.doEarly()), { capture: true });
    },

    /** @param {Event} event a tap on a button, or the Enter of the search */
    holdEarly(event) {
      if (!this.isOpening()) return;
      const button = /** @type {HTMLElement} */ (event.target).closest('button');
      if (event.type === 'submit') held.push(this.earlyEnter());
      else if (button) held.push({ isGoods: button.matches('.tile'), go: () => button.isConnected && button.click() });
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },

    /** What was typed is its own: a tap before it ends what stands in the search, one after it begins anew. */
    earlyEnter() {
      const text = this.search;
      this.search = '';
      const go = () => {
        this.search = text;
        this.enterSearch();
      };
      return { isGoods: true, go };
    },

    /**
     * @param {KeyboardEvent} event
     * @returns {boolean} whether the till is still opening
     */
    heldEarly(event) {
      if (!this.isOpening()) return false;
      if (FUNCTION_KEY.test(event.key)) {
        event.preventDefault();
        key = event.key;
      }
      return true;
    },

    /** A question that came with the page is answered first: then only goods that were tapped are still meant. */
    doEarly() {
      if (!this.ready || (held.length === 0 && key === '')) return;
      if (askedAt > 0 && performance.now() - askedAt > MEANT_FOR_MS) held = [];
      if (this.dialog) {
        askedAt ||= performance.now();
        held = held.filter(({ isGoods }) => isGoods);
        key = '';
      }
      while (held.length > 0 && !this.dialog && this.stage !== 'sending') held.shift()?.go();
      if (!this.dialog) this.ticketKeys()[key]?.();
      key = '';
    },
  };
}
