// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWedge, readMultiplier } from './scanner.js';

/**
 * @param {string[]} keys
 * @param {number} gapMs
 * @param {{at?: number, repeated?: boolean}} [options]
 */
function type(keys, gapMs, { at = 1000, repeated = false } = {}) {
  const wedge = createWedge();
  return keys.map((key, place) => wedge.press(key, at + place * gapMs, repeated).scan).at(-1);
}

const CODE = [...'7801234567894'];

test('fast keys that end with Enter or Tab are a scan', () => {
  assert.equal(type([...CODE, 'Enter'], 5), '7801234567894');
  assert.equal(type([...CODE, 'Tab'], 5), '7801234567894');
});

test('a person who types is not a scan, nor is a short burst, nor a held key', () => {
  assert.equal(type([...CODE, 'Enter'], 60), null);
  assert.equal(type([...'12345', 'Enter'], 5), null);
  assert.equal(type([...'0000000', 'Enter'], 20, { repeated: true }), null);
});

test('Shift inside a scan does not cut it', () => {
  assert.equal(type(['Shift', 'A', 'B', 'Shift', 'C', '1', '2', '3', 'Enter'], 5), 'ABC123');
});

test('slow text before a scan does not become part of it', () => {
  const wedge = createWedge();
  wedge.press('3', 0, false);
  wedge.press('*', 400, false);
  const started = CODE.map((key, place) => wedge.press(key, 1000 + place * 5, false).started);
  assert.deepEqual(started, [true, ...Array(12).fill(false)]);
  assert.equal(wedge.press('Enter', 1070, false).scan, '7801234567894');
});

test('an Enter long after the last key belongs to a person', () => {
  const wedge = createWedge();
  CODE.forEach((key, place) => wedge.press(key, place * 5, false));
  assert.equal(wedge.press('Enter', 500, false).scan, null);
});

test('a multiplier is read in front of a code or alone', () => {
  assert.deepEqual(readMultiplier('3*'), { times: 3, rest: '' });
  assert.deepEqual(readMultiplier('12 x leche'), { times: 12, rest: 'leche' });
  assert.deepEqual(readMultiplier('3*7801234567894'), { times: 3, rest: '7801234567894' });
  assert.deepEqual(readMultiplier('leche 3'), { times: 1, rest: 'leche 3' });
  assert.deepEqual(readMultiplier('0*leche'), { times: 1, rest: '0*leche' });
});
