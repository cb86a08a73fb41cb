// @ts-check
/**
 * A sale partly paid with vouchers that stand for a boleta: which part of each line they cover.
 * Source: Resolución Exenta SII 176 de 2020 (the voucher is the boleta); which lines it covers is our rule.
 */

import { splitClp } from './amounts.js';
import { Refusal } from './refusals.js';

/**
 * @typedef {Readonly<{amount: number, eligible?: boolean}>} PayableLine
 * @typedef {Readonly<{amount: number, voucher: boolean, restricted?: boolean}>} VoucherTender for cash the unrounded due
 */

/**
 * Lay tenders over lines: restricted first, vouchers before others, then as entered.
 * @param {readonly PayableLine[]} lines
 * @param {readonly VoucherTender[]} tenders
 * @returns {{boleta: number[], voucher: number[]}} per line the pesos that need a boleta, and those a voucher covers
 * @throws {Refusal} tenders_differ, not_eligible
 */
export function splitVouchers(lines, tenders) {
  if (sum(lines) !== sum(tenders)) throw new Refusal('tenders_differ');
  const left = lines.map((line) => line.amount);
  const voucher = lines.map(() => 0);
  for (const tender of [...tenders].sort((a, b) => rank(a) - rank(b))) {
    lay(tender, lines, left).forEach((part, place) => {
      left[place] -= part;
      if (tender.voucher) voucher[place] += part;
    });
  }
  return { boleta: lines.map((line, place) => line.amount - voucher[place]), voucher };
}

/** @param {VoucherTender} tender */
function rank({ restricted, voucher }) {
  return (restricted ? 0 : 2) + (voucher ? 0 : 1);
}

/**
 * @param {VoucherTender} tender
 * @param {readonly PayableLine[]} lines
 * @param {readonly number[]} left
 */
function lay({ amount, restricted }, lines, left) {
  const weights = left.map((rest, place) => (!restricted || lines[place].eligible ? rest : 0));
  if (amount > weights.reduce((total, weight) => total + weight, 0)) throw new Refusal('not_eligible');
  return splitClp(amount, weights);
}

/** @param {readonly Readonly<{amount: number}>[]} parts */
function sum(parts) {
  return parts.reduce((total, part) => total + part.amount, 0);
}
