// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelTrouble, scanView } from './view_scan.js';

const BREAD = /** @type {any} */ ({ name: 'Marraqueta', unit: 'kg' });
const PIE = /** @type {any} */ ({ name: 'Empanada', unit: 'un' });

for (const [product, kind, value, words] of /** @type {[any, any, number, string][]} */ ([
  [BREAD, 'weight', 455, ''],
  [BREAD, 'price', 900, ''],
  [PIE, 'price', 900, ''],
  [PIE, 'units', 3, ''],
  [BREAD, 'weight', 0, 'La etiqueta de Marraqueta dice 0\u00a0kg. Pésalo de nuevo.'],
  [PIE, 'price', 0, 'La etiqueta de Empanada dice $0. Pésalo de nuevo.'],
  [PIE, 'weight', 455, 'La etiqueta trae el peso de Empanada, que se vende por unidad. Corrígelo en la oficina o tócalo en la lista.'],
  [BREAD, 'units', 3, 'La etiqueta trae unidades de Marraqueta, que se vende por kilo. Corrígelo en la oficina o pésalo aquí.'],
])) {
  test(`B9: a label of ${value} by ${kind} for ${product.name} says «${words}»`, () => assert.equal(labelTrouble(product, { kind, value, plu: '1', baseCode: '' }), words));
}

test('what is scanned before the ticket of the page before came back is added to it, not overwritten', () => {
  const room = /** @type {any} */ ({ catalogue: { find: (/** @type {string} */ code) => ({ kind: 'product', product: { name: code } }) } });
  /** @type {any} */
  const till = {
    ...scanView(room),
    ...{ ready: false, stage: 'ticket', isHolding: false, dialog: null, heldScans: [], catalogueShare: null, search: '', lines: [] },
    ...{ knows: () => true, takeScannedVale: () => false, takeSoldLink: () => false, closeMenu() {}, searchTyped() {} },
    take: (/** @type {any} */ product) => void till.lines.push(product.name),
  };

  till.scanned('7801234567894');
  till.drainScans();
  assert.deepEqual([till.lines, till.heldScans], [[], ['7801234567894']]);
  till.lines = ['what was on the disk'];
  till.ready = true;
  till.drainScans();

  assert.deepEqual([till.lines, till.heldScans], [['what was on the disk', '7801234567894'], []]);
});
