// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLater } from './later.js';

/** A browser whose next picture and timers come by hand. */
function browserByHand() {
  /** @type {{draws: (() => void)[], pauses: {work: () => void, ms: number}[]}} */
  const asked = { draws: [], pauses: [] };
  const later = createLater({ draw: (work) => asked.draws.push(work), pause: (work, ms) => asked.pauses.push({ work, ms }) });
  const timers = (/** @type {number} */ ms) => asked.pauses.filter((one) => one.ms === ms).forEach(({ work }) => work());
  return { later, asked, timers };
}

test('work waits for the picture, and of one name only the last is done, once', () => {
  const { later, asked, timers } = browserByHand();
  /** @type {string[]} */
  const done = [];

  for (const word of ['one', 'two']) later.after('keep', () => done.push(word));
  later.after('say', () => done.push('said'));
  assert.deepEqual(done, []);
  asked.draws.forEach((draw) => draw());
  timers(0);
  timers(100);

  assert.deepEqual(done, ['two', 'said']);
});

test('a window that draws nothing does it all the same', () => {
  const { later, timers } = browserByHand();
  /** @type {string[]} */
  const done = [];

  later.after('keep', () => done.push('kept'));
  timers(100);

  assert.deepEqual(done, ['kept']);
});

test('what was dropped is not done, and a page that goes does the rest at once', () => {
  const { later, timers } = browserByHand();
  /** @type {string[]} */
  const done = [];

  later.after('keep', () => done.push('kept'));
  later.after('say', () => done.push('said'));
  later.drop('keep');
  later.run();
  timers(100);

  assert.deepEqual(done, ['said']);
});

test('work that asks for more work has it done after the next picture', () => {
  const { later, timers } = browserByHand();
  /** @type {string[]} */
  const done = [];

  later.after('keep', () => later.after('keep', () => done.push('again')));
  later.run();
  assert.deepEqual(done, []);
  later.run();

  assert.deepEqual(done, ['again']);
  timers(100);
  assert.deepEqual(done, ['again']);
});

test('work that fails is told and the rest is done', () => {
  const { later, timers } = browserByHand();
  /** @type {unknown[]} */
  const done = [];
  const before = globalThis.reportError;
  globalThis.reportError = (error) => void done.push(error);
  const failure = new Error('no disk');

  later.after('tiles', () => {
    throw failure;
  });
  later.after('keep', () => done.push('kept'));
  timers(100);
  globalThis.reportError = before;

  assert.deepEqual(done, [failure, 'kept']);
});
