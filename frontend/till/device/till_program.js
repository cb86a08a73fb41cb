// @ts-check
/**
 * A till without a screen, in front of the real server, for tests: it enrols, fetches folios, sells on a bad line, tells
 * its journal, gives its folios back, and prints what its customers hold.
 * `node till_program.js < {"address", "company_id", "code", "body", "sales", "lose_every"} > {"papers", "rows", "state", "lost"}`
 */

import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { oneAtATime } from './browser_in_node.js';
import { openDevice, thisBrowser } from './device.js';

const order = JSON.parse(readFileSync(0, 'utf8'));
const PATIENCE_MS = 30_000;

let told = 0;
/**
 * The line: of each so many answers to the journal one is lost after the server gave it.
 * @type {any}
 */
const badLine = async (/** @type {string} */ path, /** @type {any} */ request) => {
  // A server that answers one request after the other closes each line.
  const answered = await fetch(order.address + path, { ...request, headers: { ...request.headers, Connection: 'close' } });
  const answer = new Response(await answered.arrayBuffer(), { status: answered.status, headers: answered.headers });
  if (path.endsWith('/diario')) told += 1;
  if (path.endsWith('/diario') && told % order.lose_every === 1) throw new TypeError('the answer was lost');
  return answer;
};

const locks = new Map();
const { ability, device } = await openDevice({
  companyId: order.company_id,
  browser: {
    ...thisBrowser(),
    fetch: badLine,
    pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    lock: (name) => locks.get(name) ?? locks.set(name, oneAtATime()).get(name),
    locks: {},
  },
});
if (!device) throw new Error(JSON.stringify(ability));
await device.enrol(order.code, 'Caja de prueba');
const till = await device.start();
if (!till) throw new Error('enrolled, and yet no till');
const { journal, sync } = till;

/** @param {(state: import('./sync.js').SyncState) => boolean} isSo */
async function until(isSo) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const state = await sync.state();
    if (isSo(state)) return state;
    if (Date.now() > end) throw new Error(`waited in vain: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const running = sync.run();
await until(({ folios }) => folios[39].left > 0);
const rows = await till.pullCatalogue(null);
const papers = [];
for (let sale = 0; sale < order.sales; sale += 1) {
  const { uid, at, body } = await journal.sell({ body: order.body });
  papers.push({ uid, at, folio: body.paper.folio, ted: body.paper.ted });
  await journal.markPrinted(uid);
}
const state = await until(({ waiting }) => waiting === 0);
sync.stop();
await running;
await sync.giveBackFolios();
const letters = await journal.deadLetters();
const answer = JSON.stringify({ papers, rows: rows.products.length, state, lost: Math.ceil(told / order.lose_every), letters });
// A pipe holds 64 KiB: leave when all of it was read.
process.stdout.write(answer, () => process.exit(0));
