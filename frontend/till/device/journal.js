// @ts-check
/**
 * The till's journal (docs/algorithms/offline.md): what happened here, numbered without holes, kept until the server
 * said what became of it.
 *
 * A sale is `reserved` (number and folio taken, everything but the stamp written) → `signed` → gone when the server
 * took it and its paper was printed; `taken` is one that still owes its paper. Other events are `signed` at once: they
 * carry no stamp and are ready to go. `refused` and `conflict` stay for the owner.
 * No read-modify-write spans a wait on anything but the database: each change reads its record again and touches only
 * its own fields, because the copy somebody holds may be old.
 */

import { completeReserved, fitOrder, nextPlace, SaleRefused, sellOne } from './selling.js';
import { makeTed } from './stamp.js';

export { SaleRefused };

/**
 * @typedef {'reserved' | 'signed' | 'taken' | 'refused' | 'conflict'} EntryState
 * @typedef {{v: 1, seq: number, uid: string, type: string, at: string, raw_at: string, body: any, state: EntryState,
 *   screen?: any, to_print?: 1, deadline_at?: string, verdict?: {code: string, words: string}}} Entry `to_print`: its
 *   paper was not handed over yet; `screen`: what the page wants to find again, never sent
 * @typedef {{product_id: number, name: string, unit: string, quantity: string, price_clp: number, exempt: boolean,
 *   discount_clp: number, amount_clp: number}} SoldLine
 * @typedef {{shift_uid: string, lines: SoldLine[], payments: any[], total_clp: number}} Sold
 * @typedef {{uid?: string, body: Sold, screen?: any}} SaleOrder with a uid, a second tap gets the first sale
 * @typedef {{uid: string, state: 'taken' | 'repeated' | 'refused' | 'conflict' | 'later', code?: string, words?: string,
 *   flags?: string[]}} Result `later`: the server failed at it; it is told again
 * @typedef {{entry: Entry, result: Result}} Settled
 * @typedef {{seq: number, uid: string, type: string, at: string, raw_at: string, body: any}} SentEvent
 * @typedef {<T>(work: () => Promise<T>) => Promise<T>} Lock one at a time, over all pages of this device
 * @typedef {import('./memory.js').Memory} Memory
 */

/** How long after the network came back a boleta may still be unsent. */
const DEADLINE_MS = 3_600_000;

/**
 * @param {{memory: Memory, clock: import('./clock.js').Clock, newUid: () => string, lock: Lock, stamp?: typeof makeTed,
 *   onChange?: (isNew: boolean) => void}} parts `onChange`: something was written; new events want to be sent
 */
export function createJournal({ memory, clock, newUid, lock, stamp = makeTed, onChange = () => {} }) {
  const parts = { memory, clock, newUid, stamp };

  /**
   * @template T
   * @param {Promise<T>} work
   * @param {boolean} [isNew]
   */
  async function told(work, isNew = false) {
    const result = await work;
    onChange(isNew);
    return result;
  }

  return {
    /**
     * Sell: when this resolves the sale is on the disk with its folio and its stamp, and may be shown and printed.
     * @param {SaleOrder} order
     * @returns {Promise<Entry>}
     * @throws {SaleRefused | import('./words.js').TextRefused} nothing was sold
     */
    async sell(order) {
      const fit = fitOrder(order);
      return told(lock(() => sellOne(parts, fit)), true);
    },
    /**
     * Write down an event that carries no stamp.
     * @param {string} type
     * @param {any} body
     * @param {{uid?: string}} [options] the uid, where it names something (a shift)
     * @returns {Promise<Entry>}
     */
    append: (type, body, { uid = newUid() } = {}) =>
      told(lock(() => memory.write(['kv', 'journal'], (tx) => appendOne(tx, clock, { type, body, uid }))), true),
    /**
     * Take up what a closed page left behind. Call it at the start, before anything is sold.
     * @returns {Promise<{completed: Entry[], unprinted: Entry[], stuck: Entry[]}>} sales that were stamped now; all
     *   that owe their paper (the completed too), oldest first: their customers may or may not hold one, so print them
     *   as COPIA when the cashier says so; and sales whose key is broken
     */
    async resume() {
      const found = await told(lock(() => completeReserved(parts)), true);
      return { ...found, unprinted: await unprinted(memory) };
    },
    /** @returns {Promise<Entry[]>} stamped sales whose paper was not handed over, oldest first */
    unprinted: () => unprinted(memory),
    /**
     * The printer has it.
     * @param {string} uid
     */
    markPrinted: (uid) => told(memory.write(['journal'], (tx) => markPrinted(tx, uid))),
    /**
     * @param {number} limit
     * @param {ReadonlySet<string>} [later] uids the server wants later: they hold up no other event
     * @returns {Promise<SentEvent[]>} the oldest that the server has not answered for, in order; none after one that
     *   still waits for its stamp
     */
    next: (limit, later = new Set()) => next(memory, limit, later),
    /**
     * The server said what became of events.
     * @param {readonly Result[]} results
     * @returns {Promise<Settled[]>} those it settled; an event settled before is not touched
     */
    acknowledge: (results) => told(memory.write(['journal'], (tx) => acknowledge(tx, results))),
    /** @returns {Promise<Entry[]>} what the server did not take, with its words, oldest first */
    async deadLetters() {
      const index = memory.journal().index('state');
      const [refused, conflict] = await Promise.all([index.getAll('refused'), index.getAll('conflict')]);
      return [...refused, ...conflict].sort(bySeq);
    },
    /**
     * A person saw it; the server keeps what it did not take, and there it is mended.
     * @param {number} seq
     */
    forgetDeadLetter: (seq) => told(memory.write(['journal'], (tx) => forgetDeadLetter(tx, seq))),
    /**
     * The network is back: from now on each unsent boleta has an hour. One that has a deadline keeps it.
     * @param {number} at
     */
    startDeadlines: (at) => memory.write(['journal'], (tx) => startDeadlines(tx, at)),
    /** @returns {Promise<Counted>} */
    count: () => count(memory),
  };
}

