// @ts-check
/**
 * Price a ticket: list price, base, promotions, line discounts, ticket discount, document.
 *
 * Same answers as `erpmarket.pricing.cart`, in the same order of refusals. No clock, no screen, no storage.
 */

import { compareProducts, grossClp, MILLI, percentOf, scaleHalfUp, splitClp, WHOLE } from './amounts.js';
import { BASE_LIST, findPrice } from './price_lists.js';
import { applyPromotions } from './promotions.js';
import { Refusal } from './refusals.js';

/**
 * @typedef {Readonly<{percent: number} | {amountClp: number}>} Discount percent in hundredths
 * @typedef {Readonly<{id: string, product: string, prices: readonly import('./price_lists.js').PriceRow[],
 *   milli: number | null, unit: 'un' | 'kg', category: string | null, labelClp: number | null, exempt: boolean,
 *   discountable: boolean, expiresOn: string | null, discount: Discount | null}>} TicketLine
 *   `milli` null: the label's price tells the quantity
 * @typedef {Readonly<{linePercent: number, ticketPercent: number}>} Limits how far a role may go, in hundredths
 * @typedef {Readonly<{lines: readonly TicketLine[], atLocal: string, lists?: readonly string[],
 *   promotions?: readonly import('./promotions.js').Promotion[], discount?: Discount | null, limits?: Limits}>} Ticket
 * @typedef {Readonly<{milli: number, priceClp: number, discountClp: number, amountClp: number}>} DocumentLine
 * @typedef {Readonly<{id: string, priceClp: number, milli: number, baseClp: number,
 *   promotions: readonly (readonly [string, number])[], lineDiscountClp: number, ticketDiscountClp: number,
 *   amountClp: number, exempt: boolean, document: DocumentLine}>} PricedLine
 * @typedef {Readonly<{promotion: string, savedClp: number, units: readonly (readonly [string, number])[]}>} Application
 * @typedef {Readonly<{lines: readonly PricedLine[], applications: readonly Application[], affected: number,
 *   exempt: number, total: number}>} PricedTicket
 * @typedef {Readonly<{line: TicketLine, priceClp: number, milli: number, baseClp: number}>} Base
 */

/** @type {Limits} */
export const NO_LIMITS = Object.freeze({ linePercent: WHOLE, ticketPercent: WHOLE });

/**
 * @param {Ticket} ticket
 * @returns {PricedTicket}
 * @throws {Refusal} each line's price, then quantity (no_price, zero_price, bad_quantity); each line's discount, then
 *   the ticket's (not_discountable, discount_over_amount, discount_over_limit)
 */
export function priceTicket({ lines, atLocal, lists = [BASE_LIST], promotions = [], discount = null, limits = NO_LIMITS }) {
  const day = atLocal.slice(0, 10);
  const bases = lines.map((line) => baseOf(line, lists, day));
  const savings = applyPromotions(bases.map(offered), promotions, atLocal);
  const parts = bases.map((_, place) => partsOf(savings, place));
  let rests = bases.map((base, place) => base.baseClp - sum(parts[place].values()));
  const byLine = bases.map(({ line }, place) => lineDiscount(line, rests[place], limits.linePercent));
  rests = rests.map((rest, place) => rest - byLine[place]);
  const open = rests.map((rest, place) => (bases[place].line.discountable ? rest : 0));
  const taken = discount === null ? 0 : discountClp(discount, sum(open), limits.ticketPercent);
  const byTicket = splitClp(taken, open);
  const priced = bases.map((base, place) => pricedLine(base, parts[place], byLine[place], byTicket[place]));
  const affected = sum(priced.filter((line) => !line.exempt).map((line) => line.amountClp));
  const exempt = sum(priced.filter((line) => line.exempt).map((line) => line.amountClp));
  return {
    lines: priced,
    applications: savings.map(({ promotion, savedClp, places, milli }) => ({
      promotion: promotion.id,
      savedClp,
      units: places.map((place, order) => [bases[place].line.id, milli[order]]),
    })),
    affected,
    exempt,
    total: affected + exempt,
  };
}

/**
 * @param {TicketLine} line
 * @param {readonly string[]} lists
 * @param {string} day
 * @returns {Base}
 */
function baseOf(line, lists, day) {
  const priceClp = findPrice(line.prices, lists, day);
  if (priceClp === null) throw new Refusal('no_price', line.id);
  if (priceClp <= 0 || (line.labelClp !== null && line.labelClp <= 0)) throw new Refusal('zero_price', line.id);
  const milli = quantityOf(line, priceClp);
  return { line, priceClp, milli, baseClp: line.labelClp ?? grossClp(milli, priceClp) };
}

