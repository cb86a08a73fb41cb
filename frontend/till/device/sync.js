// @ts-check
/**
 * The till tells the server what happened and fetches folios, for as long as the page lives. Nothing on the way of a
 * sale waits for it.
 */

import { fitting } from './batch.js';
import { openLease } from './keys.js';
import { dropRefill, foliosLeft, forgetLease, keepLease, retireLease, wantFolios } from './leases.js';
import { Away, Refused, Revoked } from './office.js';

const BATCH = 50;
/** The server reads at most 2.5 MB at once. */
const BATCH_LETTERS = 1_000_000;
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const IDLE_MS = 30_000;
const [LEAST_IDLE_MS, MOST_IDLE_MS] = [1_000, 600_000];
/** A refusal of folios ends when a person loads new ones: asking with each sale would not bring them. */
const FOLIOS_AGAIN_MS = 60_000;
/** Blocks fetched in one go; a shop that needs more gets them the next time round. */
const BLOCKS_AT_ONCE = 3;

/**
 * @typedef {import('./journal.js').Counted & {reachable: boolean | null, revoked: boolean, words: string,
 *   clock: import('./clock.js').ClockVerdict, isOverdue: boolean,
 *   folios: Record<number, {left: number, words: string}>}} SyncState `reachable` null: nobody was asked yet; `words`:
 *   what the server answers instead of taking the journal; those of `folios`: why no more come
 */

/**
 * @param {{journal: import('./journal.js').Journal, memory: import('./memory.js').Memory,
 *   keys: import('./keys.js').DeviceKeys, clock: import('./clock.js').Clock, office: import('./office.js').Office,
 *   kinds: readonly number[], newUid: () => string, lock: import('./journal.js').Lock,
 *   pause: (ms: number) => Promise<void>, random: () => number, onState?: (state: SyncState) => void,
 *   onOffice?: (answer: any) => void, onSettled?: (settled: import('./journal.js').Settled[]) => void}} parts
 *   `kinds` of paper this till gives out; `onOffice` gets each answer of `estado`
 */
