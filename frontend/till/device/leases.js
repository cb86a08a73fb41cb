// @ts-check
/** Blocks of folios on this device: which comes next, how many are left, when to ask for more. */

/**
 * @typedef {{v: 1, uid: string, kind: number, first: number, last: number, next: number, place: number, caf: string,
 *   key: CryptoKey, taken_at: string, returning?: {used_up_to: number | null}}} KeptLease `place`: which came when
 * @typedef {{request_uid: string, kind: number, count: number}} Refill
 */

const FEWEST = 200;
/** Few shops sell what has no VAT, and none much of it: a block is taken from all other tills. */
const FEWEST_EXEMPT = 50;
const EXEMPT_BOLETA = 41;
/** What the server hands out at most at once. */
const MOST_AT_ONCE = 1_000;
const PACE_DAYS = 14;

/**
 * The block the next paper of a kind comes from: the oldest that has folios.
 * @param {readonly KeptLease[]} leases
 * @param {number} kind
 * @returns {KeptLease | null}
 */
export function leaseFor(leases, kind) {
  const open = leases.filter((lease) => lease.kind === kind && !lease.returning && lease.next <= lease.last);
  return open.sort((one, other) => one.place - other.place)[0] ?? null;
}

/**
 * @param {readonly KeptLease[]} leases
 * @param {number} kind
 * @returns {number}
 */
export function foliosLeft(leases, kind) {
  const own = leases.filter((lease) => lease.kind === kind && !lease.returning);
  return own.reduce((sum, lease) => sum + Math.max(0, lease.last - lease.next + 1), 0);
}

/**
 * How many folios to ask for, so that two of the busiest days lately can pass without a network.
 * @param {number} left
 * @param {Record<string, number>} pace papers of this kind by day
 * @param {number} kind
 * @returns {number} 0: enough
 */
export function foliosToAsk(left, pace, kind) {
  const enough = Math.max(kind === EXEMPT_BOLETA ? FEWEST_EXEMPT : FEWEST, 2 * Math.max(0, ...Object.values(pace)));
  return left >= enough ? 0 : Math.min(MOST_AT_ONCE, 2 * enough - left);
}

/**
 * @param {Record<string, number>} pace
 * @param {string} day
 * @returns {Record<string, number>} with one paper more on that day; the last fortnight of days with sales
 */
export function countOne(pace, day) {
  const days = Object.entries({ ...pace, [day]: (pace[day] ?? 0) + 1 }).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(days.slice(-PACE_DAYS));
}

/** @param {number} kind */
export const paceKey = (kind) => `pace:${kind}`;
/** @param {number} kind */
const refillKey = (kind) => `refill:${kind}`;

/**
 * Write down that folios are wanted, before they are asked for: an answer that is lost is asked for again by its uid.
 * @param {import('./memory.js').Memory} memory
 * @param {number} kind
 * @param {() => string} newUid
 * @returns {Promise<Refill | null>} null: enough are left
 */
export function wantFolios(memory, kind, newUid) {
  return memory.write(['kv', 'lease'], async (tx) => {
    const kv = tx.objectStore('kv');
    const asked = await kv.get(refillKey(kind));
    if (asked) return asked;
    const left = foliosLeft(await tx.objectStore('lease').getAll(), kind);
    const count = foliosToAsk(left, (await kv.get(paceKey(kind))) ?? {}, kind);
    if (count === 0) return null;
    const refill = { request_uid: newUid(), kind, count };
    await kv.put(refill, refillKey(kind));
    return refill;
  });
}

/**
 * The server said no to a request: nothing came of it, so the next one is a new one.
 * @param {import('./memory.js').Memory} memory
 * @param {number} kind
 */
export const dropRefill = (memory, kind) => memory.drop(refillKey(kind));

/**
 * Keep a block that came, and forget that it was asked for.
 * @param {import('./memory.js').Memory} memory
 * @param {import('./keys.js').Lease} lease
 * @param {CryptoKey} key
 * @param {number} at
 */
export function keepLease(memory, lease, key, at) {
  return memory.write(['kv', 'lease', 'journal'], async (tx) => {
    const [kv, leases] = [tx.objectStore('kv'), tx.objectStore('lease')];
    await kv.delete(refillKey(lease.kind));
    // It came twice: the first one may be half used.
    if (await leases.get(lease.uid)) return;
    const place = ((await kv.get('lease_place')) ?? 0) + 1;
    await kv.put(place, 'lease_place');
    const { uid, kind, first, last, caf } = lease;
    await leases.put({ v: 1, uid, kind, first, last, next: first, place, caf, key, taken_at: new Date(at).toISOString() });
    await sweep(tx);
  });
}

/**
 * Stop using a block, to give its unused end back; it stays until the server took it.
 * @param {import('./memory.js').Memory} memory
 * @param {string} uid
 * @returns {Promise<{lease_uid: string, used_up_to: number | null}>} the same whenever it is asked
 */
export function retireLease(memory, uid) {
  return memory.write(['lease'], async (tx) => {
    const store = tx.objectStore('lease');
    const lease = await store.get(uid);
    if (!lease) throw new Error(`lease ${uid} is not on this device`);
    lease.returning ??= { used_up_to: lease.next > lease.first ? lease.next - 1 : null };
    await store.put(lease);
    return { lease_uid: uid, ...lease.returning };
  });
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {string} uid
 */
export function forgetLease(memory, uid) {
  return memory.write(['lease'], (tx) => tx.objectStore('lease').delete(uid));
}

/**
 * Used-up blocks go, with their keys; not while a sale still waits for its stamp.
 * @param {import('./memory.js').Transaction} tx
 */
async function sweep(tx) {
  if ((await tx.objectStore('journal').index('state').count('reserved')) > 0) return;
  const store = tx.objectStore('lease');
  for (const lease of await store.getAll()) if (lease.next > lease.last && !lease.returning) await store.delete(lease.uid);
}
