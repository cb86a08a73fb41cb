// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addArticle,
  EMPTY_CART,
  fitDiscounts,
  labelledMilli,
  moveSelection,
  priceByHand,
  priceCart,
  quantitiesByProduct,
  removeLine,
  reprice,
  reviveCart,
  setLineDiscount,
  setQuantity,
  setTicketDiscount,
  soldLines,
} from './cart.js';
import { readPromotion } from './pricing/reading.js';
import { Refusal } from './pricing/refusals.js';

/** @type {import('./cart.js').Article} */
const MILK = { productId: 1, name: 'Leche entera 1 L', unit: 'un', exempt: false, priceClp: 1190 };
/** @type {import('./cart.js').Article} */
const HAM = { productId: 2, name: 'Jamón pierna', unit: 'kg', exempt: false, priceClp: 8990 };
/** @type {import('./cart.js').Article} */
const BOOK = { productId: 3, name: 'Diario', unit: 'un', exempt: true, priceClp: 1000 };

test('units of one product join in one line, weighings stay apart', () => {
  let cart = addArticle(EMPTY_CART, MILK, 1000);
  cart = addArticle(cart, HAM, 455);
  cart = addArticle(cart, HAM, 200);
  cart = addArticle(cart, MILK, 2000);

  assert.deepEqual(
    soldLines(cart, priceCart(cart)).map(({ name, quantity, amount_clp: amount }) => [name, quantity, amount]),
    [
      [MILK.name, '3', 3570],
      [HAM.name, '0.455', 4090],
      [HAM.name, '0.200', 1798],
    ],
  );
  assert.deepEqual([...quantitiesByProduct(cart)], [
    [1, 3000],
    [2, 655],
  ]);
  assert.equal(cart.activeKey, cart.lines[0].key);
});

test('totals part affected and exempt, and their parts sum to the total', () => {
  const cart = addArticle(addArticle(EMPTY_CART, HAM, 455), BOOK, 1000);

  const { amounts, affected, exempt, net, iva, total } = priceCart(cart);
  assert.deepEqual(
    { amounts, affected, exempt, net, iva, total },
    { amounts: [4090, 1000], affected: 4090, exempt: 1000, net: 3437, iva: 653, total: 5090 },
  );
});

test('a line that cannot be sold is refused and the cart stays', () => {
  const cart = addArticle(EMPTY_CART, MILK, 1000);

  for (const [article, milli, code] of /** @type {const} */ ([
    [{ ...MILK, productId: 9, priceClp: 0 }, 1000, 'zero_price'],
    [{ ...MILK, productId: 9 }, 500, 'bad_quantity'],
    [{ ...HAM }, 0, 'bad_quantity'],
    [{ ...HAM }, 100_000_000, 'too_large'],
  ])) {
    assert.throws(() => addArticle(cart, article, milli), (error) => error instanceof Refusal && error.code === code);
  }
  assert.deepEqual(soldLines(cart, priceCart(cart)), [
    {
      ...{ product_id: 1, name: MILK.name, unit: 'un', quantity: '1', price_clp: 1190, exempt: false },
      ...{ discount_clp: 0, amount_clp: 1190, discounts: [] },
    },
  ]);
});

test('taking the active line out makes its neighbour active', () => {
  let cart = addArticle(addArticle(addArticle(EMPTY_CART, MILK, 1000), HAM, 455), BOOK, 1000);
  const [milk, ham, book] = cart.lines;

  cart = removeLine(cart, ham.key);
  assert.equal(cart.activeKey, milk.key);
  cart = removeLine(removeLine(cart, milk.key), book.key);
  assert.equal(cart.activeKey, null);
  assert.equal(priceCart(cart).total, 0);
});

test('the selection walks the lines and stops at the ends', () => {
  const cart = addArticle(addArticle(EMPTY_CART, MILK, 1000), HAM, 455);

  assert.equal(moveSelection(cart, 1).activeKey, cart.lines[1].key);
  assert.equal(moveSelection(moveSelection(cart, -1), -1).activeKey, cart.lines[0].key);
  assert.equal(moveSelection(EMPTY_CART, 1), EMPTY_CART);
});

