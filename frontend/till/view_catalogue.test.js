// @ts-check
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { catalogueView } from './view_catalogue.js';

const [BREAD, MILK] = [{ id: 1, name: 'Marraqueta' }, { id: 2, name: 'Leche' }];

/** A till with bread among its favourites, where "marraq" finds nothing and resembles bread. */
function counter() {
  const catalogue = {
    favourites: () => [MILK],
    search: (/** @type {string} */ text) => [BREAD].filter(({ name }) => name.toLowerCase().startsWith(text)),
    searchSpelled: () => [],
    searchNear: () => [BREAD],
  };
  const room = /** @type {any} */ ({ catalogue, laid: null });
  /** @type {any} */
  const till = { ...catalogueView(room), $refs: {}, stage: 'ticket', dialog: null };
  return till;
}

test('what may have been meant is not looked for once the search was left', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const till = counter();

  till.search = 'maraq';
  till.showTiles();
  assert.deepEqual(till.tiles, []);
  till.search = '';
  till.showTiles();
  mock.timers.tick(1_000);

  assert.deepEqual([till.tiles, till.isGuess, till.tilesTitle], [[MILK], false, '']);
  mock.timers.reset();
});

test('what it resembles is shown after a pause, and the next letter is no guess any more', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const till = counter();

  till.search = 'maraq';
  till.showTiles();
  mock.timers.tick(1_000);
  assert.deepEqual([till.tiles, till.isGuess, till.tilesTitle], [[BREAD], true, 'Parecidos']);

  till.search = 'm';
  till.searchTyped();
  assert.equal(till.isGuess, false);
  mock.timers.tick(1_000);
  assert.deepEqual([till.tiles, till.isGuess, till.tilesTitle], [[BREAD], false, 'Resultados']);
  mock.timers.reset();
});

test('new prices wait while a sheet with other work is open', () => {
  const till = counter();
  /** @type {string[]} */
  const done = [];
  Object.assign(till, {
    ...{ cart: { lines: [] }, priced: { total: 100 } },
    changedPrices: () => [{ product_id: 1, price_clp: 90 }],
    showRepriced: () => void done.push(till.dialog),
  });

  for (const dialog of ['copies', 'weight', 'adult', 'cash', null]) {
    till.dialog = dialog;
    till.takeNewPrices();
  }

  assert.deepEqual(done, ['cash', null]);
});
