// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTill } from './device/browser_in_node.js';
import { valeView } from './view_vales.js';

const [OURS, THEIRS] = ['23456789F', 'ABCDEFGHR'];

/** A sheet where a vale is being typed, in front of a server that knows what is left of each. */
async function sheet() {
  const { memory } = await openTill();
  const left = new Map([[OURS, 5_000], [THEIRS, 700]]);
  const room = /** @type {any} */ ({
    ...{ device: { memory }, selling: { journal: { unsent: async () => [] } } },
    ask: { vale: async (/** @type {string} */ code) => ({ balance_clp: left.get(code) }) },
  });
  /** @type {any} */
  const till = { ...valeView(room), way: 'store_credit', reference: '', pad: '', sheetError: '', mostClp: () => 9_000 };
  const type = async (/** @type {string} */ code) => {
    till.reference = code;
    await till.lookUpVale();
  };
  return { till, type };
}

test('a code that is edited takes the balance of the vale before it off the sheet, and the amount it filled in', async () => {
  const { till, type } = await sheet();
  await type(OURS);
  assert.deepEqual([till.valeText(), till.pad], ['A este vale le quedan $5.000.', '5.000']);

  await type(OURS.slice(0, -1));
  assert.deepEqual([till.valeText(), till.pad, till.vale.leftClp], ['', '', null]);
  await type(THEIRS);
  assert.deepEqual([till.valeText(), till.pad], ['A este vale le quedan $700.', '700']);
});

test('an amount that the cashier typed stays when the code is edited', async () => {
  const { till, type } = await sheet();
  await type(OURS);
  till.pad = '3.000';

  await type(OURS.slice(0, -1));

  assert.deepEqual([till.valeText(), till.pad], ['', '3.000']);
});
