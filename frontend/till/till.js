// @ts-check
/**
 * The till screen. It opens without a session and without a network: what it knows is in this device's memory, what it
 * does goes into its journal. What this component holds vanishes with the page. The template only reads properties and
 * calls methods, so that it runs under a strict content policy.
 */

import Alpine from '@alpinejs/csp';
import { dayShort, hour } from '../common/format.js';
import { createAgent } from './agent.js';
import { DOUBLED, notATill, revoked, UNABLE } from './barriers.js';
import { EMPTY_CART } from './cart.js';
import { createCatalogue } from './catalogue.js';
import { openDevice } from './device/device.js';
import { openMemory } from './device/memory.js';
import { keepShell } from './device/shell_update.js';
import { createLater } from './later.js';
import { keepPlace, readPlace, recallPlace, SHELL_WORKER, tillOf } from './place.js';
import { putSheetsToSleep, wakeSheet, wakeSheetsWhenIdle } from './sleeping.js';
import { besideChip, chipOf } from './status.js';
import { aheadView } from './view_ahead.js';
import { cartView } from './view_cart.js';
import { catalogueView } from './view_catalogue.js';
import { closingView } from './view_closing.js';
import { creditView } from './view_credit.js';
import { customerView } from './view_customer.js';
import { discountView } from './view_discounts.js';
import { displayView } from './view_display.js';
import { doubtView } from './view_doubt.js';
import { earlyView } from './view_early.js';
import { guardView } from './view_guard.js';
import { heldView } from './view_held.js';
import { invoiceView } from './view_invoice.js';
import { keysView } from './view_keys.js';
import { looksView } from './view_looks.js';
import { menuView } from './view_menu.js';
import { paidView } from './view_paid.js';
import { payView } from './view_pay.js';
import { pinView } from './view_pin.js';
import { printingView } from './view_printing.js';
import { practiceView } from './view_practice.js';
import { returnView } from './view_return.js';
import { scanView } from './view_scan.js';
import { sheetView } from './view_sheets.js';
import { shiftView } from './view_shift.js';
import { stockView } from './view_stock.js';
import { storageView } from './view_storage.js';
import { tenderView } from './view_tenders.js';
import { unansweredView } from './view_unanswered.js';
import { valeView } from './view_vales.js';
import { soldView } from './view_sold.js';
import { weightView } from './view_weight.js';

let place = readPlace(localStorage);
const BOLETA = 39;
const BOLETA_EXENTA = 41;
const DAY_MS = 86_400_000;
const SHELL_CHECK_MS = 3_600_000;
const MOST_DEED_WORDS = 160;

/** Parts the screen uses but does not watch: the catalogue alone would cost thousands of proxies. */
const room = {
  /** @type {import('./catalogue.js').Catalogue | null} */
  catalogue: null,
  /** The rows it was made of, for the next news. @type {import('./catalogue.js').CatalogueAnswer | null} */
  rows: null,
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  typing: undefined,
  /** @type {import('./device/device.js').Device | null} */
  device: null,
  /** @type {import('./device/device.js').Selling | null} */
  selling: null,
  /** @type {import('./device/office.js').Office | null} */
  ask: null,
  agent: createAgent(null, window.fetch.bind(window)),
  /** @type {Awaited<ReturnType<typeof keepShell>>} */
  shell: null,
  /** The new version serves this page already: it is loaded anew when nobody is being served. */
  hasChangedOver: false,
  /** Papers to keep folios of; exempt ones when the shop sells such. */
  kinds: [BOLETA],
  isPulling: false,
  /** What the server last said of this till, and what was done to its shift here since. @type {any} */
  office: null,
  /** @type {import('./shift.js').ShiftHere | null} */
  shiftHere: null,
  /** The second copy of the journal, in the agent. @type {import('./device/agent_copy.js').AgentCopy | null} */
  copy: null,
  hasRescued: false,
  /** @type {import('./customers.js').Customers | null} */
  customers: null,
  /** @type {import('./customers.js').CustomerRows | null} */
  customerRows: null,
  /** Credit that the server took since. @type {import('./view_credit.js').ToldCredit} */
  told: { rows: null, entries: [] },
  newUid: () => /** @type {import('./device/device.js').Device} */ (room.device).newUid(),
  now: () => room.device?.clock.now() ?? Date.now(),
  later: createLater(),
  wakeSheet,
  /** Papers being handed to the agent right now. @type {Set<string>} */
  printing: new Set(),
  /** @type {Map<string, import('./device/journal.js').Entry>} */
  owing: new Map(),
  /** @type {import('./paper/receipt.js').Block[]} */
  shown: [],
};

