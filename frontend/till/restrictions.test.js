// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hindrance, hoursText, sellsAlcohol } from './restrictions.js';

/** @type {import('./restrictions.js').AlcoholHours} */
const HOURS = ['09:00', '01:00', '03:00'];

for (const [when, atLocal, sells] of /** @type {[string, string, boolean][]} */ ([
  ['before the opening', '2026-11-23T08:59', false],
  ['at the opening', '2026-11-23T09:00', true],
  ['at midnight', '2026-11-24T00:00', true],
  ['the last minute of a Tuesday night', '2026-11-24T00:59', true],
  ['at one on Tuesday', '2026-11-24T01:00', false],
  ['at one on Saturday', '2026-11-28T01:00', true],
  ['the last minute of a Saturday night', '2026-11-28T02:59', true],
  ['at three on Saturday', '2026-11-28T03:00', false],
  ['at one on Sunday', '2026-11-29T01:00', false],
])) {
  test(`alcohol ${when}: ${sells ? 'sold' : 'not sold'}`, () => assert.equal(sellsAlcohol(HOURS, atLocal), sells));
}

for (const [restriction, isAdult, atLocal, found] of /** @type {[0 | 1 | 2, boolean, string, string | null][]} */ ([
  [0, false, '2026-11-23T05:00', null],
  [1, false, '2026-11-23T05:00', 'ask'],
  [1, true, '2026-11-23T05:00', null],
  [2, true, '2026-11-23T05:00', 'closed'],
  [2, false, '2026-11-23T12:00', 'ask'],
  [2, true, '2026-11-23T12:00', null],
])) {
  test(`restriction ${restriction}, asked ${isAdult}, ${atLocal}: ${found}`, () => {
    assert.equal(hindrance(restriction, { hours: HOURS, atLocal, isAdult }), found);
  });
}

test('the hours are told in the words of a shop', () => {
  assert.equal(hoursText(HOURS), 'de 09:00 a 01:00 (la madrugada del sábado, hasta las 03:00)');
});
