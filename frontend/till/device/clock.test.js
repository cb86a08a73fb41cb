// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handClock, NOON } from './browser_in_node.js';
import { createClock, nextInstant } from './clock.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

test('the offset is the server against the middle of the trip', () => {
  const { clock } = handClock();

  assert.equal(clock.learn(NOON + 5_000, NOON - 200, NOON + 200), true);

  assert.deepEqual([clock.offset(), clock.now(), clock.raw()], [5_000, NOON + 5_000, NOON]);
});

test('an answer that took too long, or without a time, teaches nothing', () => {
  const { clock } = handClock();

  assert.equal(clock.learn(NOON + 5_000, NOON, NOON + 30_000), false);
  assert.equal(clock.learn(Number.NaN, NOON, NOON), false);
  assert.equal(clock.learn(NOON, NOON, NOON - 1), false);

  assert.equal(clock.offset(), 0);
});

test('what was learnt before holds until the server speaks again', () => {
  const clock = createClock({ now: () => NOON, ticks: () => 0, offset: -3_000 });

  assert.equal(clock.now(), NOON - 3_000);
});

for (const [skew, verdict] of /** @type {[number, string][]} */ ([
  [5 * MINUTE, 'right'],
  [5 * MINUTE + 1, 'warn'],
  [-5 * MINUTE - 1, 'warn'],
  [DAY, 'warn'],
  [DAY + 1, 'wrong'],
  [-DAY - 1, 'wrong'],
])) {
  test(`a device ${skew} ms off is ${verdict}`, () => {
    const { clock } = handClock();
    clock.learn(NOON + skew, NOON, NOON);
    assert.equal(clock.verdict(), verdict);
  });
}

test('somebody sets the device back while it sells: the corrected clock goes on', () => {
  const { clock, hands, pass } = handClock();
  pass(1_000);
  assert.equal(clock.now(), NOON + 1_000);

  hands.device -= 3_600_000;

  assert.equal(clock.now(), NOON + 1_000);
  pass(1_000);
  assert.equal(clock.now(), NOON + 2_000);
  assert.equal(clock.verdict(), 'warn');
});

test('a leap forwards is told until the server speaks', () => {
  const { clock, hands } = handClock();
  hands.device += 6 * MINUTE;
  assert.equal(clock.verdict(), 'warn');

  clock.learn(hands.device, hands.device, hands.device);

  assert.equal(clock.verdict(), 'right');
});

test('instants only grow, up to a day back; further back there is none', () => {
  const { clock } = handClock();

  assert.equal(nextInstant(clock, 0), NOON);
  assert.equal(nextInstant(clock, NOON), NOON + 1);
  assert.equal(nextInstant(clock, NOON + DAY), NOON + DAY + 1);
  assert.equal(nextInstant(clock, NOON + DAY + 1), null);
});

test('a till that once dated a sale ahead goes back to the right time when the server says it', () => {
  const { clock, pass } = handClock();
  const ahead = NOON + 20 * 3_600_000;

  assert.equal(nextInstant(clock, ahead), ahead + 1);
  clock.learn(NOON, clock.raw(), clock.raw());
  pass(60_000);

  assert.equal(nextInstant(clock, ahead), NOON + 60_000);
  assert.equal(nextInstant(clock, NOON + 60_000), NOON + 60_001);
});
