// @ts-check
/**
 * Writes the foot of the ticket: its sums and the notes that people pay with. One look for each change instead of one
 * expression for each word; what reads as before is not touched.
 */

/**
 * @typedef {Readonly<{net: string, vat: string, exempt: string, off: string, saved: string, total: string, exact: string}>} Words
 * @typedef {Readonly<{handed: number, text: string}>} QuickPay
 */

/**
 * @param {HTMLElement} foot its words stand in elements marked by `data-word`, its notes after the template `quick`
 * @returns {{show: (words: Words, pays: readonly QuickPay[], isPayable: boolean) => void}}
 */
export function createFoot(foot) {
  const places = /** @type {HTMLElement[]} */ ([...foot.querySelectorAll('[data-word]')]);
  const template = /** @type {HTMLTemplateElement} */ (foot.querySelector('template[data-part=quick]'));
  /** @type {HTMLButtonElement[]} */
  const buttons = [];

  function newButton() {
    const button = document.importNode(/** @type {HTMLButtonElement} */ (template.content.firstElementChild), true);
    template.parentElement?.append(button);
    buttons.push(button);
  }

  /** @param {readonly QuickPay[]} pays */
  function showPays(pays) {
    while (buttons.length < pays.length) newButton();
    while (buttons.length > pays.length) buttons.pop()?.remove();
    for (const [place, { handed, text }] of pays.entries()) {
      const button = buttons[place];
      if (button.textContent === text) continue;
      button.textContent = text;
      button.dataset.handed = String(handed);
      button.setAttribute('aria-label', `Paga con ${text}`);
    }
  }

  return {
    show(words, pays, isPayable) {
      for (const place of places) {
        const word = words[/** @type {keyof Words} */ (place.dataset.word)];
        if (place.textContent !== word) place.textContent = word;
      }
      showPays(pays);
      for (const button of buttons) button.disabled = !isPayable;
    },
  };
}
