// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAgentCopy } from './agent_copy.js';
import { bread, openTill } from './browser_in_node.js';
import { Refused } from './office.js';

const ADDRESS = { url: 'http://127.0.0.1:9177', token: 't' };

const MOST_LETTERS = 262_144;

/** An agent that keeps what it is told, as the real one does. */
function agentDisk() {
  /** @type {Map<string, Map<number, string>>} */
  const kept = new Map();
  const disk = {
    kept,
    isAway: false,
    /** Where its chain does not hold. @type {string[]} */
    broken: [],
    /** @param {string} url @param {any} request */
    async fetch(url, request) {
      if (disk.isAway) throw new TypeError('refused');
      const [, path] = /9177\/(.*)/.exec(url) ?? [];
      if (request.method === 'POST') {
        if (request.body.length > MOST_LETTERS) return new Response('{}', { status: 413 });
        const { device, events } = JSON.parse(request.body);
        const own = kept.get(device) ?? new Map();
        for (const { seq, text } of events) own.set(seq, text);
        kept.set(device, own);
        return Response.json({ kept: Math.max(...own.keys()) });
      }
      if (path === 'journal') return Response.json({ devices: [...kept.keys()].map((device) => ({ device })), broken: disk.broken });
      const [, device, after] = /journal\/(.*)\?after=(\d+)/.exec(path) ?? [];
      const events = [...(kept.get(device) ?? [])].filter(([seq]) => seq > Number(after)).slice(0, 2);
      return Response.json({ events: events.map(([seq, text]) => ({ seq, text })) });
    },
  };
  return disk;
}

/**
 * @param {any} till
 * @param {any} disk
 * @param {string} deviceUid
 */
const copyOf = (till, disk, deviceUid) =>
  createAgentCopy({ memory: till.memory, deviceUid, agent: () => ADDRESS, fetch: disk.fetch });

test('each event is copied once, as it is sent', async () => {
  const [till, disk] = [await openTill(), agentDisk()];
  const copy = copyOf(till, disk, 'd1');
  await till.journal.sell({ body: bread() });
  await copy.wake();
  await till.journal.append('deed', { kind: 'line_removed' });
  await copy.wake();

  const sent = await till.journal.next(50);
  assert.deepEqual([...(disk.kept.get('d1') ?? [])], sent.map((event) => [event.seq, JSON.stringify(event)]));
});

test('an agent that is away holds nothing up, and gets all of it later', async () => {
  const [till, disk] = [await openTill(), agentDisk()];
  const copy = copyOf(till, disk, 'd1');
  disk.isAway = true;
  await till.journal.sell({ body: bread() });
  await copy.wake();
  disk.isAway = false;
  await till.journal.sell({ body: bread() });
  await copy.wake();

  assert.deepEqual([...(disk.kept.get('d1')?.keys() ?? [])], [1, 2]);
});

test('events that are too much for one request are copied in several', async () => {
  const [till, disk] = [await openTill(), agentDisk()];
  const words = 'palabra '.repeat(8_000);
  for (let count = 0; count < 6; count += 1) await till.journal.append('deed', { kind: 'line_removed', words });

  await copyOf(till, disk, 'd1').wake();

  assert.deepEqual([...(disk.kept.get('d1')?.keys() ?? [])], [1, 2, 3, 4, 5, 6]);
});

test('A6: what a wiped browser never told is told from the copy, once', async () => {
  const [lost, disk] = [await openTill(), agentDisk()];
  const oldCopy = copyOf(lost, disk, 'lost');
  for (let sale = 0; sale < 5; sale += 1) await lost.journal.sell({ body: bread() });
  await oldCopy.wake();

  const fresh = await openTill();
  const copy = copyOf(fresh, disk, 'fresh');
  /** @type {any[]} */
  const told = [];
  const tell = async (/** @type {string} */ device, /** @type {any[]} */ events) => {
    told.push(...events.map(({ seq }) => [device, seq]));
    return { results: events.map(({ seq, uid }) => ({ seq, uid, state: /** @type {const} */ ('taken') })) };
  };

  assert.deepEqual(await copy.rescue(tell), { count: 5, broken: 0, isNews: false });
  assert.equal((await copy.rescue(tell)).count, 0);
  assert.deepEqual(told, [1, 2, 3, 4, 5].map((seq) => ['lost', seq]));
});

