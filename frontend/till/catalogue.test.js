// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasRightCheckDigit } from './barcode.js';
import { createCatalogue, withNews } from './catalogue.js';

const catalogue = createCatalogue({
  rev: 7,
  categories: [
    [10, 'Abarrotes', 5],
    [20, 'Frutas y verduras', 4],
  ],
  products: [
    [1, 'Nescafé Tradición 170 g', 'A-1', ['7801234567894', '012345678905'], 5990, 'un', 10, 0, 1, null],
    [2, 'Piña', 'A-2', [], 2490, 'kg', 20, 0, 0, '214'],
    [3, 'Café molido', 'A-3', ['7801234567900'], 3990, 'un', 10, 1, 0, null],
  ],
});

/** @param {string} code */
function idOf(code) {
  const found = catalogue.find(code);
  return found.kind === 'product' ? found.product.id : found.reason;
}

test('a code finds its product: barcode, internal code, PLU, and UPC written as EAN-13', () => {
  assert.equal(idOf('7801234567894'), 1);
  assert.equal(idOf('a-2'), 2);
  assert.equal(idOf('214'), 2);
  assert.equal(idOf('0012345678905'), 1);
  assert.equal(idOf('012345678905'), 1);
});

test('an unknown code is told from a misread one', () => {
  assert.equal(idOf('7801234567917'), 'not_found');
  assert.equal(idOf('7801234567918'), 'check_digit');
  assert.equal(idOf('999'), 'not_found');
});

test('check digits of all three lengths', () => {
  for (const good of ['7801234567894', '012345678905', '96385074']) assert.ok(hasRightCheckDigit(good), good);
  for (const bad of ['7801234567895', '012345678906', '96385075']) assert.ok(!hasRightCheckDigit(bad), bad);
});

test('the search folds accents, finds parts of words, and wants every word', () => {
  const names = (/** @type {string} */ text) => catalogue.search(text, 10).map((product) => product.name);
  assert.deepEqual(names('pina'), ['Piña']);
  assert.deepEqual(names('caf nesc'), ['Nescafé Tradición 170 g']);
  assert.deepEqual(names('cafe'), ['Café molido', 'Nescafé Tradición 170 g']);
  assert.deepEqual(names('cafe pina'), []);
  assert.deepEqual(names('  '), []);
});

test('rows carry unit, hue, exempt and favourite', () => {
  const [nescafe, pina, ground] = [1, 2, 3].map((id) => catalogue.product(id));
  assert.equal(pina?.unit, 'kg');
  assert.equal(pina?.hue, 4);
  assert.equal(ground?.exempt, true);
  assert.deepEqual(catalogue.favourites(), [nescafe]);
  assert.deepEqual(catalogue.inCategory(10), [nescafe, ground]);
});

const kept = {
  rev: 7,
  categories: /** @type {[number, string, number][]} */ ([[10, 'Abarrotes', 5]]),
  products: [
    [1, 'Azúcar', 'A', [], 1350, 'un', 10, 0, 0, null],
    [2, 'Leche', 'L', [], 1190, 'un', 10, 0, 0, null],
    [3, 'Pan', 'P', [], 1990, 'kg', 10, 0, 0, null],
  ],
};

test('news change rows in place, add by name, and take out what is gone', () => {
  const news = {
    rev: 9,
    base: 7,
    categories: kept.categories,
    products: [
      [2, 'Leche', 'L', [], 1290, 'un', 10, 0, 0, null],
      [4, 'Ciruela', 'C', [], 990, 'kg', 10, 0, 0, null],
    ],
    gone: [3],
  };
  const { rev, products } = withNews(kept, news);
  assert.equal(rev, 9);
  assert.deepEqual(
    products.map((row) => [row[0], row[4]]),
    [
      [1, 1350],
      [4, 990],
      [2, 1290],
    ],
  );
  assert.equal(kept.products[1][4], 1190);
});

test('a renamed product moves to its new place', () => {
  const renamed = [1, 'Zanahoria', 'A', [], 1350, 'un', 10, 0, 0, null];
  const news = { rev: 8, base: 7, categories: kept.categories, products: [renamed], gone: [] };
  assert.deepEqual(
    withNews(kept, news).products.map((row) => row[0]),
    [2, 3, 1],
  );
});

test('a whole catalogue, or news on other rows than ours, replaces everything', () => {
  const row = [5, 'Té', 'T', [], 890, 'un', 10, 0, 0, null];
  const whole = { rev: 9, base: null, categories: [], products: [row], gone: [] };
  assert.deepEqual(withNews(kept, whole).products, [row]);
  assert.deepEqual(withNews(null, whole).products, [row]);
  assert.deepEqual(withNews(kept, { ...whole, base: 5 }).products, [row]);
});

test('promotions come whole with each news, and an unknown kind is left to the server', () => {
  const deal = { id: '3', name: 'Lleva 3 paga 2', kind: 'n_for_m', n: 3, m: 2, select: { all: true } };
  const kept = { rev: 4, categories: [], products: [], promotions: [deal] };
  const news = withNews(kept, { rev: 5, base: 4, categories: [], products: [], gone: [], promotions: [deal, { id: '4', name: 'Rara', kind: 'new_kind' }] });

  const catalogue = createCatalogue(/** @type {any} */ (news));

  assert.deepEqual(catalogue.promotions.map(({ id, kind }) => [id, kind]), [['3', 'n_for_m']]);
  assert.equal(catalogue.promotionNames.get('3'), 'Lleva 3 paga 2');
  assert.deepEqual(withNews(/** @type {any} */ (news), { rev: 6, base: 5, categories: [], products: [], gone: [], promotions: [] }).promotions, []);
});

test('a product that is never discounted says so', () => {
  const row = [1, 'Cigarros', 'C1', [], 4000, 'un', 1, 0, 0, null];
  const catalogue = createCatalogue({ rev: 1, categories: [], products: [[...row, 1], [2, ...row.slice(1), 0], [3, ...row.slice(1)]] });

  assert.deepEqual([1, 2, 3].map((id) => catalogue.product(id)?.discountable), [false, true, true]);
});
