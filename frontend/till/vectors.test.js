// @ts-check
/** The till's arithmetic answers the same cases as `erpmarket.pricing`, for the kinds a plain ticket needs. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { boletaTotals, TotalZero } from './boleta.js';
import { addArticle, EMPTY_CART, LineRefused, priceCart, saleLines } from './cart.js';
import { settle, TenderRefused } from './cash.js';
import { parseQuantity } from './money.js';

const FOLDER = new URL('../../src/erpmarket/pricing/vectors/', import.meta.url);

/** Keys of a ticket without promotions, discounts and labels: those come with their own issue. */
const PLAIN_TICKET = ['at_local', 'lines'];
const PLAIN_LINE = ['id', 'product', 'category', 'unit', 'quantity', 'price', 'exempt', 'discountable', 'expires_on'];

/**
 * @param {string} file
 * @param {string} kind
 * @returns {any[]}
 */
function cases(file, kind) {
  const { cases: all } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  return all.filter((/** @type {any} */ one) => one.kind === kind);
}

/**
 * @param {() => any} answer
 * @returns {any} the answer, or the refusal as the vectors write it
 */
function answered(answer) {
  try {
    return answer();
  } catch (error) {
    if (error instanceof TenderRefused || error instanceof LineRefused || error instanceof TotalZero) {
      return { error: error.code };
    }
    throw error;
  }
}

/**
 * @param {string[]} allowed
 * @param {object} given
 */
function only(allowed, given) {
  return Object.keys(given).every((key) => allowed.includes(key));
}

/** @param {any} ticket */
function isPlain(ticket) {
  return only(PLAIN_TICKET, ticket) && ticket.lines.every((/** @type {any} */ line) => only(PLAIN_LINE, line) && 'price' in line);
}

/** @param {any} input */
function priceTicket({ lines }) {
  let key = 0;
  // Each line of a case stays a line: the till joins units of one product, so each gets a product of its own.
  const cart = lines.reduce((/** @type {any} */ sofar, /** @type {any} */ line) => {
    key += 1;
    const article = {
      productId: key,
      name: line.product,
      unit: line.unit ?? 'un',
      exempt: line.exempt === true,
      priceClp: line.price,
    };
    return addArticle(sofar, article, parseQuantity(line.quantity ?? '') ?? 0);
  }, EMPTY_CART);
  const priced = priceCart(cart);
  return {
    amounts: priced.amounts,
    quantities: saleLines(cart).map((line) => Number(line.quantity)),
    affected: priced.affected,
    exempt: priced.exempt,
    total: priced.total,
  };
}

/** @param {any} expected */
function ticketExpected(expected) {
  if (expected.error) return expected;
  return {
    amounts: expected.lines.map((/** @type {any} */ line) => line.amount),
    quantities: expected.lines.map((/** @type {any} */ line) => Number(line.quantity)),
    affected: expected.affected,
    exempt: expected.exempt,
    total: expected.total,
  };
}

test('every payment case', () => {
  const all = cases('cash.json', 'payment');
  assert.ok(all.length >= 50);
  for (const { id, input, expected } of all) {
    assert.deepEqual(answered(() => settle(input.total, input.tenders)), expected, id);
  }
});

test('every boleta case', () => {
  const all = cases('tax.json', 'boleta');
  assert.ok(all.length >= 30);
  for (const { id, input, expected } of all) {
    assert.deepEqual(answered(() => boletaTotals(input.lines)), expected, id);
  }
});

test('every plain ticket', () => {
  const plain = cases('tickets.json', 'pricing').filter(({ input }) => isPlain(input));
  assert.ok(plain.length >= 15, `only ${plain.length} plain tickets`);
  for (const { id, input, expected } of plain) {
    assert.deepEqual(answered(() => priceTicket(input)), ticketExpected(expected), id);
  }
});
