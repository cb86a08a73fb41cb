// @ts-check
/**
 * Learning the till on the till: everything works as in a real sale and nothing of it is written, told or numbered. For
 * as long as it lasts the real journal is out of reach of the screen.
 */

import { Refused } from './device/office.js';
import { parseQuantity } from './money.js';
import { practiceBlocks } from './paper/receipt.js';
import { createPractice } from './practice.js';

/** What may be asked of the server while practicing: nothing of it changes anything. */
const READS = ['state', 'catalogue', 'product', 'customers', 'buyer', 'stock', 'sold', 'soldOne', 'vale'];
const NOT_NOW = 'Estás en práctica: esto no se hace. Sal de la práctica para hacerlo de verdad.';
/** In the tab's own memory: that somebody practices, so that a reload says what it ended. */
const PRACTICED = 'caja-practica';
/** Who practices with a till whose shift is closed. */
export const LEARNER = Object.freeze({ uid: '00000000-0000-7000-8000-000000000000', opened_at: '2026-01-01T00:00:00Z', cashier: Object.freeze({ id: 0, name: 'Práctica' }) });

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   ask: import('./device/office.js').Office | null, agent: import('./agent.js').Agent, newUid: () => string,
 *   now: () => number}} room
 * @returns {Record<string, any>}
 */
export function practiceView(room) {
  /** @type {{selling: import('./device/device.js').Selling | null, ask: import('./device/office.js').Office | null}} */
  let real = { selling: null, ask: null };

  return {
    practicing: false,

    swapPractice() {
      if (this.stage === 'paid' || this.stage === 'waiting') this.newTicketIfPaid();
      if (this.stage !== 'ticket' || !this.ready) return;
      if (!this.isEmpty()) {
        this.say('warn', this.practicing ? 'Termina o anula la venta de práctica antes de salir.' : 'Termina o guarda esta venta antes de practicar.');
        return;
      }
      if (this.practicing) this.leavePractice();
      else this.enterPractice();
      this.learnShift();
      this.focusSearch();
    },

    enterPractice() {
      const { selling, ask } = room;
      if (!selling || !ask) return;
      real = { selling, ask };
      room.selling = practiceSelling(selling, room);
      room.ask = practiceOffice(ask);
      this.practicing = true;
      sessionStorage.setItem(PRACTICED, '1');
      this.say('info', 'Estás en práctica: nada se vende, nada se anota y no se gastan folios.');
    },

    leavePractice() {
      Object.assign(room, real);
      this.practicing = false;
      this.sayPracticeEnded();
    },

    /** A page that was opened anew sells for real: who practiced on it should know. */
    sayPracticeEnded() {
      if (sessionStorage.getItem(PRACTICED) === null) return;
      sessionStorage.removeItem(PRACTICED);
      this.say('info', 'Saliste de la práctica. Ahora vendes de verdad.');
    },

    /** @param {any} entry of a sale that nobody made */
    practiceSold(entry) {
      this.showPaid(entry);
      this.paid = { ...this.paid, title: 'Venta de práctica', noun: 'venta', hasPaper: false, url: '', paper: 'practice' };
      const { lines, payments } = entry.body;
      const blocks = practiceBlocks({
        ...{ look: this.till.look, tillName: this.till.name, cashier: this.shift.cashier.name, at: entry.at },
        lines: lines.map((/** @type {any} */ line) => ({
          ...{ name: line.name, unit: line.unit, milli: parseQuantity(line.quantity) ?? 0, exempt: line.exempt },
          ...{ priceClp: line.price_clp, discountClp: line.discount_clp, amountClp: line.amount_clp },
        })),
        tenders: payments.map((/** @type {any} */ one) => ({ kind: one.kind, amountClp: one.amount_clp })),
      });
      if (room.agent.present) void room.agent.print({ id: entry.uid, blocks, drawer: false });
    },
  };
}

/**
 * The same till, with nowhere to write.
 * @param {import('./device/device.js').Selling} selling
 * @param {{now: () => number, newUid: () => string}} room
 * @returns {import('./device/device.js').Selling}
 */
function practiceSelling(selling, room) {
  const { now, newUid } = room;
  const practice = createPractice({ now, newUid });
  const refuse = () => Promise.reject(new Refused('practice', NOT_NOW));
  const journal = { ...selling.journal, sell: async (/** @type {any} */ order) => /** @type {any} */ (practice.sell(order)), append: refuse };
  return { ...selling, journal };
}

/**
 * @param {import('./device/office.js').Office} office
 * @returns {import('./device/office.js').Office}
 */
function practiceOffice(office) {
  const refuse = () => Promise.reject(new Refused('practice', NOT_NOW));
  const doors = Object.entries(office).map(([name, door]) => [name, READS.includes(name) ? door : refuse]);
  return /** @type {any} */ (Object.fromEntries(doors));
}
