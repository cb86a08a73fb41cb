// @ts-check
/**
 * A scanner is a keyboard that types very fast and ends with Enter or Tab. Wherever the focus is, its keys become one
 * scan and are rolled back out of the field they fell into, so that no code ends up in a name or an amount.
 */

/** Slower than this between two keys and it is a person. Measured: scanners 1-20 ms, fast typists > 60 ms. */
export const MAX_GAP_MS = 35;
/** Old and wireless scanners send a key each 50 to 90 ms. People reach that in bursts, and never evenly. */
export const SLOW_GAP_MS = 100;
/** How much the gaps of a slow scanner differ from each other, at most. */
const EVEN_MS = 25;
/** Shorter than this and it is a person who types fast. */
export const MIN_LENGTH = 6;
/** What a slow scanner reads is as long as an EAN-8 at least; where it is known to be slow, longer than any PIN. */
const [SLOW_LENGTH, KNOWN_SLOW_LENGTH] = [8, 7];
/** No hand types three keys and Enter this fast. */
const BURST_LENGTH = 3;

/**
 * @typedef {{started: boolean, slowStarted: boolean, scan: string | null, isSlow: boolean, isBurst: boolean}} Pressed
 *   `started`: this key begins a run of fast keys, `slowStarted` one of slower ones; `scan`: the code that this key ended,
 *   `isSlow` when only the slower run holds it; `isBurst`: no scan, but no hand typed what this key ended
 */

/**
 * Gather keys that follow each other within a gap.
 * @param {number} gapMs
 */
function createRun(gapMs) {
  let keys = '';
  let [least, most] = [Infinity, 0];
  /** @param {number} gap */
  const spread = (gap) => {
    [least, most] = [Math.min(least, gap), Math.max(most, gap)];
  };
  const drop = () => {
    keys = '';
    [least, most] = [Infinity, 0];
  };
  return {
    /**
     * @param {string} key
     * @param {number} gap
     * @returns {boolean} whether it begins a run
     */
    add(key, gap) {
      if (gap >= gapMs) drop();
      else if (keys) spread(gap);
      keys += key;
      return keys.length === 1;
    },
    /** @param {number} gap to the key that ends it */
    end(gap) {
      spread(gap);
      const found = gap < gapMs ? { code: keys, isEven: most - least <= EVEN_MS } : { code: '', isEven: false };
      drop();
      return found;
    },
    drop,
  };
}

/** Codes are digits mostly; words that somebody types are not. @param {string} code */
export const isLikeACode = (code) => !/\s/.test(code) && 2 * code.replace(/\D/g, '').length >= code.length;

/**
 * Gather keys into scans.
 * @param {() => boolean} [isKnownSlow] whether this machine's scanner was found or said to be slow
 * @returns {{press: (key: string, at: number, repeated: boolean) => Pressed}}
 */
export function createWedge(isKnownSlow = () => false) {
  const [quick, slow] = [createRun(MAX_GAP_MS), createRun(SLOW_GAP_MS)];
  let lastAt = -Infinity;

  /** @param {number} gap @returns {Pressed} */
  function ended(gap) {
    const [fast, slower] = [quick.end(gap), slow.end(gap)];
    const made = { started: false, slowStarted: false, isSlow: false, isBurst: false };
    if (fast.code.length >= MIN_LENGTH) return { ...made, scan: fast.code };
    const isLong = slower.code.length >= SLOW_LENGTH && isLikeACode(slower.code);
    if (isKnownSlow() ? slower.code.length >= KNOWN_SLOW_LENGTH : isLong && slower.isEven) return { ...made, scan: slower.code, isSlow: true };
    return { ...made, scan: null, isBurst: isLong || fast.code.length >= BURST_LENGTH };
  }

  return {
    press(key, at, repeated) {
      const gap = repeated ? Infinity : at - lastAt;
      lastAt = at;
      if (key === 'Enter' || key === 'Tab') return ended(gap);
      const isTyped = [...key].length === 1 && !repeated;
      if (!isTyped && key !== 'Shift') {
        // Scanners send Shift before capital letters; a held key is never a scanner.
        quick.drop();
        slow.drop();
      }
      const [started, slowStarted] = isTyped ? [quick.add(key, gap), slow.add(key, gap)] : [false, false];
      return { started, slowStarted, scan: null, isSlow: false, isBurst: false };
    },
  };
}

/**
 * Watch a window for scans.
 * @param {Window} window
 * @param {{onScan: (code: string) => void, home: () => HTMLElement | null, isKnownSlow?: () => boolean,
 *   onSlow?: () => void, onBurst?: () => void}} options `home` is the field that takes the keys when no field has the
 *   focus; `onSlow`: a scanner was found to be slow; `onBurst`: an Enter that no hand pressed was kept from a dialog
 */
export function watchScanner(window, { onScan, home, isKnownSlow = () => false, onSlow = () => {}, onBurst = () => {} }) {
  const wedge = createWedge(isKnownSlow);
  /** @type {{quick: (() => void) | null, slow: (() => void) | null}} */
  const rollBack = { quick: null, slow: null };

  window.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.key.length === 1) focusHome(window.document, home());
      const { started, slowStarted, scan, isSlow, isBurst } = wedge.press(event.key, event.timeStamp, event.repeat);
      if (started) rollBack.quick = snapshot(window.document.activeElement);
      if (slowStarted) rollBack.slow = rollBack.quick;
      if (scan !== null) {
        stop(event);
        (isSlow ? rollBack.slow : rollBack.quick)?.();
        [rollBack.quick, rollBack.slow] = [null, null];
        if (isSlow && !isKnownSlow()) onSlow();
        onScan(scan);
      } else if (isBurst && event.key === 'Enter' && window.document.querySelector('dialog[open]')) {
        stop(event);
        onBurst();
      }
    },
    { capture: true },
  );
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
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
 * @returns {{times: number | null, rest: string}} `times`: null where nothing multiplies, 0 where the number cannot be meant
 */
export function readMultiplier(text) {
  const match = /^\s*(\d{1,4})\s*[*x×]\s*(.*)$/i.exec(text);
  if (match && Number(match[1]) > 0) return { times: Number(match[1]), rest: match[2].trim() };
  // An x may be a sign of a code: only where nothing else can be meant is a number wrong.
  const wrong = /^\s*\d+\s*[*×]\s*(.*)$/.exec(text);
  return wrong ? { times: 0, rest: wrong[1].trim() } : { times: null, rest: text.trim() };
}
