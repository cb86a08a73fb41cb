// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printLabels } from './labels.js';

const ANSWER = {
  jobs: [
    { id: 'hoja-00', blocks: [{ kind: 'text', text: 'a' }] },
    { id: 'hoja-10', blocks: [{ kind: 'text', text: 'b' }] },
  ],
  agent: { url: 'http://127.0.0.1:9100', token: 'secreto', paper: 80 },
  give_back: '/productos/etiquetas/hojas/7/devolver/',
  words: '12 etiquetas en Caja 1.',
};

/** @param {string[]} states */
function agentWith(states) {
  /** @type {[string, any][]} */
  const calls = [];
  const fetch = /** @type {any} */ (
    async (/** @type {string} */ url, /** @type {any} */ options) => {
      calls.push([url, options]);
      return new Response(JSON.stringify({ state: states[calls.length - 1] }), { status: 202 });
    }
  );
  return { calls, fetch };
}

test('each job goes to the agent once, in order, without opening the drawer', async () => {
  const { calls, fetch } = agentWith(['printed', 'waiting']);
  assert.equal(await printLabels(ANSWER, fetch, 'ficha'), true);
  const bodies = calls.map(([, options]) => JSON.parse(options.body));
  assert.deepEqual(
    bodies.map(({ id, drawer }) => [id, drawer]),
    [
      ['hoja-00', false],
      ['hoja-10', false],
    ],
  );
});

test('labels that the printer does not take go back into the queue', async () => {
  const { calls, fetch } = agentWith(['failed']);
  assert.equal(await printLabels(ANSWER, fetch, 'ficha'), false);
  assert.deepEqual(
    calls.map(([url]) => url),
    ['http://127.0.0.1:9100/jobs', ANSWER.give_back],
  );
  assert.equal(calls[1][1].headers['X-CSRFToken'], 'ficha');
});
