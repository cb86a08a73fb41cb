// @ts-check
/**
 * The ticket being rung up: frozen values, each change gives a new cart. No clock, no screen, no storage.
 *
 * Same arithmetic as `erpmarket.pricing`: a line is quantity × price half up, the total is the sum of the lines.
 */

import { MAX_PRICE_CLP, MAX_QUANTITY_MILLI, quantityText } from './money.js';
import { grossClp, MILLI } from './pricing/amounts.js';
import { partGross } from './pricing/boleta.js';
import { Refusal } from './pricing/refusals.js';

/**
 * @typedef {'un' | 'kg'} Unit
 * @typedef {Readonly<{productId: number, name: string, unit: Unit, exempt: boolean, priceClp: number}>} Article
 * @typedef {Readonly<Article & {key: number, quantityMilli: number}>} Line
 * @typedef {Readonly<{lines: readonly Line[], activeKey: number | null, nextKey: number}>} Cart
 * @typedef {{product_id: number, price_clp: number}} PriceChange
 */

/** @type {Cart} */
export const EMPTY_CART = Object.freeze({ lines: Object.freeze([]), activeKey: null, nextKey: 1 });

/**
 * Add a product. Units join the line they already have; each weighing stays a line of its own.
 * @param {Cart} cart
 * @param {Article} article
 * @param {number} quantityMilli
 * @returns {Cart}
 */
export function addArticle(cart, article, quantityMilli) {
  const same = cart.lines.find(
    (line) => article.unit === 'un' && line.productId === article.productId && line.priceClp === article.priceClp,
  );
  if (same) return setQuantity(cart, same.key, same.quantityMilli + quantityMilli);
  const { productId, name, unit, exempt, priceClp } = article;
  const line = Object.freeze({ key: cart.nextKey, productId, name, unit, exempt, priceClp, quantityMilli });
  checkLine(line);
  return freeze([...cart.lines, line], line.key, cart.nextKey + 1);
}

/**
 * Set the quantity of a line and make it the active one.
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
    return changed;
  });
  return freeze(lines, key, cart.nextKey);
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
  return freeze(lines, heir ? heir.key : null, cart.nextKey);
}

/**
 * @param {Cart} cart
 * @param {number} key
 * @returns {Cart}
 */
export function selectLine(cart, key) {
  return freeze(cart.lines, key, cart.nextKey);
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
  return freeze(cart.lines, cart.lines[next].key, cart.nextKey);
}

/**
 * Take over prices the server told us.
 * @param {Cart} cart
 * @param {readonly PriceChange[]} changes
 * @returns {Cart}
 */
export function reprice(cart, changes) {
  const prices = new Map(changes.map((change) => [change.product_id, change.price_clp]));
  const lines = cart.lines.map((line) => {
    const priceClp = prices.get(line.productId);
    return priceClp === undefined ? line : Object.freeze({ ...line, priceClp });
  });
  return freeze(lines, cart.activeKey, cart.nextKey);
}

/**
 * Price a cart: the amount of each line, and the totals of its boleta.
 * @param {Cart} cart
 * @returns {{amounts: number[], affected: number, exempt: number, net: number, iva: number, total: number}}
 */
export function priceCart(cart) {
  const lines = cart.lines.map((line) => ({
    amount: grossClp(line.quantityMilli, line.priceClp),
    exempt: line.exempt,
  }));
  const { net, iva, exempt, total } = partGross(lines);
  return { amounts: lines.map((line) => line.amount), affected: net + iva, exempt, net, iva, total };
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
 * Write the lines as the server takes them.
 * @param {Cart} cart
 * @returns {{product_id: number, quantity: string, price_clp: number}[]}
 */
export function saleLines(cart) {
  return cart.lines.map((line) => ({
    product_id: line.productId,
    quantity: quantityText(line.quantityMilli),
    price_clp: line.priceClp,
  }));
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
    return freeze(lines, stored.activeKey ?? null, stored.nextKey ?? lines.length + 1);
  } catch (error) {
    if (error instanceof Refusal) return EMPTY_CART;
    throw error;
  }
}

/** @param {Line} line */
function checkLine(line) {
  if (!(line.priceClp > 0)) throw new Refusal('zero_price');
  if (!Number.isSafeInteger(line.quantityMilli) || line.quantityMilli <= 0) throw new Refusal('bad_quantity');
  if (line.unit === 'un' && line.quantityMilli % MILLI !== 0) throw new Refusal('bad_quantity');
  if (line.quantityMilli > MAX_QUANTITY_MILLI || line.priceClp > MAX_PRICE_CLP) throw new Refusal('too_large');
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
