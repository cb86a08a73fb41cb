// @ts-check
/** This browser as a till's device: its memory, keys, clock, journal and sync, put together once. */

import { clp, whole } from '../../common/format.js';
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
 *   locks: unknown, storage: any, soon?: (work: () => void) => void}} Browser `soon`: what may come after the paper
 * @typedef {{companyId: number | string, kinds?: readonly number[], browser?: Browser, onGone?: () => void,
 *   onState?: (state: import('./sync.js').SyncState) => void, onOffice?: (answer: any) => void,
 *   onSettled?: (settled: import('./journal.js').Settled[]) => void}} DeviceOptions
 */

const BOLETA = 39;
/** Telling others waits for this long: on a slow machine the paper must reach its printer first. */
const PAPER_FIRST_MS = 30;

/**
 * @returns {Browser} the one this runs in
 */
export function thisBrowser() {
  return {
    fetch: globalThis.fetch.bind(globalThis),
    soon: (work) => void setTimeout(work, PAPER_FIRST_MS),
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
 * @param {DeviceOptions} options `kinds`: papers to keep folios of; more may be added while it runs
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
  const { soon = (work) => work() } = browser;
  /** @type {import('./sync.js').Sync | undefined} */
  let sync;
  const journal = createJournal({
    memory,
    clock,
    newUid,
    lock: browser.lock(`${name}-sell`),
    onChange(isNew) {
      soon(() => {
        if (isNew) sync?.wake();
        if (onState) void sync?.state().then(onState);
      });
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
    /** What only the server knows: it says so when it is away. */
    ask: office,
    deviceUid: keys.deviceUid,
    till: await memory.read('till'),
    office: await memory.read('office'),
    /**
     * Fetch what changed of the catalogue and write it down.
     * @param {import('../catalogue.js').CatalogueAnswer | null} kept
     * @param {(share: number) => void} [onShare] how much of it came so far, in percent
     * @returns {Promise<import('../catalogue.js').CatalogueAnswer>} the kept one when nothing changed
     */
    async pullCatalogue(kept, onShare) {
      const news = await office.catalogue(kept?.rev ?? null, onShare);
      // What an older program wrote down has no layouts of labels yet.
      if (kept && kept.rev === news.rev && kept.scale) return kept;
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
    const owed = owedText(await journal.getAll(), (await kv.get('asked_return')) !== undefined);
    if (!forgetsUnsent && owed) {
      throw new Refused('unsent', `Este equipo guarda ${owed} que no alcanzó a enviar. Muéstraselo a quien administra antes de inscribirlo.`);
    }
    await Promise.all([kv.clear(), lease.clear(), journal.clear()]);
    await kv.put(made, 'keys');
  });
}

/**
 * @param {readonly Pick<import('./journal.js').Entry, 'type' | 'body'>[]} entries
 * @param {boolean} hasReturn a return that was asked and not answered
 * @returns {string} what the server has never heard of; nothing when it has heard all
 */
function owedText(entries, hasReturn) {
  const sales = entries.filter(({ type }) => type === 'sale');
  const pesos = sales.reduce((sum, { body }) => sum + body.total_clp, 0);
  const others = entries.length - sales.length;
  const parts = [
    sales.length > 0 ? `${sales.length === 1 ? '1 venta' : `${whole(sales.length)} ventas`} por ${clp(pesos)}` : '',
    others > 0 ? (others === 1 ? '1 anotación del turno' : `${whole(others)} anotaciones del turno`) : '',
    hasReturn ? '1 devolución' : '',
  ].filter(Boolean);
  return [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter(Boolean).join(' y ');
}
