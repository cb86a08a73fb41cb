// @ts-check
/**
 * The till screen. State that must survive lives in the store and the queue; what this component holds vanishes with
 * the page. The template only reads properties and calls methods, so that it runs under a strict content policy.
 */

import Alpine from '@alpinejs/csp';
import { hour } from '../common/format.js';
import { createAgent } from './agent.js';
import { EMPTY_CART, reviveCart } from './cart.js';
import { createCatalogue, withNews } from './catalogue.js';
import { createDeeds } from './deeds.js';
import { createQueue } from './queue.js';
import { watchScanner } from './scanner.js';
import { createServer, Forbidden, SignedOut } from './server.js';
import { chipOf, waitingFor } from './status.js';
import { openStore } from './store.js';
import { cartView } from './view_cart.js';
import { catalogueView } from './view_catalogue.js';
import { discountView } from './view_discounts.js';
import { invoiceView } from './view_invoice.js';
import { payView } from './view_pay.js';
import { sheetView } from './view_sheets.js';
import { stockView } from './view_stock.js';
import { soldView } from './view_sold.js';
import { createUidSource } from './uid.js';

const config = JSON.parse(document.getElementById('till-config')?.textContent ?? '{}');

/** Parts the screen uses but does not watch: the catalogue alone would cost thousands of proxies. */
const room = {
  /** @type {import('./catalogue.js').Catalogue | null} */
  catalogue: null,
  /** The rows it was made of, for the next news. @type {import('./catalogue.js').CatalogueAnswer | null} */
  rows: null,
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  typing: undefined,
  /** @type {import('./store.js').Store | null} */
  store: null,
  /** @type {import('./queue.js').Queue | null} */
  queue: null,
  /** @type {import('./deeds.js').Deeds | null} */
  deeds: null,
  server: createServer(config, window.fetch.bind(window)),
  agent: createAgent(config.agent ?? null, window.fetch.bind(window)),
  newUid: createUidSource(Date.now, (bytes) => crypto.getRandomValues(bytes)),
  now: () => new Date(),
  /** Papers being handed to the agent right now. @type {Set<string>} */
  printing: new Set(),
};

