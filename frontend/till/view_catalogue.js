// @ts-check
/** The left side of the screen: categories, tiles, search, scans, and the dialog that asks for a weight. */

import { clp, quantity } from '../common/format.js';
import { addArticle, quantitiesByProduct, setQuantity } from './cart.js';
import { MAX_QUANTITY_MILLI, parseQuantity } from './money.js';
import { grossClp, MILLI } from './pricing/amounts.js';
import { Refusal } from './pricing/refusals.js';
import { readMultiplier } from './scanner.js';
import { play } from './sound.js';

/** More tiles than anybody scrolls through; the search finds the rest. */
const MOST_TILES = 120;
const FAVOURITES = 'fav';
/** A pause this long in the typing shows results; a scan never draws any. */
const TYPING_PAUSE_MS = 70;

/** @typedef {import('./catalogue.js').Product} Product */

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, typing: any}} room what lives outside the screen's own state
 * @returns {Record<string, any>}
 */
export function catalogueView(room) {
  return {
    search: '',
    times: 1,
    category: FAVOURITES,
    tabs: [],
    tiles: [],
    tilesTitle: 'Favoritos',
    inTicket: {},
    weighing: null,

    catalogueArrived() {
      const { catalogue } = room;
      if (!catalogue) return;
      const favourites = catalogue.favourites().length > 0 ? [{ id: FAVOURITES, name: 'Favoritos', hue: 0 }] : [];
      this.tabs = [...favourites, ...catalogue.categories];
      if (!this.tabs.some((/** @type {any} */ tab) => tab.id === this.category)) this.category = this.tabs[0]?.id;
      this.showTiles();
      // Offers came with it: what is on the screen may cost something else now.
      if (this.stage === 'ticket' && !this.isEmpty()) this.setCart(this.cart);
    },

    showTiles() {
      const { catalogue } = room;
      if (!catalogue) return;
      const { rest } = readMultiplier(this.search);
      if (rest) {
        this.tiles = catalogue.search(rest, MOST_TILES);
        this.tilesTitle = 'Resultados';
      } else {
        const tab = this.tabs.find((/** @type {any} */ one) => one.id === this.category);
        const all = this.category === FAVOURITES ? catalogue.favourites() : catalogue.inCategory(this.category);
        this.tiles = all.slice(0, MOST_TILES);
        this.tilesTitle = tab?.name ?? '';
      }
      if (this.$refs.tiles) this.$refs.tiles.scrollTop = 0;
    },

    searchTyped() {
      clearTimeout(room.typing);
      room.typing = setTimeout(() => this.showTiles(), TYPING_PAUSE_MS);
    },

    searching() {
      return readMultiplier(this.search).rest !== '';
    },

    /** @param {string | number} id */
    chooseCategory(id) {
      this.category = id;
      this.search = '';
      this.showTiles();
      if (this.dialog === 'categories') this.close();
      this.$nextTick(() => this.$refs.tabs?.querySelector('[aria-selected=true]')?.scrollIntoView({ inline: 'center' }));
    },

    /**
     * Arrow keys walk the tabs, as people who use them by keyboard expect.
     * @param {KeyboardEvent} event
     */
    walkTabs(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const place = this.tabs.findIndex((/** @type {any} */ tab) => tab.id === this.category);
      const next = this.tabs[(place + step + this.tabs.length) % this.tabs.length];
      this.chooseCategory(next.id);
      this.$nextTick(() => this.$refs.tabs.querySelector('[aria-selected=true]')?.focus());
    },

    /**
     * Arrow keys walk the tiles; up from the first row goes back to the search.
     * @param {KeyboardEvent} event
     */
    walkTiles(event) {
      const tiles = [...this.$refs.tiles.querySelectorAll('.tile')];
      const place = tiles.indexOf(event.target);
      if (place < 0) return;
      const top = tiles[0].offsetTop;
      const columns = tiles.findIndex((tile) => tile.offsetTop > top);
      const row = columns < 0 ? tiles.length : columns;
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      if (place + step < 0) this.focusSearch();
      else tiles[place + step]?.focus();
    },

    focusTiles() {
      this.$refs.tiles.querySelector('.tile')?.focus();
    },

    /** @param {Product} product */
    tileLabel(product) {
      // The spoken words begin with the visible ones, in their order (WCAG 2.5.3).
      const held = this.inTicket[product.id];
      const more = held ? `, ${held} en la venta` : product.unit === 'kg' ? ' por kg' : '';
      return `${product.name}, ${clp(product.priceClp)}${more}`;
    },

    /** @param {Product} product */
    priceOf(product) {
      return clp(product.priceClp);
    },

    countTiles() {
      const held = quantitiesByProduct(this.cart);
      this.inTicket = Object.fromEntries([...held].map(([id, milli]) => [id, quantity(milli)]));
    },

    /** Enter in the search box: a code, a multiplier, or the first of the results. */
    enterSearch() {
      const { times, rest } = readMultiplier(this.search);
      if (!rest) {
        if (times > 1) this.holdMultiplier(times);
        return;
      }
      if (times > 1) this.times = times;
      this.showTiles();
      const found = room.catalogue?.find(rest);
      if (found?.kind === 'product') this.take(found.product);
      else if (this.tiles.length > 0) this.take(this.tiles[0]);
      else this.unknownCode(rest, found?.reason ?? 'not_found');
    },

    /** @param {number} times */
    holdMultiplier(times) {
      this.times = times;
      this.search = '';
      this.showTiles();
    },

    confirmTimes() {
      const times = Number(this.pad);
      if (!/^\d{1,4}$/.test(this.pad) || times === 0) {
        this.sheetError = 'Escribe un número de 1 en adelante.';
        return;
      }
      this.times = times;
      this.close();
    },

    /** @param {string} code */
    scanned(code) {
      if (this.stage === 'sending') {
        this.heldScans.push(code);
        return;
      }
      if (this.dialog) this.close();
      const { times, rest } = readMultiplier(this.search);
      if (times > 1) this.times = times;
      this.search = '';
      const found = this.findScanned(code, rest);
      if (found?.kind === 'product') this.take(found.product);
      else this.unknownCode(code, found?.reason ?? 'not_found');
      this.searchTyped();
    },

    /**
     * On a busy machine the first keys of a scan can come late and stay in the search box: then both parts are the code.
     * @param {string} code
     * @param {string} left what the search box held
     */
    findScanned(code, left) {
      const found = room.catalogue?.find(code);
      if (found?.kind === 'product' || !left) return found;
      const joined = room.catalogue?.find(left + code);
      return joined?.kind === 'product' ? joined : found;
    },

    /**
     * @param {string} code
     * @param {'check_digit' | 'not_found'} reason
     */
    unknownCode(code, reason) {
      const text =
        reason === 'check_digit'
          ? `El código ${code} se leyó mal. Escanéalo de nuevo o escribe el nombre.`
          : `No conocemos el código ${code}. Busca el producto por su nombre.`;
      this.say('danger', text);
      play('unknown');
      this.flashing = true;
      setTimeout(() => {
        this.flashing = false;
      }, 700);
    },

    /** @param {Product} product */
    take(product) {
      if (this.stage === 'sending') return;
      this.newTicketIfPaid();
      const { times } = this;
      this.times = 1;
      if (this.search) {
        this.search = '';
        this.showTiles();
      }
      this.hush();
      if (product.unit === 'kg') this.askWeight(product);
      else this.put(product, times * MILLI);
    },

    /**
     * @param {Product} product
     * @param {number} quantityMilli
     */
    put(product, quantityMilli) {
      try {
        const next = addArticle(this.cart, { ...product, productId: product.id }, quantityMilli);
        if (this.facturaIsFull(next)) return;
        this.setCart(next);
      } catch (error) {
        this.sayLineRefused(error, product.name);
        return;
      }
      play('ok');
      const { total } = this.priced;
      this.announce(`${product.name}, ${quantity(quantityMilli, product.unit)}. Total ${clp(total)}`);
    },

    /**
     * @param {unknown} error
     * @param {string} name
     */
    sayLineRefused(error, name) {
      if (!(error instanceof Refusal)) throw error;
      const reasons = {
        zero_price: `${name} no tiene precio. Pónselo en Productos.`,
        bad_quantity: `${name} se vende por unidad: escribe un número entero.`,
        too_large: `Es demasiado para una línea. Sepárala en dos.`,
      };
      this.say('danger', /** @type {Record<string, string>} */ (reasons)[error.code]);
      play('unknown');
    },

    /**
     * @param {Product} product
     * @param {number | null} [key] the line to change, when it is in the ticket already
     */
    askWeight(product, key = null) {
      this.weighing = { product, key };
      this.open('weight', '');
      void this.tellStock(product.id);
    },

    /** Digits alone are grams, digits with a comma are kilos; scales and people use both. */
    typedMilli() {
      const text = this.pad.trim();
      if (/^\d{1,8}$/.test(text)) return Number(text);
      return parseQuantity(text);
    },

    weightText() {
      const milli = this.typedMilli();
      return milli ? quantity(milli, 'kg') : '0 kg';
    },

    weightAmount() {
      const milli = this.typedMilli();
      if (!milli || !this.weighing) return '$0';
      return clp(grossClp(Math.min(milli, MAX_QUANTITY_MILLI), this.weighing.product.priceClp));
    },

    confirmWeight() {
      const milli = this.typedMilli();
      if (!milli || milli > MAX_QUANTITY_MILLI) {
        this.sheetError = 'Escribe los gramos (455) o los kilos con coma (0,455).';
        return;
      }
      const { product, key } = this.weighing;
      this.close();
      if (key === null) this.put(product, milli);
      else this.setCart(setQuantity(this.cart, key, milli));
    },
  };
}
