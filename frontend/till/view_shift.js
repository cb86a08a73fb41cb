// @ts-check
/**
 * The shift at the till: opened with a count and a PIN, cash in and out, another cashier, and closed blind. All of it is
 * an event of the journal, so that it works without a network.
 */

import { clp, day, hour, whole } from '../common/format.js';
import { MOST_CASH_CLP, parseClp } from './money.js';
import { createOnce } from './once.js';
import { cashSlip } from './paper/slips.js';
import { SHIFT_HERE, shiftNow } from './shift.js';
import { play } from './sound.js';
import { ISSUE_PAPERS, mayDo, SELL } from './verbs.js';
import { wordsOf } from './view_invoice.js';
import { LEARNER } from './view_practice.js';

const TOO_MUCH = 'Es más de lo que cabe en un cajón: revisa los ceros.';
const NO_PINS = 'Nadie tiene PIN de caja en este equipo. Quien administra lo da en Personas; después conecta la caja.';

/** @type {Record<string, {title: string, done: string}>} */
const MOVES = {
  in: { title: 'INGRESO DE EFECTIVO', done: 'Ingreso anotado' },
  out: { title: 'SALIDA DE EFECTIVO', done: 'Salida anotada' },
  safe: { title: 'RETIRO A CAJA FUERTE', done: 'Retiro anotado' },
};

/**
 * @typedef {import('./view_pin.js').Person} Person
 * @typedef {import('./device/journal.js').Entry} Entry
 * @typedef {import('./shift.js').Shift} Shift
 */

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   ask: import('./device/office.js').Office | null, agent: import('./agent.js').Agent, newUid: () => string,
 *   now: () => number, office: any, shiftHere: import('./shift.js').ShiftHere | null,
 *   shown: import('./paper/receipt.js').Block[]}} room `office`: what it last said; `shiftHere`: what was done here since
 * @returns {Record<string, any>}
 */
