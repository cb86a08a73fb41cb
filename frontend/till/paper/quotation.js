// @ts-check
/** A quotation: what a ticket would cost today, on paper that is no tax document and says so. */

import { day, hour } from '../../common/format.js';
import { centered, pair, rule, text, total } from './blocks.js';
import { countedText } from './receipt.js';

/**
 * @typedef {import('./receipt.js').Block} Block
 * @typedef {{name: string, unit: 'un' | 'kg', milli: number, priceClp: number, amountClp: number}} QuotedLine the
 *   amount after discounts
 * @typedef {{shop: string, till: string, at: string, customer: string, note: string, lines: readonly QuotedLine[],
 *   totalClp: number}} Quotation
 */

/**
 * @param {Quotation} quotation
 * @returns {Block[]}
 */
export function quotationBlocks({ shop, till, at, customer, note, lines, totalClp }) {
  return [
    centered(shop, 'shop_name'),
    centered('COTIZACIÓN', 'mark'),
    centered('No es boleta ni factura. No se ha cobrado.', 'strong'),
    pair(`${day(at)} ${hour(at)}`, till),
    ...(customer ? [text(`Para ${customer}`)] : []),
    rule(),
    ...lines.flatMap(detail),
    rule(),
    total('TOTAL', totalClp),
    ...(note ? [text(note)] : []),
    centered('Precios de hoy, con IVA. Pueden cambiar.'),
  ];
}

/**
 * @param {QuotedLine} line
 * @returns {Block[]}
 */
function detail({ name, unit, milli, priceClp, amountClp }) {
  const counted = countedText({ unit, milli, priceClp });
  const item = { kind: 'item', name, amount_clp: amountClp, exempt: false };
  return counted ? [item, { kind: 'item_note', text: counted, amount_clp: null }] : [item];
}
