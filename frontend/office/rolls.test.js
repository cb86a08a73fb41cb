// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPapers, printRoll } from './rolls.js';

const ROLL = {
  blocks: [{ kind: 'text', text: 'Informe Z N° 1' }],
  agent: { url: 'http://127.0.0.1:9100', token: 'secreto', paper: 80 },
  words: 'Impreso en Caja 1.',
};

/** @param {string} state */
function agentThatSays(state) {
  /** @type {any[]} */
  const jobs = [];
  const fetch = /** @type {any} */ (
    async (/** @type {string} */ _url, /** @type {any} */ options) => {
      jobs.push(JSON.parse(options.body));
      return new Response(JSON.stringify({ state }), { status: 202 });
    }
  );
  return { jobs, fetch };
}

test('a report goes to the agent under its id and leaves the drawer shut', async () => {
  const { jobs, fetch } = agentThatSays('printed');
  assert.equal(await printRoll(ROLL, 'z-1', fetch), 'Impreso en Caja 1.');
  assert.deepEqual(jobs, [{ id: 'z-1', paper: 80, blocks: ROLL.blocks, drawer: false }]);
});

test('a printer that does not take it is told to the person with another way', async () => {
  const { fetch } = agentThatSays('failed');
  assert.match(await printRoll(ROLL, 'z-1', fetch), /Abre el PDF/);
});

/**
 * A report's page whose printer answers as told, one answer for each time it is handed over.
 * @param {string[]} states
 */
function page(states) {
  let made = 0;
  const told = { orders: /** @type {any[]} */ ([]), jobs: /** @type {any[]} */ ([]) };
  const print = createPapers({
    newUid: () => `uid-${(made += 1)}`,
    post: async (order) => {
      told.orders.push(order);
      // What the server writes says when.
      return { ...ROLL, blocks: [{ kind: 'text', text: `Impreso ${told.orders.length}` }] };
    },
    fetch: /** @type {any} */ (
      async (/** @type {string} */ _url, /** @type {any} */ options) => {
        const { id, blocks } = JSON.parse(options.body);
        told.jobs.push([id, blocks[0].text]);
        const state = states.shift();
        if (state === 'off') throw new TypeError('refused');
        return new Response(JSON.stringify({ state }), { status: 202 });
      }
    ),
  });
  return { print, told };
}

test('what did not come out is handed over again as it was, and only what came out is told', async () => {
  const { print, told } = page(['off', 'waiting', 'printed']);

  assert.match(await print('7'), /Abre el PDF/);
  assert.equal(await print('7'), 'Impreso en Caja 1.');
  assert.deepEqual(told.orders, [{ caja: '7', uid: 'uid-1' }]);
  await print('7');

  assert.deepEqual(told.jobs, Array(3).fill(['uid-2', 'Impreso 1']));
  assert.deepEqual(told.orders, [{ caja: '7', uid: 'uid-1' }, { caja: '7', uid: 'uid-1', salio: 'si' }]);
});

test('after a paper came out the next tap is another paper', async () => {
  const { print, told } = page(['printed', 'printed']);

  await print('7');
  await print('7');

  assert.deepEqual(told.orders.map(({ uid, salio }) => [uid, salio]), [['uid-1', undefined], ['uid-1', 'si'], ['uid-3', undefined], ['uid-3', 'si']]);
  assert.deepEqual(told.jobs.map(([id]) => id), ['uid-2', 'uid-4']);
});

test('a job that the program gave up goes over as another job of the same paper', async () => {
  const { print, told } = page(['failed', 'printed']);

  await print('7');
  await print('7');

  assert.deepEqual(told.orders.map(({ uid, salio }) => [uid, salio]), [['uid-1', undefined], ['uid-1', undefined], ['uid-1', 'si']]);
  assert.deepEqual(told.jobs, [['uid-2', 'Impreso 1'], ['uid-3', 'Impreso 2']]);
});
