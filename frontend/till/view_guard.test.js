// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addArticle, EMPTY_CART, NO_RULES, priceCart } from './cart.js';
import { createLater } from './later.js';
import { cartView } from './view_cart.js';
import { doubtView } from './view_doubt.js';
import { guardView } from './view_guard.js';
import { heldView } from './view_held.js';
import { payView } from './view_pay.js';
import { scanView } from './view_scan.js';
import { tenderView } from './view_tenders.js';

const OPEN = '2026-11-24T23:59:00Z'; // 20:59 in Santiago
const CLOSED = '2026-11-25T05:00:00Z'; // 02:00
const BEER = { productId: 7, name: 'Cerveza Escudo', unit: /** @type {const} */ ('un'), exempt: false, priceClp: 1_000 };
const REFUSED =
  'A esta hora no se vende alcohol: Cerveza Escudo se puede vender de 09:00 a 01:00 (la madrugada del sábado, hasta las 03:00).';

/**
 * A till with a beer on its ticket that its customer was found old enough for, within the hours.
 * @param {{isAdult?: boolean, held?: any[]}} [facts]
 */
function counter({ isAdult = true, held = [] } = {}) {
  /** @type {any} */
  const told = { sold: [], said: [], at: OPEN };
  /** @type {any} */
  const room = {
    catalogue: { alcohol: ['09:00', '01:00', '03:00'], product: (/** @type {number} */ id) => ({ id, name: BEER.name, restriction: id === 7 ? 2 : 0 }) },
    device: { memory: { async keep() {}, write: async (/** @type {any} */ _stores, /** @type {any} */ deed) => deed({ objectStore: () => ({ get: async () => held, put() {} }) }), read: async () => [] } },
    selling: { journal: { sell: async (/** @type {any} */ order) => (told.sold.push(order), { uid: order.uid, body: order.body }) } },
    ...{ later: createLater({ draw: () => {}, pause: () => {} }), now: () => Date.parse(told.at), newUid: () => 'uid' },
  };
  /** @type {any} */
  const till = {
    ...cartView(room),
    ...scanView(room),
    ...payView(room),
    ...tenderView(room),
    ...heldView(room),
    ...doubtView(),
    ...guardView(room),
    ...{ dialog: null, barrier: null, invoice: null, customer: null, practicing: false, limits: {}, $refs: {}, pad: '', sheetText: '', sheetError: '', ready: true },
    ...{ shift: { uid: 's', cashier: { id: 1, name: 'Ana' } }, till: { quick_notes: [1_000], card_is_boleta: false } },
    fitted: (/** @type {any} */ cart) => ({ cart, priced: priceCart(cart, NO_RULES) }),
    open: (/** @type {string} */ name, /** @type {string} */ text) => Object.assign(till, { dialog: name, pad: text, sheetError: '' }),
    close: () => void (till.dialog = null),
    say: (/** @type {string} */ _, /** @type {string} */ words) => void told.said.push(words),
    hush() {},
    ...{ stillCosts: () => true, mayRiskMore: () => true, guiaTrouble: () => '', isGuia: () => false, useWaitingVale() {}, owesAfter: () => ({}) },
    ...{ countTiles() {}, tellDisplay() {}, announce() {}, takeNewPrices() {}, readOwed() {}, forgetTypedVale() {}, focusSearch() {}, tellDeed() {} },
    ...{ written: () => void (till.stage = 'paid'), chooseWay: (/** @type {any} */ way) => void (till.way = way) },
  };
  till.takeTicket({ ...addArticle(EMPTY_CART, BEER, 1_000), isAdult });
  return { till, told };
}

test('a beer on the ticket is not charged outside its hours: which, until when, and the ticket stays', async () => {
  for (const pay of ['openCash', 'openCard', 'openMixed', 'payQuickExact']) {
    const { till, told } = counter();
    told.at = CLOSED;

    till[pay]();
    await Promise.resolve();

    assert.deepEqual([told.sold, till.dialog, till.stage, till.cart.lines.length], [[], 'refused', 'ticket', 1], pay);
    assert.equal(till.sheetText, `${REFUSED} Quítalo de la venta para cobrar el resto, o déjala en espera (F6).`);
  }
});

