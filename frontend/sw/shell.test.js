// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, install, keptPath, sweep } from './shell.js';

const SHELL = { version: 'v2', files: ['/caja/1/', '/static/till.abc.js'], page: '/caja/1/' };
const ORIGIN = 'https://tienda.example';

/** Caches as a browser has them. */
function disk() {
  /** @type {Map<string, Map<string, Response>>} */
  const all = new Map();
  /** @type {import('./shell.js').Caches} */
  const caches = {
    async open(name) {
      const files = all.get(name) ?? new Map();
      all.set(name, files);
      return {
        match: async (path) => files.get(path)?.clone(),
        put: async (path, response) => void files.set(path, response),
      };
    },
    delete: async (name) => all.delete(name),
    keys: async () => [...all.keys()],
  };
  return { all, caches };
}

/** @param {Record<string, Response>} answers */
const network = (answers) => /** @type {typeof fetch} */ (async (path) => answers[String(path)] ?? new Response('', { status: 404 }));

test('a version is kept whole and answers without a network', async () => {
  const { caches } = disk();
  await install(SHELL, caches, network({ '/caja/1/': new Response('page'), '/static/till.abc.js': new Response('program') }));

  const dead = () => Promise.reject(new TypeError('no network'));
  const page = await answer(SHELL, '/caja/1/', caches, dead);
  const again = await answer(SHELL, '/caja/1/', caches, dead);

  assert.deepEqual([await page.text(), await again.text()], ['page', 'page']);
});

test('a version of which one file is missing leaves nothing, and the one before stays', async () => {
  const { all, caches } = disk();
  await install({ ...SHELL, version: 'v1' }, caches, network({ '/caja/1/': new Response('old'), '/static/till.abc.js': new Response('') }));

  await assert.rejects(install(SHELL, caches, network({ '/caja/1/': new Response('page') })), /till\.abc\.js answered 404/);

  assert.deepEqual([...all.keys()], ['caja-v1']);
});

test('the sign-in page is never kept in place of the till', async () => {
  const { all, caches } = disk();
  const signIn = new Response('sign in');
  Object.defineProperty(signIn, 'redirected', { value: true });

  await assert.rejects(install(SHELL, caches, network({ '/caja/1/': signIn, '/static/till.abc.js': new Response('') })));

  assert.deepEqual([...all.keys()], []);
});

test('other versions are swept, what is not of the till stays', async () => {
  const { all, caches } = disk();
  for (const name of ['caja-v1', 'caja-v2', 'caja-orphan', 'oficina']) await caches.open(name);

  await sweep(SHELL, caches);

  assert.deepEqual([...all.keys()], ['caja-v2', 'oficina']);
});

for (const [what, request, kept] of /** @type {[string, any, string | null][]} */ ([
  ['the page', { url: '/caja/1/', mode: 'navigate' }, '/caja/1/'],
  ['the page, with a query', { url: '/caja/1/?x=1', mode: 'navigate' }, '/caja/1/'],
  ['a hashed file', { url: '/static/till.abc.js' }, '/static/till.abc.js'],
  ['another page of the till', { url: '/caja/1/ventas', mode: 'navigate' }, null],
  ['a file of another version', { url: '/static/till.old.js' }, null],
  ['a call', { url: '/caja/equipo/1/estado' }, null],
  ['a write', { url: '/caja/1/', method: 'POST' }, null],
  ['another site', { url: 'https://otra.example/caja/1/' }, null],
])) {
  test(`${what} is answered from ${kept ?? 'the network alone'}`, () => {
    const asked = { method: 'GET', ...request, url: new URL(request.url, ORIGIN).href };
    assert.equal(keptPath(SHELL, asked, ORIGIN), kept);
  });
}

test('a file that the browser threw away is asked of the network', async () => {
  const { caches } = disk();
  const fresh = await answer(SHELL, '/caja/1/', caches, async () => new Response('fresh'));

  assert.equal(await fresh.text(), 'fresh');
});
