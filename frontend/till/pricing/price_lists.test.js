// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPrice, listOrder, pricesOf } from './price_lists.js';

const LISTED = /** @type {[number, number, string | null, string | null][]} */ ([
  [7, 900, null, null],
  [7, 850, '2026-07-01', '2026-08-01'],
  [8, 700, '2026-07-01', null],
]);

test('the list of the customer comes first, then that of the branch, then the product', () => {
  assert.deepEqual(listOrder('7', '8'), ['7', '8', 'base']);
  assert.deepEqual(listOrder(null, '8'), ['8', 'base']);
  assert.deepEqual(listOrder('7', '7'), ['7', 'base']);
  assert.deepEqual(listOrder(null, null), ['base']);
});

test('a price of the catalogue holds on its days only', () => {
  const prices = pricesOf(1000, LISTED);
  const on = (/** @type {string} */ day, /** @type {string[]} */ lists) => findPrice(prices, lists, day);
  assert.equal(on('2026-06-30', ['7', 'base']), 900);
  assert.equal(on('2026-07-01', ['7', 'base']), 850);
  assert.equal(on('2026-08-01', ['7', 'base']), 900);
  assert.equal(on('2026-06-30', ['8', 'base']), 1000);
  assert.equal(on('2026-07-01', ['8', '7', 'base']), 700);
});