test('what the server wants later is told again', async () => {
  const [lost, disk] = [await openTill(), agentDisk()];
  await lost.journal.sell({ body: bread() });
  await copyOf(lost, disk, 'lost').wake();
  const copy = copyOf(await openTill(), disk, 'fresh');
  /** @param {'later' | 'taken'} state */
  const answering = (state) => async (/** @type {string} */ _, /** @type {any[]} */ events) => ({
    results: events.map(({ uid }) => ({ uid, state })),
  });

  assert.equal((await copy.rescue(answering('later'))).count, 0);
  assert.equal((await copy.rescue(answering('taken'))).count, 1);
});

test('a till without an agent copies nothing and misses nothing', async () => {
  const till = await openTill();
  const copy = createAgentCopy({ memory: till.memory, deviceUid: 'd1', agent: () => null, fetch: () => assert.fail() });
  await till.journal.sell({ body: bread() });

  await copy.wake();

  assert.deepEqual(await copy.rescue(() => assert.fail()), { count: 0, broken: 0, isNews: false });
});

test('a copy that was changed is told of once, and what can be read of it is told all the same', async () => {
  const [lost, disk] = [await openTill(), agentDisk()];
  for (let sale = 0; sale < 5; sale += 1) await lost.journal.sell({ body: bread() });
  await copyOf(lost, disk, 'lost').wake();
  disk.kept.get('lost')?.set(2, '{"seq": 2, "uid"');
  disk.kept.get('lost')?.set(5, '7');
  disk.broken = ['diario-2026-11.jsonl:310'];
  const copy = copyOf(await openTill(), disk, 'fresh');
  /** @type {number[]} */
  const told = [];
  const tell = async (/** @type {string} */ _, /** @type {any[]} */ events) => {
    told.push(...events.map(({ seq }) => seq));
    return { results: events.map(({ uid }) => ({ uid, state: /** @type {const} */ ('taken') })) };
  };

  assert.deepEqual(await copy.rescue(/** @type {any} */ (tell)), { count: 3, broken: 3, isNews: true });
  assert.deepEqual(told, [1, 3, 4]);
  assert.deepEqual(await copy.rescue(/** @type {any} */ (tell)), { count: 0, broken: 1, isNews: false });
  disk.broken.push('diario-2026-11.jsonl:900');
  assert.deepEqual(await copy.rescue(/** @type {any} */ (tell)), { count: 0, broken: 2, isNews: true });
});

test('an event that the server cannot read holds up no other', async () => {
  const [lost, disk] = [await openTill(), agentDisk()];
  for (let sale = 0; sale < 5; sale += 1) await lost.journal.sell({ body: bread() });
  await copyOf(lost, disk, 'lost').wake();
  const copied = /** @type {Map<number, string>} */ (disk.kept.get('lost'));
  copied.set(2, JSON.stringify({ ...JSON.parse(copied.get(2) ?? ''), uid: 'no uid' }));
  copied.set(3, JSON.stringify({ ...JSON.parse(copied.get(3) ?? ''), seq: 4 }));
  copied.set(4, JSON.stringify({ ...JSON.parse(copied.get(4) ?? ''), type: ['odd'] }));
  const copy = copyOf(await openTill(), disk, 'fresh');
  /** @type {number[]} */
  const told = [];
  const tell = async (/** @type {string} */ _, /** @type {any[]} */ events) => {
    if (events.some(({ type }) => typeof type !== 'string')) throw new Refused('bad_journal', 'No se entiende.');
    told.push(...events.map(({ seq }) => seq));
    return { results: events.map(({ uid }) => ({ uid, state: /** @type {const} */ ('taken') })) };
  };

  assert.deepEqual(await copy.rescue(/** @type {any} */ (tell)), { count: 2, broken: 3, isNews: true });
  assert.deepEqual(told, [1, 5]);
});

test('a server that cannot be asked now is asked for all of it the next time', async () => {
  const [lost, disk] = [await openTill(), agentDisk()];
  await lost.journal.sell({ body: bread() });
  await copyOf(lost, disk, 'lost').wake();
  const copy = copyOf(await openTill(), disk, 'fresh');
  const busy = async () => Promise.reject(new Refused('busy', 'Más tarde.', 503));
  const tell = async (/** @type {string} */ _, /** @type {any[]} */ events) => ({ results: events.map(({ uid }) => ({ uid, state: 'taken' })) });

  await assert.rejects(copy.rescue(/** @type {any} */ (busy)), /Más tarde/);
  assert.equal((await copy.rescue(/** @type {any} */ (tell))).count, 1);
});
