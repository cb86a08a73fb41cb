// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customerView } from './view_customer.js';

test('two pulls at once lose nobody: the second asks for what is new after the first', async () => {
  const ana = [2, '', 'Ana Pérez', '', 0, 0, null, ''];
  const berta = [3, '', 'Berta Soto', '', 0, 0, null, ''];
  /** @type {(number | null)[]} */
  const asked = [];
  /** @type {any} */
  const room = {
    customerRows: { rev: 5, rows: [ana] },
    device: { memory: { keep: async () => {} } },
    ask: {
      /** @param {number} since */
      async customers(since) {
        asked.push(since);
        return { rev: since + 1, base: since, rows: since === 5 ? [berta] : [], gone: [] };
      },
    },
  };
  const view = customerView(room);

  await Promise.all([view.pullCustomers(6), view.pullCustomers(-1)]);

  assert.deepEqual(asked, [5, 6]);
  assert.deepEqual(room.customerRows, { rev: 7, rows: [ana, berta] });
});
