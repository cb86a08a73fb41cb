// @ts-check
/** Read tickets and promotions from the JSON of a case: pesos are integers, every other number is text. */

import { MILLI } from './amounts.js';
import { BASE_LIST } from './price_lists.js';
import { NO_LIMITS } from './ticket.js';

const PERCENT = 100;
const DEFAULT_PRIORITY = 100;
const NUMBER = /^(-?)(\d*)(?:\.(\d*))?$/;

/**
 * Read a decimal text as an integer count of parts.
 * @param {string} text
 * @param {number} parts 1000 for thousandths, 100 for hundredths
 * @returns {number} NaN when the text has finer parts, or is no number
 */
export function countParts(text, parts) {
  const match = NUMBER.exec(text);
  if (!match || !(match[2] || match[3])) return NaN;
  const digits = String(parts).length - 1;
  const decimals = (match[3] ?? '').replace(/0+$/, '');
  if (decimals.length > digits) return NaN;
  const count = Number((match[2] || '0') + decimals.padEnd(digits, '0'));
  return match[1] ? -count : count;
}

/**
 * @param {any} given the input of a `pricing` case
 * @returns {import('./ticket.js').Ticket}
 */
export function readTicket(given) {
  const lists = given.lists ?? [BASE_LIST];
  return {
    lines: given.lines.map((/** @type {any} */ line) => readLine(line, lists)),
    atLocal: given.at_local,
    lists,
    promotions: (given.promotions ?? []).map(readPromotion),
    discount: readDiscount(given.ticket_discount),
    limits: readLimits(given.limits ?? {}),
  };
}

/**
 * @param {any} given
 * @returns {import('./promotions.js').Promotion}
 */
export function readPromotion(given) {
  const terms = {
    id: given.id,
    priority: given.priority ?? DEFAULT_PRIORITY,
    validFrom: given.valid_from ?? null,
    validTo: given.valid_to ?? null,
    weekdays: given.weekdays === undefined || given.weekdays === null ? null : new Set(given.weekdays),
    hours: given.hours ?? null,
    maxApplications: given.max_applications ?? null,
  };
  return { ...terms, ...readDeal(given) };
}

/**
 * @param {any} given
 * @returns {import('./promotions.js').Deal}
 */
function readDeal(given) {
  const select = readSelection(given.select ?? {});
  switch (given.kind) {
    case 'n_for_m':
      return { kind: given.kind, select, n: given.n, m: given.m };
    case 'n_for_price':
      return { kind: given.kind, select, n: given.n, priceClp: given.price };
    case 'nth_percent':
      return { kind: given.kind, select, n: given.n, percent: countParts(given.percent, PERCENT) };
    case 'combo':
      return { kind: given.kind, slots: given.slots.map(readSlot), priceClp: given.price };
    case 'quantity_price':
      return { kind: given.kind, select, minMilli: countParts(given.min_quantity, MILLI), priceClp: given.price };
    case 'percent':
      return {
        kind: given.kind,
        select,
        percent: countParts(given.percent, PERCENT),
        expiringWithinDays: given.expiring_within_days ?? null,
      };
    default:
      throw new TypeError(`no promotion is a ${given.kind}`);
  }
}

/** @param {any} given */
function readSlot(given) {
  return { select: readSelection(given.select), count: given.count ?? 1 };
}

/** @param {any} given */
function readSelection({ all = false, products = [], categories = [] }) {
  return { all, products: new Set(products), categories: new Set(categories) };
}

/**
 * @param {any} given
 * @param {readonly string[]} lists
 * @returns {import('./ticket.js').TicketLine}
 */
function readLine(given, lists) {
  return {
    id: given.id,
    product: given.product,
    prices: readPrices(given, lists),
    milli: given.quantity === undefined || given.quantity === null ? null : countParts(given.quantity, MILLI),
    unit: given.unit ?? 'un',
    category: given.category ?? null,
    labelClp: given.label_price ?? null,
    exempt: given.exempt ?? false,
    discountable: given.discountable ?? true,
    expiresOn: given.expires_on ?? null,
    discount: readDiscount(given.discount),
  };
}

/**
 * @param {any} given
 * @param {readonly string[]} lists
 * @returns {import('./price_lists.js').PriceRow[]}
 */
function readPrices(given, lists) {
  // A price given alone holds in whatever list is asked first.
  if ('price' in given) return [{ list: lists[0], priceClp: given.price, validFrom: null, validTo: null }];
  return (given.prices ?? []).map((/** @type {any} */ row) => ({
    list: row.list,
    priceClp: row.price,
    validFrom: row.valid_from ?? null,
    validTo: row.valid_to ?? null,
  }));
}

/**
 * @param {any} given
 * @returns {import('./ticket.js').Discount | null}
 */
function readDiscount(given) {
  if (given === undefined || given === null) return null;
  if (given.percent !== undefined && given.percent !== null) return { percent: countParts(given.percent, PERCENT) };
  return { amountClp: given.amount ?? 0 };
}

/**
 * @param {any} given
 * @returns {import('./ticket.js').Limits}
 */
function readLimits({ line_percent: line, ticket_percent: ticket }) {
  return {
    linePercent: line === undefined ? NO_LIMITS.linePercent : countParts(line, PERCENT),
    ticketPercent: ticket === undefined ? NO_LIMITS.ticketPercent : countParts(ticket, PERCENT),
  };
}
