// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotationBlocks } from './quotation.js';

const quoted = quotationBlocks({
  ...{ shop: 'Almacén Doña Rosa', till: 'Caja 1', at: '2026-11-23T21:42:00Z', customer: 'Don Luis', note: '' },
  lines: [
    { name: 'Leche 1 L', unit: 'un', milli: 1000, priceClp: 1190, amountClp: 1190 },
    { name: 'Queso', unit: 'kg', milli: 455, priceClp: 8990, amountClp: 4000 },
  ],
  totalClp: 5190,
});

test('a quotation says that it is no tax document and nothing was charged', () => {
  const words = quoted.filter(({ kind }) => kind === 'text').map(({ text }) => text);
  assert.ok(words.includes('No es boleta ni factura. No se ha cobrado.'));
  assert.ok(words.includes('Para Don Luis'));
  assert.equal(quoted.some(({ kind }) => kind === 'stamp' || kind === 'document_box'), false);
});

test('its lines are what the ticket costs', () => {
  assert.deepEqual(
    quoted.filter(({ kind }) => ['item', 'item_note', 'total'].includes(String(kind))),
    [
      { kind: 'item', name: 'Leche 1 L', amount_clp: 1190, exempt: false },
      { kind: 'item', name: 'Queso', amount_clp: 4000, exempt: false },
      { kind: 'item_note', text: '0,455 kg × $8.990/kg', amount_clp: null },
      { kind: 'total', amount_clp: 5190, label: 'TOTAL' },
    ],
  );
});
