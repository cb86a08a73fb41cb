// @ts-check
/**
 * The ticket being rung up: frozen values, each change gives a new cart. No clock, no screen, no storage.
 *
 * Same arithmetic as `erpmarket.pricing`: price × quantity half up, promotions, line discounts, ticket discount.
 */

import { MAX_PRICE_CLP, MAX_QUANTITY_MILLI, quantityText } from './money.js';
import { grossClp, MILLI, scaleHalfUp } from './pricing/amounts.js';
import { partGross } from './pricing/boleta.js';
import { BASE_LIST } from './pricing/price_lists.js';
import { Refusal } from './pricing/refusals.js';
import { isOverLimit, priceTicket } from './pricing/ticket.js';

/**
 * @typedef {'un' | 'kg'} Unit
 * @typedef {Readonly<{productId: number, name: string, unit: Unit, exempt: boolean, priceClp: number,
 *   categoryId?: number, discountable?: boolean, labelClp?: number}>} Article `labelClp`: what the shop's scale printed
 * @typedef {Readonly<import('./pricing/ticket.js').Discount & {approvedBy?: number, unitClp?: number}>} HandDiscount with
 *   who approved it when it is above the cashier's limit; `unitClp`: it was typed as a price of one unit
 * @typedef {Readonly<Article & {key: number, quantityMilli: number, discount?: HandDiscount}>} Line
 * @typedef {Readonly<{lines: readonly Line[], activeKey: number | null, nextKey: number, discount?: HandDiscount}>} Cart
 *   its own discount is the ticket's
 * @typedef {{product_id: number, price_clp: number}} PriceChange
 * @typedef {Readonly<{promotions: readonly import('./pricing/promotions.js').Promotion[], names: ReadonlyMap<string, string>,
 *   atLocal: string}>} Rules what is on offer, how it is called, and the minute in Santiago
 * @typedef {{kind: 'promotion' | 'line' | 'ticket', promotion_id?: number, name: string, amount_clp: number}} Reason
 * @typedef {ReturnType<typeof priceCart>} PricedCart
 */

/** What a document holds of a name. */
const MOST_NAME = 80;

/** @type {Cart} */
export const EMPTY_CART = Object.freeze({ lines: Object.freeze([]), activeKey: null, nextKey: 1 });

/** @type {Rules} */
export const NO_RULES = Object.freeze({ promotions: [], names: new Map(), atLocal: '2026-01-01T00:00' });

/**
 * Add a product. Units join the line they already have; each weighing stays a line of its own.
 * @param {Cart} cart
 * @param {Article} article
 * @param {number} quantityMilli
 * @returns {Cart}
 */
export function addArticle(cart, article, quantityMilli) {
  const same = cart.lines.find(
    (line) => article.unit === 'un' && isPlain(article) && isPlain(line) && isSame(line, article),
  );
  if (same) return setQuantity(cart, same.key, same.quantityMilli + quantityMilli);
  const { productId, name, unit, exempt, priceClp, categoryId, discountable = true, labelClp } = article;
  const label = labelClp === undefined ? {} : { labelClp };
  const facts = { productId, name, unit, exempt, priceClp, categoryId, discountable, ...label };
  const line = Object.freeze({ key: cart.nextKey, ...facts, quantityMilli });
  checkLine(line);
  return withLines(cart, [...cart.lines, line], line.key, cart.nextKey + 1);
}

/** @param {Article} article */
const isPlain = ({ labelClp }) => labelClp === undefined;

/**
 * @param {Article} one
 * @param {Article} other
 */
const isSame = (one, other) => one.productId === other.productId && one.priceClp === other.priceClp;

/**
 * How much a price label stands for, in thousandths: the kilos it comes to, or one piece.
 * @param {Unit} unit
 * @param {number} labelClp
 * @param {number} priceClp
 */
export function labelledMilli(unit, labelClp, priceClp) {
  return unit === 'kg' && priceClp > 0 ? Math.max(1, scaleHalfUp(labelClp, MILLI, priceClp)) : MILLI;
}

/**
 * Set the quantity of a line and make it the active one; a price typed by hand holds for each unit.
 * @param {Cart} cart
 * @param {number} key
 * @param {number} quantityMilli
 * @returns {Cart}
 */
