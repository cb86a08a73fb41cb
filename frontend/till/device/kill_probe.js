// @ts-check
/**
 * The device's program in a page of its own, for tests that kill the browser (tests/browser/test_till_kills.py). The
 * test is its printer: `givePaper` resolves when the customer has the paper.
 */

import { openDevice } from './device.js';

const page = /** @type {any} */ (window);
const order = Object.fromEntries(new URLSearchParams(location.search));

const { ability, device } = await openDevice({ companyId: order.company });
if (!device) throw new Error(JSON.stringify(ability));
if (!(await device.start())) await device.enrol(order.code, 'Caja de prueba');
const till = await device.start();
if (!till) throw new Error('enrolled, and yet no till');
const { journal, sync } = till;

/**
 * @param {import('./journal.js').Entry} entry
 * @param {boolean} isCopy
 */
async function print({ uid, body }, isCopy) {
  await page.givePaper({ uid, folio: body.paper.folio, ted: body.paper.ted, isCopy });
  await journal.markPrinted(uid);
}

page.probe = {
  state: () => sync.state(),
  deadLetters: () => journal.deadLetters(),
  /** Take up what the killed page left, as the till does at its start. */
  async resume() {
    const { completed, unprinted, stuck } = await journal.resume();
    for (const entry of unprinted) await print(entry, true);
    void sync.run();
    return { completed: completed.length, unprinted: unprinted.length, stuck: stuck.length };
  },
  /**
   * @param {import('./journal.js').Sold} body
   * @param {number} count
   */
  async sell(body, count) {
    for (let made = 0; made < count; made += 1) await print(await journal.sell({ body }), false);
  },
  /** @param {import('./journal.js').Sold} body */
  async sellUntilKilled(body) {
    for (;;) await print(await journal.sell({ body }), false);
  },
};