test('prices the server tells change their lines only', () => {
  const cart = addArticle(addArticle(EMPTY_CART, MILK, 1000), HAM, 455);

  const changed = reprice(cart, [{ product_id: 1, price_clp: 1290 }]);

  assert.deepEqual(
    changed.lines.map((line) => line.priceClp),
    [1290, 8990],
  );
  assert.equal(priceCart(cart).total, 5280);
  assert.equal(priceCart(changed).total, 5380);
});

test('a cart read back from the disk is the cart that was written', () => {
  const cart = setQuantity(addArticle(EMPTY_CART, MILK, 1000), 1, 5000);

  assert.deepEqual(reviveCart(structuredClone(cart)), cart);
  assert.equal(reviveCart(undefined), EMPTY_CART);
  assert.equal(reviveCart({ lines: [{ ...cart.lines[0], quantityMilli: 0 }] }), EMPTY_CART);
});

const YOGURT = /** @type {const} */ ({ name: 'Yogur', unit: 'un', exempt: false });
/** @param {any[]} given */
function rulesOf(...given) {
  const names = new Map(given.map((one) => [one.id, one.name]));
  return { promotions: given.map(readPromotion), names, atLocal: '2026-11-20T12:30' };
}
const THREE_FOR_TWO = { id: '7', name: '3x2', kind: 'n_for_m', n: 3, m: 2, select: { all: true } };

test('3x2 is shared over its lines and says its name in each', () => {
  let cart = EMPTY_CART;
  for (const [place, priceClp] of [300, 500, 400, 350].entries()) cart = addArticle(cart, { ...YOGURT, productId: place, priceClp }, 1000);

  const priced = priceCart(cart, rulesOf(THREE_FOR_TWO));

  assert.deepEqual([priced.amounts, priced.total, priced.saved], [[300, 360, 288, 252], 1200, 350]);
  assert.deepEqual(priced.reasons[1], [{ kind: 'promotion', promotion_id: 7, name: '3x2', amount_clp: 140 }]);
  assert.deepEqual(priced.reasons[0], []);
});

test('promotion, then line discount, then ticket discount, as the server prices them', () => {
  let cart = addArticle(EMPTY_CART, { ...YOGURT, productId: 1, priceClp: 490 }, 3000);
  cart = addArticle(cart, { ...YOGURT, productId: 2, priceClp: 1000 }, 1000);
  cart = setTicketDiscount(setLineDiscount(cart, 1, { percent: 1000 }), { percent: 500 });

  const priced = priceCart(cart, rulesOf({ ...THREE_FOR_TWO, select: { products: ['1'] } }));

  assert.deepEqual([priced.amounts, priced.total, priced.ticketDiscount], [[838, 950], 1788, 94]);
  assert.deepEqual(
    priced.reasons[0].map((reason) => [reason.kind, reason.amount_clp]),
    [
      ['promotion', 490],
      ['line', 98],
      ['ticket', 44],
    ],
  );
  const [sold] = soldLines(cart, priced);
  assert.deepEqual([sold.discount_clp, sold.discounts], [632, priced.reasons[0]]);
});

test('an approval goes with its discount, also through the disk', () => {
  const cart = setLineDiscount(addArticle(EMPTY_CART, MILK, 1000), 1, { amountClp: 500, approvedBy: 7 });
  const revived = reviveCart(structuredClone(cart));

  assert.deepEqual(soldLines(revived, priceCart(revived))[0].discounts, [
    { kind: 'line', name: 'Descuento al producto', amount_clp: 500, approved_by: 7 },
  ]);
  assert.deepEqual(setLineDiscount(cart, 1, null), setQuantity(addArticle(EMPTY_CART, MILK, 1000), 1, 1000));
});

