// @ts-check
/** A till without a screen in Node, in front of the real server, for tests. Import `fake-indexeddb/auto` before it. */

import { oneAtATime } from './browser_in_node.js';
import { openDevice, thisBrowser } from './device.js';

const PATIENCE_MS = 60_000;

/**
 * @param {{address: string, company_id: number, code: string}} order
 * @param {{fetch?: typeof fetch, kinds?: number[], onOffice?: (answer: any) => void}} [options]
 */
export async function startTill(order, { fetch = lineTo(order.address), kinds = [39], onOffice = () => {} } = {}) {
  const locks = new Map();
  const { ability, device } = await openDevice({
    companyId: order.company_id,
    kinds,
    onOffice,
    browser: {
      ...thisBrowser(),
      fetch,
      pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
      lock: (name) => locks.get(name) ?? locks.set(name, oneAtATime()).get(name),
      locks: {},
    },
  });
  if (!device) throw new Error(JSON.stringify(ability));
  await device.enrol(order.code, 'Caja de prueba');
  const started = await device.start();
  if (!started) throw new Error('enrolled, and yet no till');
  const till = started;

  /**
   * @param {(state: import('./sync.js').SyncState) => boolean} isSo
   * @param {number} [patienceMs]
   */
  async function until(isSo, patienceMs = PATIENCE_MS) {
    const end = Date.now() + patienceMs;
    for (;;) {
      const state = await till.sync.state();
      if (isSo(state)) return state;
      if (Date.now() > end) throw new Error(`waited in vain: ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return { device, till, until };
}

/**
 * @param {string} address
 * @returns {any}
 */
export function lineTo(address) {
  // A server that answers one request after the other closes each line.
  return (/** @type {string} */ path, /** @type {any} */ request) => fetch(address + path, { ...request, headers: { ...request.headers, Connection: 'close' } });
}

/** @param {any} answer */
export function tell(answer) {
  // A pipe holds 64 KiB: leave when all of it was read.
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}
