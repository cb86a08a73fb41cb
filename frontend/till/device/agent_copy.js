// @ts-check
/**
 * The second copy of the journal: every event goes to the agent on this machine too, where a browser that loses its
 * storage loses nothing. And the way back: what another device of this machine never told the server is told for it.
 */

import { fitting } from './batch.js';
import { Refused } from './office.js';

const TIMEOUT_MS = 4_000;
const BATCH = 50;
/** The agent reads 1 MiB at once, older ones a quarter of it; inside a text each quote is two letters. */
const BATCH_LETTERS = 100_000;
const COPIED = 'copied_seq';
const BROKEN = 'copy_broken';
const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** How the server answers to what it cannot read as events. */
const UNREADABLE = [400, 413, 422];

/**
 * @typedef {{url: string, token: string} | null} AgentAddress
 * @typedef {{seq: number, text: string}} CopiedEvent
 * @typedef {import('./journal.js').SentEvent} SentEvent
 * @typedef {import('./journal.js').Result} Result
 * @typedef {{memory: import('./memory.js').Memory, deviceUid: string, agent: () => AgentAddress,
 *   fetch: typeof fetch}} Parts `agent`: asked each time, because the office may change it
 */

/**
 * @typedef {{count: number, broken: number, isNews: boolean}} Rescued `count`: events told that the server did not have;
 *   `broken`: places where the copy was changed, cut or cannot be read; `isNews`: not all of them were known here before
 */

/** The agent did not answer, or not what an agent answers. */
class NoAgent extends Error {}

/** @param {Parts} parts */
export function createAgentCopy(parts) {
  /** @type {Promise<void> | null} */
  let running = null;
  let isWoken = false;

  async function run() {
    do {
      isWoken = false;
      await copyNew(parts).catch((error) => {
        // The journal itself is safe in the browser; the copy is tried again with the next event.
        if (!(error instanceof NoAgent)) throw error;
      });
    } while (isWoken);
  }

  return {
    /** Something was written: copy it. Nothing on the way of a sale waits for it. */
    wake() {
      isWoken = true;
      running ??= run().finally(() => {
        running = null;
      });
      return running;
    },
    /**
     * Tell the server what other devices of this machine left behind in the agent.
     * @param {(deviceUid: string, events: SentEvent[]) => Promise<{results: Result[]}>} tell
     * @returns {Promise<Rescued>} of nothing without an agent
     */
    async rescue(tell) {
      try {
        return await rescue(parts, tell);
      } catch (error) {
        if (error instanceof NoAgent) return { count: 0, broken: 0, isNews: false };
        throw error;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createAgentCopy>} AgentCopy */

/** @param {Parts} parts */
async function copyNew(parts) {
  const { memory, deviceUid } = parts;
  for (;;) {
    const copied = (await memory.read(COPIED)) ?? 0;
    const events = fitting(await after(memory, copied), BATCH_LETTERS);
    if (events.length === 0 || !parts.agent()) return;
    const body = { device: deviceUid, events: events.map((event) => ({ seq: event.seq, text: JSON.stringify(event) })) };
    await ask(parts, 'journal', body);
    await memory.keep(COPIED, events[events.length - 1].seq);
  }
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} copied
 * @returns {Promise<SentEvent[]>} the next ones, none after a sale that waits for its stamp
 */
async function after(memory, copied) {
  const entries = await memory.journal().getAll(IDBKeyRange.lowerBound(copied, true), BATCH);
  const waits = entries.findIndex(({ state }) => state === 'reserved');
  const ready = waits < 0 ? entries : entries.slice(0, waits);
  return ready.map(({ seq, uid, type, at, raw_at, body }) => ({ seq, uid, type, at, raw_at, body }));
}

/**
 * @param {Parts} parts
 * @param {(deviceUid: string, events: SentEvent[]) => Promise<{results: Result[]}>} tell
 * @returns {Promise<Rescued>}
 */
async function rescue(parts, tell) {
  if (!parts.agent()) return { count: 0, broken: 0, isNews: false };
  const { devices, broken = [] } = await ask(parts, 'journal');
  /** @type {string[]} */
  const places = [...broken];
  let count = 0;
  for (const { device } of devices) if (device !== parts.deviceUid) count += await rescueOne(parts, tell, device, places);
  /** @type {string[]} */
  const known = (await parts.memory.read(BROKEN)) ?? [];
  const isNews = places.some((place) => !known.includes(place));
  if (isNews) await parts.memory.keep(BROKEN, [...new Set([...known, ...places])]);
  return { count, broken: places.length, isNews };
}

/**
 * @param {Parts} parts
 * @param {(deviceUid: string, events: SentEvent[]) => Promise<{results: Result[]}>} tell
 * @param {string} device
 * @param {string[]} broken where the copy is found broken, which grows: an event of no sense holds up no other
 */
async function rescueOne(parts, tell, device, broken) {
  const key = `rescued:${device}`;
  let count = 0;
  for (let told = (await parts.memory.read(key)) ?? 0; ; ) {
    const { events } = /** @type {{events: CopiedEvent[]}} */ (await ask(parts, `journal/${device}?after=${told}`));
    if (events.length === 0) return count;
    const read = events.flatMap((copied) => readEvent(copied) ?? (broken.push(`${device}:${copied.seq}`), []));
    const results = await tellRead(tell, device, read, broken);
    count += results.filter(({ state }) => state === 'taken').length;
    // What the server wants later is asked for again the next time.
    if (results.length < read.length || results.some(({ state }) => state === 'later')) return count;
    told = events[events.length - 1].seq;
    await parts.memory.keep(key, told);
  }
}

/**
 * Where the server cannot read all of them it takes none: then the one that it cannot read is looked for.
 * @param {(deviceUid: string, events: SentEvent[]) => Promise<{results: Result[]}>} tell
 * @param {string} device
 * @param {SentEvent[]} events
 * @param {string[]} broken
 * @returns {Promise<Pick<Result, 'state'>[]>} one for each, in their order, as far as the server answered
 */
async function tellRead(tell, device, events, broken) {
  if (events.length === 0) return [];
  try {
    return (await tell(device, events)).results;
  } catch (error) {
    if (!(error instanceof Refused) || !UNREADABLE.includes(error.status)) throw error;
    if (events.length === 1) {
      broken.push(`${device}:${events[0].seq}`);
      return [{ state: 'refused' }];
    }
    const half = Math.ceil(events.length / 2);
    return [...(await tellRead(tell, device, events.slice(0, half), broken)), ...(await tellRead(tell, device, events.slice(half), broken))];
  }
}

/**
 * @param {CopiedEvent} copied
 * @returns {SentEvent | null} null for what is no event, or another one: the copy was changed
 */
function readEvent({ seq, text }) {
  try {
    const event = JSON.parse(text);
    return event?.seq === seq && UID.test(event.uid) ? event : null;
  } catch {
    return null;
  }
}

/**
 * @param {Parts} parts
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function ask({ agent, fetch }, path, body) {
  const address = agent();
  if (!address) throw new NoAgent('none');
  try {
    const response = await fetch(`${address.url.replace(/\/$/, '')}/${path}`, {
      method: body ? 'POST' : 'GET',
      mode: 'cors',
      credentials: 'omit',
      cache: 'no-store',
      headers: { Authorization: `Bearer ${address.token}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new NoAgent(`answered ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new NoAgent('no copy', { cause: error });
  }
}
