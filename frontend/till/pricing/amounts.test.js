// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareProducts, grossClp, percentOf, scaleHalfUp, splitClp } from './amounts.js';

test('a line is quantity × price, half a peso up', () => {
  const cases = [
    [455, 1590, 723],
    [812, 4990, 4052],
    [1, 499, 0],
    [1, 500, 1],
    [2000, 1890, 3780],
    [99_999_999, 9_999_999, 999_999_890_000],
  ];
  for (const [quantityMilli, priceClp, amount] of cases) {
    assert.equal(grossClp(quantityMilli, priceClp), amount, `${quantityMilli} × ${priceClp}`);
  }
});

test('the largest line the till accepts is still exact', () => {
  const exact = (BigInt(99_999_999) * BigInt(9_999_999) + 500n) / 1000n;
  assert.equal(BigInt(grossClp(99_999_999, 9_999_999)), exact);
});

test('a split gives the rest to the largest remainders and sums to the whole', () => {
  assert.deepEqual(splitClp(100, [1, 1, 1]), [34, 33, 33]);
  assert.deepEqual(splitClp(350, [500, 400, 350]), [140, 112, 98]);
  assert.deepEqual(splitClp(0, [0, 0]), [0, 0]);
  assert.deepEqual(splitClp(5, [0, 7]), [0, 5]);
});

test('products that no float holds are still exact', () => {
  assert.equal(scaleHalfUp(9_007_199_254_740_991, 3, 3), 9_007_199_254_740_991);
  assert.equal(scaleHalfUp(-3, 1, 2), -2);
  assert.equal(percentOf(999_999_999_999, 3333), 333_300_000_000);
  assert.deepEqual(splitClp(900_000_000_001, [900_000_000_000, 900_000_000_001]), [450_000_000_000, 450_000_000_001]);
  assert.equal(Math.sign(compareProducts(94_906_267, 94_906_267, 94_906_266, 94_906_268)), 1);
  assert.equal(Math.sign(compareProducts(94_906_266, 94_906_268, 94_906_267, 94_906_267)), -1);
});

test('what no weight carries cannot be split', () => {
  assert.throws(() => splitClp(1, [0, 0]), RangeError);
});
