// @ts-check
/**
 * A till without a screen, in front of the real server, for tests: it enrols, fetches folios, sells on a bad line, tells
 * its journal, gives its folios back, and prints what its customers hold.
 * `drops` says how many answers in a row are lost once that many sales were told: `[[0, 1], [50, 10]]`.
 * `node till_program.js < {"address", "company_id", "code", "body", "sales", "drops"} > {"papers", "rows", "state", "lost"}`
 */

import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { lineTo, startTill, tell } from './till_in_node.js';

const order = JSON.parse(readFileSync(0, 'utf8'));
const line = lineTo(order.address);

/** @type {[number, number][]} */
const drops = order.drops.map((/** @type {[number, number]} */ drop) => [...drop]);
const taken = new Set();
let lost = 0;
/**
 * The line: what the server answered to the journal is lost at some points, so many times in a row.
 * @type {any}
 */
const badLine = async (/** @type {string} */ path, /** @type {any} */ request) => {
  const answered = await line(path, request);
  const answer = new Response(await answered.arrayBuffer(), { status: answered.status, headers: answered.headers });
  if (!path.endsWith('/diario')) return answer;
  for (const { uid } of JSON.parse(request.body).events) taken.add(uid);
  const drop = drops.find(([from, times]) => taken.size > from && times > 0);
  if (!drop) return answer;
  drop[1] -= 1;
  lost += 1;
  throw new TypeError('the answer was lost');
};

const { till, until } = await startTill(order, { fetch: badLine });
const { journal, sync } = till;
const running = sync.run();
await until(({ folios }) => folios[39].left > 0);
const rows = await till.pullCatalogue(null);
const papers = [];
for (let sale = 0; sale < order.sales; sale += 1) {
  // Faster than any cashier: the next block may still be on its way.
  await until(({ folios }) => folios[39].left > 0);
  const { uid, at, body } = await journal.sell({ body: order.body });
  papers.push({ uid, at, folio: body.paper.folio, ted: body.paper.ted });
  await journal.markPrinted(uid);
}
const state = await until(({ waiting }) => waiting === 0, 240_000);
sync.stop();
await running;
await sync.giveBackFolios();
const letters = await journal.deadLetters();
tell({ papers, rows: rows.products.length, state, lost, letters });
