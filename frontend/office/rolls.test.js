// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printRoll } from './rolls.js';

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
