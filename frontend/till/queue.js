// @ts-check
/**
 * Sales on their way to the server. A sale is written down before it is sent and is sent again with the same uid until
 * the server answers; the server takes a repeated uid as the same sale, so a retry is harmless.
 *
 * States of a record: `sending` → `accepted` (answered, paper not yet handed to the agent) → gone;
 * or → `refused` (nothing was written at the server; a person decides) → gone.
 * No read-modify-write spans a wait on anything but the store: each change reads the record again.
 */

/**
 * @typedef {{uid: string, lines: object[], payments: object[], total_clp: number, sold_at: string,
 *   invoice_to?: import('./view_invoice.js').InvoiceTo}} SaleBody
 * @typedef {{code: string, message: string, details?: any}} Refusal
 * @typedef {{uid: string, state: 'sending' | 'accepted' | 'refused', body: SaleBody, cart: any, queued_at: string,
 *   answer?: any, refusal?: Refusal}} SaleRecord
 * @typedef {{kind: 'accepted', record: SaleRecord} | {kind: 'refused', record: SaleRecord}} Outcome
 * @typedef {{all: () => Promise<SaleRecord[]>, get: (uid: string) => Promise<SaleRecord | undefined>,
 *   put: (record: SaleRecord) => Promise<void>, remove: (uid: string) => Promise<void>}} SaleStore
 * @typedef {{kind: 'answered', answer: any} | {kind: 'refused', refusal: Refusal}
 *   | {kind: 'signed_out'} | {kind: 'forbidden', reason: Forbidden} | {kind: 'unreachable'}} Reply
 * @typedef {'stale' | 'role'} Forbidden the page must be loaded again, or the person lacks the permission; the sale was
 *   not looked at, and an earlier try of it may be in the books: it stays `sending`
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * @param {{store: SaleStore, send: (body: SaleBody) => Promise<Reply>, pause: (ms: number) => Promise<void>,
 *   random: () => number, onChange: (snapshot: QueueSnapshot) => void}} parts
 */
export function createQueue({ store, send, pause, random, onChange }) {
  /** @type {Map<string, Promise<Outcome>>} */
  const running = new Map();
  /** @type {Set<() => void>} */
  const sleepers = new Set();
  let reachable = true;
  let signedOut = false;
  /** @type {Forbidden | null} */
  let forbidden = null;

  async function report() {
    const records = await store.all();
    onChange({
      sending: records.filter((record) => record.state === 'sending').length,
      refused: records.filter((record) => record.state === 'refused').length,
      reachable,
      signedOut,
      forbidden,
    });
  }

  /** @param {number} attempt */
  async function rest(attempt) {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
    /** @type {() => void} */
    let wake = () => {};
    const woken = new Promise((resolve) => {
      wake = () => resolve(undefined);
    });
    sleepers.add(wake);
    await Promise.race([pause(Math.round(longest * (0.5 + random() / 2))), woken]);
    sleepers.delete(wake);
  }

  /**
   * @param {string} uid
   * @param {(record: SaleRecord) => SaleRecord} change
   * @returns {Promise<SaleRecord>}
   */
  async function update(uid, change) {
    const record = await store.get(uid);
    if (!record) throw new Error(`sale ${uid} left the queue while it was being sent`);
    const changed = change(record);
    await store.put(changed);
    return changed;
  }

  /**
   * @param {SaleRecord} record
   * @returns {Promise<Outcome>}
   */
  async function deliver(record) {
    for (let attempt = 0; ; attempt += 1) {
      const reply = await send(record.body);
      const wasReachable = reachable;
      reachable = reply.kind !== 'unreachable';
      signedOut = reply.kind === 'signed_out';
      forbidden = reply.kind === 'forbidden' ? reply.reason : null;
      if (reply.kind === 'answered') {
        const changed = await update(record.uid, (now) => ({ ...now, state: 'accepted', answer: reply.answer }));
        if (!wasReachable) wakeAll();
        await report();
        return { kind: 'accepted', record: changed };
      }
      if (reply.kind === 'refused') {
        const changed = await update(record.uid, (now) => ({ ...now, state: 'refused', refusal: reply.refusal }));
        await report();
        return { kind: 'refused', record: changed };
      }
      await report();
      await rest(attempt);
    }
  }

  /** @param {SaleRecord} record */
  function start(record) {
    const known = running.get(record.uid);
    if (known) return known;
    const outcome = deliver(record).finally(() => running.delete(record.uid));
    running.set(record.uid, outcome);
    return outcome;
  }

  function wakeAll() {
    for (const wake of [...sleepers]) wake();
  }

  return {
    /**
     * Write a sale down and send it until it is answered. Resolves `stored` once the sale cannot be lost.
     * @param {SaleBody} body
     * @param {any} cart what to give back to the cashier if the server refuses
     * @param {string} at
     * @returns {Promise<{outcome: Promise<Outcome>}>} rejects when the sale could not be written down: then nothing was sent
     */
    async submit(body, cart, at) {
      /** @type {SaleRecord} */
      const record = { uid: body.uid, state: 'sending', body, cart, queued_at: at };
      await store.put(record);
      const outcome = start(record);
      void report();
      return { outcome };
    },
    /**
     * Take up what a closed page left behind, oldest first.
     * @returns {Promise<{sending: Promise<Outcome>[], accepted: SaleRecord[]}>} sales that are being sent again, and
     *   answered ones whose paper was never handed to the agent
     */
    async resume() {
      const records = (await store.all()).sort((a, b) => (a.uid < b.uid ? -1 : 1));
      await report();
      return {
        sending: records.filter((record) => record.state === 'sending').map(start),
        accepted: records.filter((record) => record.state === 'accepted'),
      };
    },
    /** @returns {Promise<SaleRecord[]>} sales the server refused, oldest first */
    async refused() {
      const records = await store.all();
      return records.filter((record) => record.state === 'refused').sort((a, b) => (a.uid < b.uid ? -1 : 1));
    },
    /** @returns {Promise<SaleRecord[]>} sales that were answered and whose paper was not handed over, oldest first */
    async unprinted() {
      const records = await store.all();
      return records.filter((record) => record.state === 'accepted').sort((a, b) => (a.uid < b.uid ? -1 : 1));
    },
    /**
     * Forget a sale that needs nothing more: printed, or taken back by the cashier after a refusal.
     * @param {string} uid
     */
    async settle(uid) {
      const record = await store.get(uid);
      if (record?.state === 'sending') throw new Error(`sale ${uid} is still being sent`);
      await store.remove(uid);
      await report();
    },
    /** Try again now: the network came back, or the person signed in again. */
    wake: wakeAll,
  };
}

/**
 * @typedef {{sending: number, refused: number, reachable: boolean, signedOut: boolean,
 *   forbidden: Forbidden | null}} QueueSnapshot
 * @typedef {ReturnType<typeof createQueue>} Queue
 */
