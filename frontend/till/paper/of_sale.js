// @ts-check
/** The paper of a sale in the journal: what was sold here, as `receipt.js` draws it. */

import { parseQuantity } from '../money.js';
import { grossClp, MILLI } from '../pricing/amounts.js';
import { CARD } from '../pricing/cash.js';
import { paperLines } from '../device/selling.js';
import { receiptBlocks } from './receipt.js';

/**
 * @typedef {import('../device/journal.js').Entry} Entry
 * @typedef {{look: import('./receipt.js').Look, name: string}} TillLook
 */

/**
 * Draw the boleta that a sale has, or its copy.
 * @param {Entry} entry stamped here; `screen.cashier` is who sold
 * @param {TillLook} till
 * @param {string} [reprintedAt]
 * @returns {import('./receipt.js').Block[]}
 */
export function blocksOfSale({ at, body, screen }, { look, name }, reprintedAt) {
  const { paper, payments, has_voucher: hasVoucher } = body;
  // The voucher's part is on the voucher: this paper shows what is paid beside it.
  const tenders = hasVoucher ? payments.filter((/** @type {any} */ one) => one.kind !== CARD) : payments;
  return receiptBlocks({
    ...{ look, tillName: name, cashier: screen?.cashier ?? '', kind: paper.kind, folio: paper.folio },
    // The stamp's second, not the instant's fraction.
    at: `${at.slice(0, 19)}Z`,
    ted: atob(paper.ted),
    // Beside a voucher the lines of the document are others than those of the sale: it cannot name their discounts.
    lines: paperLines(body).map(({ line, amount }) => lineOnPaper({ line: hasVoucher ? { ...line, discounts: [] } : line, amount })),
    tenders: tenders.map((/** @type {any} */ one) => ({
      ...{ kind: one.kind, amountClp: one.amount_clp },
      ...(one.kind === 'credit' && screen?.owes_clp !== undefined ? { owesClp: screen.owes_clp } : {}),
    })),
    ...(reprintedAt === undefined ? {} : { reprintedAt }),
  });
}

/**
 * @param {{line: import('../device/journal.js').SoldLine, amount: number}} shown
 * @returns {import('./receipt.js').SoldLine}
 */
function lineOnPaper({ line, amount }) {
  const { name, exempt } = line;
  if (amount !== line.amount_clp) {
    // A part of a line: price and quantity would say that the rest was a discount.
    return { name, exempt, unit: 'un', milli: MILLI, priceClp: amount, discountClp: 0, amountClp: amount };
  }
  const milli = parseQuantity(line.quantity) ?? 0;
  const { label_clp: label } = line;
  // A label's price that its kilos do not come to: the document states one unit, and so does the paper.
  const isOne = label !== undefined && grossClp(milli, line.price_clp) !== label;
  const names = new Set((line.discounts ?? []).map((/** @type {any} */ one) => one.name));
  return {
    ...{ name, exempt, unit: isOne ? 'un' : /** @type {'un' | 'kg'} */ (line.unit), milli: isOne ? MILLI : milli },
    ...{ priceClp: isOne ? label : line.price_clp, discountClp: line.discount_clp, amountClp: amount },
    ...(names.size > 0 ? { discountWords: [...names].join(' + ') } : {}),
  };
}
