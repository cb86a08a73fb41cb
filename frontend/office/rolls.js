// @ts-check
/** Reports on the till's printer: the server writes them, this page hands them to the program on this machine. */

import { createAgent } from '../till/agent.js';
import { createOnce } from '../till/once.js';
import { createUidSource } from '../till/uid.js';

const FAILED = 'La impresora no contesta desde este equipo. Abre el PDF o prueba en el equipo de la caja.';

const AWAY = 'Sin internet. Prueba de nuevo cuando vuelva.';
const GONE = 'Ese informe ya no se puede imprimir desde aquí. Recarga la página.';

/** @typedef {{blocks: any[], agent: any, words: string}} Roll */
/** @typedef {Record<string, string>} Order what is sent: which till's printer, which paper, and that it came out */

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
 * A report of which each paper counts: the server is told which one came out, and its next one is a copy. What did not
 * come out is handed over again under the same id with the same words; the printing program prints it once.
 * @param {{post: (order: Order) => Promise<Roll | null>, newUid: () => string, fetch: typeof fetch}} parts
 * @returns {(caja: string) => Promise<string>} what to tell the person
 */
export function createPapers({ post, newUid, fetch }) {
  let uid = '';
  let job = '';
  /** @type {Roll | null} */
  let roll = null;
  return async (caja) => {
    uid ||= newUid();
    if (roll === null) {
      roll = await post({ caja, uid });
      if (roll === null) return GONE;
      job = newUid();
    }
    const { words } = roll;
    const state = await createAgent(roll.agent, fetch).print({ id: job, blocks: roll.blocks, drawer: false });
    if (state === 'waiting') return words;
    // The program will never print that job: the same paper goes over as another one.
    if (state === 'failed') roll = null;
    if (state !== 'printed') return FAILED;
    // It is out though the server may not hear of it.
    await post({ caja, uid, salio: 'si' }).catch(() => null);
    [uid, roll] = ['', null];
    return words;
  };
}

/**
 * Forms with `data-roll` are sent from here: its value is the id of a paper that is printed once; without one each tap
 * is another paper.
 * @param {Document} document
 * @param {(text: string) => void} say
 */
export function watchRolls(document, say) {
  const newUid = createUidSource(Date.now, (bytes) => crypto.getRandomValues(bytes));
  /** @type {WeakMap<HTMLFormElement, {once: ReturnType<typeof createOnce>, print: (caja: string) => Promise<string>}>} */
  const desks = new WeakMap();
  /** @param {HTMLFormElement} form */
  const deskOf = (form) => {
    const known = desks.get(form) ?? { once: createOnce(), print: createPapers({ post: posterOf(form), newUid, fetch: window.fetch.bind(window) }) };
    desks.set(form, known);
    return known;
  };
  document.addEventListener('submit', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches('form[data-roll]')) return;
    event.preventDefault();
    const button = event.submitter;
    button?.setAttribute('aria-busy', 'true');
    const order = new FormData(form, button);
    const { once, print } = deskOf(form);
    const sent = form.dataset.roll ? send(form, order, say) : once(() => tell(print(String(order.get('caja'))), say));
    void sent.finally(() => button?.removeAttribute('aria-busy'));
  });
}

/**
 * @param {HTMLFormElement} form
 * @returns {(order: Order) => Promise<Roll | null>} null: the server does not give it
 */
function posterOf(form) {
  return async (order) => {
    const body = new FormData(form);
    for (const [name, value] of Object.entries(order)) body.set(name, value);
    const response = await fetch(form.action, { method: 'POST', body, redirect: 'error' });
    return response.ok ? response.json() : null;
  };
}

/**
 * @param {Promise<string>} told
 * @param {(text: string) => void} say
 */
async function tell(told, say) {
  try {
    say(await told);
  } catch {
    say(AWAY);
  }
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
      say(GONE);
      return;
    }
    const id = `${form.dataset.roll}-${String(order.get('caja'))}`;
    say(await printRoll(await response.json(), id, window.fetch.bind(window)));
  } catch {
    say(AWAY);
  }
}