/** @type {Record<string, any>} */
const frame = {
  ready: false,
  doubled: false,
  flashing: false,
  notice: null,
  spoken: '',
  shift: config.shift ?? null,
  quickNotes: config.quick_notes ?? [1000, 2000, 5000, 10000, 20000],
  queued: { sending: 0, refused: 0, reachable: true, signedOut: false, forbidden: null },
  state: null,
  reachable: navigator.onLine,

  async init() {
    this.dressUp();
    this.watchKeys();
    if (!(await this.claimTill())) {
      this.doubled = true;
      return;
    }
    room.store = await openStore(config.till_id);
    room.queue = createQueue({
      store: room.store.sales,
      send: room.server.sale,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      random: Math.random,
      onChange: (snapshot) => {
        this.queued = snapshot;
      },
    });
    room.deeds = await createDeeds({ disk: room.store, send: room.server.deed, newUid: room.newUid });
    const kept = (await room.store.read('cart')) ?? EMPTY_CART;
    this.invoice = kept.invoice ?? null;
    this.setCart(reviveCart(kept));
    await this.loadCatalogue();
    await this.resume();
    this.ready = true;
    this.focusSearch();
    this.watchNetwork();
  },

  /** Two pages selling on one till would take each other's ticket. Plain http on a network has no locks: then skip. */
  claimTill() {
    const { locks } = navigator;
    if (!locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      void locks.request(`caja-${config.till_id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        // The lock is held for as long as this promise is open: until the page goes.
        return lock === null ? undefined : new Promise(() => {});
      });
    });
  },

  async loadCatalogue() {
    const kept = await room.store?.readCatalogue();
    if (kept) this.adopt(kept);
    await this.pullCatalogue();
  },

  async pullCatalogue() {
    try {
      const news = await room.server.catalogue(room.rows?.rev ?? null);
      if (room.rows && room.rows.rev === news.rev) return;
      const answer = withNews(room.rows, news);
      this.adopt(answer);
      await room.store?.writeCatalogue(answer);
    } catch (error) {
      this.noteFailure(error);
      if (!room.catalogue) this.say('warn', 'No pudimos traer los productos. Lo intentaremos de nuevo en unos segundos.');
    }
  },

  /** @param {import('./catalogue.js').CatalogueAnswer} answer */
  adopt(answer) {
    room.rows = answer;
    room.catalogue = createCatalogue(answer);
    this.catalogueArrived();
  },

  async resume() {
    const left = await room.queue?.resume();
    for (const outcome of left?.sending ?? []) void outcome.then((done) => this.settled(done));
    for (const record of left?.accepted ?? []) void this.printPaper(record);
  },

  /** Papers the agent could not take are handed over again until it does; it prints each once. */
  async retryPapers() {
    for (const record of (await room.queue?.unprinted()) ?? []) await this.printPaper(record);
  },

  watchNetwork() {
    const tick = () => {
      if (document.visibilityState === 'visible') void this.pollState();
    };
    window.addEventListener('online', () => {
      room.queue?.wake();
      tick();
    });
    window.addEventListener('offline', () => {
      this.reachable = false;
    });
    document.addEventListener('visibilitychange', tick);
    setInterval(tick, config.poll_ms);
    tick();
    window.addEventListener('beforeunload', (event) => {
      if (this.queued.sending > 0) event.preventDefault();
    });
  },

  async pollState() {
    try {
      this.state = await room.server.state();
      this.noteServerTime(this.state.server_time);
      const wasAway = !this.reachable;
      // Only a sale can tell whether the page's protection still holds; a permission shows here.
      if (this.queued.forbidden === 'role') this.queued = { ...this.queued, forbidden: null };
      this.reachable = true;
      this.shift = this.state.shift ?? null;
      if (wasAway) room.queue?.wake();
      if (room.rows?.rev !== this.state.catalogue_rev) await this.pullCatalogue();
      await this.retryPapers();
      await room.deeds?.flush();
    } catch (error) {
      this.noteFailure(error);
    }
  },

  /** @param {unknown} error */
  noteFailure(error) {
    this.reachable = false;
    if (error instanceof SignedOut) this.queued = { ...this.queued, signedOut: true };
    if (error instanceof Forbidden) this.queued = { ...this.queued, forbidden: error.reason };
  },

  chip() {
    return chipOf(this.queued, this.state, this.reachable);
  },

  waitingText() {
    const text = waitingFor(this.queued);
    return this.current?.invoiced ? text.replace('La boleta', 'La factura') : text;
  },

  shiftText() {
    return this.shift ? `Turno desde las ${hour(this.shift.opened_at)}` : 'Caja cerrada';
  },

  focusSearch() {
    this.$nextTick(() => {
      if (!this.dialog) this.$refs.search?.focus();
    });
  },

  /**
   * Show one sentence over the tiles until something else happens.
   * @param {'danger' | 'warn' | 'info'} tone
   * @param {string} text
   */
  say(tone, text) {
    this.notice = { tone, text };
  },

  hush() {
    this.notice = null;
  },

  /** @param {string} text for people who hear the screen */
  announce(text) {
    this.spoken = text;
  },

  watchKeys() {
    watchScanner(window, { onScan: (code) => this.scanned(code), home: () => this.$refs.search ?? null });
    window.addEventListener('keydown', (event) => this.pressed(event));
  },

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector('[popover]:popover-open')) return;
    this.catchUp();
    const deed = this.dialog ? this.sheetKeys()[event.key] : this.ticketKeys()[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  },

  /** @returns {Record<string, () => void>} what each key does while the ticket is on the screen */
  ticketKeys() {
    const always = {
      F2: () => this.focusSearch(),
      F4: () => this.askLineDiscount(),
      F7: () => this.askInvoice(),
      F8: () => this.openCash(),
      F9: () => this.openCard(),
      F10: () => this.openMixed(),
      Escape: () => this.stepBack(),
    };
    const typing = this.search !== '' || (document.activeElement?.closest('[data-own-keys]') ?? null) !== null;
    if (typing) return always;
    return {
      ...always,
      '+': () => this.step(1),
      '-': () => this.step(-1),
      '*': () => this.askQuantity(),
      Delete: () => this.drop(),
      ArrowUp: () => this.walkLines(-1),
      ArrowDown: () => this.walkLines(1),
    };
  },

  /** Escape clears what was typed, then the last sale from the screen; it never loses a ticket. */
  stepBack() {
    if (this.search) {
      this.search = '';
      this.showTiles();
    } else if (this.times > 1) this.times = 1;
    else this.newTicketIfPaid();
    this.hush();
    this.focusSearch();
  },

  /** Choices of this machine, not of a person: which hand, light or dark. */
  dressUp() {
    const root = document.documentElement;
    for (const [name, key] of [
      ['hand', 'caja-mano'],
      ['theme', 'caja-tema'],
    ]) {
      const kept = localStorage.getItem(key);
      if (kept) root.dataset[name] = kept;
    }
  },

  swapHands() {
    const hand = document.documentElement.dataset.hand === 'left' ? 'right' : 'left';
    document.documentElement.dataset.hand = hand;
    localStorage.setItem('caja-mano', hand);
  },

  swapTheme() {
    const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    localStorage.setItem('caja-tema', theme);
  },
};

/**
 * Put parts into one component; getters and methods keep their form.
 * @param {Record<string, any>[]} parts
 */
function compose(...parts) {
  return parts.reduce((whole, part) => Object.defineProperties(whole, Object.getOwnPropertyDescriptors(part)), {});
}

Alpine.data('till', () =>
  compose(frame, catalogueView(room), cartView(room), discountView(room, config), payView(room), invoiceView(room, config), soldView(room), stockView(room), sheetView()),
);
Alpine.start();
