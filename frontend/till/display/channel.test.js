// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BroadcastChannel } from 'node:worker_threads';
import { createTeller, listen } from './channel.js';

const Channel = /** @type {any} */ (BroadcastChannel);
/** @type {import('./channel.js').Shown} */
const SHOWN = {
  ...{ stage: 'ticket', shop: 'Doña Rosa', count: '1 producto', total: '$1.190', saved: '', change: '', isPractice: false },
  lines: [{ name: 'Leche', detail: '', amount: '$1.190', saved: '' }],
};

/** Messages travel outside the turn of who sent them. */
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a screen that opens late is told what is on the till', async () => {
  const teller = createTeller(Channel);
  teller.tell(SHOWN);
  /** @type {any[]} */
  const seen = [];

  const leave = listen((shown) => seen.push(shown), Channel);
  await soon();
  teller.tell({ ...SHOWN, total: '$2.380' });
  await soon();
  leave();
  teller.close();

  assert.deepEqual(seen.map(({ total }) => total), ['$1.190', '$2.380']);
});

test('a browser without channels shows nothing and breaks nothing', () => {
  createTeller(undefined).tell(SHOWN);
});
