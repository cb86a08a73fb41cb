// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cashCount, drawerSum } from './cash_count.js';

test('a drawer is the sum of its notes and coins', () => {
  assert.equal(drawerSum(new Map([[20_000, 2], [1000, 3], [10, 7]])), 43_070);
  assert.equal(drawerSum(new Map()), 0);
});

test('counting writes the sum with dots into the field that is sent', () => {
  const counted = { value: '' };
  const count = Object.assign(cashCount(), { $refs: { counted } });

  count.set(20_000, '2');
  count.add(1000, 1);
  count.add(1000, -5);
  count.set(10, '7 monedas');

  assert.equal(counted.value, '40.070');
  assert.deepEqual(count.rows.find((/** @type {any} */ row) => row.value === 10), {
    value: 10,
    count: 7,
    name: '$10',
    shown: '7',
    sum: '$70',
  });
});
