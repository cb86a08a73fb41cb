// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

const ORIGIN = 'https://tienda.example';
const SHELL = { version: 'v1', files: ['/caja/1/'], page: '/caja/1/' };

/** @type {Map<string, (event: any) => void>} */
const heard = new Map();
/** @type {string[]} */
const deeds = [];
/** @type {Map<string, Map<string, Response>>} */
const all = new Map([['caja-old', new Map()]]);
let isAway = false;

Object.assign(globalThis, {
  self: {
    CAJA_SHELL: SHELL,
    location: { origin: ORIGIN },
    clients: { claim: async () => void deeds.push('claim') },
    skipWaiting: async () => void deeds.push('skip'),
    addEventListener: (/** @type {string} */ name, /** @type {(event: any) => void} */ deed) => heard.set(name, deed),
  },
  caches: {
    async open(/** @type {string} */ name) {
      const files = all.get(name) ?? new Map();
      all.set(name, files);
      return {
        match: async (/** @type {string} */ path) => files.get(path)?.clone(),
        put: async (/** @type {string} */ path, /** @type {Response} */ response) => void files.set(path, response),
      };
    },
    delete: async (/** @type {string} */ name) => all.delete(name),
    keys: async () => [...all.keys()],
  },
  fetch: async () => {
    if (isAway) throw new TypeError('no network');
    return new Response('page');
  },
});
await import('./worker.js');

/**
 * @param {string} name
 * @param {any} [event]
 */
async function happen(name, event = {}) {
  /** @type {Promise<any> | undefined} */
  let work;
  const keep = (/** @type {Promise<any>} */ given) => void (work = given);
  heard.get(name)?.({ ...event, waitUntil: keep, respondWith: keep });
  return work && (await work);
}

test('installed, active, asked without a network, told to change over: the worker does its part', async () => {
  await happen('install');
  assert.deepEqual(deeds, []);
  await happen('activate');
  assert.deepEqual([deeds, [...all.keys()]], [['claim'], ['caja-v1']]);

  isAway = true;
  const page = await happen('fetch', { request: { method: 'GET', url: `${ORIGIN}/caja/1/`, mode: 'navigate' } });
  const call = await happen('fetch', { request: { method: 'POST', url: `${ORIGIN}/caja/equipo/1/diario` } });
  assert.deepEqual([await page.text(), call], ['page', undefined]);

  await happen('message', { data: 'something else' });
  assert.deepEqual(deeds, ['claim']);
  await happen('message', { data: 'caja:update' });
  assert.deepEqual(deeds, ['claim', 'skip']);
});
