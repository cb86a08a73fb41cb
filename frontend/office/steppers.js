// @ts-check
/** Steppers beside a number, and the field of a scanner: it has the focus again after each product. */

/**
 * Step a number as people write it, never below zero; parts of a unit stay.
 * @param {string} text
 * @param {number} step
 * @returns {string}
 */
export function stepped(text, step) {
  const plain = text.includes(',') ? text.replaceAll('.', '').replace(',', '.') : text;
  const value = Number(plain);
  const thousandths = Math.round((Number.isFinite(value) ? value : 0) * 1000) + step * 1000;
  return String(Math.max(thousandths, 0) / 1000).replace('.', ',');
}

/** @param {Document} document */
export function watchSteppers(document) {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button[data-step]') : null;
    const input = button?.parentElement?.querySelector('input');
    if (!button || !input) return;
    input.value = stepped(input.value.trim(), Number(button.getAttribute('data-step')));
    input.dispatchEvent(new Event('input', { bubbles: true }));
  });
  const scan = /** @type {HTMLInputElement | null} */ (document.querySelector('input[data-scan]'));
  // On a phone the keyboard would cover what was just added.
  if (scan && matchMedia('(pointer: fine)').matches) scan.focus();
}
