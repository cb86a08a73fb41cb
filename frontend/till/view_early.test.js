// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { earlyView } from './view_early.js';

/** A till that is opening, with a tile for each name; a tap on «Marraqueta» asks for its weight. */
function opening() {
  /** @type {any} */
  const till = { ...earlyView(), ready: false, barrier: null, dialog: null, stage: 'ticket', search: '', taken: [], ticketKeys: () => ({}) };
  till.tap = (/** @type {string} */ name) => {
    const click = () => (till.taken.push(name), name === 'Marraqueta' && (till.dialog = 'weight'));
    const button = { matches: () => true, isConnected: true, click };
    till.holdEarly({ type: 'click', target: { closest: () => button }, preventDefault() {}, stopImmediatePropagation() {} });
  };
  return till;
}

test('what was tapped behind a sheet that another tap opened comes when that sheet closes', () => {
  const till = opening();
  for (const name of ['Marraqueta', 'Leche']) till.tap(name);
  till.ready = true;
  till.doEarly();
  assert.deepEqual(till.taken, ['Marraqueta']);

  till.dialog = null;
  till.doEarly();
  till.doEarly();

  assert.deepEqual(till.taken, ['Marraqueta', 'Leche']);
});

test('a tap of long ago is not added to the ticket of another customer', (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const till = opening();
  till.tap('Leche');
  // A slow machine may open for long: what was tapped is still meant.
  now += 60_000;
  till.ready = true;
  till.dialog = 'copies';
  till.doEarly();
  now += 9_000;
  till.dialog = null;
  till.doEarly();

  assert.deepEqual(till.taken, []);
});

test('nothing is added while a sale is being written', () => {
  const till = opening();
  till.tap('Leche');
  till.ready = true;
  till.stage = 'sending';
  till.doEarly();
  assert.deepEqual(till.taken, []);

  till.stage = 'ticket';
  till.doEarly();
  assert.deepEqual(till.taken, ['Leche']);
});
