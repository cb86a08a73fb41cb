// @ts-check
/**
 * Tickets put aside while another customer is served. They stay until somebody takes them back: a closed shift, a
 * closed browser or a power cut changes nothing.
 */

const KEY = 'held';
/** More than a counter can remember; a till with so many has forgotten some. */
export const MOST_HELD = 30;

/**
 * @typedef {{uid: string, name: string, heldAt: string, totalClp: number, ticket: any}} Held `ticket`: the cart and
 *   what goes with it, as plain values
 * @typedef {import('./memory.js').Memory} Memory
 */

/**
 * Put a ticket aside; the one on the screen ends in the same stroke.
 * @param {Memory} memory
 * @param {Held} held
 * @returns {Promise<boolean>} false: there are too many already, nothing was written
 */
export function hold(memory, held) {
  return memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    const kept = /** @type {Held[]} */ ((await kv.get(KEY)) ?? []);
    if (kept.length >= MOST_HELD) return false;
    await Promise.all([kv.put([...kept.filter(({ uid }) => uid !== held.uid), held], KEY), kv.delete('cart')]);
    return true;
  });
}

/**
 * Take a ticket back as the one on the screen; nobody finds it twice. The one that is there changes places with it.
 * @param {Memory} memory
 * @param {string} uid
 * @param {Held | null} [aside] the ticket on the screen
 * @returns {Promise<Held | null>} null: it was taken before, nothing was written
 */
export function takeBack(memory, uid, aside = null) {
  return memory.write(['kv'], async (tx) => {
    const kv = tx.objectStore('kv');
    const kept = /** @type {Held[]} */ ((await kv.get(KEY)) ?? []);
    const found = kept.find((each) => each.uid === uid);
    if (!found) return null;
    const rest = kept.filter((each) => each !== found);
    await Promise.all([kv.put(aside ? [...rest, aside] : rest, KEY), kv.put(found.ticket, 'cart')]);
    return found;
  });
}

/**
 * Forget a ticket that nobody comes back for, and tell the owner's log in the same stroke. One change at a time.
 * @param {{memory: Memory, journal: Pick<import('./journal.js').Journal, 'append'>}} device
 * @param {string} uid
 * @param {object | null} deed what the log says; null: while no shift is open it says nothing
 */
export async function letGo({ memory, journal }, uid, deed) {
  const rest = (await listHeld(memory)).filter((each) => each.uid !== uid);
  if (deed) await journal.append('deed', deed, { keep: () => ({ [KEY]: rest }) });
  else await memory.keep(KEY, rest);
}

/**
 * @param {Memory} memory
 * @returns {Promise<Held[]>} the oldest first
 */
export async function listHeld(memory) {
  return (await memory.read(KEY)) ?? [];
}
