// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeeds } from './deeds.js';
import { Refused, Unreachable } from './server.js';

function disk() {
  /** @type {Map<string, any>} */
  const kept = new Map();
  return {
    kept,
    read: async (/** @type {string} */ key) => kept.get(key),
    write: async (/** @type {string} */ key, /** @type {any} */ value) => {
      kept.set(key, value);
    },
  };
}

let made = 0;
const newUid = () => `uid-${(made += 1)}`;

test('a line that was taken away is told once, and then forgotten here', async () => {
  const store = disk();
  /** @type {any[]} */
  const told = [];
  const deeds = await createDeeds({ disk: store, newUid, send: async (deed) => void told.push(deed) });
  await deeds.tell('line_removed', 1350, 'Azúcar');
  await deeds.flush();
  assert.deepEqual(
    told.map(({ kind, amount_clp, words }) => [kind, amount_clp, words]),
    [['line_removed', 1350, 'Azúcar']],
  );
  assert.deepEqual(store.kept.get('deeds'), []);
});

test('without a network it stays on the disk, also for the next page, and goes in its order', async () => {
  const store = disk();
  const away = await createDeeds({
    disk: store,
    newUid,
    send: () => Promise.reject(new Unreachable('away')),
  });
  await away.tell('line_removed', 10, 'a');
  await away.tell('ticket_voided', 20, 'b');
  assert.equal(store.kept.get('deeds').length, 2);

  /** @type {string[]} */
  const told = [];
  const next = await createDeeds({ disk: store, newUid, send: async (deed) => void told.push(deed.words) });
  await next.flush();
  assert.deepEqual(told, ['a', 'b']);
});

test('one that the server will never take does not hold up the others', async () => {
  const store = disk();
  /** @type {string[]} */
  const told = [];
  const deeds = await createDeeds({
    disk: store,
    newUid,
    send: async (deed) => {
      if (deed.words === 'mala') throw new Refused('No.');
      told.push(deed.words);
    },
  });
  await deeds.tell('line_removed', 1, 'mala');
  await deeds.tell('line_removed', 1, 'buena');
  assert.deepEqual(told, ['buena']);
  assert.deepEqual(store.kept.get('deeds'), []);
});
