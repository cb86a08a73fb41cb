// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideChip, chipOf, standing, waitingFor } from './status.js';

/** @type {import('./status.js').SyncState} */
const WELL = {
  ...{ waiting: 0, dead: 0, toPrint: 0, deadline: null, reachable: true, revoked: false, words: '' },
  ...{ clock: 'right', isOverdue: false, folios: { 39: { left: 900, words: '' } } },
};
const QUIET = { pending: 0, rejected: 0 };

/** @param {number} left */
const folios = (left, words = '') => ({ folios: { 39: { left, words } } });

test('the chip tells the worst news in its own words', () => {
  /** @type {[any, any, string, string][]} */
  const cases = [
    [{}, QUIET, 'ok', 'En línea · 0 pendientes'],
    [{ waiting: 1 }, null, 'ok', 'En línea · 1 pendiente'],
    [{ waiting: 2 }, { pending: 3, rejected: 0 }, 'ok', 'En línea · 5 pendientes'],
    [{ reachable: false, waiting: 12 }, QUIET, 'warn', 'Sin conexión · 12 por enviar · boletas válidas'],
    [{ reachable: false }, QUIET, 'warn', 'Sin conexión · se puede vender'],
    [{ reachable: false, dead: 1 }, QUIET, 'stop', '1 por revisar'],
    [{ revoked: true, waiting: 3 }, QUIET, 'stop', 'Equipo dado de baja · 3 por enviar'],
    [{ words: 'No.', waiting: 1 }, QUIET, 'stop', 'Hay que revisar · 1 por enviar'],
    [{ clock: 'wrong' }, QUIET, 'stop', 'Corrige la fecha del equipo'],
    [{ clock: 'warn' }, QUIET, 'warn', 'Revisa la hora del equipo'],
    [folios(0), QUIET, 'warn', 'Trayendo folios…'],
    [folios(0, 'No quedan.'), QUIET, 'stop', 'Sin folios'],
    [{ ...folios(0), reachable: false }, QUIET, 'stop', 'Sin folios'],
    [folios(38), QUIET, 'warn', 'Folios: 38'],
    [{ isOverdue: true, waiting: 4 }, QUIET, 'warn', 'Enviando tarde · 4 por enviar'],
    [{}, { pending: 0, rejected: 2 }, 'warn', 'SII: 2 por corregir'],
    [{ reachable: null }, null, 'ok', 'Conectando…'],
  ];
  for (const [change, sii, tone, text] of cases) {
    assert.deepEqual(chipOf({ ...WELL, ...change }, sii), { tone, text });
  }
  assert.deepEqual(chipOf(null, null), { tone: 'ok', text: 'Conectando…' });
});

test('what a person must do hides no network: both are told', () => {
  /** @type {[any, string, {tone: string, text: string} | null][]} */
  const cases = [
    [{ dead: 2, reachable: false, waiting: 3 }, '2 por revisar', { tone: 'warn', text: 'Sin conexión' }],
    [{ dead: 2, waiting: 3 }, '2 por revisar', { tone: 'ok', text: 'En línea · 3 pendientes' }],
    [{ dead: 2, reachable: null }, '2 por revisar', { tone: 'ok', text: 'Conectando…' }],
    [{ ...folios(0), reachable: false }, 'Sin folios', { tone: 'warn', text: 'Sin conexión' }],
    [{ revoked: true, waiting: 1, reachable: false }, 'Equipo dado de baja · 1 por enviar', { tone: 'warn', text: 'Sin conexión' }],
    [{ revoked: true, waiting: 1 }, 'Equipo dado de baja · 1 por enviar', null],
    [{ reachable: false, waiting: 1 }, 'Sin conexión · 1 por enviar · boletas válidas', null],
    [{}, 'En línea · 0 pendientes', null],
  ];
  for (const [change, text, beside] of cases) {
    const state = { ...WELL, ...change };
    assert.deepEqual([chipOf(state, QUIET).text, besideChip(state, QUIET)], [text, beside]);
  }
  assert.equal(besideChip(null, null), null);
});

test('how the till stands is told in sentences, the disk that may be cleared among them', () => {
  const storage = { kept: false, words: 'El navegador puede borrar lo guardado.' };

  assert.deepEqual(standing({ ...WELL, reachable: false, waiting: 2 }, storage), [
    'No hay conexión con el servidor. Las boletas que das son válidas y se envían solas cuando vuelva.',
    '2 por enviar. No borres los datos del navegador.',
    'Quedan 900 folios de boleta en esta caja.',
    'El navegador puede borrar lo guardado.',
  ]);
  assert.deepEqual(standing(null, storage), ['El navegador puede borrar lo guardado.']);
});

test('a factura that waits says for what', () => {
  assert.equal(waitingFor(WELL), 'Emitiendo la factura…');
  assert.equal(waitingFor({ ...WELL, reachable: false }), 'Sin conexión: la factura se emite cuando vuelva y se imprime sola.');
});
