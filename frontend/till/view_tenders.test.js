// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_CART, priceCart } from './cart.js';
import { createLater } from './later.js';
import { cartView } from './view_cart.js';
import { doubtView } from './view_doubt.js';
import { invoiceView } from './view_invoice.js';
import { payView } from './view_pay.js';
import { tenderView } from './view_tenders.js';

/** A till whose screen is never drawn: what waits for a picture is not done. */
function undrawn() {
  /** @type {{tenders: any[], durability: string}[]} */
  const disk = [];
  /** @type {any} */
  const room = {
    catalogue: null,
    device: { memory: { keep: async (/** @type {string} */ _, /** @type {any} */ ticket, /** @type {string} */ durability) => void disk.push({ tenders: ticket.tenders, durability }) } },
    later: createLater({ draw: () => {}, pause: () => {} }),
  };
  /** @type {any} */
  const till = {
    ...cartView(room),
    ...tenderView(room),
    ...doubtView(),
    ...{ practicing: false, invoice: null, customer: null, isAdult: false, dialog: 'tender', $refs: {}, pad: '1.000', way: 'card' },
    fitted: (/** @type {any} */ cart) => ({ cart, priced: { ...priceCart(EMPTY_CART), total: 3_000 } }),
    ...{ isGuia: () => false, mayBeSold: () => true, wrongWay: () => '', countTiles() {}, tellDisplay() {}, announce() {}, chooseWay() {}, forgetTypedVale() {}, vale: { leftClp: null } },
  };
  till.setCart(EMPTY_CART);
  room.later.drop('ticket');
  return { till, disk };
}

const CARD = { kind: 'card', amount_clp: 1_000 };

test('what a machine took is on its way to the disk before anything else happens', () => {
  const { till, disk } = undrawn();

  till.takeTender(CARD);

  assert.deepEqual(disk, [{ tenders: [CARD], durability: 'strict' }]);
});

test('a payment that was taken off is off the disk for good, also when none is left', () => {
  const { till, disk } = undrawn();
  till.takeTender(CARD);
  till.chooseWay = () => {};

  till.dropTender(0);

  assert.deepEqual(disk.at(-1), { tenders: [], durability: 'strict' });
});

test('A9: a payment without an answer, and what a person says of it, are on their way to the disk at once', () => {
  const { till, disk } = undrawn();

  till.noteDoubt();
  assert.deepEqual(disk, [{ tenders: [{ ...CARD, isUnsure: true }], durability: 'strict' }]);
  till.settleUnsure(true);

  assert.deepEqual(disk.at(-1), { tenders: [CARD], durability: 'strict' });
  assert.equal(disk.length, 2);
});

test('a guía offers Fiado alone: every other key and button says so, and no machine is asked', () => {
  const { till } = undrawn();
  const field = { focus() {}, select() {}, value: '' };
  const { isGuia, wrongWay } = invoiceView({ ask: null });
  Object.assign(till, { ...payView(/** @type {any} */ ({})), isGuia, wrongWay, chooseWay: tenderView(/** @type {any} */ ({})).chooseWay });
  Object.assign(till, { ...{ invoice: { journey: {} }, $refs: { reference: field, tenderAmount: field } }, readyToPay: () => true, readOwed() {}, pay: () => assert.fail('charged') });
  till.open = (/** @type {string} */ name) => Object.assign(till, { dialog: name });
  /** @type {(() => void)[]} */
  const deeds = [() => till.openCash(), () => till.openCard(), () => till.openMixed(), () => till.payQuick(5_000), () => till.payQuickExact()];
  for (const deed of deeds) {
    Object.assign(till, { dialog: null, way: 'card', sheetError: '' });
    deed();
    assert.deepEqual([till.dialog, till.way, till.pad], ['tender', 'credit', '3.000']);
    assert.equal(till.sheetError, 'Una guía queda toda fiada: cóbrala entera con Fiado, o cambia a boleta o factura (F7).');
  }
  assert.deepEqual(till.ways().map((/** @type {any} */ { kind }) => kind), ['credit']);

  till.openTender('credit');
  assert.equal(till.sheetError, '');
});

test('a key that chooses a way only chooses it, also when it is chosen already, and keeps what was typed', () => {
  const { till } = undrawn();
  const field = { focus() {}, select() {}, value: '' };
  Object.assign(globalThis, { document: { activeElement: null } });
  Object.assign(till, { pay: () => assert.fail('charged'), chooseWay: tenderView(/** @type {any} */ ({})).chooseWay, $refs: { reference: field, tenderAmount: field } });
  till.readOwed = () => {};

  for (const [key, way] of [['F9', 'card'], ['F8', 'cash'], ['F8', 'cash'], ['T', 'transfer'], ['t', 'transfer'], ['F9', 'card'], ['F9', 'card']]) {
    till.tenderKeys()[key]();
    assert.deepEqual([till.way, till.tenders], [way, []]);
  }
  Object.assign(till, { pad: '700', sheetError: '' });
  till.tenderKeys().F9();
  assert.equal(till.pad, '700');
  // What a hand typed stays with another way; what was filled in does not.
  till.padFresh = false;
  till.tenderKeys().F8();
  assert.deepEqual([till.way, till.pad], ['cash', '700']);
  till.padFresh = true;
  till.tenderKeys().F9();
  assert.notEqual(till.pad, '700');
});

test('who gives up a ticket that was paid in part reads only what goes back', () => {
  const { till } = undrawn();
  till.tenders = [{ kind: 'card', amount_clp: 500 }, { kind: 'cash', amount_clp: 1_000 }];

  assert.equal(till.giveBackText(), 'Devuelve antes lo anotado: Tarjeta $500 + Efectivo $1.000.');
});
