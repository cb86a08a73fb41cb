// @ts-check
/**
 * Ticks in a list and the dark bar below it: `form[data-picks]` appears with the first tick and says how many; the
 * boxes belong to it by their `form` attribute, so that rows that come later count too. No more than `data-most`.
 */

/**
 * Say how many are chosen.
 * @param {number} count
 * @param {number} most
 * @returns {string}
 */
export function pickedWords(count, most) {
  if (count > most) return `${count} elegidos: elige hasta ${most}`;
  return count === 1 ? '1 elegido' : `${count} elegidos`;
}

/** @param {Document} document */
export function watchPicks(document) {
  document.addEventListener('change', (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== 'checkbox') return;
    const bar = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-picks]'));
    if (!bar) return;
    if ('pickAll' in box.dataset) for (const each of boxes(bar)) each.checked = box.checked;
    if ('pickAll' in box.dataset || box.form === bar) show(document, bar);
  });
  document.addEventListener('reset', (event) => {
    const bar = /** @type {HTMLFormElement} */ (event.target);
    // The boxes are empty only after this event.
    if (bar.matches('form[data-picks]')) setTimeout(() => show(document, bar));
  });
  // Coming back, the browser may have kept the ticks.
  window.addEventListener('pageshow', () => {
    const bar = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-picks]'));
    if (bar) show(document, bar);
  });
}

/**
 * @param {HTMLFormElement} bar
 * @returns {HTMLInputElement[]}
 */
function boxes(bar) {
  const inputs = [...bar.elements].filter((each) => each instanceof HTMLInputElement);
  return inputs.filter((each) => each.type === 'checkbox');
}

/**
 * @param {Document} document
 * @param {HTMLFormElement} bar
 */
function show(document, bar) {
  const all = boxes(bar);
  const count = all.filter((each) => each.checked).length;
  const most = Number(bar.dataset.most);
  bar.hidden = count === 0;
  const words = bar.querySelector('[role=status]');
  if (words) words.textContent = pickedWords(count, most);
  for (const button of bar.querySelectorAll('button:not([type=reset])')) {
    /** @type {HTMLButtonElement} */ (button).disabled = count > most;
  }
  for (const each of all) each.closest('tr')?.setAttribute('aria-selected', String(each.checked));
  const header = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-pick-all]'));
  if (header) {
    header.checked = count > 0 && count === all.length;
    header.indeterminate = count > 0 && count < all.length;
  }
}
