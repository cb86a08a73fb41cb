// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCustomers, withCustomerNews } from './customers.js';

const ROWS = [
  [1, '76192083-9', 'Ñuñoa Deportes SpA', 'el club', 0, 0, 4, '+56 9 8765 4321'],
  [2, '', 'Ana Pérez', 'la vecina', 20000, 3500, null, ''],
  [3, '11111111-1', 'Berta Soto', '', 0, 0, null, null],
];

for (const [text, ids] of /** @type {[string, number[]][]} */ ([
  ['', [2, 3, 1]],
  ['nunoa', [1]],
  ['VECINA', [2]],
  ['76.192.083-9', [1]],
  ['9 8765', [1]],
  ['ana per', [2]],
  ['11111111', [3]],
  ['nadie', []],
])) {
  test(`customers by «${text}»`, () => {
    assert.deepEqual(createCustomers(ROWS).search(text, 10).map(({ id }) => id), ids);
  });
}

test('a customer has the list of their row, and who has none has none', () => {
  const customers = createCustomers(ROWS);
  assert.deepEqual([customers.find(1)?.priceList, customers.find(2)?.priceList, customers.find(9)], ['4', null, null]);
});

test('news change, add and take away; news on no base are everybody', () => {
  const kept = { rev: 5, rows: ROWS };
  const ana = [2, '', 'Ana Pérez', 'la vecina', 20000, 0, null, ''];

  assert.deepEqual(withCustomerNews(kept, { rev: 6, base: 5, rows: [ana], gone: [3] }), { rev: 6, rows: [ROWS[0], ana] });
  assert.deepEqual(withCustomerNews(kept, { rev: 9, base: null, rows: [ana], gone: [] }), { rev: 9, rows: [ana] });
});

test('news that build on other rows than ours leave these as they are', () => {
  const kept = { rev: 5, rows: ROWS };
  const news = { rev: 9, base: 3, rows: [ROWS[1]], gone: [1] };

  assert.equal(withCustomerNews(kept, news), kept);
  assert.equal(withCustomerNews(null, news), null);
});
