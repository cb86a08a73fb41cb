// @ts-check
/**
 * Draws the tiles of goods. What a search finds is written into the tiles that are there, so that the browser makes
 * nothing anew while somebody types. Without Alpine, which would look at ten expressions for each of them.
 */

import { clp } from '../common/format.js';

/**
 * @typedef {import('./catalogue.js').Product} Product
 * @typedef {{tile: HTMLElement, name: HTMLElement, price: HTMLElement, held: HTMLElement, unit: HTMLElement,
 *   shown: Readonly<{product: Product, priceClp: number}> | null}} Drawn
 */

/**
 * @param {HTMLElement} grid with the template `tile` inside, marked by `data-part`
 * @returns {{show: (products: readonly Product[], priceFor: (product: Product) => number) => void,
 *   hold: (texts: ReadonlyMap<number, string>) => void}} `hold`: how much of each product the ticket holds, in words
 */
export function createTiles(grid) {
  const template = /** @type {HTMLTemplateElement} */ (grid.querySelector('template[data-part=tile]'));
  /** @type {Drawn[]} */
  const drawn = [];
  /** @type {ReadonlyMap<number, string>} */
  let held = new Map();

  /** @returns {Drawn} */
  function newTile() {
    const tile = /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (template.content.firstElementChild), true));
    const [name, price, many, unit] = ['name', 'price', 'held', 'unit'].map((one) => /** @type {HTMLElement} */ (tile.querySelector(`.${one}`)));
    return { tile, name, price, held: many, unit, shown: null };
  }

  /**
   * @param {Drawn} one
   * @param {Product} product
   * @param {number} priceClp
   */
  function write(one, product, priceClp) {
    if (one.shown?.product === product && one.shown.priceClp === priceClp) return;
    one.shown = { product, priceClp };
    one.tile.dataset.id = String(product.id);
    one.tile.dataset.cat = String(product.hue);
    put(one.name, product.name);
    put(one.price, clp(priceClp));
    mark(one);
  }

  /** @param {Drawn} one */
  function mark({ tile, held: many, unit, shown }) {
    if (!shown) return;
    const { product, priceClp } = shown;
    const text = held.get(product.id) ?? '';
    const perKilo = product.unit === 'kg' && !text;
    tile.toggleAttribute('data-in', text !== '');
    put(many, text);
    put(unit, perKilo ? 'por kg' : '');
    // The spoken words begin with the visible ones, in their order (WCAG 2.5.3).
    tile.setAttribute('aria-label', `${product.name}, ${clp(priceClp)}${text ? `, ${text} en la venta` : perKilo ? ' por kg' : ''}`);
  }

  return {
    show(products, priceFor) {
      for (const { tile } of drawn.splice(products.length)) tile.remove();
      const fresh = products.slice(drawn.length).map(newTile);
      for (const [place, product] of products.entries()) write(drawn[place] ?? fresh[place - drawn.length], product, priceFor(product));
      (drawn[drawn.length - 1]?.tile ?? template).after(...fresh.map(({ tile }) => tile));
      drawn.push(...fresh);
    },
    hold(texts) {
      const before = held;
      held = texts;
      for (const one of drawn) {
        const id = one.shown?.product.id ?? 0;
        if (before.get(id) !== texts.get(id)) mark(one);
      }
    },
  };
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
