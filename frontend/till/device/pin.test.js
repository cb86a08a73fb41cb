// @ts-check
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { freshName, handClock } from './browser_in_node.js';
import { openMemory } from './memory.js';
import { isPin, tryPin } from './pin.js';

// Made by Django 5.2: PBKDF2PasswordHasher().encode('4321', 'sal', iterations=1000).
const DJANGO = 'pbkdf2_sha256$1000$sal$aNMzzWkw3kmTh4HPMcjyyM16p1+PsrRXZV+IC7moMp0=';

/** @param {number} id */
function person(id) {
  const hash = pbkdf2Sync('2468', 'abc', 10, 32, 'sha256').toString('base64');
  return { id, pin: `pbkdf2_sha256$10$abc$${hash}` };
}

test("a PIN is held against Django's own text", async () => {
  assert.equal(await isPin(DJANGO, '4321'), true);
  assert.equal(await isPin(DJANGO, '4322'), false);
});

test('a text that is none of those lets nobody through', async () => {
  for (const kept of ['', '!abc', 'argon2$x$y$z', 'pbkdf2_sha256$0$sal$aa', 'pbkdf2_sha256$1000$sal$']) {
    assert.equal(await isPin(kept, '4321'), false, kept);
  }
});

test('five wrong PINs in a row make that person wait a minute, over a restart, and nobody else', async () => {
  const { clock, pass } = handClock();
  const name = freshName();
  const memory = await openMemory(name);
  const verdicts = [];
  for (let attempt = 0; attempt < 5; attempt += 1) verdicts.push(await tryPin(memory, clock, person(1), '0000'));
  assert.deepEqual(verdicts, ['wrong', 'wrong', 'wrong', 'wrong', 'paused']);
  memory.close();

  const again = await openMemory(name);
  assert.equal(await tryPin(again, clock, person(1), '2468'), 'paused');
  assert.equal(await tryPin(again, clock, person(2), '2468'), 'right');
  pass(59_999);
  assert.equal(await tryPin(again, clock, person(1), '2468'), 'paused');
  pass(1);
  assert.equal(await tryPin(again, clock, person(1), '2468'), 'right');
});

test('a right PIN forgets the wrong ones before it', async () => {
  const { clock } = handClock();
  const memory = await openMemory(freshName());
  for (let attempt = 0; attempt < 4; attempt += 1) await tryPin(memory, clock, person(1), '0000');
  assert.equal(await tryPin(memory, clock, person(1), '2468'), 'right');
  for (let attempt = 0; attempt < 4; attempt += 1) {
    assert.equal(await tryPin(memory, clock, person(1), '0000'), 'wrong');
  }
});