/** @typedef {ReturnType<typeof createJournal>} Journal */
/**
 * @typedef {{waiting: number, dead: number, toPrint: number, deadline: string | null}} Counted `deadline`: the first of
 *   the unsent boletas'
 */

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {import('./clock.js').Clock} clock
 * @param {{type: string, body: any, uid: string}} event
 */
async function appendOne(tx, clock, { type, body, uid }) {
  const store = tx.objectStore('journal');
  const known = await store.index('uid').get(uid);
  if (known) return known;
  if (await tx.objectStore('kv').get('revoked')) throw new SaleRefused('revoked');
  const { seq, instants } = await nextPlace(tx, clock);
  /** @type {Entry} */
  const made = { v: 1, seq, uid, type, ...instants, body, state: 'signed' };
  await store.add(made);
  return made;
}

/** @param {Memory} memory */
async function unprinted(memory) {
  const owing = await memory.journal().index('to_print').getAll();
  return owing.filter(({ state }) => state !== 'reserved').sort(bySeq);
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {string} uid
 */
async function markPrinted(tx, uid) {
  const store = tx.objectStore('journal');
  const entry = await store.index('uid').get(uid);
  if (!entry || entry.state === 'reserved') return;
  const { to_print: _, ...printed } = entry;
  if (entry.state === 'taken') await store.delete(entry.seq);
  else await store.put(printed);
}

/**
 * @param {Memory} memory
 * @param {number} limit
 * @param {ReadonlySet<string>} later
 * @returns {Promise<SentEvent[]>}
 */
async function next(memory, limit, later) {
  const index = memory.journal().index('state');
  const [signed, reserved] = await Promise.all([index.getAll('signed', limit + later.size), index.getKey('reserved')]);
  const ready = signed.filter(({ seq, uid }) => !later.has(uid) && (reserved === undefined || seq < reserved));
  return ready.slice(0, limit).map(({ seq, uid, type, at, raw_at, body }) => ({ seq, uid, type, at, raw_at, body }));
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {readonly Result[]} results
 */
async function acknowledge(tx, results) {
  const store = tx.objectStore('journal');
  /** @type {Settled[]} */
  const done = [];
  for (const answer of results) {
    const { uid, state, code, words = '' } = answer;
    const entry = await store.index('uid').get(uid);
    if (entry?.state !== 'signed') continue;
    const { deadline_at: _, ...settled } = entry;
    if (state === 'refused' || state === 'conflict') {
      await store.put({ ...settled, state, verdict: { code: code || state, words } });
    } else if (state !== 'taken' && state !== 'repeated') {
      // `later`, or a word of a newer server: nothing is forgotten that was not surely taken.
      continue;
    } else if (entry.to_print) await store.put({ ...settled, state: 'taken' });
    else await store.delete(entry.seq);
    done.push({ entry, result: answer });
  }
  return done;
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {number} seq
 */
async function forgetDeadLetter(tx, seq) {
  const store = tx.objectStore('journal');
  const entry = await store.get(seq);
  if (entry?.state === 'refused' || entry?.state === 'conflict') await store.delete(seq);
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {number} at
 */
async function startDeadlines(tx, at) {
  const deadline = new Date(at + DEADLINE_MS).toISOString();
  const store = tx.objectStore('journal');
  const waiting = await store.index('state').getAll('signed');
  const owing = waiting.filter((entry) => entry.body.paper && !entry.deadline_at);
  await Promise.all(owing.map((entry) => store.put({ ...entry, deadline_at: deadline })));
}

/**
 * @param {Memory} memory
 * @returns {Promise<Counted>}
 */
async function count(memory) {
  const store = memory.journal();
  const state = store.index('state');
  const counts = Promise.all(['signed', 'reserved', 'refused', 'conflict'].map((name) => state.count(name)));
  const first = store.index('deadline_at').openKeyCursor();
  const [[signed, reserved, refused, conflict], toPrint, cursor] = await Promise.all([
    counts,
    store.index('to_print').count(),
    first,
  ]);
  const deadline = cursor ? String(cursor.key) : null;
  return { waiting: signed + reserved, dead: refused + conflict, toPrint, deadline };
}

/**
 * @param {Entry} one
 * @param {Entry} other
 */
function bySeq(one, other) {
  return one.seq - other.seq;
}
