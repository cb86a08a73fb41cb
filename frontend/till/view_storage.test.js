// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageView } from './view_storage.js';

/**
 * @param {{waiting: number, kept?: boolean, agent?: any, reachable?: boolean | null}} how
 */
function till({ waiting, kept = false, agent = null, reachable = false }) {
  const view = storageView({ device: null, selling: null, ask: null, copy: null, hasRescued: false });
  /** @type {string[]} */
  const said = [];
  Object.assign(view, {
    ...{ limits: { unkept_most: 200 }, storage: { kept, words: '' }, till: { agent }, sync: { reachable, waiting } },
    say: (/** @type {string} */ _, /** @type {string} */ text) => void said.push(text),
  });
  return { view, said };
}

test('A6 a browser that promises nothing sells offline up to a limit, and then says what to do', () => {
  const { view, said } = till({ waiting: 200 });

  assert.equal(view.mayRiskMore(), false);
  assert.match(said[0], /^Hay 200 sin enviar .*instala la caja como aplicación/);
  assert.equal(till({ waiting: 199 }).view.mayRiskMore(), true);
});

test('A6 with a promise, a copy in the agent or a network there is no limit', () => {
  assert.equal(till({ waiting: 900, kept: true }).view.mayRiskMore(), true);
  assert.equal(till({ waiting: 900, agent: { url: 'http://127.0.0.1:9177', token: 't' } }).view.mayRiskMore(), true);
  assert.equal(till({ waiting: 900, reachable: true }).view.mayRiskMore(), true);
});

test('A6 the menu says in red that what is not sent may be lost, until the browser promises', () => {
  assert.match(till({ waiting: 0 }).view.storageRow(), /puede borrar/);
  assert.match(till({ waiting: 0, agent: {} }).view.storageRow(), /Hay copia/);
  assert.equal(till({ waiting: 0, kept: true }).view.storageRow(), '');
});

test('a copy in the agent that was changed is said to a person with what to do, once aloud and then in the menu', async () => {
  const found = [{ count: 2, broken: 1, isNews: true }, { count: 0, broken: 1, isNews: false }, { count: 0, broken: 0, isNews: false }];
  const copy = /** @type {any} */ ({ rescue: async () => found.shift() });
  const room = /** @type {any} */ ({ device: null, selling: null, ask: null, copy, hasRescued: false });
  /** @type {any} */
  const view = storageView(room);
  /** @type {string[][]} */
  const said = [];
  const say = (/** @type {string} */ tone, /** @type {string} */ text) => void said.push([tone, text]);
  Object.assign(view, { storage: { kept: true, words: '' }, till: { agent: {} }, say });

  await view.rescueOnce();
  assert.equal(said.length, 1);
  assert.equal(said[0][0], 'danger');
  assert.match(said[0][1], /^La copia de ventas .* está dañada o fue cambiada\..*Avísale a quien administra: en Caja, Equipos,.*Recuperamos 2 ventas/);
  assert.match(view.storageRow(), /está dañada o fue cambiada/);
  room.hasRescued = false;
  await view.rescueOnce();
  assert.equal(said.length, 1);
  assert.match(view.storageRow(), /está dañada o fue cambiada/);
  room.hasRescued = false;
  await view.rescueOnce();
  assert.equal(view.storageRow(), '');
});
