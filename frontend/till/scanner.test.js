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
  assert.equal(type([...CODE, 'Enter'], 120), null);
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

/**
 * @param {string} text
 * @param {(place: number) => number} gapAt
 * @param {() => boolean} [isKnownSlow]
 */
function typeUneven(text, gapAt, isKnownSlow) {
  const wedge = createWedge(isKnownSlow);
  let at = 1000;
  return [...text, 'Enter']
    .map((key, place) => {
      at += gapAt(place);
      return wedge.press(key, at, false);
    })
    .at(-1);
}

test('a slow scanner is known by its even keys, from 36 to 99 ms', () => {
  for (const gap of [36, 50, 60, 80, 99]) assert.deepEqual([typeUneven('7801234567894', () => gap)?.scan, typeUneven('7801234567894', () => gap)?.isSlow], ['7801234567894', true]);
  assert.equal(typeUneven('7801234567894', () => 100)?.scan, null);
});

test('a hand that types as fast as a slow scanner is uneven, and writes words: neither is a scan', () => {
  const hand = (/** @type {number} */ place) => (place % 2 === 0 ? 55 : 90);
  assert.deepEqual([typeUneven('78012345', hand)?.scan, typeUneven('78012345', hand)?.isBurst], [null, true]);
  assert.deepEqual([typeUneven('maraqueta', () => 60)?.scan, typeUneven('maraqueta', () => 60)?.isBurst], [null, false]);
  assert.equal(typeUneven('coca 12345', () => 60)?.scan, null);
  // A PIN of six numbers, an amount.
  assert.deepEqual([typeUneven('147036', () => 60)?.scan, typeUneven('147036', () => 60)?.isBurst], [null, false]);
});

test('where the scanner is known to be slow, uneven keys and short codes are scans too', () => {
  const jitter = (/** @type {number} */ place) => (place % 3 === 0 ? 45 : 95);
  assert.equal(typeUneven('7801234567894', jitter, () => true)?.scan, '7801234567894');
  assert.equal(typeUneven('AB12345', jitter, () => true)?.scan, 'AB12345');
  // As long as a PIN may be.
  assert.equal(typeUneven('147036', jitter, () => true)?.scan, null);
});

test('an Enter that ends a burst which no hand typed is told apart, however short it is', () => {
  assert.deepEqual([typeUneven('123', () => 8)?.scan, typeUneven('123', () => 8)?.isBurst], [null, true]);
  assert.equal(typeUneven('12', () => 8)?.isBurst, false);
  assert.equal(typeUneven('1000', () => 60)?.isBurst, false);
});

test('slow keys of a person right before a fast scan are not part of it', () => {
  const wedge = createWedge();
  const keys = [...'12', ...CODE, 'Enter'];
  let at = 0;
  const said = keys.map((key, place) => {
    at += place < 3 ? 70 : 5;
    return wedge.press(key, at, false);
  });
  assert.deepEqual([said.at(-1)?.scan, said.at(-1)?.isSlow], ['7801234567894', false]);
  assert.deepEqual(said.slice(0, 4).map(({ started }) => started), [true, true, true, false]);
});

test('a multiplier is read in front of a code or alone', () => {
  assert.deepEqual(readMultiplier('3*'), { times: 3, rest: '' });
  assert.deepEqual(readMultiplier('12 x leche'), { times: 12, rest: 'leche' });
  assert.deepEqual(readMultiplier('3*7801234567894'), { times: 3, rest: '7801234567894' });
  assert.deepEqual(readMultiplier('leche 3'), { times: null, rest: 'leche 3' });
  assert.deepEqual(readMultiplier('1*leche'), { times: 1, rest: 'leche' });
  assert.deepEqual(readMultiplier('0*leche'), { times: 0, rest: 'leche' });
  assert.deepEqual(readMultiplier('99999*'), { times: 0, rest: '' });
  assert.deepEqual(readMultiplier('12345X67'), { times: null, rest: '12345X67' });
});
