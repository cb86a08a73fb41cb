// @ts-check
/**
 * A scanner is a keyboard that types very fast and ends with Enter or Tab. Wherever the focus is, its keys become one
 * scan and are rolled back out of the field they fell into, so that no code ends up in a name or an amount.
 */

/** Slower than this between two keys and it is a person. Measured: scanners 1-20 ms, fast typists > 60 ms. */
export const MAX_GAP_MS = 35;
/** Shorter than this and it is a person who types fast. */
export const MIN_LENGTH = 6;

/**
 * Gather keys into scans.
 * @returns {{press: (key: string, at: number, repeated: boolean) => {started: boolean, scan: string | null}}}
 */
export function createWedge() {
  let keys = '';
  let lastAt = -Infinity;
  return {
    /** `started` tells that this key begins a new run; `scan` is the code when this key ended one. */
    press(key, at, repeated) {
      const fast = at - lastAt < MAX_GAP_MS && !repeated;
      lastAt = at;
      if (key === 'Enter' || key === 'Tab') {
        const code = keys;
        keys = '';
        return { started: false, scan: fast && code.length >= MIN_LENGTH ? code : null };
      }
      if ([...key].length !== 1 || repeated) {
        // Scanners send Shift before capital letters; a held key is never a scanner.
        if (key !== 'Shift') keys = '';
        return { started: false, scan: null };
      }
      keys = fast ? keys + key : key;
      return { started: keys.length === 1, scan: null };
    },
  };
}

/**
 * Watch a window for scans.
 * @param {Window} window
 * @param {{onScan: (code: string) => void, home: () => HTMLElement | null}} options `home` is the field that takes the
 *   keys when no field has the focus
 */
export function watchScanner(window, { onScan, home }) {
  const wedge = createWedge();
  /** @type {(() => void) | null} */
  let rollBack = null;

  window.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.key.length === 1) focusHome(window.document, home());
      const { started, scan } = wedge.press(event.key, event.timeStamp, event.repeat);
      if (started) rollBack = snapshot(window.document.activeElement);
      if (scan === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      rollBack?.();
      rollBack = null;
      onScan(scan);
    },
    { capture: true },
  );
}

/**
 * @param {Document} document
 * @param {HTMLElement | null} field
 */
function focusHome(document, field) {
  const focused = document.activeElement;
  const types = focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement;
  if (field && !types && !document.querySelector('dialog[open]')) field.focus();
}

/**
 * Remember what a field held before the run of keys.
 * @param {Element | null} element
 * @returns {(() => void) | null}
 */
function snapshot(element) {
  if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)) return null;
  const { value, selectionStart, selectionEnd } = element;
  return () => {
    element.value = value;
    if (selectionStart !== null) element.setSelectionRange(selectionStart, selectionEnd);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  };
}

/**
 * Read `3*` in front of a code or alone: how many of the next product.
 * @param {string} text
 * @returns {{times: number, rest: string}}
 */
export function readMultiplier(text) {
  const match = /^\s*(\d{1,4})\s*[*x×]\s*(.*)$/i.exec(text);
  if (!match || Number(match[1]) === 0) return { times: 1, rest: text.trim() };
  return { times: Number(match[1]), rest: match[2].trim() };
}
