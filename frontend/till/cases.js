// @ts-check
/**
 * Answer cases on stdin with results on stdout: `node frontend/till/cases.js < cases.json > results.json`.
 *
 * `{"cases": [{"id", "kind", "input"}]}` becomes `{"results": [{"id", "output"}]}`; kinds the till has no arithmetic
 * for are left out. A refused case is `{"error": code}`.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MILLI } from './pricing/amounts.js';
import { boletaTotals } from './pricing/boleta.js';
import { settle, settleRefund } from './pricing/cash.js';
import { readTicket } from './pricing/reading.js';
import { Refusal } from './pricing/refusals.js';
import { priceTicket } from './pricing/ticket.js';
import { splitVouchers } from './pricing/vouchers.js';

/** @type {Record<string, (input: any) => any>} */
const KINDS = {
  pricing: (input) => ticketJson(priceTicket(readTicket(input))),
  payment: ({ total, tenders }) => settle(total, tenders),
  refund: ({ amount, paid, chosen }) => settleRefund(amount, paid, chosen ?? null),
  boleta: ({ lines }) => boletaTotals(lines),
  voucher_split: splitJson,
};

/**
 * @param {{cases: {id: string, kind: string, input: any}[]}} document
 * @returns {{results: {id: string, output: any}[]}}
 */
export function answer({ cases }) {
  return { results: cases.filter(({ kind }) => kind in KINDS).map(({ id, kind, input }) => ({ id, output: answerCase(kind, input) })) };
}

/**
 * @param {string} kind
 * @param {any} input
 * @returns {any} the answer, or the refusal's code
 */
export function answerCase(kind, input) {
  try {
    return KINDS[kind](input);
  } catch (error) {
    if (error instanceof Refusal) return { error: error.code };
    throw error;
  }
}

/** @param {import('./pricing/ticket.js').PricedTicket} ticket */
function ticketJson({ lines, applications, affected, exempt, total }) {
  return {
    lines: lines.map((line) => ({
      id: line.id,
      price: line.priceClp,
      quantity: quantityText(line.milli),
      base: line.baseClp,
      promotions: Object.fromEntries(line.promotions),
      line_discount: line.lineDiscountClp,
      ticket_discount: line.ticketDiscountClp,
      amount: line.amountClp,
      dte: {
        quantity: quantityText(line.document.milli),
        price: line.document.priceClp,
        discount: line.document.discountClp,
        amount: line.document.amountClp,
      },
    })),
    applications: applications.map(({ promotion, savedClp, units }) => ({
      promotion,
      saving: savedClp,
      units: units.map(([line, milli]) => [line, quantityText(milli)]),
    })),
    affected,
    exempt,
    total,
  };
}

/** @param {any} input */
function splitJson({ lines, tenders }) {
  const { boleta, voucher } = splitVouchers(lines, tenders);
  const papered = lines.map((/** @type {any} */ line, /** @type {number} */ place) => ({ amount: boleta[place], exempt: line.exempt }));
  const totals = boleta.some((part) => part > 0) ? boletaTotals(papered) : null;
  return {
    boleta_lines: boleta,
    voucher_lines: voucher,
    boleta: totals && { type: totals.type, net: totals.net, exempt: totals.exempt, iva: totals.iva, total: totals.total },
    voucher: voucher.reduce((total, part) => total + part, 0),
  };
}

/**
 * @param {number} milli
 * @returns {string} exactly three decimals
 */
function quantityText(milli) {
  return `${Math.floor(milli / MILLI)}.${String(milli % MILLI).padStart(3, '0')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8'))))}\n`);
}
