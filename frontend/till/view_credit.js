// @ts-check
/** Fiado: what a customer may still owe, with what this till sold them and the server has not counted yet. */

import { clp } from '../common/format.js';
import { creditOf, owedIn } from './tenders.js';
import { CHANGE_PRICES } from './verbs.js';

/** The next news of customers empties them; they come within a minute. */
const MOST_TOLD = 500;

/**
 * @param {{selling: import('./device/device.js').Selling | null, customers: import('./customers.js').Customers | null,
 *   customerRows: import('./customers.js').CustomerRows | null, told: ToldCredit}} room
 * @returns {Record<string, any>}
 */
export function creditView(room) {
  return {
    /** What the customer of the ticket owes by this till's own journal; null: it is being read. */
    owedHere: null,
    backToCredit: false,

    /** Read again each time: a sale of a minute ago counts. */
    async readOwed() {
      const { customer } = this;
      this.owedHere = null;
      if (!customer) return;
      const waiting = (await room.selling?.journal.unsent()) ?? [];
      // Told, but the customers that we have are those of before.
      const told = room.told.rows === room.customerRows ? room.told.entries : [];
      if (this.customer?.id === customer.id) this.owedHere = owedIn([...waiting, ...told], customer.id);
    },

    /**
     * The server took events; what customers owe by them comes with the next news.
     * @param {import('./device/journal.js').Settled[]} settled
     */
    creditTold(settled) {
      const taken = settled.filter(({ result }) => result.state === 'taken' || result.state === 'repeated').map(({ entry }) => entry);
      const credit = taken.filter(({ body }) => body.customer_id);
      if (credit.length === 0) return;
      const before = room.told.rows === room.customerRows ? room.told.entries : [];
      room.told = { rows: room.customerRows, entries: [...before, ...credit].slice(-MOST_TOLD) };
      void this.pullCustomers(-1);
    },

    creditNow() {
      const { customer } = this;
      return creditOf(room.customers?.find(customer.id) ?? customer, this.owedHere ?? 0, this.tenders);
    },

    /**
     * What the customer's paper says of their account.
     * @param {import('./tenders.js').Tender[]} tenders
     */
    owesAfter(tenders) {
      if (!this.customer || tenders.every(({ kind }) => kind !== 'credit')) return {};
      const account = room.customers?.find(this.customer.id) ?? this.customer;
      return { owes_clp: creditOf(account, this.owedHere ?? 0, tenders).owesClp };
    },

    creditText() {
      if (!this.customer) return 'Elige a quién le fías: queda anotado en su cuenta.';
      if (this.owedHere === null) return '';
      const { owesClp, freeClp } = this.creditNow();
      const more = freeClp > 0 ? `puede llevar ${clp(freeClp)} más` : 'ya llegó a su límite';
      return `${this.customer.name} debe ${clp(owesClp)}: ${more}.`;
    },

    debtorText() {
      return this.customer ? 'Cambiar de cliente' : 'Elegir cliente';
    },

    /** The sheet of customers, and back to this one. */
    chooseDebtor() {
      this.askCustomer();
      this.backToCredit = true;
    },

    backToPaying() {
      if (this.backToCredit) this.openTender('credit');
      this.backToCredit = false;
    },

    /** What one customer was let to owe is not for another. */
    dropCredit() {
      this.tenders = this.tenders.filter((/** @type {any} */ one) => one.kind !== 'credit');
    },

    /** @param {import('./tenders.js').Tender} tender */
    takeCredit(tender) {
      if (!this.customer) {
        this.chooseDebtor();
        return;
      }
      if (this.owedHere === null) return;
      const { freeClp } = this.creditNow();
      if (tender.amount_clp <= freeClp) this.takeTender(tender);
      else this.askCreditPin(tender, freeClp);
    },

    /**
     * @param {import('./tenders.js').Tender} tender
     * @param {number} freeClp
     */
    askCreditPin(tender, freeClp) {
      const { name } = this.customer;
      this.askPin({
        title: `${name} pasa su límite`,
        words: `Puede llevar ${clp(Math.max(0, freeClp))} y esto es ${clp(tender.amount_clp)}. Pide su PIN a quien autoriza.`,
        go: 'Autorizar',
        people: this.peopleWho(CHANGE_PRICES),
        nobody: `${name} pasa su límite y nadie puede autorizarlo: quien administra necesita un PIN.`,
        then: (/** @type {import('./view_pin.js').Person} */ person) => {
          this.announce(`Autoriza ${person.name}.`);
          if (this.openTender('credit')) this.takeTender({ ...tender, approved_by: person.id });
        },
      });
    },
  };
}

/**
 * @typedef {{rows: import('./customers.js').CustomerRows | null,
 *   entries: readonly import('./device/journal.js').Entry[]}} ToldCredit taken by the server while these rows were ours
 */
