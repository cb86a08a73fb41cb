// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, openTill } from '../device/browser_in_node.js';
import { blocksOfSale } from './of_sale.js';

const TILL = {
  name: 'Caja 1',
  look: {
    ...{ shop: 'Almacén', name: 'Doña Rosa', giro: 'Almacén', place: '', is_branch: false, rut: '76.918.245-4' },
    ...{ resolution_number: 0, resolution_year: 2026, site: '', closing_lines: [], demonstration: false },
  },
};

/** @param {Partial<import('../device/journal.js').Sold>} change */
async function sale(change = {}) {
  const { journal } = await openTill();
  return journal.sell({ body: { ...bread(), ...change }, screen: { cashier: 'Carla Soto' } });
}

/** @param {import('./receipt.js').Block[]} blocks */
const shown = (blocks) => blocks.filter(({ kind }) => ['item', 'item_note', 'total', 'amount'].includes(String(kind)));

test('the paper of a sale shows its folio, who sold, its stamp and the change', async () => {
  const entry = await sale();
  const blocks = blocksOfSale(entry, TILL);

  assert.equal(blocks.find(({ kind }) => kind === 'document_box')?.folio, 1);
  assert.deepEqual(blocks.find(({ kind }) => kind === 'pair'), { kind: 'pair', left: '22-11-2026 12:00', right: 'Caja 1 · Carla S.' });
  assert.match(String(blocks.find(({ kind }) => kind === 'stamp')?.ted), /^<TED version="1.0"><DD>.*<F>1<\/F>/);
  assert.equal(blocks.find(({ label }) => label === 'Vuelto')?.amount_clp, 10);
});

test('a discount is called by what gave it', async () => {
  const [line] = bread().lines;
  const discounts = [
    { kind: 'promotion', promotion_id: 1, name: 'Pan del día', amount_clp: 90 },
    { kind: 'line', name: 'Descuento al producto', amount_clp: 100 },
  ];
  const entry = await sale({ lines: [{ ...line, discount_clp: 190, amount_clp: 800, discounts }], total_clp: 800 });

  assert.deepEqual(shown(blocksOfSale(entry, TILL))[2], {
    kind: 'item_note',
    text: 'Pan del día + Descuento al producto',
    amount_clp: -190,
  });
});

test("beside a card's voucher the paper shows what the voucher leaves, and a copy says so", async () => {
  const payments = [
    { kind: 'card', amount_clp: 590, reference: '' },
    { kind: 'cash', amount_clp: 400, reference: '' },
  ];
  const entry = await sale({ payments, has_voucher: true });
  const blocks = blocksOfSale(entry, TILL, '2026-11-22T16:00:00.000Z');

  assert.deepEqual(
    shown(blocks).map(({ name, label, amount_clp: amount }) => [name ?? label, amount]),
    [
      ['Pan marraqueta', 400],
      ['TOTAL', 400],
      ['El IVA incluido en esta boleta es', 64],
      ['Total a pagar en efectivo', 400],
      ['Efectivo', 400],
      ['Vuelto', 0],
    ],
  );
  assert.equal(blocks[0].text, 'COPIA');
});
