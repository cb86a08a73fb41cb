// @ts-check
/** The customer's screen: what is being rung up, the total, the change. It knows nothing and asks nobody but the till. */

import { listen } from './channel.js';

const IDLE = { stage: 'idle', shop: '', lines: [], count: '', total: '', saved: '', change: '', isPractice: false };

/** @param {string} name */
const part = (name) => /** @type {HTMLElement} */ (document.querySelector(`[data-part=${name}]`));

/** @param {import('./channel.js').Shown | typeof IDLE} shown */
function show(shown) {
  document.body.dataset.stage = shown.stage;
  document.body.dataset.change = String(shown.change !== '');
  document.body.dataset.practice = String(shown.isPractice);
  for (const name of /** @type {const} */ (['shop', 'count', 'total', 'saved', 'change'])) part(name).textContent = shown[name];
  const list = part('lines');
  list.replaceChildren(...shown.lines.map(row));
  // The line that was added last is the one the customer looks for.
  list.scrollTop = list.scrollHeight;
}

/** @param {import('./channel.js').ShownLine} line */
function row({ name, detail, amount, saved }) {
  const made = document.createElement('li');
  made.append(...[['name', name], ['amount', amount], ['detail', detail], ['saved', saved]].map(([kind, text]) => words(kind, text)));
  return made;
}

/**
 * @param {string} kind
 * @param {string} text
 */
function words(kind, text) {
  const made = document.createElement('span');
  made.className = kind;
  made.textContent = text;
  return made;
}

show(IDLE);
listen(show);
