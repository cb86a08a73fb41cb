// @ts-check
/** Shelf labels on the till's printer: the server draws them, this page hands them to the program on this machine. */

import { createAgent } from '../till/agent.js';

const TILL = 'caja:';
const FAILED = 'La impresora no contesta desde este equipo. Las etiquetas siguen en la lista.';

/**
 * @typedef {{jobs: {id: string, blocks: any[]}[], agent: any, give_back: string, words: string}} LabelJobs
 */

/**
 * Print jobs one after the other; the labels go back into the queue when one cannot be printed.
 * @param {LabelJobs} answer
 * @param {typeof fetch} fetch
 * @param {string} csrf
 * @returns {Promise<boolean>} whether the agent took all of them
 */
export async function printLabels(answer, fetch, csrf) {
  const agent = createAgent(answer.agent, fetch);
  for (const { id, blocks } of answer.jobs) {
    const state = await agent.print({ id, blocks, drawer: false });
    if (state !== 'printed' && state !== 'waiting') {
      await fetch(answer.give_back, { method: 'POST', headers: { 'X-CSRFToken': csrf } });
      return false;
    }
  }
  return true;
}

/**
 * Forms with `data-labels` that print on a till are sent from here; all others go their own way.
 * @param {Document} document
 * @param {(text: string) => void} say
 */
export function watchLabels(document, say) {
  document.addEventListener('submit', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches('form[data-labels]')) return;
    const order = new FormData(form, event.submitter);
    if (order.get('hacer') !== 'imprimir' || !String(order.get('papel')).startsWith(TILL)) return;
    event.preventDefault();
    event.submitter?.setAttribute('aria-busy', 'true');
    void send(form, order, say).finally(() => event.submitter?.removeAttribute('aria-busy'));
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
      say('Esas etiquetas ya se imprimieron. Recarga la página.');
      return;
    }
    const answer = await response.json();
    const printed = await printLabels(answer, window.fetch.bind(window), String(order.get('csrfmiddlewaretoken')));
    say(printed ? answer.words : FAILED);
    if (printed) location.reload();
  } catch {
    say('Sin internet. Las etiquetas siguen en la lista; prueba de nuevo.');
  }
}
