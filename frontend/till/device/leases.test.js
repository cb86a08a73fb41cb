// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, cafElement, NOON, openTill } from './browser_in_node.js';
import { countOne, foliosLeft, foliosToAsk, keepLease, wantFolios } from './leases.js';

test('at least 200 folios are kept, and twice the busiest day when that is more', () => {
  assert.equal(foliosToAsk(200, {}, 39), 0);
  assert.equal(foliosToAsk(199, {}, 39), 201);
  assert.equal(foliosToAsk(0, {}, 41), 100);
  assert.equal(foliosToAsk(50, {}, 41), 0);
  assert.equal(foliosToAsk(50, { '2026-11-21': 90 }, 41), 310);
  assert.equal(foliosToAsk(0, { '2026-11-21': 90, '2026-11-22': 40 }, 39), 400);
  assert.equal(foliosToAsk(399, { '2026-11-21': 200 }, 39), 401);
  assert.equal(foliosToAsk(400, { '2026-11-21': 200 }, 39), 0);
  assert.equal(foliosToAsk(0, { '2026-11-21': 3_000 }, 39), 1_000);
});

test('the pace is that of the last fortnight with sales', () => {
  let pace = /** @type {Record<string, number>} */ ({});
  for (let day = 10; day < 30; day += 1) pace = countOne(countOne(pace, `2026-11-${day}`), `2026-11-${day}`);

  assert.deepEqual([Object.keys(pace)[0], Object.keys(pace).length, pace['2026-11-29']], ['2026-11-16', 14, 2]);
});

test('folios are asked for with one uid until the block is here', async () => {
  const { memory } = await openTill();
  let uids = 0;
  const newUid = () => `request-${(uids += 1)}`;

  const first = await wantFolios(memory, 39, newUid);
  const again = await wantFolios(memory, 39, newUid);

  assert.deepEqual(first, { request_uid: 'request-1', kind: 39, count: 300 });
  assert.deepEqual(again, first);
  const [{ key }] = await memory.leases();
  const lease = { uid: 'lease-200', kind: 39, first: 200, last: 499, caf: cafElement({ first: 200, last: 499 }), key: '', wrapped_by: '' };
  await keepLease(memory, lease, key, NOON);
  assert.equal(await wantFolios(memory, 39, newUid), null);
  assert.equal(foliosLeft(await memory.leases(), 39), 400);
});

test('a block that comes twice is not begun anew', async () => {
  const { journal, memory } = await openTill();
  await journal.sell({ body: bread() });
  const [{ key, uid, kind, first, last, caf }] = await memory.leases();

  await keepLease(memory, { uid, kind, first, last, caf, key: '', wrapped_by: '' }, key, NOON);

  assert.deepEqual((await memory.leases()).map(({ next }) => next), [2]);
});

test('a used-up block goes when the next one comes', async () => {
  const { journal, memory } = await openTill({ blocks: [[1, 1]] });
  await journal.sell({ body: bread() });
  const [{ key }] = await memory.leases();
  const lease = { uid: 'lease-9', kind: 39, first: 9, last: 9, caf: cafElement({ first: 9, last: 9 }), key: '', wrapped_by: '' };

  await keepLease(memory, lease, key, NOON);

  assert.deepEqual((await memory.leases()).map(({ uid }) => uid), ['lease-9']);
});
