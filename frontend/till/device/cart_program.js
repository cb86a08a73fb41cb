// @ts-check
/**
 * Random tickets at a till without a screen, told to the real server in batches, for tests: what the screen showed and
 * what was printed of each.
 * `node cart_program.js < {"address", "company_id", "code", "shift_uid", "cashier", "sales", "seed",
 * "card_is_boleta"} > {"sold", "letters"}`; a sale whose voucher is the boleta of all has no `paper`
 */

import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { addArticle, EMPTY_CART, fitDiscounts, setLineDiscount, setTicketDiscount, soldLines } from '../cart.js';
import { createCatalogue } from '../catalogue.js';
import { blocksOfSale } from '../paper/of_sale.js';
import { WHOLE } from '../pricing/amounts.js';
import { settle } from '../pricing/cash.js';
import { paperBeside, paymentsOf, standingOf } from '../tenders.js';
import { localSecond } from './santiago.js';
import { startTill, tell } from './till_in_node.js';

const order = JSON.parse(readFileSync(0, 'utf8'));
const KINDS = /** @type {const} */ ([39, 41]);
const MOST_WAITING = 50;

let seed = order.seed;
/** @param {number} most */
function below(most) {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % most;
}
/** @template T @param {readonly T[]} list */
const oneOf = (list) => list[below(list.length)];

/** @type {any} */
let office = null;
const { device, till, until } = await startTill(order, {
  kinds: [...KINDS],
  onOffice: (answer) => {
    office = answer;
  },
});
const { journal, sync } = till;
const running = sync.run();
const hasFolios = (/** @type {any} */ { folios }) => KINDS.every((kind) => folios[kind].left > MOST_WAITING);
await until((state) => hasFolios(state) && office !== null);
const catalogue = createCatalogue(await till.pullCatalogue(null));
const shelf = catalogue.categories.flatMap(({ id }) => catalogue.inCategory(id));

function randomDiscount() {
  return below(2) ? { percent: 1 + below(WHOLE) } : { amountClp: 1 + below(900) };
}

function randomTicket() {
  let cart = EMPTY_CART;
  for (let line = 1 + below(6); line > 0; line -= 1) {
    const product = oneOf(shelf);
    const milli = product.unit === 'kg' ? 1 + below(2500) : 1000 * (1 + below(4));
    cart = addArticle(cart, { ...product, productId: product.id }, milli);
  }
  for (const { key } of cart.lines) if (below(5) === 0) cart = setLineDiscount(cart, key, randomDiscount());
  if (below(6) === 0) cart = setTicketDiscount(cart, randomDiscount());
  const atLocal = localSecond(device.clock.now()).second.slice(0, 16);
  return fitDiscounts(cart, { promotions: catalogue.promotions, names: catalogue.promotionNames, atLocal }, WHOLE);
}

/**
 * @param {number} total
 * @returns {import('../tenders.js').Tender[]}
 */
function randomTenders(total) {
  /** @type {import('../tenders.js').Tender[]} */
  const tenders = [];
  for (let parts = below(3); parts > 0; parts -= 1) {
    const { leftClp } = standingOf(total, tenders);
    if (leftClp > 1) tenders.push({ kind: oneOf(/** @type {const} */ (['card', 'transfer'])), amount_clp: 1 + below(leftClp - 1) });
  }
  const { leftClp, cashClp } = standingOf(total, tenders);
  if (below(3) > 0) return [...tenders, { kind: 'cash', amount_clp: cashClp + 10 * below(3) * below(500) }];
  return [...tenders, { kind: 'card', amount_clp: leftClp }];
}

const sold = [];
while (sold.length < order.sales) {
  const { cart, priced } = randomTicket();
  // A ticket that discounts took to nothing is not charged.
  if (priced.total === 0) continue;
  const payments = paymentsOf(randomTenders(priced.total));
  const settlement = settle(priced.total, payments.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
  const body = { shift_uid: order.shift_uid, lines: soldLines(cart, priced), payments, total_clp: priced.total };
  if (order.card_is_boleta) Object.assign(body, paperBeside(payments));
  const entry = await journal.sell({ body, screen: { cashier: order.cashier } });
  const { total, net, iva, exempt, amounts } = priced;
  const shown = { total, net, iva, exempt, amounts, rounding: settlement.rounding, change: settlement.change };
  const { paper } = entry.body;
  const printed = paper && { kind: paper.kind, folio: paper.folio, blocks: blocksOfSale(entry, office.till) };
  sold.push({ uid: entry.uid, shown, paper: printed });
  await journal.markPrinted(entry.uid);
  if (sold.length % MOST_WAITING === 0) await until((state) => hasFolios(state) && state.waiting < MOST_WAITING);
}
await until(({ waiting }) => waiting === 0);
sync.stop();
await running;
tell({ sold, letters: await journal.deadLetters() });
