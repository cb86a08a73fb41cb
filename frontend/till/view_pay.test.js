// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HALF_SOLD } from './barriers.js';
import { cartView } from './view_cart.js';
import { payView } from './view_pay.js';
import { SaleRefused } from './device/journal.js';

/**
 * A till that is selling a ticket which a card has paid in part.
 */
function counter() {
  /** @type {any[]} */
  const kept = [];
  /** @type {Map<string, () => void>} */
  const works = new Map();
  const later = {
    after: (/** @type {string} */ name, /** @type {() => void} */ work) => void works.set(name, work),
    drop: (/** @type {string} */ name) => void works.delete(name),
  };
  const memory = { keep: async (/** @type {string} */ _, /** @type {any} */ ticket) => void kept.push(ticket) };
  const room = /** @type {any} */ ({ device: { memory }, later });
  /** @type {any} */
  const till = {
    ...cartView(room),
    ...payView(room),
    ...{ stage: 'sending', practicing: false, barrier: null, tenders: [], heldScans: [], invoice: null, customer: null },
    ...{ tellDisplay() {}, drainScans() {}, $refs: {}, opened: [] },
    fitted: (/** @type {any} */ cart) => ({ cart, priced: { total: 0, net: 0, iva: 0, exempt: 0, saved: 0, ticketDiscount: 0, reasons: cart.lines.map(() => []), amounts: cart.lines.map(() => 0) } }),
    keepTenders: (/** @type {any[]} */ tenders) => void (till.tenders = tenders),
    open: (/** @type {string} */ name) => void till.opened.push(name),
  };
  till.cart = { lines: [{ key: 1, name: 'Pan', unit: 'un', quantityMilli: 1000, priceClp: 100 }], nextKey: 2, activeKey: 1 };
  const toDisk = () => {
    works.get('ticket')?.();
    return kept.at(-1);
  };
  return { till, toDisk };
}

const CARD = { kind: 'card', amount_clp: 5_000 };

test('a sale that was refused leaves its ticket, and what the card paid stays noted', () => {
  const { till } = counter();

  till.notSold(new SaleRefused('no_folios'), [CARD, { kind: 'cash', amount_clp: 1_000 }]);

  assert.deepEqual([till.stage, till.cart.lines.length, till.tenders, till.opened, till.barrier], ['ticket', 1, [CARD], ['refused'], null]);
});

test('a sale that is on the disk and could not be finished is never offered again: the page has to be loaded anew', () => {
  const { till, toDisk } = counter();

  till.notSold(new SaleRefused('half_sold'), [CARD]);

  assert.deepEqual([till.cart.lines, till.tenders, till.barrier], [[], [], HALF_SOLD]);
  assert.equal(till.canPay(), false);
  assert.deepEqual(toDisk().lines, []);
});

test('a ticket that is being sold is not written to the disk again', () => {
  const { till, toDisk } = counter();

  till.choose(1);
  assert.equal(toDisk(), undefined);

  till.stage = 'ticket';
  till.choose(1);
  assert.equal(toDisk().lines.length, 1);
});
