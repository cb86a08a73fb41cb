// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { practiceBlocks } from './receipt.js';

test('the paper of a practice sale has no document, folio or stamp, and says so twice', () => {
  const look = /** @type {any} */ ({ shop: 'Doña Rosa', name: 'COMERCIAL', closing_lines: [], demonstration: false });
  const blocks = practiceBlocks({
    ...{ look, tillName: 'Caja 1', cashier: 'Camila Reyes', at: '2026-11-23T12:00:00Z' },
    lines: [{ name: 'Leche', unit: 'un', milli: 2000, priceClp: 1190, discountClp: 0, amountClp: 2380, exempt: false }],
    tenders: [{ kind: 'cash', amountClp: 5000 }],
  });

  assert.deepEqual(blocks.filter(({ kind }) => ['document_box', 'stamp', 'qr'].includes(String(kind))), []);
  assert.equal(blocks.filter(({ role }) => role === 'mark').length, 2);
  assert.deepEqual(
    blocks.filter(({ kind }) => kind === 'total').map(({ amount_clp: amount }) => amount),
    [2380],
  );
  assert.ok(blocks.some(({ label, amount_clp: amount }) => label === 'Vuelto' && amount === 2620));
});
