// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addArticle,
  EMPTY_CART,
  moveSelection,
  priceCart,
  quantitiesByProduct,
  removeLine,
  reprice,
  reviveCart,
  saleLines,
  setQuantity,
} from './cart.js';
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

  assert.deepEqual(saleLines(cart), [
    { product_id: 1, quantity: '3', price_clp: 1190 },
    { product_id: 2, quantity: '0.455', price_clp: 8990 },
    { product_id: 2, quantity: '0.200', price_clp: 8990 },
  ]);
  assert.deepEqual([...quantitiesByProduct(cart)], [
    [1, 3000],
    [2, 655],
  ]);
  assert.equal(cart.activeKey, cart.lines[0].key);
});

test('totals part affected and exempt, and their parts sum to the total', () => {
  const cart = addArticle(addArticle(EMPTY_CART, HAM, 455), BOOK, 1000);

  assert.deepEqual(priceCart(cart), { amounts: [4090, 1000], affected: 4090, exempt: 1000, net: 3437, iva: 653, total: 5090 });
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
  assert.deepEqual(saleLines(cart), [{ product_id: 1, quantity: '1', price_clp: 1190 }]);
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
