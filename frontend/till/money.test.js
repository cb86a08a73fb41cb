// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClp, parseQuantity, quantityText } from './money.js';

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
