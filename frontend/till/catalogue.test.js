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
  return found.kind === 'unknown' ? found.reason : found.product.id;
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

test('what is only spelled like what was typed is found besides, and nothing comes twice', () => {
  const names = ['Leche Colún 1 L', 'Leche Loncoleche 1 lt', 'Sal 1 kg', 'Super 8', 'Super8 mini'];
  const products = names.map((name, place) => [place + 1, name, `C${place}`, [], 990, 'un', 10, 0, 0, null]);
  const shop = createCatalogue({ rev: 1, categories: [[10, 'Todo', 1]], products });
  const found = (/** @type {string} */ text, limit = 10) => {
    const plain = shop.search(text, limit);
    return [plain, shop.searchSpelled(text, plain, limit - plain.length)].map((some) => some.map(({ name }) => name));
  };

  assert.deepEqual(found('leche 1 lt'), [['Leche Loncoleche 1 lt'], ['Leche Colún 1 L']]);
  assert.deepEqual(found('super8'), [['Super8 mini'], ['Super 8']]);
  assert.deepEqual(found('super 8'), [['Super 8', 'Super8 mini'], []]);
  assert.deepEqual(found('leche 1 lt', 1), [['Leche Loncoleche 1 lt'], []]);
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

const SCALE = createCatalogue({
  rev: 1,
  categories: [[10, 'Panadería', 1]],
  products: [
    [1, 'Marraqueta', 'P-1', [], 1990, 'kg', 10, 0, 0, 14],
    [2, 'Empanada', 'P-2', ['2000099000009'], 1500, 'un', 10, 0, 0, null, 0, 1],
  ],
  scale: [
    ['weight', '20.....NNDDD'],
    ['price', '21.....NNNNN'],
  ],
});

for (const [code, found] of /** @type {[string, any][]} */ ([
  ['2000014004559', { kind: 'label', product: SCALE.product(1), read: { kind: 'weight', plu: '14', baseCode: '2000014000001', value: 455 } }],
  ['2000077004558', { kind: 'unknown', reason: 'no_plu', plu: '77' }],
  ['2000014004557', { kind: 'unknown', reason: 'check_digit' }],
  ['2000099000009', { kind: 'product', product: SCALE.product(2) }],
])) {
  test(`B9: a scan of ${code} is ${found.kind} ${found.reason ?? ''}`, () => assert.deepEqual(SCALE.find(code), found));
}

test('news bring the layouts of labels and the hours of alcohol, and both stay with the rows', () => {
  const kept = withNews(null, { rev: 1, base: null, categories: [], products: [], gone: [], scale: [['price', '21.....NNNNN']], alcohol: ['10:00', '00:00', '02:00'] });
  assert.deepEqual([kept.scale, kept.alcohol], [[['price', '21.....NNNNN']], ['10:00', '00:00', '02:00']]);
  assert.deepEqual(createCatalogue(kept).alcohol, ['10:00', '00:00', '02:00']);
  assert.deepEqual(withNews(kept, { rev: 2, base: 1, categories: [], products: [], gone: [] }).scale, []);
});

test('a row says who may buy it, and what it costs in which list', () => {
  const row = [1, 'Pisco', 'X', [], 5990, 'un', 10, 0, 0, null, 0, 2, [[4, 4990, null, null]]];
  const product = createCatalogue({ rev: 1, categories: [], products: [row] }).product(1);
  assert.deepEqual([product?.restriction, product?.listed, SCALE.product(1)?.restriction], [2, [[4, 4990, null, null]], 0]);
});
