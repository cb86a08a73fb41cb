// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused } from './device/office.js';
import { invoiceView, returnedText, wordsOf } from './view_invoice.js';

const KNOWN = { name: 'Los Robles SpA', giro: 'Ferretería', address: 'Irarrázaval 2100', commune: 'Ñuñoa', city: '', email: '' };

/**
 * @param {any} known
 * @param {boolean} [cardIsBoleta]
 */
function view(known, cardIsBoleta = false) {
  const ask = /** @type {any} */ ({ buyer: async () => known });
  const made = invoiceView({ ask });
  return Object.assign(made, {
    till: { factura_lines: 60, card_is_boleta: cardIsBoleta },
    cart: { lines: [] },
    tenders: /** @type {any[]} */ ([]),
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
  assert.equal(wordsOf(new Refused('no_open_shift', 'Caja 1 está cerrada.')), 'Caja 1 está cerrada.');
  assert.match(wordsOf(new Error('x')), /^Esto necesita conexión/);
  assert.equal(returnedText({ total_clp: 100, returned_clp: 0 }), '');
  assert.equal(returnedText({ total_clp: 2700, returned_clp: 1350 }), 'Devuelto $1.350');
  assert.equal(returnedText({ total_clp: 2700, returned_clp: 2700 }), 'Devuelta entera');
});

test('a guía asks who drives what away, and is one only when all stays owed', () => {
  const till = view(null);
  till.to = { ...KNOWN, rut: '77.654.321-7' };
  till.paperKind = 'guia';
  till.journey = { plate: 'ab-cd 12', driverRut: '12.345.678-5', driverName: ' Luis  Soto ' };

  for (const [name, value, words] of [
    ['plate', 'ABC', 'Escribe la patente del vehículo, como ABCD12.'],
    ['driverRut', ' ', 'Falta el RUT de quien maneja.'],
    ['driverRut', '12.345.678-4', 'El RUT de quien maneja no existe: revisa el último dígito.'],
    ['driverName', ' ', 'Falta el nombre de quien maneja.'],
  ]) {
    const typed = till.journey[name];
    till.journey[name] = value;
    till.confirmInvoice();
    assert.deepEqual([till.sheetError, till.invoice], [words, null]);
    till.journey[name] = typed;
  }
  till.confirmInvoice();

  assert.deepEqual(till.invoice?.journey, { plate: 'ABCD12', driver_rut: '12345678-5', driver_name: 'Luis Soto' });
  assert.equal(till.paperChoice(), 'Guía');
  assert.equal(till.guiaTrouble([{ kind: 'credit' }]), '');
  assert.match(till.guiaTrouble([{ kind: 'credit' }, { kind: 'cash' }]), /queda toda fiada/);
});

test('what a machine gave is named before a guía is chosen, and it is not one until that was given back', () => {
  const till = view(null);
  till.to = { ...KNOWN, rut: '77.654.321-7' };
  till.journey = { plate: 'ABCD12', driverRut: '12.345.678-5', driverName: 'Luis Soto' };
  till.tenders = [{ kind: 'card', amount_clp: 500 }, { kind: 'credit', amount_clp: 200 }];

  till.choosePaper('guia');
  assert.equal(till.sheetError, 'Una guía queda toda fiada y ya está anotado Tarjeta $500. Devuélvelo y quítalo en Mixto (F10); después elige la guía.');
  till.confirmInvoice();
  assert.equal(till.invoice, null);

  till.tenders = [{ kind: 'credit', amount_clp: 200 }];
  till.choosePaper('guia');
  assert.equal(till.sheetError, '');
  till.confirmInvoice();
  assert.equal(till.isGuia(), true);
});

test('a RUT that nobody typed is missing, not wrong', () => {
  const till = view(null);
  till.to = { ...KNOWN, rut: ' ' };

  till.confirmInvoice();

  assert.deepEqual([till.sheetError, till.invoice], ['Falta el RUT.', null]);
});
