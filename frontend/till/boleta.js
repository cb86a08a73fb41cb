// @ts-check
/** Totals of a boleta from gross amounts, as the paper will show them. */

import { divideHalfUp, splitClp } from './money.js';

/**
 * @typedef {{amount: number, exempt?: boolean}} GrossLine
 * @typedef {{type: 39 | 41, net: number, exempt: number, iva: number, total: number, line_nets: number[]}} BoletaTotals
 */

/**
 * Part gross amounts into net, VAT and exempt; VAT is what the net leaves, so the parts sum to the total.
 * Source: Formato DTE boleta (SII), MntNeto and IVA; rate 19 % (DL 825, art. 14).
 * @param {readonly GrossLine[]} lines
 * @returns {BoletaTotals}
 */
export function boletaTotals(lines) {
  const affected = lines.filter((line) => !line.exempt).map((line) => line.amount);
  const exempt = lines.filter((line) => line.exempt).reduce((total, line) => total + line.amount, 0);
  const gross = affected.reduce((total, amount) => total + amount, 0);
  const net = divideHalfUp(gross * 100, 119);
  const nets = splitClp(net, affected);
  let next = 0;
  return {
    type: gross === 0 && exempt > 0 ? 41 : 39,
    net,
    exempt,
    iva: gross - net,
    total: gross + exempt,
    line_nets: lines.map((line) => (line.exempt ? line.amount : nets[next++])),
  };
}
