// @ts-check
/** What came back of a sale whose voucher was its boleta: no nota says it, so a slip does, for the shop and the card. */

import { centered, pair, rule, text, total } from './blocks.js';
import { heading } from './slips.js';

/**
 * @param {import('./slips.js').Place & {sale: string, lines: readonly {name: string, quantity: string}[], amountClp: number,
 *   says: string, reason: string, madeBy: string, approvedBy: string}} back `sale`: which one it was; `says`: where the
 *   money went
 * @returns {import('./receipt.js').Block[]}
 */
export function returnSlip({ sale, lines, amountClp, says, reason, madeBy, approvedBy, ...place }) {
  return [
    ...heading('DEVOLUCIÓN', place),
    text(`De ${sale}`),
    ...lines.map(({ name, quantity }) => pair(name, quantity)),
    rule(),
    total('MONTO', amountClp),
    text(says, { role: 'strong' }),
    text(`Motivo: ${reason}`),
    text(`Anota ${madeBy}`),
    ...(approvedBy ? [text(`Autoriza ${approvedBy}`)] : []),
    text(' '),
    text('Firma: ______________________'),
  ];
}
