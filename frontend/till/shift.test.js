// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal } from './device/journal.js';
import { freshName, handClock, noLock } from './device/browser_in_node.js';
import { openMemory } from './device/memory.js';
import { countSlip } from './paper/slips.js';
import { drawerSum, readPieces, SHIFT_HERE, shiftNow, toldCounts } from './shift.js';
import { createUidSource } from './uid.js';

const SHIFT = { uid: 'a', opened_at: '2026-11-22T12:00:00Z', cashier: { id: 1, name: 'Carla' } };
const OTHER = { ...SHIFT, uid: 'b' };

test('what was done here counts until the server has heard of it', () => {
  assert.equal(shiftNow(null, null), null);
  assert.deepEqual(shiftNow({ shift: OTHER, last_seq: 3 }, null), OTHER);
  assert.deepEqual(shiftNow({ shift: null, last_seq: 3 }, { seq: 4, shift: SHIFT }), SHIFT);
  assert.equal(shiftNow({ shift: SHIFT, last_seq: 6 }, { seq: 7, shift: null }), null);
});

test('once the server has heard of it, its word counts: the office may have closed the shift', () => {
  assert.equal(shiftNow({ shift: null, last_seq: 4 }, { seq: 4, shift: SHIFT }), null);
  assert.deepEqual(shiftNow({ shift: OTHER, last_seq: 9 }, { seq: 7, shift: null }), OTHER);
});

test('a drawer is added up by notes and coins, and only those that are there are told', () => {
  const counts = { 20_000: 2, 1_000: 0, 500: 3, 10: 7 };

  assert.equal(drawerSum(counts), 41_570);
  assert.deepEqual(toldCounts(counts), { 20000: 2, 500: 3, 10: 7 });
  assert.equal(drawerSum({}), 0);
});

test('how many there are is a whole number that a drawer can hold', () => {
  assert.deepEqual(['', '0', '12', '9999'].map(readPieces), [0, 0, 12, 9999]);
  assert.deepEqual(['1,5', '-1', '10000', 'x'].map(readPieces), [null, null, null, null]);
});

test('D9 the end of a shift and what the till makes of it are one stroke: both are there, or neither', async () => {
  const memory = await openMemory(freshName());
  const { clock } = handClock();
  const newUid = createUidSource(clock.now, (bytes) => bytes, 0);
  const journal = createJournal({ memory, clock, newUid, lock: noLock });
  const keep = (/** @type {{seq: number}} */ entry) => ({ [SHIFT_HERE]: { seq: entry.seq, shift: null } });

  const entry = await journal.append('shift_closed', { shift_uid: 'a' }, { keep });
  assert.deepEqual(await memory.read(SHIFT_HERE), { seq: entry.seq, shift: null });

  await memory.keep('revoked', true);
  const opens = () => ({ [SHIFT_HERE]: { seq: 99, shift: SHIFT } });
  await assert.rejects(journal.append('shift_opened', {}, { keep: opens }));
  assert.deepEqual(await memory.read(SHIFT_HERE), { seq: entry.seq, shift: null });
  assert.equal((await journal.unsent()).length, 1);
  memory.close();
});

test('A7 A8 a count with sales still to be told says how many, and which boletas customers hold', () => {
  const blocks = countSlip({
    ...{ shop: 'Doña Rosa', till: 'Caja 1', at: '2026-11-22T23:00:00Z', openedAt: '2026-11-22T12:00:00Z', closedBy: 'Carla' },
    ...{ counts: [[1_000, 3]], countedClp: 3_000, unsent: 2, folios: [1041, 1042], held: [{ name: 'Mesa', totalClp: 900 }] },
  });
  const texts = blocks.flatMap(({ text, left, right }) => [text, left, right]).filter(Boolean);

  assert.ok(texts.includes('2 POR ENVIAR'));
  assert.ok(texts.includes('Boletas 1.041, 1.042'));
  assert.ok(texts.includes('3 × $1.000') && texts.includes('$3.000'));
  assert.ok(texts.includes('Mesa') && texts.includes('$900'));
});
