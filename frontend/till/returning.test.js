// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutClp, backRows, takeAll, takeRow, toldLines } from './returning.js';

const LINES = [
  { position: 1, name: 'Leche', unit: 'un', quantity: '3', amount_clp: 3573, left: '2' },
  { position: 2, name: 'Marraqueta', unit: 'kg', quantity: '0.255', amount_clp: 507, left: '0.255' },
  { position: 3, name: 'Azúcar', unit: 'un', quantity: '1', amount_clp: 1350, left: '0' },
];

test('only what is left may go back, pieces whole and kilos to the gram', () => {
  const rows = backRows(LINES);

  assert.deepEqual(rows.map(({ position, leftMilli }) => [position, leftMilli]), [[1, 2000], [2, 255]]);
  assert.equal(takeRow(rows, 1, '3'), null);
  assert.equal(takeRow(rows, 1, '1,5'), null);
  assert.equal(takeRow(rows, 3, '1'), null);
  assert.deepEqual(toldLines(takeRow(rows, 2, '0,1') ?? []), [{ position: 2, quantity: '0.100' }]);
});

test('all of it is told at once, and about what it is worth', () => {
  const rows = takeAll(backRows(LINES));

  assert.deepEqual(toldLines(rows), [{ position: 1, quantity: '2' }, { position: 2, quantity: '0.255' }]);
  assert.equal(aboutClp(rows), 2382 + 507);
  assert.deepEqual(toldLines(takeRow(rows, 1, '') ?? []), [{ position: 2, quantity: '0.255' }]);
});
