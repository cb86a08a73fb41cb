// @ts-check
/** Paying in any ways: one sheet where each is noted, with what is left always in sight. */

import { clp, whole } from '../common/format.js';
import { parseClp } from './money.js';
import { CASH } from './pricing/cash.js';
import { play } from './sound.js';
import { mostOf, nameOfWay, readValeCode, standingOf, WAYS } from './tenders.js';

/** @typedef {import('./tenders.js').Way} Way */

const HINTS = {
  cash: '',
  card: 'Pasa la tarjeta por la máquina y anota aquí lo que cobró.',
  transfer: 'Mira que la plata llegó a tu cuenta antes de anotarla.',
  credit: '',
  store_credit: 'El código está en el vale. Si el vale es por más, lo que sobra queda en él.',
  baes: '',
};
/** Ways of which a number or a code is noted, and what it is called. */
const NOTED = {
  card: { name: 'N° de operación', most: 20 },
  transfer: { name: 'N° de operación', most: 20 },
  baes: { name: 'N° de operación', most: 20 },
  store_credit: { name: 'Código del vale', most: 14 },
};

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null, later: import('./later.js').Later}} room
 * @returns {Record<string, any>}
 */
export function tenderView(room) {
  return {
    /** What this ticket has got so far; it goes to the disk with the ticket. @type {import('./tenders.js').Tender[]} */
    tenders: [],
    /** @type {Way} */
    way: 'card',
    reference: '',

    standing() {
      return standingOf(this.priced.total, this.tenders);
    },

    /** What the chosen way would have to pay. */
    toPayClp() {
      const { leftClp, cashClp } = this.standing();
      return Math.max(0, this.way === CASH || this.dialog === 'cash' ? cashClp : leftClp);
    },

    toPayText() {
      return clp(this.unsure()?.amount_clp ?? this.toPayClp());
    },

    leftTitle() {
      if (this.unsure()) return 'Sin confirmar';
      if (this.standing().isOver) return 'Hay más anotado que el total';
      return this.tenders.length > 0 ? `Falta de ${this.totalText()}` : 'A pagar';
    },

    /** Goods were taken off after a machine had charged them: more cash does not mend that. */
    overText() {
      const over = clp(-this.standing().leftClp);
      return `Ya está cobrado ${over} de más. Vuelve a poner lo que quitaste, o devuelve ese pago en su máquina y quítalo de aquí.`;
    },

    roundingText() {
      const { leftClp, cashClp, isOver } = this.standing();
      if (isOver || cashClp === leftClp || (this.dialog === 'tender' && this.way !== CASH)) return '';
      return `${clp(leftClp)} ${cashClp > leftClp ? 'sube' : 'baja'} a ${clp(cashClp)} en efectivo`;
    },

    takenNames() {
      const name = (/** @type {any} */ one) => `${nameOfWay(one.kind)} ${clp(one.amount_clp)}${one.isUnsure ? ' sin confirmar' : ''}`;
      return this.tenders.map(name).join(' + ');
    },

    takenText() {
      const taken = this.takenNames();
      const { isPaid, isOver, leftClp } = this.standing();
      if (isOver) return this.overText();
      if (this.unsure()) return `${taken}: toca para decir si pasó`;
      return isPaid ? `${taken}: está todo pagado, toca para terminar` : `${taken}. Falta ${clp(leftClp)}`;
    },

    /** What has to be handed back when the ticket is given up; what was still missing does not matter any more. */
    giveBackText() {
      return `Devuelve antes lo anotado: ${this.takenNames()}.`;
    },

    takenRows() {
      return this.tenders.map((/** @type {any} */ one, /** @type {number} */ place) => ({
        ...{ place, name: nameOfWay(one.kind), amount: clp(one.amount_clp), reference: one.isUnsure ? 'sin confirmar' : (one.reference ?? ''), isUnsure: one.isUnsure === true },
      }));
    },

    ways() {
      const lawful = WAYS.filter(({ kind }) => this.wrongWay(kind) === '');
      return lawful.map(({ kind, name, key }) => ({ kind, name, key, isChosen: kind === this.way }));
    },

    openCard() {
      this.openTender('card');
    },

    /** Several ways: nothing is filled in, the cashier says how much of it. */
    openMixed() {
      if (this.openTender(this.tenders.length > 0 ? CASH : 'card') && !this.isGuia()) this.pad = '';
    },

    /**
     * @param {Way} way
     * @returns {boolean}
     */
    openTender(way) {
      if (!this.readyToPay(() => void this.openTender(way))) return false;
      if (this.standing().isPaid) {
        // All was taken and the sale could not be written: the same again.
        void this.pay(this.tenders);
        return false;
      }
      this.open('tender', '');
      this.chooseWay(way);
      return true;
    },

    /** @param {Way} wanted */
    chooseWay(wanted) {
      const wrong = this.wrongWay(wanted);
      const way = wrong ? 'credit' : wanted;
      this.way = way;
      this.reference = '';
      this.forgetTypedVale();
      this.sheetError = wrong;
      if (wrong) play('unknown');
      const isOpen = way === CASH || way === 'store_credit';
      const most = this.mostClp();
      this.pad = isOpen || most === 0 ? '' : whole(most);
      this.padFresh = true;
      if (way === 'credit') void this.readOwed();
      if (way === 'baes' && most === 0) this.sheetError = 'Nada de lo que falta se puede pagar con tarjeta BAES.';
      const { reference, tenderAmount } = this.$refs;
      tenderAmount.value = this.pad;
      // After the screen followed, and before the next key: nextTick would come later than a fast hand.
      queueMicrotask(() => {
        const field = way === 'store_credit' ? reference : tenderAmount;
        field.focus();
        field.select();
      });
    },

    mostClp() {
      return mostOf(this.way, this.priced.total, this.tenders, this.way === 'baes' ? this.foodLines() : []);
    },

    foodLines() {
      return this.cart.lines.map((/** @type {any} */ line, /** @type {number} */ place) => ({
        amountClp: this.priced.amounts[place],
        takesCard: room.catalogue?.product(line.productId)?.takesBaes === true,
      }));
    },

    hintText() {
      if (this.unsure()) return this.doubtText();
      if (this.way === 'card' && this.machineHint()) return this.machineHint();
      if (this.way === 'baes') return `Paga solo alimentos: hasta ${clp(this.mostClp())} de esta venta.`;
      if (this.way === 'credit') return this.creditText();
      if (this.way === 'store_credit') return this.valeText() || HINTS.store_credit;
      return /** @type {Record<string, string>} */ (HINTS)[this.way];
    },

    notesReference() {
      return this.way in NOTED && !this.unsure();
    },

    referenceName() {
      return /** @type {Record<string, {name: string}>} */ (NOTED)[this.way]?.name ?? '';
    },

    mostReference() {
      return /** @type {Record<string, {most: number}>} */ (NOTED)[this.way]?.most ?? 0;
    },

    tenderButtonText() {
      if (this.unsure()) return 'Primero di si pasó';
      if (this.standing().isOver) return 'Hay más cobrado que el total';
      const amount = parseClp(this.pad);
      const all = `${this.way === 'credit' ? 'Fiar' : 'Cobrar'} ${this.toPayText()}`;
      if (this.way === 'credit' && !this.customer) return 'Elegir cliente';
      if (this.way === CASH) return amount !== null && amount < this.toPayClp() ? `Anotar ${clp(amount)}` : all;
      if (!amount) return this.way === 'store_credit' ? 'Anotar el vale' : all;
      return amount >= this.standing().leftClp ? all : `Anotar ${clp(amount)}`;
    },

    confirmTender() {
      if (this.heldByDoubt() || this.heldByOver()) return;
      if (this.way === CASH) {
        this.takeCash();
        return;
      }
      const tender = this.typedTender();
      if (!tender) {
        play('unknown');
        return;
      }
      if (tender.kind === 'credit') this.takeCredit(tender);
      else this.takeTender(tender);
    },

    /** @returns {boolean} whether more is noted than the ticket costs; said on the sheet */
    heldByOver() {
      if (!this.standing().isOver) return false;
      this.sheetError = this.overText();
      play('unknown');
      return true;
    },

    /** Less than what is left is noted, more is paid with its change; nothing typed is the exact amount. */
    takeCash() {
      if (this.heldByOver()) return;
      const toPay = this.toPayClp();
      const handed = this.pad.trim() === '' ? toPay : parseClp(this.pad);
      if (handed === null || (handed === 0 && toPay > 0)) this.sheetError = 'Escribe con cuánto paga.';
      else if (handed % 10 !== 0) this.sheetError = 'El efectivo va en decenas: no hay monedas de menos de $10.';
      else this.takeTender({ kind: CASH, amount_clp: handed });
    },

    /** @returns {import('./tenders.js').Tender | null} null: said on the sheet */
    typedTender() {
      const typed = parseClp(this.pad);
      const most = this.mostClp();
      this.sheetError = this.wrongTender(typed, most);
      if (this.sheetError || !typed) return null;
      // A vale keeps what it is above the ticket.
      const amount = Math.min(typed, most, this.vale.leftClp ?? typed);
      if (this.way === 'store_credit') return { kind: 'store_credit', amount_clp: amount, reference: String(readValeCode(this.reference)) };
      const reference = this.reference.trim();
      return { kind: this.way, amount_clp: amount, ...(reference ? { reference } : {}) };
    },

    /**
     * @param {number | null} typed
     * @param {number} most
     * @returns {string} nothing when it is right
     */
    wrongTender(typed, most) {
      if (this.way === 'store_credit') {
        const code = readValeCode(this.reference);
        if (!code) return 'Ese código no es de un vale: revisa letra por letra.';
        if (this.tenders.some((/** @type {any} */ one) => one.reference === code)) return 'Ese vale ya está en esta venta.';
        if (this.wrongVale(code)) return this.wrongVale(code);
        return typed ? '' : 'Escribe por cuánto es el vale.';
      }
      if (most === 0) return this.way === 'baes' ? 'Nada de lo que falta se puede pagar con tarjeta BAES.' : 'Ya está todo pagado: quita un medio de pago.';
      if (!typed) return this.way === 'card' || this.way === 'baes' ? 'Escribe el monto que pasó por la máquina.' : 'Escribe el monto.';
      return typed > most ? `Es más de lo que puede pagar. Escribe ${clp(most)} o menos.` : '';
    },

    /** @param {import('./tenders.js').Tender} tender */
    takeTender(tender) {
      const tenders = [...this.tenders, tender];
      if (standingOf(this.priced.total, tenders).isPaid) {
        void this.pay(tenders);
        return;
      }
      this.keepTenders(tenders);
      this.announce(this.takenText());
      if (this.dialog === 'tender') this.chooseWay(tender.kind === CASH ? 'card' : CASH);
    },

    /** @param {number} place */
    dropTender(place) {
      this.keepTenders(this.tenders.filter((/** @type {any} */ _, /** @type {number} */ at) => at !== place));
      this.chooseWay(this.way);
    },

    /**
     * On the disk before anything else: what a machine or an account took is not asked for again after a cut.
     * @param {import('./tenders.js').Tender[]} tenders
     */
    keepTenders(tenders) {
      this.tenders = tenders.map((one) => ({ ...one }));
      this.setCart(this.cart);
      // Also when none is left: a payment that was taken off must not come back.
      this.keepTicket('strict');
      room.later.now('ticket');
    },

    /**
     * What chooses only chooses, also what is chosen already: Enter alone takes money. An amount that a hand typed stays,
     * unless it was refused: with none, all that is left would be taken.
     * @param {Way} way
     */
    pressWay(way) {
      if (way === this.way && this.sheetError === '') return;
      const typed = this.padFresh || this.sheetError !== '' ? '' : this.pad;
      this.chooseWay(way);
      if (typed === '' || this.way === 'store_credit') return;
      this.pad = typed;
      this.padFresh = false;
      this.$refs.tenderAmount.value = typed;
    },

    /** @returns {Record<string, () => void>} letters choose a way, but not while words are typed */
    tenderKeys() {
      const fixed = { F8: () => this.pressWay(CASH), F9: () => this.pressWay('card') };
      if (document.activeElement === this.$refs.reference) return fixed;
      const letters = WAYS.filter(({ key }) => key.length === 1).flatMap(({ kind, key }) => {
        const choose = () => this.pressWay(kind);
        return [[key, choose], [key.toLowerCase(), choose]];
      });
      return { ...fixed, ...Object.fromEntries(letters) };
    },
  };
}
