// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUidSource } from './uid.js';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids have the form of UUID version 7 and carry the time', () => {
  const next = createUidSource(() => 0x0198a1b2c3d4, (bytes) => bytes.fill(0xff));
  assert.equal(next(), '0198a1b2-c3d4-7000-bfff-ffffffffffff');
});

test('ids only grow: inside one millisecond, past the counter, and when the clock steps back', () => {
  const times = [...Array(5000).fill(1_700_000_000_000), 1_600_000_000_000, 1_700_000_000_005];
  let place = 0;
  const next = createUidSource(() => times[place++], (bytes) => crypto.getRandomValues(bytes));

  const ids = times.map(() => next());

  for (const id of ids) assert.match(id, FORM);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
});

test('ids go on after those of a page that was closed, also when the clock stepped back meanwhile', () => {
  const next = createUidSource(() => 1_600_000_000_000, (bytes) => bytes.fill(0), 0x0198a1b2c3d4);
  assert.equal(next(), '0198a1b2-c3d4-7001-8000-000000000000');
});
