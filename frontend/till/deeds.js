// @ts-check
/**
 * What a cashier took away from a ticket, told to the owner's log. It is on this disk before it is sent, and goes from it
 * when the server has it: a network that is away makes it late, never lost.
 */

import { Refused } from './server.js';

const KEY = 'deeds';
const MOST_WORDS = 160;
/** More than a till can do in a month without a network; the oldest go first. */
const MOST = 2000;

/**
 * @typedef {'ticket_voided' | 'line_removed'} DeedKind
 * @typedef {{uid: string, kind: DeedKind, amount_clp: number, words: string}} Deed
 * @typedef {{read: (key: string) => Promise<any>, write: (key: string, value: any) => Promise<void>}} Disk
 */

/**
 * @param {{disk: Disk, send: (deed: Deed) => Promise<any>, newUid: () => string}} parts
 */
export async function createDeeds({ disk, send, newUid }) {
  /** @type {Deed[]} */
  let waiting = (await disk.read(KEY)) ?? [];
  let sending = false;

  async function flush() {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length > 0) {
        const [first] = waiting;
        try {
          await send(first);
        } catch (error) {
          // What the server read and will never take is not asked again.
          if (!(error instanceof Refused)) return;
        }
        waiting = waiting.slice(1);
        await disk.write(KEY, waiting);
      }
    } finally {
      sending = false;
    }
  }

  return {
    flush,
    /**
     * @param {DeedKind} kind
     * @param {number} amountClp what the customer will not pay now
     * @param {string} words
     */
    async tell(kind, amountClp, words) {
      const deed = { uid: newUid(), kind, amount_clp: Math.max(0, amountClp), words: words.slice(0, MOST_WORDS) };
      waiting = [...waiting, deed].slice(-MOST);
      await disk.write(KEY, waiting);
      await flush();
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof createDeeds>>} Deeds */
