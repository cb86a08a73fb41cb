// @ts-check
/** The one chip that says how the till stands with the world, worst news first. */

import { whole } from '../common/format.js';

/** Fewer folios than this and the cashier should know. */
export const LOW_FOLIOS = 50;

/**
 * @typedef {{pending: number, rejected: number, oldest_pending_minutes: number | null, folios_left: number | null,
 *   sii: 'ok' | 'waiting' | 'attention', shift: any}} TillState
 * @typedef {{tone: 'ok' | 'warn' | 'stop', text: string}} Chip
 */

/**
 * Say in a few words how things stand. Being offline is a calm state, never a wall.
 * @param {import('./queue.js').QueueSnapshot} queue
 * @param {TillState | null} state null until the server has answered once
 * @param {boolean} reachable
 * @returns {Chip}
 */
export function chipOf(queue, state, reachable) {
  if (queue.signedOut) return { tone: 'stop', text: `Sesión cerrada · ${unsent(queue.sending)}` };
  if (queue.forbidden === 'stale') return { tone: 'stop', text: `Recarga la página · ${unsent(queue.sending)}` };
  if (queue.forbidden === 'role') return { tone: 'stop', text: `Pide permiso para vender · ${unsent(queue.sending)}` };
  if (!reachable || !queue.reachable) return { tone: 'warn', text: `Sin conexión · ${unsent(queue.sending)}` };
  if (queue.refused > 0) return { tone: 'stop', text: `${whole(queue.refused)} por revisar` };
  if (state === null) return { tone: 'ok', text: 'Conectando…' };
  if (state.folios_left !== null && state.folios_left <= 0) return { tone: 'stop', text: 'Sin folios' };
  if (state.rejected > 0) return { tone: 'warn', text: `SII: ${whole(state.rejected)} por corregir` };
  if (state.sii === 'attention') return { tone: 'warn', text: 'SII: hay que revisar' };
  if (state.folios_left !== null && state.folios_left < LOW_FOLIOS) {
    return { tone: 'warn', text: `Folios: ${whole(state.folios_left)}` };
  }
  return { tone: 'ok', text: `En línea · ${pending(state.pending + queue.sending)}` };
}

/**
 * Say what a sale waits for that is written down here and not answered yet.
 * @param {import('./queue.js').QueueSnapshot} queue
 * @returns {string}
 */
export function waitingFor(queue) {
  const then = 'La boleta se emite e imprime sola.';
  if (queue.signedOut) return `Tu sesión se cerró. Toca «Sesión cerrada», arriba, y entra de nuevo. ${then}`;
  if (queue.forbidden === 'stale') return `Esta página quedó vieja. Toca «Recarga la página», arriba. ${then}`;
  if (queue.forbidden === 'role') return `Tu cuenta no puede vender en esta caja. Pídele permiso a quien administra. ${then}`;
  return 'El servidor no contesta todavía. La boleta se emite e imprime sola apenas vuelva.';
}

/** @param {number} count */
function unsent(count) {
  return `${whole(count)} por enviar`;
}

/** @param {number} count */
function pending(count) {
  return count === 1 ? '1 pendiente' : `${whole(count)} pendientes`;
}
