// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused } from './server.js';
import { invoiceView, returnedText, wordsOf } from './view_invoice.js';

const KNOWN = { name: 'Los Robles SpA', giro: 'Ferretería', address: 'Irarrázaval 2100', commune: 'Ñuñoa', city: '', email: '' };

/**
 * @param {any} known
 * @param {boolean} [cardIsBoleta]
 */
function view(known, cardIsBoleta = false) {
  const server = /** @type {any} */ ({ buyer: async () => known });
  const made = invoiceView({ server }, { factura_lines: 60, card_is_boleta: cardIsBoleta });
  return Object.assign(made, {
    cart: { lines: [] },
    sheetError: '',
    setCart() {},
    close() {},
    say(/** @type {string} */ _tone, /** @type {string} */ text) {
      made.said = text;
    },
  });
}

test('a known RUT fills in what is blank and leaves what was typed', async () => {
  const till = view(KNOWN);
  till.to = { ...till.to, rut: '776543217', giro: 'Construcción' };

  await till.lookUpBuyer();

  assert.deepEqual(till.to, { ...KNOWN, giro: 'Construcción', rut: '77.654.321-7' });
});

test('a factura without its commune is not chosen, and one with all is', () => {
  const till = view(null);
  till.to = { ...KNOWN, rut: '77.654.321-7', commune: ' ' };

  till.confirmInvoice();
  assert.deepEqual([till.sheetError, till.invoice], ['Falta la comuna.', null]);

  till.to.commune = 'Ñuñoa';
  till.confirmInvoice();
  assert.deepEqual(till.invoice, { ...KNOWN, rut: '77654321-7' });
});

test('sixty lines go on a factura and the next one is announced', () => {
  const till = view(null);
  const of = (/** @type {number} */ count) => /** @type {any} */ ({ lines: Array(count).fill({}) });
  assert.equal(till.facturaIsFull(of(61)), false);
  till.invoice = { rut: '77654321-7', ...KNOWN };

  assert.equal(till.facturaIsFull(of(60)), false);
  assert.equal(till.facturaIsFull(of(61)), true);
  assert.equal(till.said, 'Una factura lleva hasta 60 líneas. Cobra estas y sigue en otra factura.');
});

test('a machine whose voucher is a boleta gets a hint, only with a factura', () => {
  const till = view(null, true);
  assert.equal(till.machineHint(), '');
  till.invoice = { rut: '77654321-7', ...KNOWN };
  assert.match(till.machineHint(), /^En la máquina elige venta con factura/);
});

test('a refusal speaks for itself, and a silent server is named', () => {
  assert.equal(wordsOf(new Refused('Caja 1 está cerrada.')), 'Caja 1 está cerrada.');
  assert.match(wordsOf(new Error('x')), /^El servidor no contesta/);
  assert.equal(returnedText({ total_clp: 100, returned_clp: 0 }), '');
  assert.equal(returnedText({ total_clp: 2700, returned_clp: 1350 }), 'Devuelto $1.350');
  assert.equal(returnedText({ total_clp: 2700, returned_clp: 2700 }), 'Devuelta entera');
});
