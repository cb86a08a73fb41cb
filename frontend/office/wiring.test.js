// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOUBLE_TAP_MS } from '../till/once.js';
import { guardDoubleSubmit } from './wiring.js';

/** A form's taps, each let through or not, as the page's guard decides. @param {boolean} isAnotherTab */
function taps(isAnotherTab) {
  const page = new EventTarget();
  globalThis.window = /** @type {any} */ (new EventTarget());
  guardDoubleSubmit(/** @type {any} */ (page));
  const form = { method: 'post', dataset: {}, matches: (/** @type {string} */ what) => isAnotherTab && what.includes('_blank') };
  return () => {
    const event = new Event('submit', { cancelable: true });
    Object.defineProperty(event, 'target', { value: form });
    return page.dispatchEvent(event);
  };
}

test('a double tap opens one tab; a later tap opens another', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tap = taps(true);

  assert.deepEqual([tap(), tap()], [true, false]);
  context.mock.timers.tick(DOUBLE_TAP_MS);
  assert.equal(tap(), true);
});

test('a form of this page is sent once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tap = taps(false);

  assert.equal(tap(), true);
  context.mock.timers.tick(DOUBLE_TAP_MS);
  assert.equal(tap(), false);
});
