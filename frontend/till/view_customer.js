// @ts-check
/** Who the ticket is for: found among the customers on this device, with the prices of their list. */

import { clp, rut as rutText } from '../common/format.js';
import { reprice } from './cart.js';
import { createCustomers, withCustomerNews } from './customers.js';
import { localSecond } from './device/santiago.js';
import { findPrice, listOrder, pricesOf } from './pricing/price_lists.js';

/** More than a list that anybody reads: the next letter finds the rest. */
const MOST_FOUND = 30;

/** @typedef {import('./customers.js').Customer} Customer */

/**
 * @param {{device: import('./device/device.js').Device | null, ask: import('./device/office.js').Office | null,
 *   customers: import('./customers.js').Customers | null, customerRows: import('./customers.js').CustomerRows | null,
 *   catalogue: import('./catalogue.js').Catalogue | null, now: () => number}} room
 * @returns {Record<string, any>}
 */
export function customerView(room) {
  /** @type {Promise<void>} */
  let lastPull = Promise.resolve();
  return {
    /** @type {Customer | null} */
    customer: null,
    customerQuery: '',
    customersFound: [],

    /** What this device knows of customers. */
    async readCustomers() {
      const kept = await room.device?.memory.read('customers');
      if (kept) this.adoptCustomers(kept);
    },

    /**
     * One pull after the other: each asks for what is new after the rows that the one before left.
     * @param {number | undefined} rev what the server has; the same as ours: nothing to ask
     */
    pullCustomers(rev) {
      const pull = () => this.pullCustomersNow(rev);
      lastPull = lastPull.then(pull, pull);
      return lastPull;
    },

    /** @param {number | undefined} rev */
    async pullCustomersNow(rev) {
      if (rev === undefined || rev === room.customerRows?.rev || !room.ask) return;
      // The next answer of the server says again that there is news.
      const news = await room.ask.customers(room.customerRows?.rev ?? null).catch(() => null);
      const fresh = news && withCustomerNews(room.customerRows, news);
      if (!fresh || fresh === room.customerRows) return;
      await room.device?.memory.keep('customers', fresh);
      this.adoptCustomers(fresh);
    },

    /** @param {import('./customers.js').CustomerRows} rows */
    adoptCustomers(rows) {
      room.customerRows = rows;
      room.customers = createCustomers(rows.rows);
      const known = this.customer && room.customers.find(this.customer.id);
      if (known) this.customer = known;
    },

    /** The lists in which prices are looked for, that of the customer first. */
    priceLists() {
      const branch = this.till.price_list;
      return listOrder(this.customer?.priceList ?? null, branch === null || branch === undefined ? null : String(branch));
    },

    /**
     * What a product costs on this ticket, today.
     * @param {import('./catalogue.js').Product} product
     * @returns {number}
     */
    priceFor(product) {
      if (!product.listed || product.listed.length === 0) return product.priceClp;
      const rows = pricesOf(product.priceClp, product.listed);
      return findPrice(rows, this.priceLists(), localSecond(room.now()).second.slice(0, 10)) ?? product.priceClp;
    },

    askCustomer() {
      if (this.stage !== 'ticket') return;
      this.backToCredit = false;
      this.customerQuery = '';
      this.findCustomers();
      this.open('customer', '');
    },

    findCustomers() {
      this.customersFound = (room.customers?.search(this.customerQuery, MOST_FOUND) ?? []).map((one) => ({
        id: one.id,
        name: one.name,
        detail: [one.alias, one.rut && rutText(one.rut), one.phone].filter(Boolean).join(' · '),
        debt: one.debtClp > 0 ? `Debe ${clp(one.debtClp)}` : '',
      }));
    },

    customersEmpty() {
      if (this.customersFound.length > 0) return '';
      if (!room.customers || room.customers.size === 0) return 'Todavía no hay clientes en esta caja. Se agregan en la oficina, en Clientes.';
      return 'Nadie se llama así. Prueba con menos letras, o agrégalo en la oficina, en Clientes.';
    },

    /** Enter takes the first of the list. */
    pickFirstCustomer() {
      const [first] = this.customersFound;
      if (first) this.pickCustomer(first.id);
    },

    /** @param {number} id */
    pickCustomer(id) {
      const found = room.customers?.find(id) ?? null;
      this.close();
      if (found) this.setCustomer(found);
      this.backToPaying();
    },

    dropCustomer() {
      this.close();
      this.setCustomer(null);
    },

    /**
     * The ticket takes the prices of who buys.
     * @param {Customer | null} customer
     */
    setCustomer(customer) {
      const before = this.priced.total;
      this.customer = customer;
      this.dropCredit();
      const changes = this.changedPrices();
      this.setCart(reprice(this.cart, changes));
      if (customer) this.announce(`${customer.name}. Total ${clp(this.priced.total)}`);
      if (this.priced.total !== before) {
        this.say('info', customer ? `Precios de ${customer.name}: el total ahora es ${clp(this.priced.total)}.` : `Precios de todos: el total ahora es ${clp(this.priced.total)}.`);
      }
    },

    customerText() {
      return this.customer ? this.customer.name : 'Cliente';
    },
  };
}
