// @ts-check
/**
 * The catalogue in memory: what is what by its code, and what is called how.
 */

import { hasRightCheckDigit, looksLikeEan, writings } from './barcode.js';
import { readLabel } from './labels.js';
import { readPromotion } from './pricing/reading.js';
import { createSearch, fold } from './search.js';
import { findNear, vocabularyOf } from './typos.js';

/**
 * @typedef {Readonly<{id: number, name: string, code: string, barcodes: readonly string[], priceClp: number,
 *   unit: 'un' | 'kg', categoryId: number, hue: number, exempt: boolean, favourite: boolean, plu: string | null,
 *   discountable: boolean, restriction: import('./restrictions.js').Restriction, listed: readonly any[],
 *   takesBaes: boolean}>} Product
 *   `listed`: its prices in lists, as `price_lists.js` reads them; `takesBaes`: a food card may pay it
 * @typedef {Readonly<{id: number, name: string, hue: number}>} Category
 * @typedef {{rev: number | string, categories: [number, string, number][], products: any[][],
 *   promotions?: any[], scale?: [import('./labels.js').LabelKind, string][],
 *   alcohol?: import('./restrictions.js').AlcoholHours}} CatalogueAnswer
 * @typedef {CatalogueAnswer & {base: number | null, gone: number[]}} CatalogueNews rows changed since `base`; null: all
 * @typedef {import('./labels.js').LabelRead} LabelRead
 * @typedef {{kind: 'product', product: Product} | {kind: 'label', product: Product, read: LabelRead} |
 *   {kind: 'unknown', reason: 'check_digit' | 'not_found' | 'no_plu', plu?: string}} Found
 */

/** What the law says when the server never said what the licence does. @type {import('./restrictions.js').AlcoholHours} */
const LAWFUL_HOURS = Object.freeze(['09:00', '01:00', '03:00']);

/**
 * Put news into the rows we have: changed rows in place, new and renamed ones by name, gone ones out.
 * @param {CatalogueAnswer | null} kept
 * @param {CatalogueNews} news
 * @returns {CatalogueAnswer}
 */
export function withNews(kept, news) {
  const { rev, categories, products, promotions = [], scale = [], alcohol } = news;
  const counter = { promotions, scale, ...(alcohol ? { alcohol } : {}) };
  if (!kept || news.base === null || news.base !== kept.rev) return { rev, categories, products, ...counter };
  const fresh = new Map(products.map((row) => [row[0], row]));
  const gone = new Set(news.gone);
  const rows = kept.products.filter((row) => !gone.has(row[0])).map((row) => takeFresh(fresh, row));
  for (const row of fresh.values()) rows.push(row);
  if (fresh.size > 0 || hasRenamed(kept, products)) rows.sort(byName);
  return { rev, categories, products: rows, ...counter };
}

/**
 * Put a catalogue of one product beside those that came one by one; it is of no revision, so that all is asked for.
 * @param {CatalogueAnswer | null} kept
 * @param {Omit<CatalogueAnswer, 'rev'>} found
 * @returns {CatalogueAnswer}
 */
export function withOneMore(kept, found) {
  const fresh = new Set(found.products.map((row) => row[0]));
  const others = kept?.products.filter((row) => !fresh.has(row[0])) ?? [];
  return { rev: '', ...found, products: [...others, ...found.products] };
}

/**
 * @param {Map<number, any[]>} fresh
 * @param {any[]} row
 */
function takeFresh(fresh, row) {
  const changed = fresh.get(row[0]);
  fresh.delete(row[0]);
  return changed ?? row;
}

/**
 * @param {CatalogueAnswer} kept
 * @param {any[][]} changed
 */
function hasRenamed(kept, changed) {
  const names = new Map(changed.map((row) => [row[0], row[1]]));
  return kept.products.some((row) => names.has(row[0]) && names.get(row[0]) !== row[1]);
}

/**
 * @param {any[]} one
 * @param {any[]} other
 */
function byName(one, other) {
  const [a, b] = [fold(one[1]), fold(other[1])];
  return a === b ? one[0] - other[0] : a < b ? -1 : 1;
}

/**
 * Build the catalogue from the server's rows.
 * @param {CatalogueAnswer} answer
 */