test('the hours that end while cash is counted hold too', async () => {
  const { till, told } = counter();
  till.openCash();
  assert.equal(till.dialog, 'cash');
  told.at = CLOSED;

  await till.pay([{ kind: 'cash', amount_clp: 1_000 }]);

  assert.deepEqual([told.sold, till.dialog, till.stage], [[], 'refused', 'ticket']);
});

test('what a machine took within the hours is sold though they end before it is confirmed', async () => {
  const { till, told } = counter();
  till.openCard();
  told.at = CLOSED;

  await till.pay([{ kind: 'card', amount_clp: 400 }, { kind: 'cash', amount_clp: 600 }]);

  assert.deepEqual([told.sold.length, till.stage], [1, 'paid']);
});

test('outside the hours a ticket with a noted card says what goes back, and not to put it aside', () => {
  const { till, told } = counter();
  till.tenders = [{ kind: 'card', amount_clp: 400 }];
  told.at = CLOSED;

  till.openCash();

  assert.equal(till.sheetText, `${REFUSED} Quítalo de la venta para cobrar el resto. Ya estaba anotado: Tarjeta $400. Si no lo vendes, devuélvelo.`);
});

test('within its hours the same beer is sold', async () => {
  const { till, told } = counter();

  await till.pay([{ kind: 'cash', amount_clp: 1_000 }]);

  assert.equal(told.sold.length, 1);
});

test('more of it is not added outside its hours, by its button or by typing; less of it is', () => {
  const { till, told } = counter();
  till.step(1);
  told.at = CLOSED;

  till.step(1);
  till.open('quantity', '6');
  till.confirmQuantity();
  assert.deepEqual([till.cart.lines[0].quantityMilli, told.said], [2_000, [REFUSED, REFUSED]]);

  till.step(-1);
  assert.equal(till.cart.lines[0].quantityMilli, 1_000);
});

test('a ticket that comes back with a beer says so outside its hours', async () => {
  const ticket = { ...addArticle(EMPTY_CART, BEER, 1_000), isAdult: true };
  const { till, told } = counter({ held: [{ uid: 'one', name: 'Ana', ticket }] });
  till.clearTicket();
  told.at = CLOSED;

  await till.takeHeld('one');

  assert.deepEqual([told.said, till.cart.lines.length], [[REFUSED], 1]);
});

test('a ticket that comes back with a beer nobody was asked for asks, and is not paid before', async () => {
  const ticket = { ...addArticle(EMPTY_CART, BEER, 1_000), isAdult: false };
  const { till, told } = counter({ held: [{ uid: 'one', name: 'Ana', ticket }] });
  till.clearTicket();

  await till.takeHeld('one');
  assert.equal(till.dialog, 'adult');
  till.isNoAdult();
  assert.deepEqual(told.said, ['Cerveza Escudo se vende solo a mayores de 18: quítalo de la venta para cobrar.']);

  till.payQuickExact();
  assert.deepEqual([till.dialog, told.sold], ['adult', []]);
  till.isAnAdult();
  await Promise.resolve();
  assert.equal(told.sold.length, 1);
});

test('what a machine was asked for within the hours is settled after them; what did not come is not asked for again', async () => {
  for (const [hasPassed, sold, dialog] of /** @type {[boolean, number, string | null][]} */ ([[true, 1, null], [false, 0, 'refused']])) {
    const { till, told } = counter();
    till.tenders = [{ kind: 'card', amount_clp: 1_000, isUnsure: true }];
    told.at = CLOSED;

    till.openMixed();
    assert.equal(till.dialog, 'tender');
    till.settleUnsure(hasPassed);
    await Promise.resolve();

    assert.deepEqual([told.sold.length, till.dialog], [sold, dialog]);
  }
});

test('a card that paid all of it within the hours is not held back when the sale could not be written then', async () => {
  const { till, told } = counter();
  till.tenders = [{ kind: 'card', amount_clp: 1_000 }];
  told.at = CLOSED;

  till.openCard();
  await Promise.resolve();

  assert.deepEqual([told.sold.length, till.sheetText], [1, '']);
});