export function shiftView(room) {
  const once = createOnce();

  return {
    moveKind: 'safe',
    moveWords: '',
    xReport: null,
    isAskingX: false,

    /** The server's word, unless something was done here that it has not heard of. */
    learnShift() {
      this.shift = shiftNow(room.office, room.shiftHere) ?? (this.practicing ? LEARNER : null);
    },

    async readShiftHere() {
      room.shiftHere = (await room.device?.memory.read(SHIFT_HERE)) ?? null;
      this.learnShift();
    },

    /**
     * Write an event of the shift and what it makes of it, in one stroke.
     * @param {string} type
     * @param {any} body
     * @param {{uid?: string, shift?: (entry: Entry) => Shift | null}} [change]
     * @returns {Promise<Entry | null>} null: not written, and said why
     */
    async noteShift(type, body, { uid = room.newUid(), shift } = {}) {
      /** @param {Entry} entry */
      const here = (entry) => ({ seq: entry.seq, shift: shift ? shift(entry) : null });
      /** @param {Entry} entry */
      const keep = (entry) => (shift ? { [SHIFT_HERE]: here(entry) } : {});
      try {
        const entry = await /** @type {any} */ (room.selling).journal.append(type, body, { uid, keep });
        if (shift) room.shiftHere = here(entry);
        this.learnShift();
        return entry;
      } catch (error) {
        play('unknown');
        this.say('danger', /** @type {any} */ (error)?.code ? /** @type {Error} */ (error).message : 'No pudimos guardarlo en este equipo. Revisa el disco y prueba de nuevo.');
        return null;
      }
    },

    /** @returns {boolean} whether the drawer may be touched now: no ticket on the screen, nobody being served */
    isFreeForShift() {
      if (this.practicing) {
        this.say('info', 'Estás en práctica: sal de la práctica para usar el turno.');
        return false;
      }
      if (this.stage === 'paid' || this.stage === 'waiting') this.newTicketIfPaid();
      return this.stage === 'ticket' && this.barrier === null && this.ready;
    },

    askOpening() {
      if (this.shift === null && this.isFreeForShift()) this.open('opening', '');
    },

    confirmOpening() {
      const opening = parseClp(this.pad);
      if (opening === null) {
        this.sheetError = 'Cuenta el efectivo del cajón y escríbelo. Si está vacío, escribe 0.';
        return;
      }
      if (opening > MOST_CASH_CLP) {
        this.sheetError = TOO_MUCH;
        return;
      }
      this.askPin({
        title: '¿Quién atiende?',
        words: `El turno abre con ${clp(opening)} en el cajón.`,
        go: 'Abrir turno y vender',
        people: this.peopleWho(SELL),
        nobody: NO_PINS,
        then: (/** @type {Person} */ person) => this.openShift(person, opening),
      });
    },

    /**
     * @param {Person} person
     * @param {number} openingClp
     */
    async openShift({ id, name }, openingClp) {
      const uid = room.newUid();
      /** @param {Entry} entry */
      const shift = (entry) => ({ uid, opened_at: entry.at, cashier: { id, name } });
      const entry = await this.noteShift('shift_opened', { cashier_id: id, opening_clp: openingClp }, { uid, shift });
      if (!entry) return;
      this.say('info', `Turno abierto con ${clp(openingClp)}. Vende ${name}.`);
      this.focusSearch();
    },

    askSwitch() {
      if (this.shift === null || !this.isFreeForShift()) return;
      const here = this.shift.cashier.id;
      this.askPin({
        title: 'Cambiar de cajero',
        words: `Ahora vende ${this.shift.cashier.name}. El turno y el cajón siguen iguales.`,
        go: 'Seguir vendiendo',
        people: this.peopleWho(SELL).filter((/** @type {Person} */ one) => one.id !== here),
        nobody: 'Nadie más tiene PIN de caja. Quien administra lo da en Personas.',
        then: (/** @type {Person} */ person) => this.switchCashier(person),
      });
    },

    /** @param {Person} person */
    async switchCashier({ id, name }) {
      const { uid, opened_at } = this.shift;
      const shift = () => ({ uid, opened_at, cashier: { id, name } });
      const entry = await this.noteShift('cashier_switched', { shift_uid: uid, cashier_id: id }, { shift });
      if (entry) this.say('info', `Ahora vende ${name}.`);
    },

    askMove() {
      if (this.shift === null || !this.isFreeForShift()) return;
      this.moveKind = 'safe';
      this.moveWords = '';
      this.open('cashmove', '');
    },

    /** @param {string} kind */
    chooseMove(kind) {
      this.moveKind = kind;
      this.focusSheet();
    },

    moveHint() {
      const above = this.limits.approval_above_clp;
      if (this.moveKind === 'in' || above === undefined) return '';
      return above === 0 ? 'Siempre lo autoriza alguien con su PIN.' : `Sobre ${clp(above)} lo autoriza alguien con su PIN.`;
    },

    confirmMove() {
      const amount = parseClp(this.pad);
      const words = this.moveWords.trim().replace(/\s+/g, ' ');
      if (!amount) this.sheetError = 'Escribe cuánto.';
      else if (amount > MOST_CASH_CLP) this.sheetError = TOO_MUCH;
      else if (!words) this.sheetError = 'Escribe el motivo en pocas palabras.';
      else this.approveMove({ kind: this.moveKind, amountClp: amount, words });
    },

    /** @param {{kind: string, amountClp: number, words: string}} move */
    approveMove(move) {
      const above = this.limits.approval_above_clp ?? 0;
      if (move.kind === 'in' || move.amountClp <= above) {
        this.close();
        void this.moveCash(move, null);
        return;
      }
      this.askPin({
        title: 'Pide autorización',
        words: `Salen ${clp(move.amountClp)} del cajón: ${move.words}.`,
        go: 'Autorizar',
        people: this.peopleWho(ISSUE_PAPERS),
        nobody: 'Esa salida necesita el PIN de quien administra, y en este equipo nadie lo tiene.',
        then: (/** @type {Person} */ person) => this.moveCash(move, person),
      });
    },

    /**
     * @param {{kind: string, amountClp: number, words: string}} move
     * @param {Person | null} approver
     */
    async moveCash({ kind, amountClp, words }, approver) {
      const { uid, cashier } = this.shift;
      const told = { shift_uid: uid, kind, amount_clp: amountClp, words, made_by: cashier.id, approved_by: approver?.id ?? null };
      const entry = await this.noteShift('cash_moved', told);
      if (!entry) return;
      const noted = `${MOVES[kind].done}: ${clp(amountClp)}.`;
      this.say('info', noted);
      const blocks = cashSlip({
        ...this.slipPlace(entry.at),
        ...{ title: MOVES[kind].title, amountClp, words, madeBy: cashier.name, approvedBy: approver?.name ?? '' },
      });
      if (room.agent.present) await this.printNoted({ id: entry.uid, blocks, noted });
    },

    /** @param {string} at */
    slipPlace(at) {
      return { shop: this.till.shop, till: this.till.name, at };
    },

    /** The X needs the server's books. */
    askX() {
      if (this.shift === null || !this.isFreeForShift()) return;
      if (mayDo(this.people, this.shift.cashier.id, ISSUE_PAPERS)) {
        void this.showX(null);
        return;
      }
      this.askPin({
        title: 'Informe X',
        words: 'Muestra cuánto debería haber en el cajón: lo autoriza quien administra.',
        go: 'Ver el informe',
        people: this.peopleWho(ISSUE_PAPERS),
        nobody: 'El informe X necesita el PIN de quien administra, y en este equipo nadie lo tiene.',
        then: (/** @type {Person} */ person) => this.showX(person.id),
      });
    },

    /** @param {number | null} approvedBy */
    async showX(approvedBy) {
      if (this.isAskingX) return;
      this.isAskingX = true;
      this.say('info', 'Pidiendo el informe…');
      try {
        const unsent = await this.tellFirst();
        const report = await /** @type {any} */ (room.ask).xReport({ made_by: this.shift.cashier.id, approved_by: approvedBy });
        this.hush();
        this.xReport = {
          ...report,
          total: clp(report.total_clp),
          expected: clp(report.expected_clp),
          drawer: report.drawer.map((/** @type {[string, number]} */ [words, amount], /** @type {number} */ order) => ({ order, words, amount: clp(amount) })),
          rows: report.means.map((/** @type {[string, number, number]} */ [words, count, amount]) => ({ words, count: whole(count), amount: clp(amount) })),
          unsent: unsent.length > 0 ? `Faltan ${whole(unsent.length)} por enviar: no están en este informe.` : '',
        };
        this.open('xreport', '');
      } catch (error) {
        this.say('warn', `No se pudo hacer el informe X. ${wordsOf(error)}`);
      } finally {
        this.isAskingX = false;
      }
    },

    /** @returns {Promise<void>} */
    printX() {
      return once(() => this.printSlip(this.xReport.receipt, room.newUid(), { name: 'el informe X' }));
    },

    shiftSince() {
      return this.shift ? `Turno desde ${day(this.shift.opened_at)} ${hour(this.shift.opened_at)}` : '';
    },
  };
}