export function createCatalogue(answer) {
  const categories = answer.categories.map(([id, name, hue]) => Object.freeze({ id, name, hue }));
  const hues = new Map(categories.map((category) => [category.id, category.hue]));
  const products = answer.products.map((row) => productFromRow(row, hues));
  const byId = new Map(products.map((product) => [product.id, product]));
  const byCode = codeMap(products);
  const rules = (answer.scale ?? []).map(([kind, layout]) => ({ kind, layout }));
  const byPlu = new Map(products.filter(({ plu }) => plu !== null).map((product) => [product.plu, product]));
  const index = createSearch(products.map((product) => `${product.name} ${product.code} ${product.plu ?? ''}`));
  /** @param {readonly number[]} found */
  const at = (found) => found.map((place) => products[place]);

  /** Made when it is first wanted. @type {readonly string[] | null} */
  let vocabulary = null;
  const promotions = (answer.promotions ?? []).flatMap(knownPromotion);
  const names = new Map((answer.promotions ?? []).map((one) => [String(one.id), String(one.name)]));

  return Object.freeze({
    rev: answer.rev,
    promotions: Object.freeze(promotions),
    /** How each promotion is called. @type {ReadonlyMap<string, string>} */
    promotionNames: names,
    categories: Object.freeze(categories),
    size: products.length,
    hasExempt: products.some((product) => product.exempt),
    /** @param {number} id */
    product: (id) => byId.get(id) ?? null,
    /** @param {number} categoryId */
    inCategory: (categoryId) => products.filter((product) => product.categoryId === categoryId),
    favourites: () => products.filter((product) => product.favourite),
    /**
     * @param {string} code
     * @returns {Found}
     */
    find: (code) => {
      const found = findCode(byCode, code.trim());
      return found.kind === 'unknown' ? (findLabelled(code.trim(), rules, byPlu, byCode) ?? found) : found;
    },
    /** When alcohol may be sold. */
    alcohol: answer.alcohol ?? LAWFUL_HOURS,
    /**
     * @param {string} text
     * @param {number} limit
     */
    search: (text, limit) => at(index.find(text).slice(0, limit)),
    /**
     * What is called so when it is spelled in another way.
     * @param {string} text
     * @param {readonly Product[]} besides what was found already
     * @param {number} limit
     */
    searchSpelled(text, besides, limit) {
      const known = new Set(besides);
      return at(index.findSpelled(text, (place) => !known.has(products[place]), limit));
    },
    /**
     * What may have been meant when `search` finds nothing.
     * @param {string} text
     * @param {number} limit
     */
    searchNear(text, limit) {
      vocabulary ??= vocabularyOf(index.lines);
      return at(findNear(index.lines, vocabulary, fold(text).split(/\s+/), limit));
    },
  });
}

/** @typedef {ReturnType<typeof createCatalogue>} Catalogue */

/**
 * A promotion of a kind that this program does not know yet is the server's to refuse; the till goes on selling.
 * @param {any} given
 * @returns {import('./pricing/promotions.js').Promotion[]}
 */
function knownPromotion(given) {
  try {
    return [readPromotion(given)];
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

/** Most products are in no list: they share it. @type {readonly any[]} */
const NONE = Object.freeze([]);

/**
 * @param {any[]} row
 * @param {Map<number, number>} hues
 * @returns {Product}
 */
function productFromRow(row, hues) {
  const [id, name, code, barcodes, priceClp, unit, categoryId, exempt, favourite, plu, undiscounted, restriction, listed, takesBaes] = row;
  return Object.freeze({
    id,
    name,
    code: String(code ?? ''),
    barcodes: Object.freeze(barcodes.map(String)),
    priceClp,
    unit,
    categoryId,
    hue: hues.get(categoryId) ?? 0,
    exempt: Boolean(exempt),
    favourite: Boolean(favourite),
    plu: plu === null || plu === undefined ? null : String(plu),
    discountable: !undiscounted,
    restriction: restriction ?? 0,
    listed: listed ?? NONE,
    takesBaes: Boolean(takesBaes),
  });
}

/**
 * Barcodes win over internal codes, and those over PLU numbers, when two products claim the same text.
 * @param {readonly Product[]} products
 * @returns {Map<string, Product>}
 */
function codeMap(products) {
  /** @type {Map<string, Product>} */
  const byCode = new Map();
  const claims = [
    (/** @type {Product} */ product) => product.barcodes,
    (/** @type {Product} */ product) => (product.code ? [product.code.toUpperCase()] : []),
    (/** @type {Product} */ product) => (product.plu ? [product.plu] : []),
  ];
  for (const codes of claims) {
    for (const product of products) {
      for (const code of codes(product)) if (!byCode.has(code)) byCode.set(code, product);
    }
  }
  return byCode;
}

/**
 * @param {Map<string, Product>} byCode
 * @param {string} code
 * @returns {Found}
 */
function findCode(byCode, code) {
  for (const writing of writings(code.toUpperCase())) {
    const product = byCode.get(writing);
    if (product) return { kind: 'product', product };
  }
  const misread = looksLikeEan(code) && !hasRightCheckDigit(code);
  return { kind: 'unknown', reason: misread ? 'check_digit' : 'not_found' };
}

/**
 * A label of the shop's scale: by its PLU, or by the code that a shop wrote down for it.
 * @param {string} code
 * @param {readonly import('./labels.js').LabelRule[]} rules
 * @param {Map<string | null, Product>} byPlu
 * @param {Map<string, Product>} byCode
 * @returns {Found | null} null: no label
 */
function findLabelled(code, rules, byPlu, byCode) {
  const read = readLabel(code, rules);
  if (!read) return null;
  const product = byPlu.get(read.plu) ?? byCode.get(read.baseCode);
  return product ? { kind: 'label', product, read } : { kind: 'unknown', reason: 'no_plu', plu: read.plu };
}
