// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from './device/browser_in_node.js';
import { openMemory } from './device/memory.js';
import { MOST_VALES, readSpentVales, rememberVales, spentHere } from './vales.js';

/**
 * @param {string} code
 * @param {number} amount
 * @param {string} at
 */
const sale = (code, amount, at) => ({ at, body: { payments: [{ kind: 'cash', amount_clp: 10, reference: code }, { kind: 'store_credit', amount_clp: amount, reference: code }] } });

test('a vale of the journal is known as spent, with what the server has not heard of', () => {
  const unsent = [sale('AAA', 500, '11:00'), sale('BBB', 90, '11:05'), sale('AAA', 200, '11:10'), { at: '11:20', body: { shift_uid: 's' } }];

  assert.deepEqual(spentHere(unsent, [], 'AAA'), { unsentClp: 700, at: '11:10' });
  assert.equal(spentHere(unsent, [], 'CCC'), null);
});

test('a vale that the server has heard of stays known after a reload', async () => {
  const name = freshName();
  const before = await openMemory(name);
  await rememberVales(before, [sale('AAA', 500, '11:00')]);
  before.close();

  const told = await readSpentVales(await openMemory(name));

  assert.deepEqual(spentHere([], told, 'AAA'), { unsentClp: 0, at: '11:00' });
});

test('only the last vales are remembered', async () => {
  const memory = await openMemory(freshName());
  for (let place = 0; place < MOST_VALES + 5; place += 1) await rememberVales(memory, [sale(`V${place}`, 1, '10:00')]);

  const told = await readSpentVales(memory);

  assert.deepEqual([told.length, told[0].code, told.at(-1)?.code], [MOST_VALES, 'V5', `V${MOST_VALES + 4}`]);
});
