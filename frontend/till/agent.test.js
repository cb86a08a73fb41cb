// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAgent } from './agent.js';

const CONFIG = { url: 'http://127.0.0.1:9177/', token: 'secreto', paper: 80 };
const JOB = { id: '0198a1b2-c3d4-7000-8000-000000000001', blocks: [{ kind: 'cut' }], drawer: true };

/**
 * @param {number} status
 * @param {object} body
 */
function answering(status, body) {
  /** @type {any[]} */
  const calls = [];
  const fetch = async (/** @type {any} */ url, /** @type {any} */ options) => {
    calls.push({ url, ...options });
    return new Response(JSON.stringify(body), { status });
  };
  return { calls, fetch: /** @type {any} */ (fetch) };
}

test('a paper goes to the agent with its token and the sale as its id', async () => {
  const { calls, fetch } = answering(202, { state: 'printed' });

  assert.equal(await createAgent(CONFIG, fetch).print(JOB), 'printed');

  assert.equal(calls.length, 1);
  assert.equal(calls[0].url, 'http://127.0.0.1:9177/jobs');
  assert.equal(calls[0].headers.Authorization, 'Bearer secreto');
  assert.deepEqual(JSON.parse(calls[0].body), { ...JOB, paper: 80 });
});

test('what the agent answers becomes one of five states', async () => {
  /** @type {[number, object, string][]} */
  const cases = [
    [202, { state: 'waiting' }, 'waiting'],
    [200, { state: 'doubtful' }, 'waiting'],
    [200, { state: 'expired' }, 'failed'],
    [409, { code: 'job_conflict' }, 'failed'],
    [422, { code: 'bad_job' }, 'failed'],
    [401, { code: 'wrong_token' }, 'unreachable'],
    [503, { code: 'queue_full' }, 'unreachable'],
  ];
  for (const [status, body, state] of cases) {
    assert.equal(await createAgent(CONFIG, answering(status, body).fetch).print(JOB), state, String(status));
  }
});

test('without an agent nothing is sent, and a dead one is told from none', async () => {
  const { calls, fetch } = answering(200, {});
  assert.equal(await createAgent(null, fetch).print(JOB), 'no_agent');
  assert.equal(calls.length, 0);

  const dead = /** @type {any} */ (async () => {
    throw new TypeError('connection refused');
  });
  assert.equal(await createAgent(CONFIG, dead).print(JOB), 'unreachable');
});

for (const [status, body, weight] of /** @type {[number, object, any][]} */ ([
  [200, { state: 'stable', grams: 455, message: 'Peso estable' }, { state: 'stable', grams: 455, words: 'Peso estable' }],
  [200, { state: 'moving', grams: 0, message: 'Espera' }, { state: 'moving', grams: 0, words: 'Espera' }],
  [404, { code: 'no_scale' }, null],
  [500, {}, { state: 'away', grams: 0, words: 'La balanza no contesta. Escribe el peso a mano' }],
])) {
  test(`the scale beside the till answers ${status} ${JSON.stringify(body)}`, async () => {
    const { calls, fetch } = answering(status, body);

    assert.deepEqual(await createAgent(CONFIG, fetch).weight(), weight);
    assert.equal(calls[0].url, 'http://127.0.0.1:9177/weight');
  });
}

test('a till without an agent has no scale', async () => {
  const { calls, fetch } = answering(200, {});
  assert.equal(await createAgent(null, fetch).weight(), null);
  assert.deepEqual(calls, []);
});