export function createSync(parts) {
  const { journal, memory, clock, office, kinds, pause, random } = parts;
  const { onState = () => {}, onOffice = () => {}, onSettled = () => {} } = parts;
  /** @type {Record<number, string>} */
  const folioWords = {};
  /** @type {Record<number, number>} */
  const refusedAt = {};
  /** The server found something in a sale that this till may not know of yet. */
  let isOdd = false;
  /** @type {boolean | null} */
  let reachable = null;
  let words = '';
  let revoked = false;
  let isStopped = false;
  let lastPing = -Infinity;
  let idleMs = IDLE_MS;
  /** What the server has left to hand out, by kind; empty: it does not say. @type {Record<string, number>} */
  let stock = {};
  let isWoken = false;
  let wakeSleeper = () => {};

  /** @returns {Promise<SyncState>} */
  async function state() {
    const [counted, leases] = await Promise.all([journal.count(), memory.leases()]);
    const folios = Object.fromEntries(
      kinds.map((kind) => [kind, { left: foliosLeft(leases, kind), words: folioWords[kind] ?? '' }]),
    );
    const isOverdue = counted.deadline !== null && Date.parse(counted.deadline) < clock.now();
    return { ...counted, reachable, revoked, words, clock: clock.verdict(), isOverdue, folios };
  }

  const report = async () => onState(await state());

  /** The server answered. Coming from nowhere, the hour of each unsent boleta begins. */
  async function reached() {
    if (!revoked) words = '';
    if (reachable) return;
    reachable = true;
    await journal.startDeadlines(clock.now());
  }

  async function ping() {
    const answer = await office.state();
    lastPing = clock.raw();
    stock = { ...answer.folios };
    if (answer.poll_s > 0) idleMs = Math.min(MOST_IDLE_MS, Math.max(LEAST_IDLE_MS, answer.poll_s * 1_000));
    await reached();
    await memory.keep('clock_offset', clock.offset());
    await memory.keep('office', answer);
    if (Array.isArray(answer.people)) await memory.keepCashiers(answer.people);
    if (Array.isArray(answer.settled)) await journal.forgetSettled(answer.settled);
    onOffice(answer);
  }

  /** @returns {Promise<boolean>} whether the server wants some of it later */
  async function drain() {
    /** @type {Set<string>} */
    const later = new Set();
    for (;;) {
      const events = fitting(await journal.next(BATCH, later), BATCH_LETTERS);
      if (events.length === 0) return later.size > 0;
      const { results } = await office.tell(events);
      await reached();
      const settled = await journal.acknowledge(Array.isArray(results) ? results : []);
      const done = new Set(settled.map(({ entry }) => entry.uid));
      for (const { uid } of events) if (!done.has(uid)) later.add(uid);
      if (settled.length > 0) onSettled(settled);
      isOdd ||= settled.some(({ result }) => (result.flags?.length ?? 0) > 0);
    }
  }

  /** @param {number} kind */
  async function refill(kind) {
    for (let block = 0; block < BLOCKS_AT_ONCE; block += 1) {
      // Nothing to get, and still some here: no need to hear it each minute.
      if (stock[kind] <= 0 && foliosLeft(await memory.leases(), kind) > 0) break;
      const wanted = await wantFolios(memory, kind, parts.newUid);
      if (!wanted) break;
      const lease = await office.folios(wanted);
      await reached();
      // Not ours to open: the same request gets the same block, wrapped anew.
      const key = await openLease(lease, parts.keys).catch(() => null);
      if (!key) {
        folioWords[kind] = 'Llegaron folios que este equipo no puede abrir. Recarga la caja; si sigue, inscríbela de nuevo.';
        return;
      }
      await keepLease(memory, lease, key, clock.now());
      if (kind in stock) stock[kind] -= lease.last - lease.first + 1;
    }
    delete folioWords[kind];
  }

  /** @param {number} kind */
  async function refillOrTell(kind) {
    if (Math.abs(clock.raw() - (refusedAt[kind] ?? -Infinity)) < FOLIOS_AGAIN_MS) return;
    try {
      await refill(kind);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      refusedAt[kind] = clock.raw();
      folioWords[kind] = error.message;
      await dropRefill(memory, kind);
    }
  }

  /** @returns {Promise<boolean>} whether there is nothing left to do now */
  async function round() {
    const isPingDue = !reachable || clock.raw() - lastPing >= idleMs || clock.raw() < lastPing;
    if (isPingDue && !revoked) await ping();
    const isPending = await drain();
    if (isOdd && !revoked) {
      // Prices changed, a shift that was closed, a till that was taken off: it should know before the next customer.
      isOdd = false;
      await ping();
    }
    for (const kind of revoked ? [] : kinds) await refillOrTell(kind);
    return !isPending;
  }

  /** @param {unknown} error */
  async function failed(error) {
    if (error instanceof Refused) {
      // It answered; what it refuses as a whole is told again, until a person mends it.
      await reached();
      words = error.message;
    } else {
      reachable = false;
      words = error instanceof Away ? '' : 'Algo falló en esta caja. Recárgala; si sigue, avisa a quien administra.';
      if (words) globalThis.reportError?.(error);
    }
    if (!(error instanceof Revoked)) return;
    revoked = true;
    await memory.keep('revoked', true);
  }

  /** @param {number} ms */
  async function rest(ms) {
    if (!isWoken) {
      const woken = new Promise((resolve) => {
        wakeSleeper = () => resolve(undefined);
      });
      await Promise.race([pause(ms), woken]);
      wakeSleeper = () => {};
    }
    isWoken = false;
  }

  async function loop() {
    revoked = Boolean(await memory.read('revoked'));
    await report();
    // Taken off, it asks for nothing more; what it sold before is told to the end.
    for (let failures = 0, isTold = false; !isStopped && !isTold; ) {
      let isDone = false;
      try {
        isDone = await round();
      } catch (error) {
        await failed(error);
      }
      await report();
      failures = isDone ? 0 : failures + 1;
      isTold = revoked && isDone;
      if (!isStopped && !isTold) await rest(isDone ? idleMs : backOff(failures, random));
    }
  }

  return {
    /** Run until `stop`; a second page of this device waits its turn. */
    run: () => parts.lock(loop),
    stop() {
      isStopped = true;
      wakeSleeper();
    },
    /** Do not wait any longer: the network came back, or there is something new. */
    wake() {
      isWoken = true;
      wakeSleeper();
    },
    state,
    /**
     * Close the till for good: give back what is left of each block. Call it when nothing is sold any more.
     * @throws {import('./office.js').Away | Refused} some are still here; call it again
     */
    async giveBackFolios() {
      for (const { uid } of await memory.leases()) {
        await office.giveBack(await retireLease(memory, uid));
        await forgetLease(memory, uid);
      }
      await report();
    },
  };
}

/** @typedef {ReturnType<typeof createSync>} Sync */

/**
 * How long to wait after failures in a row: anywhere between half a second and a limit that doubles, so that a
 * hundred tills do not knock at once when their server is back.
 * @param {number} failures from 1
 * @param {() => number} random
 * @returns {number}
 */
export function backOff(failures, random) {
  const longest = Math.min(LONGEST_WAIT_MS, 2 * SHORTEST_WAIT_MS * 2 ** (failures - 1));
  return SHORTEST_WAIT_MS + Math.floor(random() * (longest - SHORTEST_WAIT_MS));
}
