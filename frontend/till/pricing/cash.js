// @ts-check
/** Money over the counter: cash rounding, change, what is missing, and what goes back. */

import { Refusal } from './refusals.js';

/**
 * @typedef {{kind: string, amount: number}} Tender
 * @typedef {{cash_due: number, rounding: number, cash_to_pay: number, change: number, payments: Tender[]}} Settlement
 * @typedef {Tender & {refunded?: number}} PaidTender what a sale got by one means, and what of it went back before
 * @typedef {{parts: Tender[], cash_due: number, cash_out: number, rounding: number}} Refund rounding is the shop's gain
 */

/** The kind that is notes and coins; words for other kinds are the server's. */
export const CASH = 'cash';
/** Its voucher is a boleta where the shop says so. */
export const CARD = 'card';

/**
 * Round a cash amount to tens: last digit 1 to 5 down, 6 to 9 up.
 * Source: Ley 20.956, art. 13.
 * @param {number} amountClp
 * @returns {number}
 */
export function roundedCash(amountClp) {
  const last = amountClp % 10;
  return last <= 5 ? amountClp - last : amountClp + 10 - last;
}

/**
 * Settle a total with tenders; cash amounts are what was handed over.
 * @param {number} totalClp
 * @param {readonly Tender[]} tenders
 * @returns {Settlement}
 * @throws {Refusal} bad_cash_amount or bad_amount in order of the tenders, then over_tender, then under_tender
 */
export function settle(totalClp, tenders) {
  tenders.forEach(checkAmount);
  const others = tenders.filter((tender) => tender.kind !== CASH);
  const cash = tenders.filter((tender) => tender.kind === CASH);
  const due = totalClp - sum(others);
  const handed = sum(cash);
  if (due < 0 || (due === 0 && handed > 0)) throw new Refusal('over_tender');
  const toPay = roundedCash(due);
  if (due > 0 && (cash.length === 0 || handed < toPay)) throw new Refusal('under_tender');
  const payments = others.map(({ kind, amount }) => ({ kind, amount }));
  if (due > 0) payments.push({ kind: CASH, amount: toPay });
  return { cash_due: due, rounding: toPay - due, cash_to_pay: toPay, change: handed - toPay, payments };
}

/**
 * Give an amount back: other means in the order paid, up to what each still holds, the rest in cash.
 * @param {number} amountClp
 * @param {readonly PaidTender[]} paid
 * @param {readonly Tender[] | null} [chosen] the cashier's own amounts, none of them cash
 * @returns {Refund}
 * @throws {Refusal} bad_amount, over_refund
 */
export function settleRefund(amountClp, paid, chosen = null) {
  const others = chosen === null ? proposedRefund(amountClp, paid) : chosen.map(({ kind, amount }) => ({ kind, amount }));
  const left = new Map(paid.filter(({ kind }) => kind !== CASH).map((tender) => [tender.kind, stillHeld(tender)]));
  for (const { kind, amount } of others) {
    if (amount <= 0) throw new Refusal('bad_amount');
    const rest = (left.get(kind) ?? 0) - amount;
    if (rest < 0) throw new Refusal('over_refund');
    left.set(kind, rest);
  }
  const due = amountClp - sum(others);
  if (due < 0) throw new Refusal('over_refund');
  const out = roundedCash(due);
  const parts = due > 0 ? [...others, { kind: CASH, amount: out }] : others;
  return { parts, cash_due: due, cash_out: out, rounding: due - out };
}

/**
 * @param {number} amountClp
 * @param {readonly PaidTender[]} paid
 * @returns {Tender[]}
 */
function proposedRefund(amountClp, paid) {
  let missing = amountClp;
  const parts = [];
  for (const tender of paid) {
    const amount = Math.min(missing, stillHeld(tender));
    if (tender.kind === CASH || amount <= 0) continue;
    parts.push({ kind: tender.kind, amount });
    missing -= amount;
  }
  return parts;
}

/** @param {PaidTender} tender */
function stillHeld({ amount, refunded = 0 }) {
  return amount - refunded;
}

/**
 * Name the likely notes a person hands over for an amount: the next thousand, five thousand and so on.
 * @param {number} dueClp
 * @param {readonly number[]} notes ascending
 * @returns {number[]} at most three, ascending, each more than the amount
 */
export function likelyNotes(dueClp, notes) {
  const found = new Set();
  for (const note of notes) {
    const handed = Math.ceil(dueClp / note) * note;
    if (handed > dueClp) found.add(handed);
  }
  return [...found].sort((a, b) => a - b).slice(0, 3);
}

/** @param {Tender} tender */
function checkAmount({ kind, amount }) {
  if (kind === CASH) {
    if (!Number.isSafeInteger(amount) || amount < 0 || amount % 10 !== 0) throw new Refusal('bad_cash_amount');
  } else if (!Number.isSafeInteger(amount) || amount <= 0) {
    throw new Refusal('bad_amount');
  }
}

/**
 * @param {readonly Tender[]} tenders
 * @returns {number}
 */
function sum(tenders) {
  return tenders.reduce((total, tender) => total + tender.amount, 0);
}
