// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, freshName, openTill } from './browser_in_node.js';
import { askToStay, openMemory, STEPS } from './memory.js';

/** @param {number} count */
const rows = (count) => Array.from({ length: count }, (_, place) => [place, `Producto ${place}`, String(place), [], 100]);

test('a program two versions ahead finds the journal, the folios and the keys as they were', async () => {
  const till = await openTill();
  const sale = await till.journal.sell({ body: bread() });
  await till.memory.keep('keys', 'kept');
  till.memory.close();

  const ahead = await openMemory(till.name, {
    steps: [
      ...STEPS,
      (db) => void db.createObjectStore('agent'),
      (_, tx) => void tx.objectStore('journal').createIndex('type', 'type'),
    ],
  });

  assert.deepEqual(await ahead.journal().getAll(), [sale]);
  assert.deepEqual((await ahead.leases()).map(({ uid, next }) => [uid, next]), [['lease-1', 2]]);
  assert.equal(await ahead.read('keys'), 'kept');
  ahead.close();

  // And back: a page out of an old cache still sells and loses nothing.
  const behind = await openTill({ name: till.name, blocks: [] });
  await behind.journal.sell({ body: bread() });
  assert.deepEqual((await behind.journal.next(50)).map(({ seq }) => seq), [1, 2]);
});

test('a page in the way of a newer program makes room and is told', async () => {
  const name = freshName();
  let isGone = false;
  await openMemory(name, { onGone: () => (isGone = true) });

  const newer = await openMemory(name, { steps: [...STEPS, (db) => void db.createObjectStore('agent')] });

  assert.equal(isGone, true);
  await newer.keep('a', 1);
});

test('what fails halfway wrote nothing', async () => {
  const memory = await openMemory(freshName());
  await memory.keep('seq', 1);

  const failed = memory.write(['kv'], async (tx) => {
    await tx.objectStore('kv').put(2, 'seq');
    throw new Error('halfway');
  });

  await assert.rejects(failed, /halfway/);
  assert.equal(await memory.read('seq'), 1);
});

test('each write asks for strict durability', async () => {
  const memory = await openMemory(freshName());
  /** @type {string[]} */
  const durabilities = [];

  await memory.write(['kv', 'journal'], async (tx) => void durabilities.push(tx.durability));

  assert.deepEqual(durabilities, ['strict']);
});

test('the catalogue comes back as it was, and only what changed of it is written', async () => {
  const memory = await openMemory(freshName());
  assert.equal(await memory.readCatalogue(), null);
  const first = { rev: 1, categories: [[1, 'Abarrotes', 'h1']], promotions: [{ id: 3 }], products: rows(1203) };

  assert.equal(await memory.writeCatalogue(first, null), 3);
  assert.deepEqual(await memory.readCatalogue(), first);

  const products = first.products.map((row) => (row[0] === 700 ? [700, 'Otro', '700', [], 200] : row));
  const second = { ...first, rev: 2, products };
  assert.equal(await memory.writeCatalogue(second, first), 1);
  assert.deepEqual(await memory.readCatalogue(), second);

  const third = { ...second, rev: 3, products: products.slice(0, 500) };
  assert.equal(await memory.writeCatalogue(third, second), 0);
  assert.deepEqual(await memory.readCatalogue(), third);
});

test('a catalogue that is not the one on the disk is written whole', async () => {
  const memory = await openMemory(freshName());
  const products = rows(600);
  await memory.writeCatalogue({ rev: 1, categories: [], products: rows(600).reverse() }, null);

  const written = await memory.writeCatalogue({ rev: 3, categories: [], products }, { rev: 2, categories: [], products });

  assert.equal(written, 2);
  assert.deepEqual((await memory.readCatalogue())?.products, products);
});

test('the cashiers are those of the last answer', async () => {
  const memory = await openMemory(freshName());
  await memory.keepCashiers([{ id: 1, name: 'Rosa' }, { id: 2, name: 'Juan' }]);

  await memory.keepCashiers([{ id: 2, name: 'Juan' }]);

  assert.deepEqual(await memory.cashiers(), [{ id: 2, name: 'Juan' }]);
});

test('whether the browser keeps its disk is asked for and told', async () => {
  const yes = async () => true;
  const no = async () => false;

  assert.equal((await askToStay({ persisted: yes })).kept, true);
  assert.equal((await askToStay({ persisted: no, persist: yes })).kept, true);
  for (const storage of [undefined, {}, { persisted: no, persist: no }]) {
    const { kept, words } = await askToStay(storage);
    assert.equal(kept, false);
    assert.match(words, /Instala la caja como aplicación/);
  }
});

test('A3: whatever may write shares one store, so that a killed browser never leaves two halves', async () => {
  /** @type {string[][]} */
  const scopes = [];
  const real = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (/** @type {string | string[]} */ stores, /** @type {IDBTransactionMode} */ mode, /** @type {any} */ options) {
    const names = typeof stores === 'string' ? [stores] : [...stores];
    // Only reading by an index writes without saying so: the journal alone has some.
    if (mode === 'readwrite' || names.includes('journal')) scopes.push(names);
    return real.call(this, stores, mode, options);
  };
  try {
    const memory = await openMemory('one-at-a-time');
    await memory.keep('cart', 1);
    await memory.drop('cart');
    await memory.keepCashiers([{ id: 3, name: 'Rosa' }]);
    await memory.writeCatalogue({ rev: 1, products: [[1, 'Pan']] }, null);
    await memory.write(['lease', 'journal'], async (tx) => void (await tx.objectStore('lease').getAll()));
    await memory.journal().index('state').getAll('signed');
    memory.close();
  } finally {
    IDBDatabase.prototype.transaction = real;
  }

  assert.equal(scopes.length, 6);
  assert.deepEqual(scopes.filter((names) => !names.includes('kv')), []);
});
