// @ts-check
/**
 * The catalogue in memory: a Map by code, and an own folded-substring search (no index to build, finds infixes).
 */

import { hasRightCheckDigit, looksLikeEan, writings } from './barcode.js';
import { readPromotion } from './pricing/reading.js';

/**
 * @typedef {Readonly<{id: number, name: string, code: string, barcodes: readonly string[], priceClp: number,
 *   unit: 'un' | 'kg', categoryId: number, hue: number, exempt: boolean, favourite: boolean, plu: string | null,
 *   discountable: boolean}>} Product
 * @typedef {Readonly<{id: number, name: string, hue: number}>} Category
 * @typedef {{rev: number | string, categories: [number, string, number][], products: any[][],
 *   promotions?: any[]}} CatalogueAnswer
 * @typedef {CatalogueAnswer & {base: number | null, gone: number[]}} CatalogueNews rows changed since `base`; null: all
 * @typedef {{kind: 'product', product: Product} | {kind: 'unknown', reason: 'check_digit' | 'not_found'}} Found
 */

/**
 * Write a text without accents and in small letters, so that `pina` finds Piña.
 * @param {string} text
 * @returns {string}
 */
export function fold(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().trim();
}

/**
 * Put news into the rows we have: changed rows in place, new and renamed ones by name, gone ones out.
 * @param {CatalogueAnswer | null} kept
 * @param {CatalogueNews} news
 * @returns {CatalogueAnswer}
 */
export function withNews(kept, news) {
  const { rev, categories, products, promotions = [] } = news;
  if (!kept || news.base === null || news.base !== kept.rev) return { rev, categories, products, promotions };
  const fresh = new Map(products.map((row) => [row[0], row]));
  const gone = new Set(news.gone);
  const rows = kept.products.filter((row) => !gone.has(row[0])).map((row) => takeFresh(fresh, row));
  for (const row of fresh.values()) rows.push(row);
  if (fresh.size > 0 || hasRenamed(kept, products)) rows.sort(byName);
  return { rev, categories, products: rows, promotions };
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
  const folded = products.map((product) => fold(`${product.name} ${product.code} ${product.plu ?? ''}`));

  const promotions = (answer.promotions ?? []).flatMap(knownPromotion);
  const names = new Map((answer.promotions ?? []).map((one) => [String(one.id), String(one.name)]));

  return Object.freeze({
    rev: answer.rev,
    promotions: Object.freeze(promotions),
    /** How each promotion is called. @type {ReadonlyMap<string, string>} */
    promotionNames: names,
    categories: Object.freeze(categories),
    size: products.length,
    /** @param {number} id */
    product: (id) => byId.get(id) ?? null,
    /** @param {number} categoryId */
    inCategory: (categoryId) => products.filter((product) => product.categoryId === categoryId),
    favourites: () => products.filter((product) => product.favourite),
    /**
     * @param {string} code
     * @returns {Found}
     */
    find: (code) => findCode(byCode, code.trim()),
    /**
     * @param {string} text
     * @param {number} limit
     */
    search: (text, limit) => searchFolded(products, folded, text, limit),
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

/**
 * @param {any[]} row
 * @param {Map<number, number>} hues
 * @returns {Product}
 */
function productFromRow(row, hues) {
  const [id, name, code, barcodes, priceClp, unit, categoryId, exempt, favourite, plu, undiscounted] = row;
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
  // Labels of the shop's scale (prefix 20 to 29, weight or price inside) will be read here.
  const misread = looksLikeEan(code) && !hasRightCheckDigit(code);
  return { kind: 'unknown', reason: misread ? 'check_digit' : 'not_found' };
}

/**
 * Every word must occur; names that start with the text come first, then those with a word that does.
 * @param {readonly Product[]} products
 * @param {readonly string[]} folded
 * @param {string} text
 * @param {number} limit
 * @returns {Product[]}
 */
function searchFolded(products, folded, text, limit) {
  const whole = fold(text);
  const words = whole.split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  /** @type {Product[][]} */
  const ranks = [[], [], []];
  folded.forEach((haystack, place) => {
    if (!words.every((word) => haystack.includes(word))) return;
    const rank = haystack.startsWith(whole) ? 0 : ` ${haystack}`.includes(` ${words[0]}`) ? 1 : 2;
    ranks[rank].push(products[place]);
  });
  return ranks.flat().slice(0, limit);
}
