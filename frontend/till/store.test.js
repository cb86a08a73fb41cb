// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saleStore } from './store.js';

/** A database that writes down what each transaction does and to which stores. */
function notebook() {
  /** @type {{stores: string[], mode: string, durability: string, deeds: string[]}[]} */
  const transactions = [];
  const db = {
    /** @param {string[]} stores @param {string} mode @param {{durability: string}} options */
    transaction(stores, mode, options) {
      const deeds = /** @type {string[]} */ ([]);
      transactions.push({ stores, mode, durability: options.durability, deeds });
      return {
        done: Promise.resolve(),
        /** @param {string} name */
        objectStore: (name) => ({
          put: async (/** @type {any} */ record) => deeds.push(`put ${name} ${record.uid}`),
          delete: async (/** @type {string} */ key) => deeds.push(`delete ${name} ${key}`),
        }),
      };
    },
  };
  return { transactions, sales: saleStore(/** @type {any} */ (db)) };
}

/** @param {'sending' | 'accepted'} state */
function record(state) {
  return /** @type {import('./queue.js').SaleRecord} */ ({ uid: 'u1', state, body: {}, cart: {}, queued_at: '' });
}

test('a sale that is written down takes its ticket off the disk in the same stroke', async () => {
  const { transactions, sales } = notebook();

  await sales.put(record('sending'));

  assert.deepEqual(transactions, [
    { stores: ['sale', 'kv'], mode: 'readwrite', durability: 'strict', deeds: ['put sale u1', 'delete kv cart'] },
  ]);
});

test('an answer leaves the next ticket where it is', async () => {
  const { transactions, sales } = notebook();

  await sales.put(record('accepted'));

  assert.deepEqual(transactions[0].deeds, ['put sale u1']);
});
