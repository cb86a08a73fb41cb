// @ts-check
/**
 * How the till opens without a network: its page and its hashed files are kept and answered from here; everything else
 * goes to the network as if this were not there.
 *
 * A version is taken whole or not at all, and a page never changes under the cashier: a new version waits until the
 * page asks for it (empty cart, nothing being paid).
 */

/**
 * @typedef {{version: string, files: readonly string[], page: string}} Shell `files`: paths to keep, the page's among
 *   them; `page`: the till itself
 * @typedef {{match: (request: string) => Promise<Response | undefined>, put: (path: string, response: Response) => Promise<void>}} Kept
 * @typedef {{open: (name: string) => Promise<Kept>, delete: (name: string) => Promise<boolean>, keys: () => Promise<string[]>}} Caches
 */

const PREFIX = 'caja-';

/** @param {Shell} shell */
const cacheName = ({ version }) => `${PREFIX}${version}`;

/**
 * Keep every file of a version. When one is missing nothing of it stays, and the version before goes on.
 * @param {Shell} shell
 * @param {Caches} caches
 * @param {typeof fetch} fetch
 */
export async function install(shell, caches, fetch) {
  try {
    const cache = await caches.open(cacheName(shell));
    await Promise.all(shell.files.map((path) => keep(cache, path, fetch)));
  } catch (error) {
    await caches.delete(cacheName(shell));
    throw error;
  }
}

/**
 * @param {Kept} cache
 * @param {string} path
 * @param {typeof fetch} fetch
 */
async function keep(cache, path, fetch) {
  const response = await fetch(path, { cache: 'no-cache', credentials: 'same-origin' });
  // A redirect is the sign-in page; kept, it would open in place of the till for as long as the version lives.
  if (!response.ok || response.redirected) throw new Error(`${path} answered ${response.status}`);
  await cache.put(path, response);
}

/**
 * Remove what other versions left, also ones that died while they were installed.
 * @param {Shell} shell
 * @param {Caches} caches
 */
export async function sweep(shell, caches) {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== cacheName(shell));
  await Promise.all(old.map((name) => caches.delete(name)));
}

/**
 * Say which kept file answers a request.
 * @param {Shell} shell
 * @param {{method: string, url: string}} request
 * @param {string} origin
 * @returns {string | null} null: the network alone
 */
export function keptPath({ files }, { method, url }, origin) {
  const { origin: theirs, pathname } = new URL(url);
  if (method !== 'GET' || theirs !== origin) return null;
  return files.includes(pathname) ? pathname : null;
}

/**
 * Answer from what is kept; what the browser threw away is asked of the network.
 * @param {Shell} shell
 * @param {string} path
 * @param {Caches} caches
 * @param {() => Promise<Response>} askNetwork
 */
export async function answer(shell, path, caches, askNetwork) {
  const cache = await caches.open(cacheName(shell));
  return (await cache.match(path)) ?? askNetwork();
}
