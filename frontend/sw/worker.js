// @ts-check
/**
 * The till's service worker, scope `/caja/`. The server writes `self.CAJA_SHELL = {version, files, page};` before this
 * program, so that a new list of files is a new worker.
 */

import { answer, install, keptPath, sweep } from './shell.js';

/**
 * @typedef {{waitUntil: (work: Promise<unknown>) => void}} Lifecycle
 * @typedef {{request: Request, respondWith: (answer: Promise<Response>) => void}} Fetching
 */

const worker = /** @type {any} */ (self);
/** @type {import('./shell.js').Shell} */
const shell = worker.CAJA_SHELL;

worker.addEventListener('install', (/** @type {Lifecycle} */ event) => {
  event.waitUntil(install(shell, caches, fetch));
});

worker.addEventListener('activate', (/** @type {Lifecycle} */ event) => {
  event.waitUntil(sweep(shell, caches).then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (/** @type {Fetching} */ event) => {
  const path = keptPath(shell, event.request, worker.location.origin);
  if (path !== null) event.respondWith(answer(shell, path, caches, () => fetch(event.request)));
});

worker.addEventListener('message', (/** @type {MessageEvent} */ event) => {
  if (event.data === 'caja:update') void worker.skipWaiting();
});