test('a discount that no longer fits is taken out and said', () => {
  const two = setLineDiscount(addArticle(EMPTY_CART, MILK, 2000), 1, { amountClp: 2000, approvedBy: 7 });
  const approved = fitDiscounts(two, rulesOf(), 1000);
  const less = fitDiscounts(setQuantity(two, 1, 1000), rulesOf(), 1000);
  const alone = fitDiscounts(setTicketDiscount(addArticle(EMPTY_CART, MILK, 1000), { percent: 1001 }), rulesOf(), 1000);

  assert.deepEqual([approved.dropped, approved.priced.total], [false, 380]);
  assert.deepEqual([less.dropped, less.priced.total], [true, 1190]);
  assert.deepEqual([alone.dropped, alone.priced.total, alone.cart.discount], [true, 1190, undefined]);
});

test('goods without discounts take part in nothing, whatever the ticket gives', () => {
  let cart = addArticle(EMPTY_CART, { ...MILK, priceClp: 1000 }, 1000);
  cart = addArticle(cart, { ...MILK, productId: 5, priceClp: 4000, discountable: false }, 1000);
  cart = setTicketDiscount(cart, { percent: 1000 });
  const tenth = { id: '1', name: '10 %', kind: 'percent', percent: '10', select: { all: true } };

  assert.deepEqual(priceCart(cart, rulesOf(tenth)).amounts, [810, 4000]);
  assert.deepEqual(fitDiscounts(setLineDiscount(cart, 2, { percent: 100 }), rulesOf(), 1000).dropped, true);
});

test('the last line takes the discount of the ticket with it', () => {
  const cart = setTicketDiscount(addArticle(EMPTY_CART, MILK, 1000), { percent: 500 });

  assert.equal(removeLine(cart, 1).discount, undefined);
});

test('B9: a price label is charged as printed; its kilos are for the stock, and go into the name', () => {
  const label = { ...HAM, labelClp: 1700 };
  const milli = labelledMilli('kg', 1700, HAM.priceClp);
  const cart = addArticle(addArticle(EMPTY_CART, label, milli), label, milli);
  const priced = priceCart(cart);

  assert.equal(milli, 189);
  assert.deepEqual([cart.lines.length, priced.total], [2, 3400]);
  const [line] = soldLines(cart, priced);
  assert.deepEqual(
    [line.name, line.quantity, line.price_clp, line.label_clp, line.amount_clp],
    ['Jamón pierna 0,189 kg', '0.189', 8990, 1700, 1700],
  );
});

test('a label whose kilos come to its price is a line by the kilo, and another price gives it other kilos', () => {
  const cart = addArticle(EMPTY_CART, { ...HAM, labelClp: 1699 }, 189);

  assert.equal(soldLines(cart, priceCart(cart))[0].name, 'Jamón pierna');
  const dearer = reprice(cart, [{ product_id: HAM.productId, price_clp: 9990 }]);
  assert.deepEqual([dearer.lines[0].quantityMilli, priceCart(dearer).total], [170, 1699]);
});

test('a labelled piece is a line of its own, one unit at the price of its label', () => {
  const cart = addArticle(addArticle(EMPTY_CART, MILK, 1000), { ...MILK, labelClp: 990 }, labelledMilli('un', 990, 1190));

  assert.deepEqual(cart.lines.map(({ quantityMilli }) => quantityMilli), [1000, 1000]);
  assert.deepEqual(soldLines(cart, priceCart(cart)).map(({ amount_clp: amount, label_clp: label }) => [amount, label]), [
    [1190, undefined],
    [990, 990],
  ]);
});

test('a price typed by hand holds for each unit that comes after', () => {
  const one = addArticle(EMPTY_CART, MILK, 1000);
  const cheaper = setLineDiscount(one, 1, priceByHand(one.lines[0], 1000));
  const three = setQuantity(cheaper, 1, 3000);

  assert.deepEqual([priceCart(cheaper).total, priceCart(three).total], [1000, 3000]);
  assert.deepEqual(three.lines[0].discount, { amountClp: 570, unitClp: 1000 });
});
