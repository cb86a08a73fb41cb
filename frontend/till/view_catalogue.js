// @ts-check
/** The left side of the screen: categories, tiles, search, and how goods come from there into the ticket. */

import { clp, quantity } from '../common/format.js';
import { addArticle, quantitiesByProduct } from './cart.js';
import { MILLI } from './pricing/amounts.js';
import { Refusal } from './pricing/refusals.js';
import { isLikeACode, readMultiplier } from './scanner.js';
import { play } from './sound.js';
import { createTiles } from './tiles.js';

/** More tiles than anybody scrolls through; the search finds the rest. */
const MOST_TILES = 120;
/** As many as a screen of 1280 x 800 shows at once; what lies below it waits until nobody types. */
const FIRST_TILES = 25;
const REST_PAUSE_MS = 200;
const FAVOURITES = 'fav';
/** Sheets that take money for the ticket as it stands. */
const PAYING = ['cash', 'tender', 'prices'];
/** Codes of goods have digits and no blanks; who types only letters looks for a name. */
const MAYBE_CODE = /^\S*\d\S*$/;
/** Looking for what resembles waits until the typing has ended. */
const GUESS_PAUSE_MS = 250;
/** A pause this long in the typing shows results; a scan never draws any. */
const TYPING_PAUSE_MS = 70;

/** @typedef {import('./catalogue.js').Product} Product */

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, typing: any, restOfTiles?: any,
 *   later: import('./later.js').Later, laid?: {catalogue: import('./catalogue.js').Catalogue, asked: string | number} | null}} room what lives outside the screen's own state; `laid`: what all of the tiles on the screen answer
 * @returns {Record<string, any>}
 */