export function setQuantity(cart, key, quantityMilli) {
  const lines = cart.lines.map((line) => {
    if (line.key !== key) return line;
    const changed = Object.freeze({ ...line, quantityMilli });
    checkLine(changed);
    const unitClp = line.discount?.unitClp;
    return unitClp === undefined ? changed : withDiscount(changed, { ...line.discount, ...priceByHand(changed, unitClp) });
  });
  return withLines(cart, lines, key);
}

/**
 * Take something off a line by hand, or nothing any more.
 * @param {Cart} cart
 * @param {number} key
 * @param {HandDiscount | null} discount
 * @returns {Cart}
 */
export function setLineDiscount(cart, key, discount) {
  const lines = cart.lines.map((line) => (line.key === key ? withDiscount(line, discount) : line));
  return withLines(cart, lines, key);
}

/**
 * A price typed by hand, as the discount that it is.
 * @param {Line} line
 * @param {number} unitClp below the line's price
 * @returns {{amountClp: number, unitClp: number}}
 */
export function priceByHand({ quantityMilli, priceClp }, unitClp) {
  return { amountClp: grossClp(quantityMilli, priceClp) - grossClp(quantityMilli, unitClp), unitClp };
}

/**
 * Take something off the whole ticket by hand, or nothing any more.
 * @param {Cart} cart
 * @param {HandDiscount | null} discount
 * @returns {Cart}
 */
export function setTicketDiscount(cart, discount) {
  return withDiscount(cart, discount);
}

/**
 * Take a line out; the one before it becomes active.
 * @param {Cart} cart
 * @param {number} key
 * @returns {Cart}
 */
export function removeLine(cart, key) {
  const place = cart.lines.findIndex((line) => line.key === key);
  if (place < 0) return cart;
  const lines = cart.lines.filter((line) => line.key !== key);
  const heir = lines[Math.min(Math.max(place - 1, 0), lines.length - 1)];
  return withLines(lines.length > 0 ? cart : EMPTY_CART, lines, heir ? heir.key : null, cart.nextKey);
}

/**
 * @param {Cart} cart
 * @param {number} key
 * @returns {Cart}
 */
export function selectLine(cart, key) {
  return withLines(cart, cart.lines, key);
}

/**
 * Move the choice one line up (-1) or down (+1); stays at the ends.
 * @param {Cart} cart
 * @param {number} step
 * @returns {Cart}
 */
export function moveSelection(cart, step) {
  if (cart.lines.length === 0) return cart;
  const place = cart.lines.findIndex((line) => line.key === cart.activeKey);
  const next = Math.min(Math.max(place + step, 0), cart.lines.length - 1);
  return withLines(cart, cart.lines, cart.lines[next].key);
}

/**
 * Take over prices that are others in the catalogue by now.
 * @param {Cart} cart
 * @param {readonly PriceChange[]} changes
 * @returns {Cart}
 */
export function reprice(cart, changes) {
  const prices = new Map(changes.map((change) => [change.product_id, change.price_clp]));
  const lines = cart.lines.map((line) => {
    const priceClp = prices.get(line.productId);
    if (priceClp === undefined) return line;
    const { unit, labelClp } = line;
    const counted = labelClp === undefined ? {} : { quantityMilli: labelledMilli(unit, labelClp, priceClp) };
    return Object.freeze({ ...line, priceClp, ...counted });
  });
  return withLines(cart, lines, cart.activeKey);
}

/**
 * Price a cart: the amount of each line, why it costs less, what a discount could still be taken of, and the totals of
 * its boleta.
 * @param {Cart} cart
 * @param {Rules} [rules]
 * @throws {Refusal} discount_over_amount and not_discountable, with the key of the line as text
 */
export function priceCart(cart, { promotions, names, atLocal } = NO_RULES) {
  const ticket = priceTicket({ lines: cart.lines.map(ticketLine), atLocal, promotions, discount: cart.discount ?? null });
  const { net, iva, exempt, total } = partGross(ticket.lines.map(({ amountClp, exempt: is }) => ({ amount: amountClp, exempt: is })));
  const rests = ticket.lines.map((line) => line.amountClp + line.ticketDiscountClp + line.lineDiscountClp);
  const open = ticket.lines.filter((_, place) => cart.lines[place].discountable !== false);
  return {
    amounts: ticket.lines.map((line) => line.amountClp),
    reasons: ticket.lines.map((line) => reasonsOf(line, names)),
    rests,
    ticketRest: open.reduce((sum, line) => sum + line.amountClp + line.ticketDiscountClp, 0),
    ticketDiscount: ticket.lines.reduce((sum, line) => sum + line.ticketDiscountClp, 0),
    saved: ticket.lines.reduce((sum, line) => sum + line.baseClp - line.amountClp, 0),
    affected: net + iva,
    exempt,
    net,
    iva,
    total,
  };
}

