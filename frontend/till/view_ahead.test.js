// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { withOneMore } from './catalogue.js';
import { Away } from './device/office.js';
import { aheadView } from './view_ahead.js';

const SUGAR = [1, 'Azúcar', 'A1', ['7801234567894'], 1350, 'un', 4, 0, 0, null, 0, 0];
const MILK = [2, 'Leche', 'A2', ['7801234567900'], 1191, 'un', 4, 0, 0, null, 0, 0];
const CATEGORIES = /** @type {[number, string, number][]} */ ([[4, 'Abarrotes', 1]]);

/**
 * A till whose catalogue is on the way, in front of a server that knows sugar and milk.
 * @param {{isAway?: boolean}} [line]
 */
function loading(line = {}) {
  /** @type {string[]} */
  const asked = [];
  /** @type {any} */
  const room = {
    catalogue: null,
    ask: {
      async product(/** @type {string} */ code) {
        asked.push(code);
        if (line.isAway) throw new Away('away');
        const row = [SUGAR, MILK].find((one) => /** @type {any} */ (one[3]).includes(code));
        return row ? { categories: CATEGORIES, products: [row] } : null;
      },
    },
  };
  /** @type {any} */
  const till = {
    ...aheadView(room),
    catalogueShare: 40,
    heldScans: [],
    taken: [],
    unknown: [],
    drainScans() {
      while (till.heldScans.length > 0 && till.knows(till.heldScans[0])) till.taken.push(till.heldScans.shift());
    },
    unknownCode: (/** @type {string} */ code) => void till.unknown.push(code),
  };
  return { till, room, asked };
}

test('B2: a code that has not come yet is asked of the server, once, and the next scan of it needs no asking', async () => {
  const { till, asked } = loading();
  till.heldScans.push('7801234567894', '7801234567900');
  await till.askAhead();

  assert.deepEqual(till.taken, ['7801234567894', '7801234567900']);
  assert.equal(till.knows('7801234567894'), true);
  assert.deepEqual(asked, ['7801234567894', '7801234567900']);
  assert.equal(till.catalogueShare, 40);
});

test('B2: what the server does not know is said at once, and what follows it is sold', async () => {
  const { till } = loading();
  till.heldScans.push('7809999999998', '7801234567900');
  await till.askAhead();

  assert.deepEqual([till.unknown, till.taken, till.heldScans], [['7809999999998'], ['7801234567900'], []]);
});

test('B2: without a line what was scanned waits for the catalogue, nothing is lost', async () => {
  const line = { isAway: true };
  const { till } = loading(line);
  till.heldScans.push('7801234567894');
  await till.askAhead();
  assert.deepEqual([till.heldScans, till.taken, till.unknown], [['7801234567894'], [], []]);

  line.isAway = false;
  await till.askAhead();
  assert.deepEqual([till.heldScans, till.taken], [[], ['7801234567894']]);
});

test('B2: an answer that comes after the catalogue changes nothing of it', async () => {
  const { till, room } = loading();
  till.heldScans.push('7801234567894');
  const asking = till.askAhead();
  till.catalogueShare = null;
  await asking;

  assert.equal(room.catalogue, null);
});

test('B2: products that came one by one are of no revision, so that the whole catalogue is asked for', () => {
  const first = withOneMore(null, { categories: CATEGORIES, products: [SUGAR] });
  const cheaper = SUGAR.with(4, 1300);
  const then = withOneMore(withOneMore(first, { categories: CATEGORIES, products: [MILK] }), { categories: CATEGORIES, products: [cheaper] });

  assert.equal(then.rev, '');
  assert.deepEqual(then.products, [MILK, cheaper]);
});
