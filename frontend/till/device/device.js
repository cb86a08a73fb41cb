// @ts-check
/** This browser as a till's device: its memory, keys, clock, journal and sync, put together once. */

import { withNews } from '../catalogue.js';
import { createUidSource } from '../uid.js';
import { createClock } from './clock.js';
import { createJournal } from './journal.js';
import { keepKeys, makeKeys, publicKeys, readKeys } from './keys.js';
import { askToStay, openMemory } from './memory.js';
import { askEnrolment, createOffice, Refused } from './office.js';
import { testSelling } from './selftest.js';
import { createSync } from './sync.js';

/**
 * @typedef {{fetch: typeof fetch, now: () => number, ticks: () => number, pause: (ms: number) => Promise<void>,
 *   random: () => number, fillRandom: (bytes: Uint8Array) => Uint8Array, lock: (name: string) => import('./journal.js').Lock,
 *   locks: unknown, storage: any}} Browser
 * @typedef {{companyId: number | string, kinds?: readonly number[], browser?: Browser, onGone?: () => void,
 *   onState?: (state: import('./sync.js').SyncState) => void, onOffice?: (answer: any) => void,
 *   onSettled?: (settled: import('./journal.js').Settled[]) => void}} DeviceOptions
 */

const BOLETA = 39;

/**
 * @returns {Browser} the one this runs in
 */
export function thisBrowser() {
  return {
    fetch: globalThis.fetch.bind(globalThis),
    now: Date.now,
    ticks: () => performance.now(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
    fillRandom: (bytes) => crypto.getRandomValues(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)),
    lock: (name) => (work) => navigator.locks.request(name, work).then((result) => result),
    locks: navigator.locks,
    storage: navigator.storage,
  };
}

/**
 * Open this device. Nothing here waits for the network.
 * @param {DeviceOptions} options `kinds`: papers to keep folios of
 * @returns {Promise<{ability: import('./selftest.js').Ability, device: Device | null}>} no device in a browser that
 *   cannot sell by itself: `ability` says why
 */
export async function openDevice(options) {
  const { companyId, browser = thisBrowser(), onGone } = options;
  const name = `erpmarket-equipo-${companyId}`;
  const memory = await openMemory(name, onGone ? { onGone } : {}).catch(() => null);
  const ability = await testSelling(memory, { locks: browser.locks, crypto: globalThis.crypto });
  if (!memory || !ability.able) return { ability, device: null };
  const [storage, offset, last] = await Promise.all([
    askToStay(browser.storage),
    memory.read('clock_offset'),
    memory.read('last_ms'),
  ]);
  const clock = createClock({ now: browser.now, ticks: browser.ticks, offset: offset ?? 0 });
  const newUid = createUidSource(clock.now, browser.fillRandom, last ?? 0);
  const base = `/caja/equipo/${companyId}`;
  return { ability, device: makeDevice({ memory, clock, newUid, base, browser, name, options }, storage) };
}

/**
 * @param {Parts} parts
 * @param {{kept: boolean, words: string}} storage
 */
function makeDevice(parts, storage) {
  const { memory, clock, newUid } = parts;
  return {
    memory,
    storage,
    clock,
    newUid,
    /** @returns {Promise<Selling | null>} null: this browser is no till yet, see `enrol` */
    async start() {
      const [keys, till] = [await readKeys(memory), await memory.read('till')];
      return keys && till ? startSelling(parts, keys) : null;
    },
    /**
     * Become a till, by a code from the office.
     * @param {string} code
     * @param {string} deviceName
     * @param {{forgetsUnsent?: boolean}} [choice] for a device that was taken off: sales it never told the server are
     *   forgotten, because a person wrote them down
     * @throws {import('./office.js').Away | Refused} `unsent`: that person has to be asked first
     */
    enrol: (code, deviceName, choice = {}) => enrol(parts, code, deviceName, choice),
  };
}

/** @typedef {ReturnType<typeof makeDevice>} Device */
/** @typedef {Awaited<ReturnType<typeof startSelling>>} Selling */
/**
 * @typedef {{memory: import('./memory.js').Memory, clock: import('./clock.js').Clock, newUid: () => string, base: string,
 *   browser: Browser, name: string, options: DeviceOptions}} Parts
 */

/**
 * @param {Parts} parts
 * @param {import('./keys.js').DeviceKeys} keys
 */
async function startSelling({ memory, clock, newUid, base, browser, name, options }, keys) {
  const { kinds = [BOLETA], onState, onOffice, onSettled } = options;
  /** @type {import('./sync.js').Sync | undefined} */
  let sync;
  const journal = createJournal({
    memory,
    clock,
    newUid,
    lock: browser.lock(`${name}-sell`),
    onChange(isNew) {
      if (isNew) sync?.wake();
      if (onState) void sync?.state().then(onState);
    },
  });
  const office = createOffice({ fetch: browser.fetch, base, keys, clock });
  sync = createSync({
    ...{ journal, memory, keys, clock, office, kinds, newUid },
    ...{ lock: browser.lock(`${name}-sync`), pause: browser.pause, random: browser.random },
    ...(onState ? { onState } : {}),
    ...(onOffice ? { onOffice } : {}),
    ...(onSettled ? { onSettled } : {}),
  });
  return {
    journal,
    sync,
    till: await memory.read('till'),
    office: await memory.read('office'),
    /**
     * Fetch what changed of the catalogue and write it down.
     * @param {import('../catalogue.js').CatalogueAnswer | null} kept
     * @returns {Promise<import('../catalogue.js').CatalogueAnswer>} the kept one when nothing changed
     */
    async pullCatalogue(kept) {
      const news = await office.catalogue(kept?.rev ?? null);
      if (kept && kept.rev === news.rev) return kept;
      const fresh = withNews(kept, news);
      await memory.writeCatalogue(fresh, kept);
      return fresh;
    },
  };
}

/**
 * @param {Parts} parts
 * @param {string} code
 * @param {string} name
 * @param {{forgetsUnsent?: boolean}} choice
 */
async function enrol({ memory, clock, newUid, base, browser }, code, name, { forgetsUnsent = false }) {
  if (await memory.read('revoked')) await startOver(memory, newUid(), forgetsUnsent);
  // Kept before they are told: when the answer is lost, the same keys and code get it again.
  const keys = await keepKeys(memory, newUid);
  const sentAt = clock.raw();
  const answer = await askEnrolment(browser.fetch, base, { code, name, ...(await publicKeys(keys)) });
  clock.learn(Date.parse(answer.server_time), sentAt, clock.raw());
  await memory.keep('clock_offset', clock.offset());
  await memory.keep('till', answer.till);
  return answer.till;
}

/**
 * A device that was taken off becomes another: new keys, numbers from one.
 * @param {import('./memory.js').Memory} memory
 * @param {string} deviceUid
 * @param {boolean} forgetsUnsent
 */
async function startOver(memory, deviceUid, forgetsUnsent) {
  const made = await makeKeys(deviceUid);
  await memory.write(['kv', 'lease', 'journal'], async (tx) => {
    const [kv, lease, journal] = [tx.objectStore('kv'), tx.objectStore('lease'), tx.objectStore('journal')];
    if (!forgetsUnsent && (await journal.count()) > 0) {
      throw new Refused('unsent', 'Este equipo guarda ventas que no alcanzó a enviar. Muéstralas a quien administra antes de inscribirlo.');
    }
    await Promise.all([kv.clear(), lease.clear(), journal.clear()]);
    await kv.put(made, 'keys');
  });
}