/**
 * Price a cart without the discounts by hand that no longer fit: goods went out of it, or the limit is another.
 * @param {Cart} cart
 * @param {Rules} rules
 * @param {number} limit how far the cashier may go alone, in hundredths of a percent
 * @returns {{cart: Cart, priced: PricedCart, dropped: boolean}}
 */
export function fitDiscounts(cart, rules, limit) {
  let fitting = cart;
  for (;;) {
    try {
      const priced = priceCart(fitting, rules);
      const less = withoutOverLimit(fitting, priced, limit);
      if (less === fitting) return { cart: fitting, priced, dropped: fitting !== cart };
      fitting = less;
    } catch (error) {
      // Each turn takes one discount out, so that this ends.
      if (!(error instanceof Refusal) || !['discount_over_amount', 'not_discountable'].includes(error.code)) throw error;
      fitting = dropDiscount(fitting, error.line);
    }
  }
}

/**
 * @param {Cart} cart
 * @param {PricedCart} priced
 * @param {number} limit
 * @returns {Cart} the same cart when all fits
 */
function withoutOverLimit(cart, priced, limit) {
  const { discount } = cart;
  if (discount && discount.approvedBy === undefined && isOverLimit(discount, priced.ticketRest, limit)) return withDiscount(cart, null);
  const place = cart.lines.findIndex(
    (line, at) => line.discount && line.discount.approvedBy === undefined && isOverLimit(line.discount, priced.rests[at], limit),
  );
  return place < 0 ? cart : dropDiscount(cart, String(cart.lines[place].key));
}

/**
 * @param {Cart} cart
 * @param {string | undefined} key of a line; none is the ticket
 * @returns {Cart}
 */
function dropDiscount(cart, key) {
  if (key === undefined) return withDiscount(cart, null);
  const lines = cart.lines.map((line) => (String(line.key) === key ? withDiscount(line, null) : line));
  return withLines(cart, lines, cart.activeKey);
}

/**
 * @param {Line} line
 * @returns {import('./pricing/ticket.js').TicketLine}
 */
function ticketLine(line) {
  return {
    id: String(line.key),
    product: String(line.productId),
    prices: [{ list: BASE_LIST, priceClp: line.priceClp, validFrom: null, validTo: null }],
    milli: line.quantityMilli,
    unit: line.unit,
    category: line.categoryId === undefined ? null : String(line.categoryId),
    labelClp: line.labelClp ?? null,
    exempt: line.exempt,
    discountable: line.discountable !== false,
    expiresOn: null,
    discount: line.discount ?? null,
  };
}

/**
 * Say why a line costs less, as the till's journal tells it; the parts sum to its discount.
 * @param {import('./pricing/ticket.js').PricedLine} line
 * @param {ReadonlyMap<string, string>} names
 * @returns {Reason[]}
 */
function reasonsOf({ promotions, lineDiscountClp, ticketDiscountClp }, names) {
  /** @type {Reason[]} */
  const reasons = promotions.map(([id, amount]) => ({
    kind: 'promotion',
    promotion_id: Number(id),
    name: names.get(id) ?? 'Oferta',
    amount_clp: amount,
  }));
  if (lineDiscountClp > 0) reasons.push({ kind: 'line', name: 'Descuento al producto', amount_clp: lineDiscountClp });
  if (ticketDiscountClp > 0) reasons.push({ kind: 'ticket', name: 'Descuento a la venta', amount_clp: ticketDiscountClp });
  return reasons;
}

/**
 * Say how much of a product the cart holds, in thousandths.
 * @param {Cart} cart
 * @returns {Map<number, number>} product id to quantity
 */
export function quantitiesByProduct(cart) {
  const found = new Map();
  for (const line of cart.lines) {
    found.set(line.productId, (found.get(line.productId) ?? 0) + line.quantityMilli);
  }
  return found;
}