/** @type {Record<string, any>} */
const frame = {
  ready: false,
  /** What keeps this page from selling at all. @type {import('./barriers.js').Barrier | null} */
  barrier: null,
  notice: null,
  spoken: '',
  shift: null,
  till: tillOf(null, place),
  people: [],
  limits: {},
  /** Folios the server has left, by kind; null: it has not said. */
  folios: null,
  sii: null,
  /** How the device stands with the server. @type {import('./device/sync.js').SyncState | null} */
  sync: null,
  storage: { kept: true, words: '' },
  updateWaits: false,

  async init() {
    this.dressUp();
    this.watchKeys();
    this.watchEarly();
    Alpine.effect(() => this.showPayable(this.canPay()));
    place ??= await recallAndKeep();
    const blocked = place === null ? notATill() : (await this.claimTill()) ? await this.openTill(place) : DOUBLED;
    if (blocked) {
      this.barrier = blocked;
      return;
    }
    this.ready = true;
    this.drainScans();
    this.focusSearch();
    this.sayPracticeEnded();
    this.doEarly();
    this.watchNetwork();
    void this.keepShell();
    wakeSheetsWhenIdle(this.$root);
  },

  /**
   * Nothing here waits for the network.
   * @param {import('./place.js').Place} at
   * @returns {Promise<import('./barriers.js').Barrier | null>} why it cannot sell
   */
  async openTill(at) {
    const { ability, device } = await openDevice({
      companyId: at.company_id,
      kinds: room.kinds,
      onGone: () => window.location.reload(),
      onState: (state) => this.stands(state),
      onOffice: (answer) => this.hear(answer),
      onSettled: (settled) => this.answered(settled),
    });
    if (!device) return { ...UNABLE, words: ability.able ? '' : ability.words };
    // Read while the rest is: it is the largest.
    const catalogue = device.memory.readCatalogue();
    catalogue.catch(() => {});
    const selling = await device.start();
    if (!selling) return notATill(at);
    Object.assign(room, { device, selling, ask: selling.ask });
    this.storage = device.storage;
    this.learn(selling.office, selling.till);
    await this.readShiftHere();
    this.startCopy(selling.deviceUid);
    const [found] = await Promise.all([selling.journal.resume(), this.readCustomers(), this.readHeld()]);
    const kept = await catalogue;
    if (kept) this.adopt(kept);
    const cart = (await device.memory.read('cart')) ?? EMPTY_CART;
    this.takeTicket(cart);
    if (!device.storage.kept) this.say('info', device.storage.words);
    await this.readUnanswered();
    await this.recallPaid(found.unprinted);
    this.takeUp(found.unprinted);
    if (room.catalogue && !this.isEmpty()) this.takeNewPrices();
    void selling.sync.run();
    return null;
  },

  /** Two pages selling on one till would take each other's ticket. A browser without locks is refused later. */
  claimTill() {
    const { locks } = navigator;
    if (!locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      void locks.request(`caja-venta-${place?.company_id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        // The lock is held for as long as this promise is open: until the page goes.
        return lock === null ? undefined : new Promise(() => {});
      });
    });
  },

  /**
   * Take over what the server last said of this till.
   * @param {any} office
   * @param {any} [enrolled] what it said when this device was let to it
   */
  learn(office, enrolled = null) {
    this.till = tillOf(office?.till ?? enrolled, place);
    this.people = office?.people ?? [];
    this.limits = office?.rules ?? {};
    this.folios = office?.folios ?? null;
    this.sii = office?.sii ?? null;
    room.office = office;
    this.learnShift();
    const { agent, paper_mm: paper } = this.till;
    room.agent = createAgent(agent && { url: agent.url, token: agent.token, paper }, window.fetch.bind(window));
  },

  /** @param {any} answer of `estado` */
  hear(answer) {
    this.learn(answer);
    if (room.rows?.rev !== answer.catalogue_rev || !room.rows?.scale) void this.pullCatalogue();
    this.keepExemptFolios();
    void this.pullCustomers(answer.customers_rev);
    void this.rescueOnce();
    void this.retryPapers();
    this.askBackQuietly();
    void this.changeOverWhenFree();
  },

  /** @param {import('./device/sync.js').SyncState} state */
  stands(state) {
    this.sync = state;
    this.copyNew();
    if (state.revoked && this.barrier === null && this.stage !== 'sending') this.takeOff();
  },

  /** This device is no till any more. What is being paid right now is not: a button that does nothing would say so too late. */
  takeOff() {
    this.barrier = revoked(place);
    if (this.dialog !== null && !this.isEmpty()) this.refuseToSell();
  },

  async pullCatalogue() {
    if (room.isPulling || !room.selling) return;
    room.isPulling = true;
    try {
      const fresh = await room.selling.pullCatalogue(room.rows, (share) => {
        if (this.catalogueShare !== null) this.catalogueShare = share;
      });
      if (fresh !== room.rows) this.adopt(fresh);
    } catch {
      if (this.catalogueShare !== null) this.say('warn', `${this.loadedText()} Lo intentaremos de nuevo en unos segundos.`);
    } finally {
      room.isPulling = false;
    }
  },

  /** Asking for folios of a kind that the shop does not have would be refused again and again. */
  keepExemptFolios() {
    const has = room.catalogue?.hasExempt && (this.folios?.[BOLETA_EXENTA] ?? 0) > 0;
    if (!has || room.kinds.includes(BOLETA_EXENTA)) return;
    room.kinds.push(BOLETA_EXENTA);
    room.selling?.sync.wake();
  },

  /** @param {import('./catalogue.js').CatalogueAnswer} answer */
  adopt(answer) {
    room.rows = answer;
    room.catalogue = createCatalogue(answer);
    this.keepExemptFolios();
    this.catalogueArrived();
  },

  watchNetwork() {
    const wake = () => room.selling?.sync.wake();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') wake();
      else room.later.run();
    });
    window.addEventListener('pagehide', () => room.later.run());
  },

  /** A new version of this page comes in quietly; it takes over when nobody is being served. */
  async keepShell() {
    room.shell = await keepShell(navigator.serviceWorker, {
      url: SHELL_WORKER,
      onWaiting: () => {
        this.updateWaits = true;
        this.changeOverWhenFree();
      },
    }).catch(() => null);
    setInterval(() => void room.shell?.check(), SHELL_CHECK_MS);
  },

  /** Nobody is being served: an empty ticket, nothing typed or being paid, no sheet open, no paper under way. */
  isFree() {
    const isIdle = this.stage === 'ticket' && this.isEmpty() && !this.dialog;
    const isUntouched = this.search === '' && this.times === 1 && this.heldScans.length === 0;
    return isIdle && isUntouched && room.owing.size === 0 && this.owedSlip === null;
  },

  /** Never under the cashier, who may have begun to scan while the worker changed. */
  async changeOverWhenFree() {
    if (!this.updateWaits || !this.isFree()) return;
    room.hasChangedOver ||= (await room.shell?.changeOver()) ?? false;
    if (room.hasChangedOver && this.isFree()) window.location.reload();
  },

  /**
   * Tell the owner's log what a cashier took away from a ticket.
   * @param {'ticket_voided' | 'line_removed' | 'price_changed'} kind
   * @param {number} amountClp what the customer will not pay now
   * @param {string} words
   * @param {number | null} [approvedBy] who let it through
   */
  tellDeed(kind, amountClp, words, approvedBy = null) {
    const deed = this.deedOf(kind, amountClp, words, approvedBy);
    if (!deed) return;
    void room.selling?.journal.append('deed', deed).catch((error) => {
      const why = error?.code ? ` ${error.message}` : '';
      this.say('danger', `No se pudo anotar en la bitácora de este equipo: ${deed.words}. Avísale a quien administra.${why}`);
      globalThis.reportError?.(error);
    });
  },

  /**
   * @param {string} kind
   * @param {number} amountClp
   * @param {string} words
   * @param {number | null} [approvedBy]
   * @returns {{words: string} & Record<string, any> | null} null: nothing is logged while no shift is open
   */
  deedOf(kind, amountClp, words, approvedBy = null) {
    if (!this.shift || this.practicing) return null;
    const { uid, cashier } = this.shift;
    const facts = { kind, amount_clp: Math.max(0, amountClp), words: words.slice(0, MOST_DEED_WORDS) };
    return { shift_uid: uid, ...facts, made_by: cashier.id, approved_by: approvedBy };
  },

  chip() {
    if (this.barrier && this.sync === null) return { tone: 'warn', text: 'No está vendiendo' };
    return chipOf(this.sync, this.sii);
  },

  beside() {
    return besideChip(this.sync, this.sii);
  },

  shiftText() {
    const { server_time: told } = room.office ?? {};
    // Sold at the prices of then: the cashier should know how old they are.
    const prices = this.sync?.reachable === false && told ? ` · ${pricesOf(told, room.now())}` : '';
    return `${this.shift ? `Turno desde las ${hour(this.shift.opened_at)}` : 'Caja cerrada'}${prices}`;
  },

  cashierName() {
    return this.shift?.cashier.name ?? 'Menú';
  },

  /**
   * Pages of the office that are about this till; they need a session.
   * @param {string} name
   */
  pageOf(name) {
    return `/caja/${place?.till_id ?? ''}/${name}/`;
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
   * @param {{href?: string, link?: string, again?: boolean}} [way] a page that mends it; `again`: a slip that is owed can
   *   be printed from here
   */
  say(tone, text, { href = '', link = '', again = false } = {}) {
    this.notice = { tone, text, href, link, again };
  },

  hush() {
    this.notice = null;
  },

  /** @param {string} text for people who hear the screen */
  announce(text) {
    room.later.after('say', () => {
      this.spoken = text;
    });
  },
};

/**
 * @param {string} told when the server last answered
 * @param {number} now
 */
function pricesOf(told, now) {
  return now - Date.parse(told) < DAY_MS ? `Precios de las ${hour(told)}` : `Precios del ${dayShort(told)}`;
}

async function recallAndKeep() {
  const found = await recallPlace(() => indexedDB.databases(), openMemory).catch(() => null);
  if (found) keepPlace(localStorage, found);
  return found;
}

/**
 * Put parts into one component; getters and methods keep their form.
 * @param {Record<string, any>[]} parts
 */
function compose(...parts) {
  return parts.reduce((whole, part) => Object.defineProperties(whole, Object.getOwnPropertyDescriptors(part)), {});
}

Alpine.data('till', () =>
  compose(
    frame,
    ...[catalogueView(room), cartView(room), discountView(room), payView(room), tenderView(room), valeView(room), doubtView(), creditView(room), paidView(room), printingView(room), displayView(), invoiceView(room)],
    ...[keysView(), earlyView(), aheadView(room), scanView(room), guardView(room), weightView(room), customerView(room), heldView(room), looksView()],
    ...[soldView(room), stockView(room), sheetView(room), menuView(), pinView(room), shiftView(room), closingView(room), returnView(room), unansweredView(room), storageView(room), practiceView(room)],
  ),
);
putSheetsToSleep(document);
Alpine.start();
