// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAmount, parseClp, parseQuantity, quantityText, splitClp } from './money.js';

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
    assert.equal(lineAmount(quantityMilli, priceClp), amount, `${quantityMilli} × ${priceClp}`);
  }
});

test('the largest line the till accepts is still exact', () => {
  const exact = (BigInt(99_999_999) * BigInt(9_999_999) + 500n) / 1000n;
  assert.equal(BigInt(lineAmount(99_999_999, 9_999_999)), exact);
});

test('a split gives the rest to the largest remainders and sums to the whole', () => {
  assert.deepEqual(splitClp(100, [1, 1, 1]), [34, 33, 33]);
  assert.deepEqual(splitClp(350, [500, 400, 350]), [140, 112, 98]);
  assert.deepEqual(splitClp(0, [0, 0]), [0, 0]);
  assert.deepEqual(splitClp(5, [0, 7]), [0, 5]);
});

test('a quantity is read with comma or dot and at most three decimals', () => {
  assert.equal(parseQuantity('0,455'), 455);
  assert.equal(parseQuantity('.5'), 500);
  assert.equal(parseQuantity('3'), 3000);
  assert.equal(parseQuantity(' 1,2 '), 1200);
  for (const bad of ['', ',', '1,2345', '-1', '1.2.3', 'dos']) assert.equal(parseQuantity(bad), null, bad);
});

test('a quantity goes to the server as the shortest text it reads', () => {
  assert.equal(quantityText(2000), '2');
  assert.equal(quantityText(455), '0.455');
  assert.equal(quantityText(1200), '1.200');
});

test('pesos are read with dots, sign and spaces, and nothing else', () => {
  assert.equal(parseClp('$ 12.990'), 12_990);
  assert.equal(parseClp('0'), 0);
  for (const bad of ['', '-5', '1,5', '12345678901']) assert.equal(parseClp(bad), null, bad);
});
