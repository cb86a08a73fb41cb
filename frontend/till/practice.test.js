// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, NOON, openTill } from './device/browser_in_node.js';
import { createPractice } from './practice.js';

test('a practice sale is checked as a real one and leaves nothing behind', async () => {
  const { memory, journal } = await openTill();
  const practice = createPractice({ now: () => NOON, newUid: () => 'u1' });

  const sale = practice.sell({ body: bread() });

  assert.deepEqual([sale.uid, sale.at, sale.body.total_clp], ['u1', '2026-11-22T15:00:00.000Z', 990]);
  assert.throws(() => practice.sell({ body: { ...bread(), total_clp: 991 } }), { code: 'wrong_sums' });
  assert.deepEqual(await journal.next(50), []);
  assert.deepEqual((await memory.leases()).map(({ next }) => next), [1]);
});
