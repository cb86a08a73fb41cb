// @ts-check
/** What a ticket is paid with so far: any ways in any order, what is left of it, and whether that is all. */

import { CASH, roundedCash } from './pricing/cash.js';
import { foodCardLimit } from './pricing/food_cards.js';

/**
 * @typedef {'cash' | 'card' | 'transfer' | 'credit' | 'store_credit' | 'baes'} Way
 * @typedef {Readonly<{kind: Way, amount_clp: number, reference?: string, approved_by?: number,
 *   isUnsure?: boolean}>} Tender cash is what was handed over; `reference` the machine's number of the operation, or the
 *   code of a vale; `isUnsure`: nobody knows yet whether it came
 * @typedef {Readonly<{leftClp: number, cashClp: number, isPaid: boolean, isOver: boolean, changeClp: number}>} Standing
 *   `leftClp` is what other means would still have to pay, `cashClp` what cash would
 */

/** The ways to pay, in the order of their buttons; letters count while nobody types words. */
export const WAYS = Object.freeze(
  /** @type {const} */ ([
    { kind: 'cash', name: 'Efectivo', key: 'F8', paid: 'Pagado en efectivo' },
    { kind: 'card', name: 'Tarjeta', key: 'F9', paid: 'Pagado con tarjeta' },
    { kind: 'transfer', name: 'Transferencia', key: 'T', paid: 'Pagado por transferencia' },
    { kind: 'credit', name: 'Fiado', key: 'F', paid: 'Fiado' },
    { kind: 'store_credit', name: 'Vale', key: 'V', paid: 'Pagado con vale' },
    { kind: 'baes', name: 'BAES', key: 'B', paid: 'Pagado con tarjeta BAES' },
  ]),
);

const VALE_SIGNS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const VALE_LENGTH = 9;

/** @param {string} kind */
export const nameOfWay = (kind) => WAYS.find((way) => way.kind === kind)?.name ?? kind;

/**
 * Say where a ticket stands. Cash is rounded once, over what nothing else pays.
 * @param {number} totalClp
 * @param {readonly Readonly<{kind: string, amount_clp: number}>[]} tenders
 * @returns {Standing}
 */
export function standingOf(totalClp, tenders) {
  const handed = sum(tenders.filter(({ kind }) => kind === CASH));
  const hasCash = tenders.some(({ kind }) => kind === CASH);
  const due = totalClp - sum(tenders.filter(({ kind }) => kind !== CASH));
  const toPay = due > 0 ? roundedCash(due) : 0;
  const isOver = due < 0 || (due === 0 && handed > 0);
  const isPaid = !isOver && unsureOf(/** @type {readonly Tender[]} */ (tenders)) === null && (due === 0 ? tenders.length > 0 : hasCash && handed >= toPay);
  return { leftClp: due - handed, cashClp: toPay - handed, isPaid, isOver, changeClp: isPaid ? handed - toPay : 0 };
}

/**
 * Say how much of a ticket a way may still pay.
 * @param {Way} kind
 * @param {number} totalClp
 * @param {readonly Tender[]} tenders
 * @param {readonly import('./pricing/food_cards.js').FoodLine[]} lines
 * @returns {number}
 */
export function mostOf(kind, totalClp, tenders, lines) {
  const { leftClp } = standingOf(totalClp, tenders);
  if (kind !== 'baes') return Math.max(0, leftClp);
  const food = foodCardLimit(lines) - sum(tenders.filter((one) => one.kind === 'baes'));
  return Math.max(0, Math.min(leftClp, food));
}

/**
 * Say what a customer owes and how much more they may: by the server's last word, what was sold here since, and what is
 * on the ticket.
 * @param {Readonly<{limitClp: number, debtClp: number}>} account
 * @param {number} hereClp
 * @param {readonly Readonly<{kind: string, amount_clp: number}>[]} tenders
 * @returns {{owesClp: number, freeClp: number}}
 */
export function creditOf({ limitClp, debtClp }, hereClp, tenders) {
  const owesClp = debtClp + hereClp + sum(tenders.filter(({ kind }) => kind === 'credit'));
  return { owesClp, freeClp: limitClp - owesClp };
}

/**
 * Add up what events of this till's journal put on a customer's account.
 * @param {readonly Readonly<{type: string, body: any}>[]} entries
 * @param {number} customerId
 * @returns {number} below zero when they paid
 */
export function owedIn(entries, customerId) {
  const own = entries.filter(({ body }) => body.customer_id === customerId);
  const paid = sum(own.filter(({ type }) => type === 'credit_paid').map(({ body }) => body));
  const sold = own.filter(({ type }) => type === 'sale').flatMap(({ body }) => body.payments);
  return sum(sold.filter(({ kind }) => kind === 'credit')) - paid;
}

/**
 * Find what nobody knows to have come: until it is settled the ticket is not paid.
 * @param {readonly Tender[]} tenders
 * @returns {Tender | null}
 */
export function unsureOf(tenders) {
  return tenders.find(({ isUnsure }) => isUnsure === true) ?? null;
}

/**
 * Say what became of it: it came, and is like any other, or it did not, and is gone.
 * @param {readonly Tender[]} tenders
 * @param {boolean} hasPassed
 * @returns {Tender[]}
 */
export function settleDoubt(tenders, hasPassed) {
  return tenders.filter(({ isUnsure }) => hasPassed || !isUnsure).map(({ isUnsure: _, ...tender }) => tender);
}

/**
 * Write tenders as a sale tells them: the others in their order, cash as one.
 * @param {readonly Tender[]} tenders
 * @returns {{kind: string, amount_clp: number, reference: string, approved_by?: number}[]}
 */
export function paymentsOf(tenders) {
  const others = tenders.filter(({ kind }) => kind !== CASH).map((one) => ({ reference: '', ...one }));
  if (others.length === tenders.length) return others;
  const handed = sum(tenders.filter(({ kind }) => kind === CASH));
  return [...others, { kind: CASH, amount_clp: handed, reference: '' }];
}

/**
 * Read the code of a vale, however it was typed. Its last sign checks the others, so that a wrong one is seen without a
 * network (the server's side is `customers/vale_codes.py`).
 * @param {string} text
 * @returns {string | null}
 */
export function readValeCode(text) {
  const code = text.toUpperCase().replace(/[ .-]/g, '');
  const values = [...code].map((sign) => VALE_SIGNS.indexOf(sign));
  if (values.length !== VALE_LENGTH || values.includes(-1)) return null;
  const total = values.slice(0, -1).reduce((all, value, place) => all + (place + 1) * value, 0);
  return total % VALE_SIGNS.length === values[VALE_LENGTH - 1] ? code : null;
}

/**
 * Say who makes the paper of a sale: where the card's voucher is a boleta it covers what the card paid.
 * @param {readonly Readonly<{kind: string}>[]} payments
 * @returns {{issue?: 'voucher', has_voucher?: true}}
 */
export function paperBeside(payments) {
  if (!payments.some(({ kind }) => kind === 'card')) return {};
  return payments.every(({ kind }) => kind === 'card') ? { issue: 'voucher' } : { has_voucher: true };
}

/**
 * Say how a sale was paid, in the words of the screen.
 * @param {readonly Readonly<{kind: string}>[]} payments
 */
export function paidWords(payments) {
  const kinds = new Set(payments.map(({ kind }) => kind));
  return (kinds.size === 1 && WAYS.find(({ kind }) => kinds.has(kind))?.paid) || 'Pagado';
}

/** @param {readonly Readonly<{amount_clp: number}>[]} parts */
function sum(parts) {
  return parts.reduce((total, part) => total + part.amount_clp, 0);
}
