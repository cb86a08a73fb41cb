// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chipOf, waitingFor } from './status.js';

const QUIET = { sending: 0, refused: 0, reachable: true, signedOut: false, forbidden: null };
/** @type {import('./status.js').TillState} */
const WELL = { pending: 0, rejected: 0, oldest_pending_minutes: null, folios_left: 900, sii: 'ok', shift: null };

test('the chip tells the worst news in its own words', () => {
  /** @type {[any, any, boolean, string, string][]} */
  const cases = [
    [QUIET, WELL, true, 'ok', 'En línea · 0 pendientes'],
    [QUIET, { ...WELL, pending: 1 }, true, 'ok', 'En línea · 1 pendiente'],
    [{ ...QUIET, sending: 12 }, WELL, false, 'warn', 'Sin conexión · 12 por enviar'],
    [{ ...QUIET, reachable: false, sending: 1 }, WELL, true, 'warn', 'Sin conexión · 1 por enviar'],
    [{ ...QUIET, signedOut: true }, WELL, false, 'stop', 'Sesión cerrada · 0 por enviar'],
    [{ ...QUIET, forbidden: 'stale', sending: 1 }, WELL, true, 'stop', 'Recarga la página · 1 por enviar'],
    [{ ...QUIET, forbidden: 'role', sending: 2 }, WELL, false, 'stop', 'Pide permiso para vender · 2 por enviar'],
    [{ ...QUIET, refused: 1 }, WELL, true, 'stop', '1 por revisar'],
    [QUIET, { ...WELL, folios_left: 0 }, true, 'stop', 'Sin folios'],
    [QUIET, { ...WELL, folios_left: 38 }, true, 'warn', 'Folios: 38'],
    [QUIET, { ...WELL, rejected: 2, sii: 'attention' }, true, 'warn', 'SII: 2 por corregir'],
    [QUIET, null, true, 'ok', 'Conectando…'],
  ];
  for (const [queue, state, reachable, tone, text] of cases) {
    assert.deepEqual(chipOf(queue, state, reachable), { tone, text });
  }
});

test('a sale that waits says what for: the server, or a person', () => {
  assert.match(waitingFor({ ...QUIET, sending: 1, reachable: false }), /^El servidor no contesta todavía\./);
  assert.match(waitingFor({ ...QUIET, sending: 1, signedOut: true }), /^Tu sesión se cerró\. Toca «Sesión cerrada»/);
  assert.match(waitingFor({ ...QUIET, sending: 1, forbidden: 'stale' }), /^Esta página quedó vieja\. Toca «Recarga la página»/);
  assert.match(waitingFor({ ...QUIET, sending: 1, forbidden: 'role' }), /^Tu cuenta no puede vender en esta caja\./);
});
