// @ts-check
/** The chip that says how the till stands with the world, worst news first, and beside what a person must do the network. */

import { whole } from '../common/format.js';

/** Fewer folios than this and the cashier should know. */
export const LOW_FOLIOS = 50;
const BOLETA = 39;

/**
 * @typedef {import('./device/sync.js').SyncState} SyncState
 * @typedef {{pending: number, rejected: number}} SiiState
 * @typedef {{tone: 'ok' | 'warn' | 'stop', text: string}} Chip
 */

/**
 * Say in a few words how things stand. Being offline is a calm state; red is for what a person must do.
 * @param {SyncState | null} state null until the device has told it once
 * @param {SiiState | null} sii null until the server has answered once
 * @returns {Chip}
 */
export function chipOf(state, sii) {
  if (state === null) return { tone: 'ok', text: 'Conectando…' };
  return mustAct(state) ?? networkOf(state) ?? shouldKnow(state, sii) ?? well(state, sii);
}

/**
 * What a person must do hides no network: it has a chip of its own then.
 * @param {SyncState | null} state
 * @param {SiiState | null} sii
 * @returns {Chip | null} null: the chip says it already
 */
export function besideChip(state, sii) {
  if (state === null || mustAct(state) === null) return null;
  if (state.reachable === false) return { tone: 'warn', text: 'Sin conexión' };
  // It is no till any more: nothing green beside that.
  if (state.revoked) return null;
  return networkOf(state) ?? well(state, sii);
}

/** @param {SyncState} state @returns {Chip | null} */
function mustAct(state) {
  if (state.revoked) return { tone: 'stop', text: `Equipo dado de baja · ${unsent(state.waiting)}` };
  if (state.clock === 'wrong') return { tone: 'stop', text: 'Corrige la fecha del equipo' };
  if (state.dead > 0) return { tone: 'stop', text: `${whole(state.dead)} por revisar` };
  if (state.reachable && state.words) return { tone: 'stop', text: `Hay que revisar · ${unsent(state.waiting)}` };
  const { left, words } = boletas(state);
  if (left === 0 && (words || state.reachable === false)) return { tone: 'stop', text: 'Sin folios' };
  return null;
}

/** @param {SyncState} state @returns {Chip | null} */
function networkOf({ reachable, waiting }) {
  if (reachable === null) return { tone: 'ok', text: 'Conectando…' };
  if (reachable) return null;
  const still = waiting > 0 ? `${unsent(waiting)} · boletas válidas` : 'se puede vender';
  return { tone: 'warn', text: `Sin conexión · ${still}` };
}

/**
 * @param {SyncState} state
 * @param {SiiState | null} sii
 * @returns {Chip | null}
 */
function shouldKnow(state, sii) {
  const { left } = boletas(state);
  if (left === 0) return { tone: 'warn', text: 'Trayendo folios…' };
  if (left < LOW_FOLIOS) return { tone: 'warn', text: `Folios: ${whole(left)}` };
  if (state.clock === 'warn') return { tone: 'warn', text: 'Revisa la hora del equipo' };
  if (state.isOverdue) return { tone: 'warn', text: `Enviando tarde · ${unsent(state.waiting)}` };
  if (sii && sii.rejected > 0) return { tone: 'warn', text: `SII: ${whole(sii.rejected)} por corregir` };
  return null;
}

/**
 * @param {SyncState} state
 * @param {SiiState | null} sii
 * @returns {Chip}
 */
function well({ waiting }, sii) {
  const count = waiting + (sii?.pending ?? 0);
  return { tone: 'ok', text: `En línea · ${count === 1 ? '1 pendiente' : `${whole(count)} pendientes`}` };
}

/**
 * Say what the chip says and what it leaves out, for who wants to know.
 * @param {SyncState | null} state
 * @param {{kept: boolean, words: string}} storage
 * @returns {string[]}
 */
export function standing(state, storage) {
  if (state === null) return [storage.words];
  const { left, words } = boletas(state);
  const sentences = [
    state.revoked ? 'Este equipo fue dado de baja: lo vendido se envía igual. Para seguir vendiendo, inscríbelo de nuevo.' : '',
    state.words,
    state.reachable === false ? 'No hay conexión con el servidor. Las boletas que das son válidas y se envían solas cuando vuelva.' : '',
    state.waiting > 0 ? `${unsent(state.waiting)}. No borres los datos del navegador.` : 'Todo lo vendido está enviado.',
    state.clock === 'right' ? '' : 'La hora de este equipo no es la del servidor. Activa la fecha y hora automáticas.',
    `Quedan ${whole(left)} folios de boleta en esta caja.`,
    words,
    storage.words,
  ];
  return sentences.filter(Boolean);
}

/**
 * Say what a factura waits for that is written down here and not answered yet.
 * @param {SyncState | null} state
 * @returns {string}
 */
export function waitingFor(state) {
  if (state?.reachable === false) return 'Sin conexión: la factura se emite cuando vuelva y se imprime sola.';
  return 'Emitiendo la factura…';
}

/** @param {SyncState} state */
function boletas({ folios }) {
  return folios[BOLETA] ?? { left: 0, words: '' };
}

/** @param {number} count */
function unsent(count) {
  return `${whole(count)} por enviar`;
}
