// @ts-check
/**
 * Promotions take units; each unit is in one promotion at most; the deepest discount goes first.
 *
 * Of all single applications possible the one with the largest share saved is applied, again and again: what a
 * customer who reads two offers claims. It is not the mathematical optimum. Same rule as `erpmarket.pricing`.
 */

import { compareProducts, grossClp, MILLI, percentOf, splitClp } from './amounts.js';
import { addDays, dayNumber, weekday } from './days.js';

/**
 * @typedef {Readonly<{all: boolean, products: ReadonlySet<string>, categories: ReadonlySet<string>}>} Selection
 * @typedef {Readonly<{id: string, priority: number, validFrom: string | null, validTo: string | null,
 *   weekdays: ReadonlySet<number> | null, hours: readonly [string, string] | null, maxApplications: number | null}>} Terms
 * @typedef {Readonly<
 *   | {kind: 'n_for_m', select: Selection, n: number, m: number}
 *   | {kind: 'n_for_price', select: Selection, n: number, priceClp: number}
 *   | {kind: 'nth_percent', select: Selection, n: number, percent: number}
 *   | {kind: 'combo', slots: readonly Readonly<{select: Selection, count: number}>[], priceClp: number}
 *   | {kind: 'quantity_price', select: Selection, minMilli: number, priceClp: number}
 *   | {kind: 'percent', select: Selection, percent: number, expiringWithinDays: number | null}
 * >} Deal percents in hundredths, quantities in thousandths
 * @typedef {Terms & Deal} Promotion
 * @typedef {Readonly<{product: string, category: string | null, unit: 'un' | 'kg', priceClp: number, milli: number,
 *   baseClp: number, hasLabel: boolean, discountable: boolean, expiresOn: string | null}>} OfferedLine
 * @typedef {{lines: readonly OfferedLine[], free: number[], day: string}} Basket `free`: thousandths not taken yet
 * @typedef {Readonly<{promotion: Promotion, places: readonly number[], milli: readonly number[], grossClp: number,
 *   partsClp: readonly number[], savedClp: number}>} Saving one application: per line what it takes, and what it saves
 */

/**
 * Apply the promotions in force, best first, until nothing more is saved.
 * @param {readonly OfferedLine[]} lines
 * @param {readonly Promotion[]} promotions
 * @param {string} atLocal `YYYY-MM-DDTHH:MM`
 * @returns {Saving[]} in the order applied
 */
export function applyPromotions(lines, promotions, atLocal) {
  const basket = { lines, free: lines.map((line) => line.milli), day: atLocal.slice(0, 10) };
  const spent = new Map();
  const applied = [];
  const inForce = promotions.filter((promotion) => isInForce(promotion, atLocal));
  for (let best = findBest(basket, inForce, spent); best !== null; best = findBest(basket, inForce, spent)) {
    applied.push(best);
    spent.set(best.promotion.id, (spent.get(best.promotion.id) ?? 0) + 1);
    for (const [order, place] of best.places.entries()) basket.free[place] -= best.milli[order];
  }
  return applied;
}

/**
 * Tell whether a promotion holds at a local minute. A window over midnight belongs to the day it began.
 * @param {Terms} promotion
 * @param {string} atLocal
 * @returns {boolean}
 */
export function isInForce({ hours, weekdays, validFrom, validTo }, atLocal) {
  let day = atLocal.slice(0, 10);
  if (hours !== null) {
    const [begins, ends] = hours;
    const minute = atLocal.slice(11, 16);
    if (begins < ends) {
      if (minute < begins || minute >= ends) return false;
    } else if (minute < ends) {
      day = addDays(day, -1);
    } else if (minute < begins) {
      return false;
    }
  }
  if (weekdays !== null && !weekdays.has(weekday(day))) return false;
  return (validFrom === null || validFrom <= day) && (validTo === null || day < validTo);
}

/**
 * @param {Basket} basket
 * @param {readonly Promotion[]} promotions
 * @param {ReadonlyMap<string, number>} spent
 * @returns {Saving | null}
 */
function findBest(basket, promotions, spent) {
  /** @type {Saving | null} */
  let best = null;
  for (const promotion of promotions) {
    if (promotion.maxApplications !== null && (spent.get(promotion.id) ?? 0) >= promotion.maxApplications) continue;
    for (const saving of savingsOf(promotion, basket)) {
      if (saving.savedClp > 0 && (best === null || isBetter(saving, best))) best = saving;
    }
  }
  return best;
}

/**
 * Larger share first, then larger saving, lower priority number, smaller id, earlier first line.
 * @param {Saving} saving
 * @param {Saving} best
 */
function isBetter(saving, best) {
  const share = compareProducts(saving.savedClp, best.grossClp, best.savedClp, saving.grossClp);
  if (share !== 0) return share > 0;
  if (saving.savedClp !== best.savedClp) return saving.savedClp > best.savedClp;
  const [mine, theirs] = [saving.promotion, best.promotion];
  if (mine.priority !== theirs.priority) return mine.priority < theirs.priority;
  if (mine.id !== theirs.id) return mine.id < theirs.id;
  return saving.places[0] < best.places[0];
}

/**
 * Give the single applications of a promotion possible on what is free.
 * @param {Promotion} promotion
 * @param {Basket} basket
 * @returns {Saving[]}
 */
