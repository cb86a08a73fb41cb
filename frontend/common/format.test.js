// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseQuantity } from '../till/money.js';
import * as format from './format.js';

const url = new URL('../../src/erpmarket/ui/tests/formats.json', import.meta.url);
const table = JSON.parse(readFileSync(url, 'utf8'));

test('amounts are written as in the table both languages share', () => {
  for (const [value, text] of table.clp) assert.equal(format.clp(value), text);
  for (const [value, text] of table.signed_clp) assert.equal(format.signedClp(value), text);
  for (const [value, text] of table.whole) assert.equal(format.whole(value), text);
});

test('quantities are written as in the table', () => {
  for (const [value, unit, text] of table.quantity) {
    const size = /** @type {number} */ (parseQuantity(value.replace('-', '')));
    assert.equal(format.quantity(value.startsWith('-') ? -size : size, unit), text);
  }
});

test('RUTs are written as in the table', () => {
  for (const [given, text] of table.rut) assert.equal(format.rut(given), text);
});

test('days and hours are those of Santiago, on both nights the clocks change too', () => {
  for (const { at, hour, hour_seconds: seconds, day_short: short, day } of table.instant) {
    assert.deepEqual([format.hour(at), format.hourSeconds(at), format.dayShort(at), format.day(at)], [hour, seconds, short, day]);
  }
});