/**
 * @param {TicketLine} line
 * @param {number} priceClp
 */
function quantityOf({ id, milli, unit, labelClp }, priceClp) {
  if (milli === null && labelClp !== null) return Math.max(1, scaleHalfUp(labelClp, MILLI, priceClp));
  if (milli === null || !Number.isSafeInteger(milli) || milli <= 0) throw new Refusal('bad_quantity', id);
  if (unit === 'un' && milli % MILLI !== 0) throw new Refusal('bad_quantity', id);
  return milli;
}

/**
 * @param {Base} base
 * @returns {import('./promotions.js').OfferedLine}
 */
function offered({ line, priceClp, milli, baseClp }) {
  const { product, category, unit, discountable, expiresOn } = line;
  return { product, category, unit, priceClp, milli, baseClp, hasLabel: line.labelClp !== null, discountable, expiresOn };
}

/**
 * Sum what each promotion took off one line, in the order first applied.
 * @param {readonly import('./promotions.js').Saving[]} savings
 * @param {number} place
 * @returns {Map<string, number>}
 */
function partsOf(savings, place) {
  const parts = new Map();
  for (const { promotion, places, partsClp } of savings) {
    const part = partsClp[places.indexOf(place)] ?? 0;
    if (part > 0) parts.set(promotion.id, (parts.get(promotion.id) ?? 0) + part);
  }
  return parts;
}

/**
 * @param {TicketLine} line
 * @param {number} restClp
 * @param {number} limit
 */
function lineDiscount({ id, discount, discountable }, restClp, limit) {
  if (discount === null) return 0;
  if (!discountable) throw new Refusal('not_discountable', id);
  return discountClp(discount, restClp, limit, id);
}

/**
 * Give the pesos of a discount; a percent is held against the limit as a percent.
 * @param {Discount} discount
 * @param {number} restClp
 * @param {number} limit
 * @param {string} [line]
 */
function discountClp(discount, restClp, limit, line) {
  if ('percent' in discount) {
    if (!(discount.percent >= 0 && discount.percent <= WHOLE)) throw new Refusal('discount_over_amount', line);
    if (isOverLimit(discount, restClp, limit)) throw new Refusal('discount_over_limit', line);
    return percentOf(restClp, discount.percent);
  }
  const { amountClp } = discount;
  if (!(amountClp >= 0 && amountClp <= restClp)) throw new Refusal('discount_over_amount', line);
  if (isOverLimit(discount, restClp, limit)) throw new Refusal('discount_over_limit', line);
  return amountClp;
}

/**
 * Tell whether a discount by hand on so many pesos is more than a role may give.
 * @param {Discount} discount
 * @param {number} restClp
 * @param {number} limit in hundredths of a percent
 * @returns {boolean}
 */
export function isOverLimit(discount, restClp, limit) {
  if ('percent' in discount) return discount.percent > limit;
  return compareProducts(discount.amountClp, WHOLE, limit, restClp) > 0;
}

/**
 * @param {Base} base
 * @param {Map<string, number>} parts
 * @param {number} lineDiscountClp
 * @param {number} ticketDiscountClp
 * @returns {PricedLine}
 */
function pricedLine(base, parts, lineDiscountClp, ticketDiscountClp) {
  const amountClp = base.baseClp - sum(parts.values()) - lineDiscountClp - ticketDiscountClp;
  return {
    id: base.line.id,
    priceClp: base.priceClp,
    milli: base.milli,
    baseClp: base.baseClp,
    promotions: [...parts],
    lineDiscountClp,
    ticketDiscountClp,
    amountClp,
    exempt: base.line.exempt,
    document: documentLine(base, amountClp),
  };
}

/**
 * State the line so that the SII's own arithmetic on it gives the amount paid. A label that says another price than
 * the kilos come to is one unit at that price.
 * @param {Base} base
 * @param {number} amountClp
 * @returns {DocumentLine}
 */
function documentLine({ milli, priceClp, baseClp }, amountClp) {
  const agrees = grossClp(milli, priceClp) === baseClp;
  return {
    milli: agrees ? milli : MILLI,
    priceClp: agrees ? priceClp : baseClp,
    discountClp: baseClp - amountClp,
    amountClp,
  };
}

/** @param {Iterable<number>} amounts */
function sum(amounts) {
  let total = 0;
  for (const amount of amounts) total += amount;
  return total;
}