/**
 * Write the lines as the till's journal tells them: what was charged for each, and why it cost less.
 * @param {Cart} cart
 * @param {PricedCart} priced
 * @returns {import('./device/journal.js').SoldLine[]}
 */
export function soldLines(cart, priced) {
  return cart.lines.map((line, place) => ({
    product_id: line.productId,
    name: soldName(line),
    unit: line.unit,
    quantity: quantityText(line.quantityMilli),
    price_clp: line.priceClp,
    ...(line.labelClp === undefined ? {} : { label_clp: line.labelClp }),
    exempt: line.exempt,
    discount_clp: priced.reasons[place].reduce((sum, reason) => sum + reason.amount_clp, 0),
    amount_clp: priced.amounts[place],
    discounts: priced.reasons[place].map((reason) => ({ ...reason, ...approvalOf(reason, line, cart) })),
  }));
}

/**
 * The paper of a label states one unit at the label's price: the kilos go into its name.
 * @param {Line} line
 */
function soldName({ name, unit, quantityMilli, labelClp, priceClp }) {
  const isOne = labelClp !== undefined && unit === 'kg' && grossClp(quantityMilli, priceClp) !== labelClp;
  if (!isOne) return name;
  const weight = ` ${quantityText(quantityMilli).replace('.', ',')} kg`;
  return name.slice(0, MOST_NAME - weight.length).trimEnd() + weight;
}

/**
 * @param {Reason} reason
 * @param {Line} line
 * @param {Cart} cart
 * @returns {{approved_by?: number}}
 */
function approvalOf({ kind }, line, cart) {
  const given = { line: line.discount, ticket: cart.discount, promotion: undefined }[kind];
  return given?.approvedBy === undefined ? {} : { approved_by: given.approvedBy };
}

/**
 * Read back a cart that was written to the disk.
 * @param {any} stored
 * @returns {Cart} the empty cart when the text is not one of ours
 */
export function reviveCart(stored) {
  if (!stored || !Array.isArray(stored.lines)) return EMPTY_CART;
  try {
    const lines = stored.lines.map((/** @type {Line} */ line) => {
      checkLine(line);
      return Object.freeze({ ...line });
    });
    const kept = freeze(lines, stored.activeKey ?? null, stored.nextKey ?? lines.length + 1);
    return withDiscount(kept, stored.discount ?? null);
  } catch (error) {
    if (error instanceof Refusal) return EMPTY_CART;
    throw error;
  }
}

/** @param {Line} line */
function checkLine(line) {
  if (!(line.priceClp > 0) || (line.labelClp !== undefined && !(line.labelClp > 0))) throw new Refusal('zero_price');
  if (!Number.isSafeInteger(line.quantityMilli) || line.quantityMilli <= 0) throw new Refusal('bad_quantity');
  if (line.unit === 'un' && line.quantityMilli % MILLI !== 0) throw new Refusal('bad_quantity');
  if (line.quantityMilli > MAX_QUANTITY_MILLI || Math.max(line.priceClp, line.labelClp ?? 0) > MAX_PRICE_CLP) throw new Refusal('too_large');
}

/**
 * @param {readonly Line[]} lines
 * @param {number | null} activeKey
 * @param {number} nextKey
 * @returns {Cart}
 */
function freeze(lines, activeKey, nextKey) {
  return Object.freeze({ lines: Object.freeze([...lines]), activeKey, nextKey });
}

/**
 * @param {Cart} cart
 * @param {readonly Line[]} lines
 * @param {number | null} activeKey
 * @param {number} [nextKey]
 * @returns {Cart}
 */
function withLines(cart, lines, activeKey, nextKey = cart.nextKey) {
  return withDiscount(freeze(lines, activeKey, nextKey), cart.discount ?? null);
}

/**
 * @template {Line | Cart} T
 * @param {T} given a line or a cart
 * @param {HandDiscount | null} discount
 * @returns {T}
 */
function withDiscount(given, discount) {
  const { discount: former, ...rest } = given;
  if (discount === null) return /** @type {T} */ (former === undefined ? given : Object.freeze(rest));
  return /** @type {T} */ (Object.freeze({ ...rest, discount: Object.freeze({ ...discount }) }));
}
