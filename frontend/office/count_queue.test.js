// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSteady } from './camera.js';
import { createQueue, readQuantity } from './count_queue.js';

/** @param {(body: any) => {status: number, body: any}} answer */
function phone(answer) {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const told = { saved: /** @type {any[]} */ ([]), refused: /** @type {string[]} */ ([]), sent: /** @type {any[]} */ ([]), waiting: -1 };
  const clock = { now: 1000 };
  const open = () =>
    createQueue({
      store: { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => void kept.set(key, text) },
      key: 'conteo',
      now: () => clock.now,
      post: async (body) => {
        told.sent.push(body);
        return answer(body);
      },
      onSaved: (body) => told.saved.push(body),
      onRefused: (words) => told.refused.push(words),
      onChange: (waiting) => {
        told.waiting = waiting;
      },
    });
  return { open, told, clock, kept };
}

const ENTRY = { uid: 'a', product_id: 7, quantity: '12', deed: 'add' };

test('what was counted without network survives a reload and says how old it is', async () => {
  let away = true;
  const { open, told, clock } = phone(() => {
    if (away) throw new TypeError('no network');
    return { status: 200, body: { product_id: 7 } };
  });
  await open().add(ENTRY);
  assert.equal(told.waiting, 1);

  away = false;
  clock.now += 90_000;
  const again = open();
  assert.equal(again.length, 1);
  await again.send();

  assert.deepEqual(told.sent.at(-1), { ...ENTRY, age_ms: 90_000 });
  assert.deepEqual([again.length, told.waiting, told.saved.length], [0, 0, 1]);
});

test('a refusal is told and not sent again; the next ones go on', async () => {
  const { open, told } = phone((body) =>
    body.uid === 'a' ? { status: 422, body: { message: 'Se cuenta por unidad.' } } : { status: 200, body: {} },
  );
  const queue = open();
  await Promise.all([queue.add(ENTRY), queue.add({ ...ENTRY, uid: 'b' })]);

  assert.deepEqual(told.refused, ['Se cuenta por unidad.']);
  assert.deepEqual([told.saved.length, queue.length, told.sent.length], [1, 0, 2]);
});

test('a server in trouble keeps the entry on the phone', async () => {
  const { open, told } = phone(() => ({ status: 502, body: null }));
  const queue = open();
  await queue.add(ENTRY);
  assert.deepEqual([queue.length, told.sent.length, told.refused.length], [1, 1, 0]);
});

test('quantities are read as people write them', () => {
  for (const [text, unit, read] of [
    ['12', 'un', '12'],
    ['1.200', 'un', '1200'],
    ['0,455', 'kg', '0.455'],
    ['1.455', 'kg', '1.455'],
    ['1,5', 'un', null],
    ['7801234567894', 'un', null],
    ['', 'un', null],
    ['-3', 'un', null],
  ]) {
    assert.equal(readQuantity(String(text), String(unit)), read, `${text} ${unit}`);
  }
});

test('a code counts once it is seen twice, and once while it stays in front', () => {
  const steady = createSteady();
  assert.equal(steady('780', 0), null);
  assert.equal(steady('780', 150), '780');
  assert.equal(steady('780', 300), null);
  assert.equal(steady(null, 4000), null);
  assert.equal(steady('780', 9000), '780');
  assert.equal(steady('781', 9100), null);
  assert.equal(steady('781', 9200), '781');
});
