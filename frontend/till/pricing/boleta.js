// @ts-check
/** Totals of a boleta from gross amounts, as the paper will show them. */

import { scaleHalfUp, splitClp } from './amounts.js';
import { Refusal } from './refusals.js';

/**
 * @typedef {{amount: number, exempt?: boolean}} GrossLine
 * @typedef {{type: 39 | 41, net: number, exempt: number, iva: number, total: number, line_nets: number[]}} BoletaTotals
 */

/**
 * Part gross amounts into net, VAT and exempt; VAT is what the net leaves, so the parts sum to the total.
 * Source: Formato DTE boleta (SII), MntNeto and IVA; rate 19 % (DL 825, art. 14).
 * @param {readonly GrossLine[]} lines
 * @returns {{net: number, exempt: number, iva: number, total: number}}
 */
export function partGross(lines) {
  const gross = sum(lines.filter((line) => !line.exempt));
  const exempt = sum(lines.filter((line) => line.exempt));
  const net = scaleHalfUp(gross, 100, 119);
  return { net, exempt, iva: gross - net, total: gross + exempt };
}

/**
 * Total a boleta: kind 39, or 41 when all of it is exempt, with the net of each line (exempt lines: their amount).
 * @param {readonly GrossLine[]} lines
 * @returns {BoletaTotals}
 * @throws {Refusal} total_zero
 */
export function boletaTotals(lines) {
  const { net, exempt, iva, total } = partGross(lines);
  if (total === 0) throw new Refusal('total_zero');
  const nets = splitClp(
    net,
    lines.filter((line) => !line.exempt).map((line) => line.amount),
  );
  let next = 0;
  const lineNets = lines.map((line) => (line.exempt ? line.amount : nets[next++]));
  return { type: net + iva === 0 ? 41 : 39, net, exempt, iva, total, line_nets: lineNets };
}

/**
 * @param {readonly GrossLine[]} lines
 * @returns {number}
 */
function sum(lines) {
  return lines.reduce((total, line) => total + line.amount, 0);
}
