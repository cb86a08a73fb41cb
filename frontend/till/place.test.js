// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepPlace, readPlace, tillOf, recallPlace } from './place.js';

/** @param {string | null} [text] */
function disk(text = null) {
  return {
    getItem: () => text,
    /** @param {string} _ @param {string} value */
    setItem(_, value) {
      text = value;
    },
  };
}

const PLACE = { company_id: 7, till_id: 3, till_name: 'Caja 1', shop: 'Almacén' };

test('which till a browser is comes back as it was kept', () => {
  const storage = disk();
  keepPlace(storage, PLACE);

  assert.deepEqual(readPlace(storage), PLACE);
});

test('a browser that is no till, or holds nonsense, is no till', () => {
  for (const text of [null, '', '{', '{"company_id": "7", "till_id": 3}', '[]']) assert.equal(readPlace(disk(text)), null);
});

test('a till has what the server says, and the usual where it has said nothing', () => {
  const till = tillOf({ id: 3, name: 'Caja A', quick_notes: [500], agent: null }, PLACE);

  assert.deepEqual([till.name, till.shop, till.quick_notes, till.factura_lines], ['Caja A', 'Almacén', [500], 60]);
  assert.equal(tillOf(null, null).name, '');
});

test('a till whose note was lost in a cut is found by what its device keeps', async () => {
  const kept = { 'erpmarket-equipo-7': { id: 3, name: 'Caja 1', shop: 'Doña Rosa' } };
  const names = ['otra-cosa', 'erpmarket-equipo-4', 'erpmarket-equipo-7'];
  /** @type {string[]} */
  const closed = [];
  const open = async (/** @type {string} */ name) => ({
    read: async () => /** @type {Record<string, any>} */ (kept)[name],
    close: () => void closed.push(name),
  });

  const found = await recallPlace(async () => names.map((name) => ({ name })), open);

  assert.deepEqual(found, { company_id: 7, till_id: 3, till_name: 'Caja 1', shop: 'Doña Rosa' });
  assert.deepEqual(closed, ['erpmarket-equipo-4', 'erpmarket-equipo-7']);
  assert.equal(await recallPlace(async () => [{ name: 'erpmarket-equipo-4' }], open), null);
});
