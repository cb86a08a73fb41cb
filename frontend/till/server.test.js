// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer, Forbidden, Refused, SignedOut, Unreachable } from './server.js';

const CONFIG = {
  urls: {
    sales: '/caja/1/ventas',
    catalogue: '/caja/1/catalogo',
    state: '/caja/1/estado',
    buyer: '/caja/1/comprador',
    sold: '/caja/1/vendidas',
  },
  csrf: 'ficha',
};
const BODY = { uid: 'u1', lines: [], payments: [], total_clp: 990, sold_at: '2026-11-22T12:00:00Z' };

/** @param {any} response */
function server(response) {
  /** @type {any[]} */
  const calls = [];
  const fetch = async (/** @type {any} */ url, /** @type {any} */ options) => {
    calls.push({ url, ...options });
    if (response instanceof Error) throw response;
    return response;
  };
  return { calls, server: createServer(CONFIG, /** @type {any} */ (fetch)) };
}

/**
 * @param {number} status
 * @param {unknown} body
 */
function json(status, body) {
  return new Response(JSON.stringify(body), { status });
}

test('a sale is posted as JSON with the CSRF token', async () => {
  const { calls, server: till } = server(json(201, { folio: 7 }));

  assert.deepEqual(await till.sale(BODY), { kind: 'answered', answer: { folio: 7 } });

  assert.equal(calls[0].headers['X-CSRFToken'], 'ficha');
  assert.equal(calls[0].redirect, 'manual');
  assert.deepEqual(JSON.parse(calls[0].body), BODY);
});

test('a buyer nobody knows is null, and a refusal of a question comes in words', async () => {
  const stranger = server(new Response(null, { status: 204 }));
  assert.equal(await stranger.server.buyer('77654321-7'), null);
  assert.equal(stranger.calls[0].url, '/caja/1/comprador?rut=77654321-7');

  const closed = server(json(422, { code: 'no_open_shift', message: 'Caja 1 está cerrada.' }));
  await assert.rejects(closed.server.copy('u1'), new Refused('Caja 1 está cerrada.'));
  assert.equal(closed.calls[0].url, '/caja/1/vendidas/u1/copia');
  assert.equal(closed.calls[0].headers['X-CSRFToken'], 'ficha');
});

test('a refusal keeps its words, and one without words gets ours', async () => {
  const words = { code: 'caf_exhausted', message: 'No quedan folios.', details: { kind: 39 } };
  assert.deepEqual(await server(json(422, words)).server.sale(BODY), { kind: 'refused', refusal: words });

  const bare = await server(new Response('<html>', { status: 404 })).server.sale(BODY);
  assert.equal(bare.kind === 'refused' && bare.refusal.code, 'http_404');
});

test('a failing server, a silent one and a sign-in page are not answers', async () => {
  assert.deepEqual(await server(new Response('', { status: 500 })).server.sale(BODY), { kind: 'unreachable' });
  assert.deepEqual(await server(new TypeError('offline')).server.sale(BODY), { kind: 'unreachable' });
  assert.deepEqual(await server({ type: 'opaqueredirect', status: 0 }).server.sale(BODY), { kind: 'signed_out' });
  assert.deepEqual(await server(new Response('', { status: 401 })).server.sale(BODY), { kind: 'signed_out' });
});

test('a 403 is no sign-out: it says whether to reload or to ask for permission', async () => {
  const stale = { code: 'stale_page', message: 'Recarga la página.' };
  assert.deepEqual(await server(json(403, stale)).server.sale(BODY), { kind: 'forbidden', reason: 'stale' });
  const page = () => new Response('<html>Esta parte no es tuya', { status: 403 });
  assert.deepEqual(await server(page()).server.sale(BODY), { kind: 'forbidden', reason: 'role' });
  await assert.rejects(server(page()).server.state(), (error) => error instanceof Forbidden && error.reason === 'role');
});

test('an answer that breaks off says nothing about the sale: it is asked again', async () => {
  const cut = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode('{"folio": 7, "rec'));
      stream.error(new TypeError('network error'));
    },
  });
  assert.deepEqual(await server(new Response(cut, { status: 201 })).server.sale(BODY), { kind: 'unreachable' });
  assert.deepEqual(await server(new Response('{"folio"', { status: 200 })).server.sale(BODY), { kind: 'unreachable' });
});

test('reads fail with what went wrong', async () => {
  await assert.rejects(server(new Response('', { status: 502 })).server.catalogue(null), Unreachable);
  await assert.rejects(server({ type: 'opaqueredirect', status: 0 }).server.state(), SignedOut);
  assert.deepEqual(await server(json(200, { pending: 0 })).server.state(), { pending: 0 });
});
