// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueue } from './queue.js';

/** @typedef {import('./queue.js').SaleRecord} SaleRecord */

/** A store that keeps copies, as a disk does. */
function memory() {
  /** @type {Map<string, SaleRecord>} */
  const rows = new Map();
  return {
    rows,
    all: async () => [...rows.values()].map((row) => structuredClone(row)),
    get: async (/** @type {string} */ uid) => structuredClone(rows.get(uid)),
    put: async (/** @type {SaleRecord} */ record) => void rows.set(record.uid, structuredClone(record)),
    remove: async (/** @type {string} */ uid) => void rows.delete(uid),
  };
}

/**
 * @param {import('./queue.js').Reply[]} replies one per call, the last one for all that follow
 * @param {ReturnType<typeof memory>} store
 */
function make(replies, store = memory()) {
  /** @type {any[]} */
  const sent = [];
  /** @type {import('./queue.js').QueueSnapshot[]} */
  const seen = [];
  /** @type {number[]} */
  const pauses = [];
  const queue = createQueue({
    store,
    send: async (body) => {
      sent.push({ uid: body.uid, stored: store.rows.get(body.uid)?.state });
      return replies[Math.min(sent.length, replies.length) - 1];
    },
    pause: async (ms) => void pauses.push(ms),
    random: () => 1,
    onChange: (snapshot) => void seen.push(snapshot),
  });
  return { queue, store, sent, seen, pauses };
}

const BODY = { uid: 'u1', lines: [{ product_id: 1 }], payments: [], total_clp: 990, sold_at: '2026-11-22T12:00:00Z' };
/** @type {import('./queue.js').Reply} */
const ANSWERED = { kind: 'answered', answer: { folio: 7 } };

test('a sale is on the disk before it is sent', async () => {
  const { queue, sent } = make([ANSWERED]);
  const { outcome } = await queue.submit(BODY, { lines: [] }, 'now');
  await outcome;
  assert.deepEqual(sent, [{ uid: 'u1', stored: 'sending' }]);
});

test('a sale that cannot be written down is not sent', async () => {
  const store = memory();
  store.put = async () => {
    throw new Error('disk full');
  };
  const { queue, sent } = make([ANSWERED], store);
  await assert.rejects(queue.submit(BODY, {}, 'now'), /disk full/);
  assert.deepEqual(sent, []);
});

test('a lost answer is asked for again with the same uid, waiting longer each time', async () => {
  const { queue, sent, pauses, store } = make([{ kind: 'unreachable' }, { kind: 'unreachable' }, ANSWERED]);

  const { outcome } = await queue.submit(BODY, {}, 'now');

  assert.equal((await outcome).kind, 'accepted');
  assert.deepEqual(sent.map((one) => one.uid), ['u1', 'u1', 'u1']);
  assert.deepEqual(pauses, [500, 1000]);
  assert.equal(store.rows.get('u1')?.answer.folio, 7);
});

test('a refused sale keeps its cart until a person has taken it back', async () => {
  const refusal = { code: 'price_changed', message: 'Cambió el precio.', details: { lines: [] } };
  const { queue, store, seen } = make([{ kind: 'refused', refusal }]);

  const { outcome } = await queue.submit(BODY, { lines: ['x'] }, 'now');
  const done = await outcome;

  assert.equal(done.kind, 'refused');
  assert.deepEqual(done.record.refusal, refusal);
  assert.equal(seen.at(-1)?.refused, 1);
  assert.deepEqual((await queue.refused())[0].cart, { lines: ['x'] });
  await queue.settle('u1');
  assert.equal(store.rows.size, 0);
});

test('after a crash the queue sends what was left and hands out unprinted answers', async () => {
  const store = memory();
  await store.put({ uid: 'u2', state: 'sending', body: { ...BODY, uid: 'u2' }, cart: {}, queued_at: 'then' });
  await store.put({ uid: 'u1', state: 'accepted', body: BODY, cart: {}, queued_at: 'then', answer: { folio: 6 } });
  const { queue, sent } = make([ANSWERED], store);

  const left = await queue.resume();

  assert.deepEqual(left.accepted.map((record) => record.uid), ['u1']);
  assert.equal((await left.sending[0]).kind, 'accepted');
  assert.deepEqual(sent, [{ uid: 'u2', stored: 'sending' }]);
});

test('one sale is sent by one runner, however often it is started', async () => {
  const { queue, sent } = make([ANSWERED]);
  const { outcome } = await queue.submit(BODY, {}, 'now');
  await Promise.all([outcome, queue.resume()]);
  assert.equal(sent.length, 1);
});

test('a sale on its way cannot be forgotten', async () => {
  const { queue, store } = make([{ kind: 'unreachable' }]);
  /** @type {any} */ (store).rows.set('u9', { uid: 'u9', state: 'sending', body: BODY });
  await assert.rejects(queue.settle('u9'), /still being sent/);
  assert.equal(store.rows.size, 1);
});

test('signing out stops nothing: the sale waits and goes when the person is back', async () => {
  const { queue, seen } = make([{ kind: 'signed_out' }, ANSWERED]);
  const { outcome } = await queue.submit(BODY, {}, 'now');
  assert.equal((await outcome).kind, 'accepted');
  assert.ok(seen.some((snapshot) => snapshot.signedOut));
  assert.equal(seen.at(-1)?.signedOut, false);
});

test('a sale that was not let through is not refused: an earlier try may be in the books', async () => {
  const { queue, seen, sent } = make([{ kind: 'forbidden', reason: 'stale' }, { kind: 'forbidden', reason: 'role' }, ANSWERED]);
  const { outcome } = await queue.submit(BODY, {}, 'now');
  assert.equal((await outcome).kind, 'accepted');
  assert.equal(sent.length, 3);
  const told = seen.filter((snapshot) => snapshot.forbidden !== null);
  assert.deepEqual([...new Set(told.map((snapshot) => snapshot.forbidden))], ['stale', 'role']);
  assert.ok(told.every((snapshot) => snapshot.sending === 1 && snapshot.refused === 0));
  assert.equal(seen.at(-1)?.forbidden, null);
});
