// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedText } from './view_display.js';

for (const [lines, words] of /** @type {[['un' | 'kg', number][], string][]} */ ([
  [[], '0 productos'],
  [[['un', 1_000]], '1 producto'],
  [[['un', 3_000]], '3 productos'],
  [[['un', 3_000], ['kg', 455]], '4 productos'],
  // A price label of goods sold by the piece: part of one, and one thing in the bag.
  [[['un', 750]], '1 producto'],
  [[['un', 1_200_000], ['un', 1_000]], '1.201 productos'],
])) {
  test(`the customer's screen counts ${words} of ${JSON.stringify(lines)}`, () => assert.equal(countedText(lines.map(([unit, quantityMilli]) => ({ unit, quantityMilli }))), words));
}
