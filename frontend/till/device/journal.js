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

import { askPlace, completeReserved, fitOrder, SaleRefused, sellOne, takePlace, tellSale, writeLast } from './selling.js';
import { makeTed } from './stamp.js';

export { SaleRefused };

/**
 * @typedef {'reserved' | 'signed' | 'taken' | 'refused' | 'conflict'} EntryState
 * @typedef {{v: 1, seq: number, uid: string, type: string, at: string, raw_at: string, body: any, state: EntryState,
 *   screen?: any, to_print?: 1, deadline_at?: string, answer?: any, verdict?: {code: string, words: string}, isPractice?: true}} Entry
 *   `to_print`: its paper was not handed over yet; `screen`: what the page wants to find again, never sent; `answer`: the
 *   paper that the server made
 * @typedef {{product_id: number, name: string, unit: string, quantity: string, price_clp: number, exempt: boolean,
 *   discount_clp: number, amount_clp: number, label_clp?: number, discounts?: any[]}} SoldLine
 * @typedef {{shift_uid: string, lines: SoldLine[], payments: any[], total_clp: number, cashier_id?: number,
 *   buyer?: {rut: string, name: string}, customer_id?: number, note?: string, issue?: 'till' | 'server' | 'voucher', has_voucher?: boolean,
 *   invoice_to?: any}} Sold
 * @typedef {{uid?: string, body: Sold, screen?: any}} SaleOrder with a uid, a second tap gets the first sale
 * @typedef {{uid: string, state: 'taken' | 'repeated' | 'refused' | 'conflict' | 'later', code?: string, words?: string,
 *   flags?: string[], answer?: any}} Result `later`: the server failed at it; it is told again
 * @typedef {{entry: Entry, result: Result}} Settled
 * @typedef {{seq: number, uid: string, type: string, at: string, raw_at: string, body: any}} SentEvent
 * @typedef {<T>(work: () => Promise<T>) => Promise<T>} Lock one at a time, over all pages of this device
 * @typedef {import('./memory.js').Memory} Memory
 */

/** Events whose paper the server makes: a factura, the Z of a shift. */
const PAPERED = ['sale', 'shift_closed'];
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
     * Sell: when this resolves the sale is on the disk with its folio and its stamp, and may be shown and printed. One
     * whose `issue` is not the till's has no paper yet.
     * @param {SaleOrder} order
     * @returns {Promise<Entry>}
     * @throws {SaleRefused | import('./words.js').TextRefused} nothing was sold
     */
    async sell(order) {
      const fit = fitOrder(order);
      const isStampedHere = (fit.body.issue ?? 'till') === 'till';
      return told(lock(() => (isStampedHere ? sellOne(parts, fit) : tellSale(parts, fit))), true);
    },
    /**
     * Write down an event that carries no stamp.
     * @param {string} type
     * @param {any} body
     * @param {{uid?: string, keep?: (entry: Entry) => Record<string, any>}} [options] the uid, where it names something
     *   (a shift); `keep`: what this changes of what the device remembers, written in the same stroke
     * @returns {Promise<Entry>}
     */
    append: (type, body, { uid = newUid(), keep = nothingKept } = {}) =>
      told(lock(() => memory.write(['kv', 'journal'], (tx) => appendOne(tx, clock, { type, body, uid, keep }))), true),
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
     * What the server had not taken was settled in the office: booked there, or seen by a person who noted why not.
     * @param {readonly string[]} uids
     */
    forgetSettled: (uids) => forgetSettled(memory, uids, (work) => told(work)),
    /**
     * The network is back: from now on each unsent boleta has an hour. One that has a deadline keeps it.
     * @param {number} at
     */
    startDeadlines: (at) => memory.write(['journal'], (tx) => startDeadlines(tx, at)),
    /** @returns {Promise<Entry[]>} what the server has not answered for, oldest first */
    async unsent() {
      const index = memory.journal().index('state');
      const [signed, reserved] = await Promise.all([index.getAll('signed'), index.getAll('reserved')]);
      return [...signed, ...reserved].sort(bySeq);
    },
    /** @returns {Promise<Counted>} */
    count: () => count(memory),
  };
}

/** @typedef {ReturnType<typeof createJournal>} Journal */
/**
 * @typedef {{waiting: number, dead: number, toPrint: number, deadline: string | null}} Counted `deadline`: the first of
 *   the unsent boletas'
 */

const nothingKept = () => ({});

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {import('./clock.js').Clock} clock
 * @param {{type: string, body: any, uid: string, keep: (entry: Entry) => Record<string, any>}} event
 */
async function appendOne(tx, clock, { type, body, uid, keep }) {
  const store = tx.objectStore('journal');
  const kv = tx.objectStore('kv');
  const [known, isRevoked, place] = await Promise.all([store.index('uid').get(uid), kv.get('revoked'), askPlace(tx)]);
  if (known) return known;
  if (isRevoked) throw new SaleRefused('revoked');
  const { seq, counted, instants } = takePlace(tx, clock, place);
  /** @type {Entry} */
  const made = { v: 1, seq, uid, type, ...instants, body, state: 'signed' };
  await writeLast(tx, [counted, store.add(made), ...Object.entries(keep(made)).map(([key, value]) => kv.put(value, key))]);
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
    else if (PAPERED.includes(entry.type) && answer.answer?.receipt) {
      // The server's paper owes its way to the printer from now on.
      await store.put({ ...settled, state: 'taken', answer: answer.answer, to_print: 1 });
    } else await store.delete(entry.seq);
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
 * A till asks every few seconds, and nearly always has nothing to forget: then nothing is written.
 * @param {Memory} memory
 * @param {readonly string[]} uids
 * @param {(work: Promise<unknown>) => Promise<unknown>} told
 */
async function forgetSettled(memory, uids, told) {
  if (uids.length === 0) return;
  const state = memory.journal().index('state');
  const dead = (await Promise.all(['refused', 'conflict'].map((name) => state.getAll(name)))).flat();
  const settled = dead.filter(({ uid }) => uids.includes(uid));
  if (settled.length === 0) return;
  await told(memory.write(['journal'], (tx) => Promise.all(settled.map(({ seq }) => settleDeadLetter(tx, seq)))));
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {number} seq
 */
async function settleDeadLetter(tx, seq) {
  const store = tx.objectStore('journal');
  const entry = await store.get(seq);
  if (entry?.state !== 'refused' && entry?.state !== 'conflict') return;
  // Its paper is still owed to the customer.
  if (entry.to_print) await store.put({ ...entry, state: 'taken' });
  else await store.delete(seq);
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
