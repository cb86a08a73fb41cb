// @ts-check
/** D4: Ley 20.956 on the screen and on paper, for each last digit and each way in which money changes hands. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiptBlocks } from './paper/receipt.js';
import { settleRefund } from './pricing/cash.js';
import { doubtView } from './view_doubt.js';
import { tenderView } from './view_tenders.js';
import { payView } from './view_pay.js';

/** What a person pays or gets in cash for an amount that ends in each digit: 1 to 5 down, 6 to 9 up. */
const IN_CASH = [1990, 1990, 1990, 1990, 1990, 1990, 2000, 2000, 2000, 2000];
const LOOK = {
  ...{ shop: 'Doña Rosa', name: 'Rosa SpA', giro: 'Minimarket', place: 'Maipú', is_branch: false, rut: '76.123.456-0' },
  ...{ resolution_number: 80, resolution_year: 2014, site: '', closing_lines: [], demonstration: false },
};

/**
 * The screen while a ticket is being paid.
 * @param {number} total
 * @param {any[]} tenders
 * @param {string} way
 */
function screen(total, tenders, way) {
  const room = /** @type {any} */ ({ catalogue: null, selling: null });
  const made = /** @type {any} */ (Object.assign(payView(room), doubtView(), tenderView(room)));
  return Object.assign(made, { priced: { total, amounts: [total] }, tenders, way, dialog: 'tender', pad: '', till: { quick_notes: [] } });
}

/**
 * @param {number} total
 * @param {{kind: string, amountClp: number}[]} tenders
 * @returns {Record<string, number>} what the paper says of money, by its label
 */
function printed(total, tenders) {
  const line = { name: 'Pan', unit: /** @type {const} */ ('un'), milli: 1000, priceClp: total, discountClp: 0, amountClp: total, exempt: false };
  const facts = { look: LOOK, tillName: 'Caja 1', cashier: 'Carla', kind: /** @type {const} */ (39), folio: 1 };
  const blocks = receiptBlocks({ ...facts, at: '2026-11-23T12:00:00Z', ted: '<TED/>', lines: [line], tenders });
  const money = blocks.filter(({ kind }) => kind === 'amount' || kind === 'total');
  return Object.fromEntries(money.map(({ label, amount_clp: amount }) => [label, Number(amount)]));
}

IN_CASH.forEach((inCash, digit) => {
  const total = 1990 + digit;

  test(`D4: a total that ends in ${total % 10}, in cash`, () => {
    const shown = screen(total, [], 'cash');
    assert.equal(shown.toPayText(), inCash === 2000 ? '$2.000' : '$1.990');
    assert.equal(shown.roundingText() === '', inCash === total);
    const paper = printed(total, [{ kind: 'cash', amountClp: inCash }]);
    assert.deepEqual([paper.TOTAL, paper['Total a pagar en efectivo'], paper.Vuelto], [total, inCash, 0]);
    assert.equal(paper['Redondeo (Ley 20.956)'] ?? 0, inCash - total);
  });

  test(`D4: a total that ends in ${total % 10}, by card`, () => {
    const shown = screen(total, [], 'card');
    assert.deepEqual([shown.toPayClp(), shown.roundingText()], [total, '']);
    const paper = printed(total, [{ kind: 'card', amountClp: total }]);
    assert.deepEqual([paper.TOTAL, paper.Tarjeta, paper['Redondeo (Ley 20.956)']], [total, total, undefined]);
  });

  test(`D4: a rest that ends in ${total % 10}, in cash beside a card`, () => {
    const shown = screen(total + 3000, [{ kind: 'card', amount_clp: 3000 }], 'cash');
    assert.equal(shown.toPayClp(), inCash);
    const paper = printed(total + 3000, [{ kind: 'card', amountClp: 3000 }, { kind: 'cash', amountClp: inCash }]);
    assert.deepEqual([paper.TOTAL, paper.Tarjeta, paper['Efectivo a pagar']], [total + 3000, 3000, inCash]);
    assert.equal(paper['Redondeo (Ley 20.956)'] ?? 0, inCash - total);
  });

  test(`D4: the change of a total that ends in ${total % 10}`, () => {
    const shown = screen(total, [], 'cash');
    shown.pad = '5.000';
    assert.equal(shown.missingText(), `Vuelto $${inCash === 2000 ? '3.000' : '3.010'}`);
    assert.equal(printed(total, [{ kind: 'cash', amountClp: 5000 }]).Vuelto, 5000 - inCash);
  });

  test(`D4: giving back an amount that ends in ${total % 10}`, () => {
    const inNotes = settleRefund(total, [{ kind: 'cash', amount: 5000 }]);
    assert.deepEqual([inNotes.cash_out, inNotes.rounding], [inCash, total - inCash]);
    const toTheCard = settleRefund(total, [{ kind: 'card', amount: 5000 }]);
    assert.deepEqual([toTheCard.parts, toTheCard.cash_out, toTheCard.rounding], [[{ kind: 'card', amount: total }], 0, 0]);
  });
});
