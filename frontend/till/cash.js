// @ts-check
/** What a payment comes to: cash rounding, change, and what is still missing. */

/**
 * @typedef {{kind: string, amount: number}} Tender
 * @typedef {{cash_due: number, rounding: number, cash_to_pay: number, change: number, payments: Tender[]}} Settlement
 */

/** Refusal of a set of tenders; `code` is the same word the server uses. */
export class TenderRefused extends Error {
  /** @param {'bad_amount' | 'bad_cash_amount' | 'over_tender' | 'under_tender'} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

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
 * @throws {TenderRefused} for amounts in order of the tenders, then too much, then too little
 */
export function settle(totalClp, tenders) {
  tenders.forEach(checkAmount);
  const others = tenders.filter((tender) => tender.kind !== 'cash');
  const cash = tenders.filter((tender) => tender.kind === 'cash');
  const due = totalClp - sum(others);
  const handed = sum(cash);
  if (due < 0 || (due === 0 && handed > 0)) throw new TenderRefused('over_tender');
  const toPay = roundedCash(due);
  if (due > 0 && (cash.length === 0 || handed < toPay)) throw new TenderRefused('under_tender');
  const payments = others.map(({ kind, amount }) => ({ kind, amount }));
  if (due > 0) payments.push({ kind: 'cash', amount: toPay });
  return { cash_due: due, rounding: toPay - due, cash_to_pay: toPay, change: handed - toPay, payments };
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
  if (kind === 'cash') {
    if (!Number.isSafeInteger(amount) || amount < 0 || amount % 10 !== 0) throw new TenderRefused('bad_cash_amount');
  } else if (!Number.isSafeInteger(amount) || amount <= 0) {
    throw new TenderRefused('bad_amount');
  }
}

/**
 * @param {readonly Tender[]} tenders
 * @returns {number}
 */
function sum(tenders) {
  return tenders.reduce((total, tender) => total + tender.amount, 0);
}
