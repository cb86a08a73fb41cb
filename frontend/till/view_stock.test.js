// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Away } from './device/office.js';
import { placesText, stockView } from './view_stock.js';

test('its own warehouse is called here, the others by name', () => {
  const places = [
    { name: 'Sala', words: '10 un', is_own: true },
    { name: 'Subterráneo', words: '2 un', is_own: false },
  ];
  assert.equal(placesText(places), 'Aquí hay 10 un · Subterráneo: 2 un');
  assert.equal(placesText([]), 'Sin movimientos en ninguna bodega.');
});

test('a late answer about another product is not shown', async () => {
  /** @type {Array<(answer: any) => void>} */
  const waiting = [];
  const ask = /** @type {any} */ ({ stock: () => new Promise((resolve) => waiting.push(resolve)) });
  const till = stockView({ ask });
  const first = till.tellStock(1);
  const second = till.tellStock(2);
  waiting[1]({ places: [{ name: 'Sala', words: '7 un', is_own: true }] });
  waiting[0]({ places: [{ name: 'Sala', words: '1 un', is_own: true }] });
  await Promise.all([first, second]);
  assert.equal(till.stockText, 'Aquí hay 7 un');
});

test('without a line nothing is said and nothing breaks', async () => {
  const ask = /** @type {any} */ ({ stock: () => Promise.reject(new Away()) });
  const till = stockView({ ask });
  await till.tellStock(1);
  assert.equal(till.stockText, '');
});
