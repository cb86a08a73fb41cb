// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTill } from './browser_in_node.js';
import { hold, letGo, listHeld, MOST_HELD, takeBack } from './held.js';
import { openMemory } from './memory.js';

/**
 * @param {string} uid
 * @param {string} [name]
 */
const ticket = (uid, name = 'Señora del abrigo') => ({
  ...{ uid, name, heldAt: '2026-11-23T12:00:00Z', totalClp: 1190 },
  ticket: { lines: [uid], nextKey: 2 },
});

test('A11: a ticket put aside is there after the browser was closed, and the screen is free', async () => {
  const till = await openTill();
  await till.memory.keep('cart', { lines: ['one'] });

  assert.equal(await hold(till.memory, ticket('one')), true);
  till.memory.close();

  const again = await openMemory(till.name);
  assert.deepEqual(await listHeld(again), [ticket('one')]);
  assert.equal(await again.read('cart'), undefined);
  again.close();
});

test('a ticket is taken back once, as the one on the screen', async () => {
  const { memory } = await openTill();
  await hold(memory, ticket('one'));
  await hold(memory, ticket('two'));

  const [first, second] = await Promise.all([takeBack(memory, 'one'), takeBack(memory, 'one')]);

  assert.deepEqual([first, second].filter(Boolean), [ticket('one')]);
  assert.deepEqual(await memory.read('cart'), ticket('one').ticket);
  assert.deepEqual(await listHeld(memory), [ticket('two')]);
});

test('a ticket held again takes the place of its former state', async () => {
  const { memory } = await openTill();
  await hold(memory, ticket('one'));
  await hold(memory, ticket('one', 'Don Luis'));

  assert.deepEqual(await listHeld(memory), [ticket('one', 'Don Luis')]);
});

test('one ticket too many is refused and stays on the screen', async () => {
  const { memory } = await openTill();
  for (let place = 0; place < MOST_HELD; place += 1) await hold(memory, ticket(`t${place}`));
  await memory.keep('cart', 'kept');

  assert.equal(await hold(memory, ticket('more')), false);

  assert.equal(await memory.read('cart'), 'kept');
  assert.equal((await listHeld(memory)).length, MOST_HELD);
});

test('with the list full the ticket on the screen still changes places with one of it', async () => {
  const { memory } = await openTill();
  for (let place = 0; place < MOST_HELD; place += 1) await hold(memory, ticket(`t${place}`));
  await memory.keep('cart', ticket('screen').ticket);

  assert.deepEqual(await takeBack(memory, 't3', ticket('screen')), ticket('t3'));

  assert.deepEqual(await memory.read('cart'), ticket('t3').ticket);
  const uids = (await listHeld(memory)).map(({ uid }) => uid);
  assert.deepEqual([uids.length, uids.includes('t3'), uids.at(-1)], [MOST_HELD, false, 'screen']);
  assert.equal(await takeBack(memory, 't3', ticket('other')), null);
  assert.equal((await listHeld(memory)).some(({ uid }) => uid === 'other'), false);
});

test('a ticket nobody comes back for is let go with its deed, or not at all', async () => {
  const { memory, journal } = await openTill();
  for (const uid of ['one', 'two', 'three']) await hold(memory, ticket(uid));

  await letGo({ memory, journal }, 'one', { kind: 'ticket_voided' });
  await letGo({ memory, journal }, 'two', null);

  assert.deepEqual((await listHeld(memory)).map(({ uid }) => uid), ['three']);
  assert.deepEqual((await journal.next(10)).map(({ type, body }) => [type, body.kind]), [['deed', 'ticket_voided']]);

  await memory.keep('revoked', true);
  await assert.rejects(letGo({ memory, journal }, 'three', { kind: 'ticket_voided' }));
  assert.deepEqual((await listHeld(memory)).map(({ uid }) => uid), ['three']);
});
