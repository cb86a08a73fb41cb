// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScanQueue, followRequests, MOST_WAITING } from './scan_queue.js';

/** A page whose server answers by hand. */
function page() {
  /** @type {string[]} */
  const asked = [];
  /** @type {string[]} */
  const lost = [];
  const queue = createScanQueue({
    take(code) {
      asked.push(code);
      queue.began();
    },
    onLost: (codes) => void lost.push(...codes),
  });
  return { queue, asked, lost };
}

test('a scan amid the drawing of another waits for it', () => {
  const { queue, asked, lost } = page();

  for (const code of ['a', 'b', 'c']) queue.scan(code);
  assert.deepEqual(asked, ['a']);
  queue.ended(true);
  assert.deepEqual(asked, ['a', 'b']);
  queue.ended(true);
  queue.ended(true);

  assert.deepEqual([asked, lost], [['a', 'b', 'c'], []]);
});

test('where nothing is asked of the server, none waits', () => {
  /** @type {string[]} */
  const taken = [];
  const queue = createScanQueue({ take: (code) => void taken.push(code), onLost: () => assert.fail() });

  for (const code of ['a', 'b']) queue.scan(code);

  assert.deepEqual(taken, ['a', 'b']);
});

test('a server that is away takes none: all are told, and the next scan is asked anew', () => {
  const { queue, asked, lost } = page();
  for (const code of ['a', 'b']) queue.scan(code);

  queue.ended(false);
  queue.scan('c');

  assert.deepEqual([asked, lost], [['a', 'c'], ['a', 'b']]);
});

test('another request of the page that fails loses no scan', () => {
  const { queue, asked, lost } = page();
  queue.began();
  queue.ended(false);

  queue.scan('a');

  assert.deepEqual([asked, lost], [['a'], []]);
});

test('a page that hangs takes a limited number of scans', () => {
  const { queue, lost } = page();

  for (let number = 0; number <= MOST_WAITING + 1; number += 1) queue.scan(`${number}`);

  assert.deepEqual(lost, [`${MOST_WAITING + 1}`]);
});

/**
 * A page whose requests htmx tells of.
 * @param {ReturnType<typeof page>} given
 */
function htmx({ queue }) {
  const events = new EventTarget();
  followRequests(events, queue);
  return (/** @type {string} */ name, /** @type {any} */ detail) => void events.dispatchEvent(new CustomEvent(`htmx:${name}`, { detail }));
}

test('a scan waits until what was drawn answers to a tap, however many parts were drawn', () => {
  const screen = page();
  const told = htmx(screen);
  const xhr = {};
  for (const code of ['a', 'b', 'c']) screen.queue.scan(code);

  told('afterSwap', { xhr });
  told('afterRequest', { xhr, successful: true });
  assert.deepEqual(screen.asked, ['a']);
  for (let part = 0; part < 3; part += 1) told('afterSettle', { xhr });

  assert.deepEqual([screen.asked, screen.lost], [['a', 'b'], []]);
});

test('an answer with nothing to draw ends its request, and so does one that failed', () => {
  const screen = page();
  const told = htmx(screen);
  for (const code of ['a', 'b', 'c']) screen.queue.scan(code);

  told('afterRequest', { xhr: {}, successful: true });
  assert.deepEqual(screen.asked, ['a', 'b']);
  told('afterRequest', { xhr: {}, successful: false });

  assert.deepEqual([screen.asked, screen.lost], [['a', 'b'], ['b', 'c']]);
});