function savingsOf(promotion, basket) {
  switch (promotion.kind) {
    case 'n_for_m':
      return ofGroup(promotion, basket, dearest(basket, promotion.select, promotion.n), (prices) =>
        sum(prices.slice(promotion.m)),
      );
    case 'n_for_price':
      return ofGroup(promotion, basket, dearest(basket, promotion.select, promotion.n), (prices) =>
        sum(prices) - promotion.priceClp,
      );
    case 'nth_percent':
      return ofGroup(promotion, basket, dearest(basket, promotion.select, promotion.n), (prices) =>
        percentOf(/** @type {number} */ (prices.at(-1)), promotion.percent),
      );
    case 'combo':
      return ofGroup(promotion, basket, filledSlots(promotion.slots, basket), (prices) => sum(prices) - promotion.priceClp);
    case 'quantity_price':
      return ofQuantity(promotion, basket);
    case 'percent':
      return ofPercent(promotion, basket);
  }
}

/**
 * @param {readonly Readonly<{select: Selection, count: number}>[]} slots
 * @param {Basket} basket
 * @returns {Map<number, number> | null}
 */
function filledSlots(slots, basket) {
  const group = new Map();
  for (const { select, count } of slots) {
    const found = dearest(basket, select, count, group);
    if (found === null) return null;
    for (const [place, milli] of found) group.set(place, (group.get(place) ?? 0) + milli);
  }
  return group;
}

/**
 * Spread what a group saves over its lines by gross, so that a partial return is fair.
 * @param {Promotion} promotion
 * @param {Basket} basket
 * @param {Map<number, number> | null} group
 * @param {(prices: number[]) => number} saved of the unit prices, dearest first
 * @returns {Saving[]}
 */
function ofGroup(promotion, basket, group, saved) {
  if (group === null || group.size === 0) return [];
  const places = [...group.keys()].sort((a, b) => a - b);
  const milli = places.map((place) => /** @type {number} */ (group.get(place)));
  const prices = places.flatMap((place, order) => Array(milli[order] / MILLI).fill(basket.lines[place].priceClp));
  const savedClp = saved(prices.sort((a, b) => b - a));
  if (savedClp <= 0) return [];
  const gross = places.map((place, order) => basket.lines[place].priceClp * (milli[order] / MILLI));
  return [{ promotion, places, milli, grossClp: sum(gross), partsClp: splitClp(savedClp, gross), savedClp }];
}

/**
 * @param {Promotion & {kind: 'quantity_price'}} promotion
 * @param {Basket} basket
 * @returns {Saving[]}
 */
function ofQuantity(promotion, basket) {
  const places = eligible(basket, promotion.select).filter(
    (place) => !basket.lines[place].hasLabel && basket.lines[place].priceClp > promotion.priceClp,
  );
  const milli = places.map((place) => basket.free[place]);
  if (places.length === 0 || sum(milli) < promotion.minMilli) return [];
  const gross = places.map((place) => freeGross(basket, place));
  const partsClp = gross.map((whole, order) => whole - grossClp(milli[order], promotion.priceClp));
  return [{ promotion, places, milli, grossClp: sum(gross), partsClp, savedClp: sum(partsClp) }];
}

/**
 * @param {Promotion & {kind: 'percent'}} promotion
 * @param {Basket} basket
 * @returns {Saving[]} one for each line
 */
function ofPercent(promotion, basket) {
  return eligible(basket, promotion.select)
    .filter((place) => expires(basket.lines[place].expiresOn, promotion.expiringWithinDays, basket.day))
    .map((place) => {
      const gross = freeGross(basket, place);
      const savedClp = percentOf(gross, promotion.percent);
      return { promotion, places: [place], milli: [basket.free[place]], grossClp: gross, partsClp: [savedClp], savedClp };
    });
}

/**
 * @param {string | null} expiresOn
 * @param {number | null} withinDays
 * @param {string} day
 */
function expires(expiresOn, withinDays, day) {
  if (withinDays === null) return true;
  if (expiresOn === null) return false;
  const left = dayNumber(expiresOn) - dayNumber(day);
  return left >= 0 && left <= withinDays;
}

/**
 * Price the free units of a line; an untouched line is worth its base.
 * @param {Basket} basket
 * @param {number} place
 */
function freeGross(basket, place) {
  const line = basket.lines[place];
  return basket.free[place] === line.milli ? line.baseClp : grossClp(basket.free[place], line.priceClp);
}

/**
 * @param {Basket} basket
 * @param {Selection} select
 * @returns {number[]} the places with free units that a promotion is for
 */
function eligible(basket, select) {
  /** @type {number[]} */
  const places = [];
  basket.lines.forEach((line, place) => {
    if (basket.free[place] > 0 && line.discountable && isSelected(line, select)) places.push(place);
  });
  return places;
}

/**
 * @param {OfferedLine} line
 * @param {Selection} select
 */
function isSelected(line, { all, products, categories }) {
  return all || products.has(line.product) || (line.category !== null && categories.has(line.category));
}

/**
 * Choose the n dearest whole units still free, ties to the earlier line.
 * @param {Basket} basket
 * @param {Selection} select
 * @param {number} n
 * @param {ReadonlyMap<number, number>} [taken] by other slots of the same combo
 * @returns {Map<number, number> | null} place to thousandths; null when there are not so many
 */
function dearest(basket, select, n, taken = new Map()) {
  let wanted = n * MILLI;
  const chosen = new Map();
  const places = eligible(basket, select).filter((place) => {
    const line = basket.lines[place];
    return line.unit === 'un' && !line.hasLabel;
  });
  for (const place of places.sort((a, b) => basket.lines[b].priceClp - basket.lines[a].priceClp || a - b)) {
    const milli = Math.min(basket.free[place] - (taken.get(place) ?? 0), wanted);
    if (milli > 0) {
      chosen.set(place, milli);
      wanted -= milli;
    }
  }
  return wanted > 0 ? null : chosen;
}

/** @param {readonly number[]} amounts */
function sum(amounts) {
  return amounts.reduce((total, amount) => total + amount, 0);
}
