// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from './browser_in_node.js';
import { openMemory } from './memory.js';
import { Away, Refused, Revoked } from './office.js';
import { forgetAsked, isRefusal, keepAsked, readAsked } from './unanswered.js';

const FIRST = { uid: 'first', sale_uid: 'sale-1', body: { uid: 'first', lines: [{ position: 1, quantity: '1' }] } };
const SECOND = { ...FIRST, uid: 'second', body: { ...FIRST.body, uid: 'second' } };

test('a deed without an answer is there after the browser was killed, and another one does not take its place', async () => {
  const name = freshName();
  const before = await openMemory(name);
  assert.deepEqual(await keepAsked(before, 'back', FIRST), FIRST);
  before.close();

  const memory = await openMemory(name);

  assert.deepEqual(await readAsked(memory, 'back'), FIRST);
  assert.deepEqual(await keepAsked(memory, 'back', SECOND), FIRST);
  assert.deepEqual(await readAsked(memory, 'back'), FIRST);
  assert.equal(await readAsked(memory, 'mail'), null);
});

test('what was answered is forgotten, and only that', async () => {
  const memory = await openMemory(freshName());
  await keepAsked(memory, 'back', FIRST);

  await forgetAsked(memory, 'back', 'second');
  assert.deepEqual(await readAsked(memory, 'back'), FIRST);
  await forgetAsked(memory, 'back', 'first');

  assert.equal(await readAsked(memory, 'back'), null);
  assert.deepEqual(await keepAsked(memory, 'back', SECOND), SECOND);
});

test('only a no to the deed itself says that it was not done', () => {
  assert.equal(isRefusal(new Refused('return_refused', 'De esta venta ya se devolvió todo.', 422)), true);
  assert.equal(isRefusal(new Refused('not_found', '', 404)), true);
  for (const error of [new Away('no answer'), new Refused('broken', '', 500), new Refused('busy', '', 429), new Refused('clock', '', 401), new Revoked('not_our_device', '', 401), new TypeError('x')]) {
    assert.equal(isRefusal(error), false);
  }
});
