// @ts-check
/**
 * Sheets sleep until they are opened or nobody waits: to bring all of them to life takes as long as all else that the
 * till does before it can sell.
 */

import Alpine from '@alpinejs/csp';

/** @typedef {Element & {_x_ignore?: true}} Part what Alpine passes by while it is marked so */

/** @param {ParentNode} page call it before Alpine starts */
export function putSheetsToSleep(page) {
  for (const part of /** @type {Iterable<Part>} */ (page.querySelectorAll('dialog > *'))) part._x_ignore = true;
}

/** @param {Element} sheet */
export function wakeSheet(sheet) {
  for (const part of /** @type {Iterable<Part>} */ (sheet.children)) {
    if (!part._x_ignore) continue;
    delete part._x_ignore;
    Alpine.initTree(/** @type {HTMLElement} */ (part));
  }
}

/**
 * One after another, each when the browser has nothing else to do.
 * @param {ParentNode} page
 */
export function wakeSheetsWhenIdle(page) {
  const sheets = [...page.querySelectorAll('dialog')];
  const wakeNext = () => {
    const sheet = sheets.shift();
    if (!sheet) return;
    wakeSheet(sheet);
    whenIdle(wakeNext);
  };
  whenIdle(wakeNext);
}

/** @param {() => void} work */
function whenIdle(work) {
  // Not every browser tells when it is idle.
  if ('requestIdleCallback' in window) requestIdleCallback(work);
  else setTimeout(work, 0);
}