export function catalogueView(room) {
  /** @type {ReturnType<typeof createTiles> | null} */
  let grid = null;

  return {
    search: '',
    times: 1,
    category: FAVOURITES,
    /** The category whose tiles are on the screen; null: what was found is. @type {string | number | null} */
    shownTab: FAVOURITES,
    tabs: [],
    /** Frozen: nothing reads goods through a proxy. @type {readonly Product[]} */
    tiles: Object.freeze([]),
    tilesTitle: 'Favoritos',
    /** What is shown only resembles what was typed: nothing of it is sold without a look. */
    isGuess: false,
    /** How much of the first catalogue came so far, in percent; null once it is there. @type {number | null} */
    catalogueShare: 0,

    catalogueArrived() {
      const { catalogue } = room;
      if (!catalogue) return;
      this.catalogueShare = null;
      const favourites = catalogue.favourites().length > 0 ? [{ id: FAVOURITES, name: 'Favoritos', hue: 0 }] : [];
      this.tabs = [...favourites, ...catalogue.categories];
      if (!this.tabs.some((/** @type {any} */ tab) => tab.id === this.category)) this.category = this.tabs[0]?.id;
      this.showTiles();
      if (this.stage === 'ticket' && !this.isEmpty()) this.takeNewPrices();
      if (this.ready) this.drainScans();
    },

    loadedText() {
      return this.catalogueShare === null ? '' : `Los productos están llegando: va el ${this.catalogueShare} %.`;
    },

    /**
     * What is on the screen may cost something else now: tell before any money is taken. A sheet with other work is not
     * thrown away for it; prices are looked at again when it is paid.
     */
    takeNewPrices() {
      if (this.dialog && !PAYING.includes(this.dialog)) return;
      const before = this.priced.total;
      const changes = this.changedPrices();
      if (changes.length > 0) this.showRepriced(this.cart, changes, before);
      else {
        this.setCart(this.cart);
        if (this.priced.total !== before) this.sayOfferChanged();
      }
    },

    /** @returns {import('./cart.js').PriceChange[]} lines whose product costs something else for this ticket by now */
    changedPrices() {
      return this.cart.lines.flatMap((/** @type {import('./cart.js').Line} */ line) => {
        const product = room.catalogue?.product(line.productId);
        const now = product && this.priceFor(product);
        return now && now !== line.priceClp ? [{ product_id: line.productId, price_clp: now }] : [];
      });
    },

    showTiles() {
      clearTimeout(room.typing);
      const { catalogue } = room;
      if (!catalogue) return;
      const { rest } = readMultiplier(this.search);
      const asked = rest ? `?${rest}` : this.category;
      // After a scan nothing else is asked: what the cashier sees stays, and where it was scrolled to.
      if (room.laid?.catalogue === catalogue && room.laid.asked === asked) return;
      this.shownTab = rest ? null : this.category;
      this.isGuess = false;
      if (rest) {
        const plain = catalogue.search(rest, MOST_TILES);
        const spelled = () => catalogue.searchSpelled(rest, plain, MOST_TILES - plain.length);
        if (plain.length > 0) this.layTiles(plain, { catalogue, asked }, spelled);
        else this.layTiles(spelled(), { catalogue, asked });
        this.tilesTitle = 'Resultados';
        if (this.tiles.length === 0) room.typing = setTimeout(() => this.guess(rest), GUESS_PAUSE_MS);
      } else {
        const tab = this.tabs.find((/** @type {any} */ one) => one.id === this.category);
        const all = this.category === FAVOURITES ? catalogue.favourites() : catalogue.inCategory(this.category);
        this.layTiles(all.slice(0, MOST_TILES), { catalogue, asked });
        this.tilesTitle = tab?.name ?? '';
      }
      if (this.$refs.tiles) this.$refs.tiles.scrollTop = 0;
    },

    /**
     * Show what may have been meant, when nothing is called like that.
     * @param {string} text
     */
    guess(text) {
      clearTimeout(room.typing);
      const near = room.catalogue?.searchNear(text, MOST_TILES) ?? [];
      this.isGuess = near.length > 0;
      if (!this.isGuess) return;
      this.tilesTitle = 'Parecidos';
      this.layTiles(near);
    },

    /**
     * What fits the screen comes at once, the rest when nobody types.
     * @param {readonly Product[]} found
     * @param {{catalogue: import('./catalogue.js').Catalogue, asked: string | number} | null} [laid] what they answer; nothing that is asked again
     * @param {() => readonly Product[]} [more] what takes longer to find
     */
    layTiles(found, laid = null, more) {
      clearTimeout(room.restOfTiles);
      this.tiles = Object.freeze(found.slice(0, FIRST_TILES));
      const isAll = found.length <= FIRST_TILES && !more;
      room.laid = isAll ? laid : null;
      if (isAll) return;
      room.restOfTiles = setTimeout(() => {
        this.tiles = Object.freeze([...found, ...(more?.() ?? [])]);
        room.laid = laid;
      }, REST_PAUSE_MS);
    },

    /** Whenever other goods are to be seen, or at other prices. */
    drawTiles() {
      grid ??= createTiles(this.$refs.tiles);
      grid.show(this.tiles, (product) => this.priceFor(product));
    },

    /**
     * @param {Event} event a tap on a tile or beside them
     */
    tileTapped(event) {
      const tile = /** @type {HTMLElement} */ (event.target).closest('.tile');
      const product = tile && room.catalogue?.product(Number(/** @type {HTMLElement} */ (tile).dataset.id));
      if (product && this.takeMultiplier() !== null) this.take(product);
    },

    searchTyped() {
      clearTimeout(room.typing);
      clearTimeout(room.restOfTiles);
      this.isGuess = false;
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

    countTiles() {
      const held = [...quantitiesByProduct(this.cart)];
      grid?.hold(new Map(held.map(([id, milli]) => [id, quantity(milli)])));
    },

    /** Enter in the search box: a code, a multiplier, or the first of the results. */
    enterSearch() {
      const rest = this.takeMultiplier();
      if (!rest) {
        if (rest === '') this.clearSearch();
        return;
      }
      if (MAYBE_CODE.test(rest) && this.catalogueShare !== null && !this.knows(rest)) {
        this.search = '';
        this.holdScan(rest);
        return;
      }
      this.showTiles();
      const found = room.catalogue?.find(rest);
      if (found && found.kind !== 'unknown') this.takeFound(found, rest);
      else if (this.tiles.length > 0 && !this.isGuess) this.take(this.tiles[0]);
      else if (isLikeACode(rest)) this.takeFound(found, rest);
      else this.unknownName(rest);
    },

    /** @param {string} text words, or words with a size: «cocacola 3» */
    unknownName(text) {
      if (this.catalogueShare !== null) {
        this.say('info', `${this.loadedText()} Búscalo de nuevo en unos segundos.`);
        return;
      }
      this.guess(text);
      if (this.isGuess) this.say('warn', `Nada se llama “${text}”. Si es uno de estos, tócalo.`);
      else this.say('danger', `Nada se llama “${text}”. Busca con otras palabras o menos letras, ${this.orMakeIt()}`, this.wayToMake('nombre', text));
      this.alarm();
    },

    clearSearch() {
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

    /** @param {Product} product */
    take(product) {
      if (this.stage === 'sending') return;
      const times = this.beginLine();
      this.guarded(product, () => {
        if (product.unit !== 'kg') this.put(product, times * MILLI);
        else {
          this.askWeight(product);
          if (times > 1) this.sheetError = `El ${times} × no sirve para lo que se pesa: pesa todo junto.`;
        }
      });
    },

    /** @returns {number} how many of what comes now; the screen is ready for it */
    beginLine() {
      this.newTicketIfPaid();
      const { times } = this;
      this.times = 1;
      if (this.search) this.clearSearch();
      this.hush();
      return times;
    },

    /**
     * @param {Product} product
     * @param {number} quantityMilli
     * @param {{labelClp?: number}} [label] what the shop's scale printed as its price
     */
    put(product, quantityMilli, label = {}) {
      try {
        const article = { ...product, productId: product.id, priceClp: this.priceFor(product), ...label };
        const next = addArticle(this.cart, article, quantityMilli);
        if (this.facturaIsFull(next)) return;
        this.setCart(next);
      } catch (error) {
        this.sayLineRefused(error, product.name);
        return;
      }
      room.later.after('came in', () => play('ok'));
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
      play('error');
    },
  };
}
