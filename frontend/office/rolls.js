// @ts-check
/** Reports on the till's printer: the server writes them, this page hands them to the program on this machine. */

import { createAgent } from '../till/agent.js';

const FAILED = 'La impresora no contesta desde este equipo. Abre el PDF o prueba en el equipo de la caja.';

/** @typedef {{blocks: any[], agent: any, words: string}} Roll */

/**
 * Hand a report to the printer; the drawer stays shut. The same id is printed once.
 * @param {Roll} roll
 * @param {string} id
 * @param {typeof fetch} fetch
 * @returns {Promise<string>} what to tell the person
 */
export async function printRoll(roll, id, fetch) {
  const state = await createAgent(roll.agent, fetch).print({ id, blocks: roll.blocks, drawer: false });
  return state === 'printed' || state === 'waiting' ? roll.words : FAILED;
}

/**
 * Forms with `data-roll` (the id of the print job) are sent from here.
 * @param {Document} document
 * @param {(text: string) => void} say
 */
export function watchRolls(document, say) {
  document.addEventListener('submit', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches('form[data-roll]')) return;
    event.preventDefault();
    const button = event.submitter;
    button?.setAttribute('aria-busy', 'true');
    void send(form, new FormData(form, button), say).finally(() => button?.removeAttribute('aria-busy'));
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {FormData} order
 * @param {(text: string) => void} say
 */
async function send(form, order, say) {
  try {
    const response = await fetch(form.action, { method: 'POST', body: order, redirect: 'error' });
    if (!response.ok) {
      say('Ese informe ya no se puede imprimir desde aquí. Recarga la página.');
      return;
    }
    const id = `${form.dataset.roll}-${String(order.get('caja'))}`;
    say(await printRoll(await response.json(), id, window.fetch.bind(window)));
  } catch {
    say('Sin internet. Prueba de nuevo cuando vuelva.');
  }
}
