// @ts-check
/** When paper comes out by itself: a choice of this machine, for each way in which people pay. */

import { CASH } from './pricing/cash.js';

/**
 * @typedef {'always' | 'ask' | 'never'} Choice
 * @typedef {'cash' | 'card' | 'other'} Group
 * @typedef {Record<Group, Choice>} Printing
 * @typedef {import('./agent.js').PrintState | 'dialog'} Handed `dialog`: through the browser, which tells nothing more
 */

const KEY = 'caja-papel';
const CHOICES = ['always', 'ask', 'never'];
const CARDS = ['card', 'baes'];

/**
 * @param {Pick<Storage, 'getItem'>} storage
 * @param {boolean} hasAgent without a printing program the browser's dialog would stop every sale
 * @returns {Printing}
 */
export function readPrinting(storage, hasAgent) {
  const usual = /** @type {Choice} */ (hasAgent ? 'always' : 'ask');
  const printing = { cash: usual, card: usual, other: usual };
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}');
    for (const group of /** @type {const} */ (['cash', 'card', 'other'])) if (CHOICES.includes(kept?.[group])) printing[group] = kept[group];
  } catch {
    // Written by hand or by another program: as if nothing was chosen.
  }
  return printing;
}

/**
 * @param {Pick<Storage, 'setItem'>} storage
 * @param {Printing} printing
 */
export function keepPrinting(storage, printing) {
  storage.setItem(KEY, JSON.stringify(printing));
}

/**
 * Say whether a paper is on its way, or out: nothing more is owed of it.
 * @param {Handed} state
 */
export const isPrinted = (state) => state === 'printed' || state === 'waiting' || state === 'dialog';

/**
 * Say what became of a paper, for who waits for it.
 * @param {Handed} state
 * @param {string} name with its article: «la copia»
 * @returns {string}
 */
export function printedWords(state, name) {
  const words = {
    printed: `Se imprimió ${name}.`,
    waiting: `Ya está en la impresora: ${name}.`,
    dialog: `Se abrió el cuadro de impresión: ${name}.`,
    failed: `No se pudo imprimir ${name}. Revisa el papel e inténtalo de nuevo.`,
    unreachable: `La impresora no contesta. Préndela e imprime de nuevo ${name}.`,
    no_agent: `Esta caja no tiene impresora para ${name}. Prueba con el cuadro de impresión del navegador.`,
  };
  return words[state];
}

/**
 * Say to which group a sale belongs: any cash makes it one of cash.
 * @param {readonly Readonly<{kind: string}>[]} payments
 * @returns {Group}
 */
export function groupOf(payments) {
  if (payments.some(({ kind }) => kind === CASH)) return 'cash';
  return payments.every(({ kind }) => CARDS.includes(kind)) ? 'card' : 'other';
}
