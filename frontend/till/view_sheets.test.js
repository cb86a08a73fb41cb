// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discountView } from './view_discounts.js';
import { sheetView } from './view_sheets.js';
import { shiftView } from './view_shift.js';

for (const [sheet, choice, way] of /** @type {[string, string, string][]} */ ([
  ['discount', 'discountBy', 'pesos'],
  ['discount', 'discountBy', 'price'],
  ['cashmove', 'chooseMove', 'in'],
  ['cashmove', 'chooseMove', 'out'],
])) {
  test(`what is typed after ${choice}('${way}') goes to the amount of its sheet`, () => {
    let focused = 0;
    const dialog = { querySelector: (/** @type {string} */ what) => (what === '[data-first]' ? { focus: () => (focused += 1) } : null) };
    const room = /** @type {any} */ ({});
    /** @type {any} */
    const till = { ...sheetView({ wakeSheet() {} }), ...discountView(room), ...shiftView(room), dialog: sheet, $refs: { [sheet]: dialog } };

    till[choice](way);

    assert.equal(focused, 1);
  });
}
