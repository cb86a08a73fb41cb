// @ts-check
/** Goods that come back: which lines of a past sale, how the money goes out, and the sale that may follow at once. */

import { clp, quantity } from '../common/format.js';
import { returnSlip } from './paper/return_slip.js';
import { valeSlip } from './paper/slips.js';
import { aboutClp, backRows, namedBack, takeAll, takenText, takeRow, toldLines } from './returning.js';
import { quantityText } from './money.js';
import { isPrinted } from './printing.js';
import { ISSUE_PAPERS, mayDo } from './verbs.js';

const LINK = /^https?:\/\/\S+$/;

/**
 * @param {{agent: import('./agent.js').Agent, newUid: () => string, now: () => number}} room
 * @returns {Record<string, any>}
 */
export function returnView(room) {
  return {
    /** @type {import('./returning.js').BackRow[]} */
    back: [],
    backOf: 0,
    backGoods: true,
    backMeans: 'paid',
    backReason: '',
    /** What the server answered. */
    given: null,

    askReturn() {
      if (this.shift === null) {
        this.sheetError = 'La caja está cerrada. Abre el turno para devolver.';
        return;
      }
      if (this.mustAwaitBack()) return;
      this.back = backRows(this.one.lines);
      this.backGoods = true;
      this.backMeans = 'paid';
      this.backReason = '';
      this.open('giveback', '');
      this.chooseBack(this.back[0].position);
    },

    backView() {
      return this.back.map((/** @type {import('./returning.js').BackRow} */ row) => ({ position: row.position, name: row.name, taken: takenText(row), isTaken: row.takeMilli > 0 }));
    },

    backText() {
      const about = aboutClp(this.back);
      return about === 0 ? 'Toca lo que vuelve' : `Se devuelven cerca de ${clp(about)}`;
    },

    /** @param {boolean} isGood whether it can be sold again */
    chooseBackGoods(isGood) {
      this.backGoods = isGood;
    },

    /** @param {'paid' | 'vale'} means */
    chooseBackMeans(means) {
      if (means !== 'vale' || !this.isAllVoucher()) this.backMeans = means;
    },

    /** @param {number} position */
    chooseBack(position) {
      this.backOf = position;
      const row = this.back.find((/** @type {any} */ one) => one.position === position);
      this.pad = row.takeMilli === 0 ? '' : quantityText(row.takeMilli).replace('.', ',');
      this.padFresh = true;
      this.sheetError = '';
    },

    /**
     * A tap takes all that is left of a line; a second tap takes nothing of it.
     * @param {number} position
     */
    tapBack(position) {
      const row = this.back.find((/** @type {any} */ one) => one.position === position);
      const isSame = this.backOf === position;
      const milli = row.takeMilli === 0 ? row.leftMilli : isSame ? 0 : row.takeMilli;
      this.back = takeRow(this.back, position, quantityText(milli)) ?? this.back;
      this.chooseBack(position);
    },

    takeAllBack() {
      this.back = takeAll(this.back);
      this.chooseBack(this.backOf);
    },

    /** What is typed is how much of the chosen line goes back. */
    takeBackTyped() {
      if (/[.,]$/.test(this.pad)) return;
      const next = takeRow(this.back, this.backOf, this.pad);
      if (next) this.back = next;
      else this.sheetError = 'De esa línea no puede volver esa cantidad.';
    },

    confirmReturn() {
      const lines = toldLines(this.back);
      const reason = this.backReason.trim().replace(/\s+/g, ' ');
      if (lines.length === 0) this.sheetError = 'Toca lo que vuelve.';
      else if (!reason) this.sheetError = 'Escribe por qué vuelve.';
      else {
        const body = { lines, reason, goods_back: this.backGoods, means: this.backMeans, made_by: this.shift.cashier.id };
        if (mayDo(this.people, this.shift.cashier.id, ISSUE_PAPERS)) void this.giveBack(this.backWanted({ ...body, approved_by: null }, ''), room.newUid());
        else this.approveReturn(body);
      }
    },

    /**
     * @param {any} body
     * @param {string} approvedBy
     */
    backWanted(body, approvedBy) {
      const { uid, words, when, total } = this.one;
      // What its slip says, should the answer come after a reload.
      const lines = namedBack(this.back);
      return { sale_uid: uid, words, sale: `${words}, ${when}, ${total}`, lines, about_clp: aboutClp(this.back), made_by: this.shift.cashier.name, approved_by: approvedBy, body };
    },

    /** @param {any} body */
    approveReturn(body) {
      this.askPin({
        title: 'Pide autorización',
        words: `${this.backText()}: ${body.reason}.`,
        go: 'Autorizar la devolución',
        people: this.peopleWho(ISSUE_PAPERS),
        nobody: 'Devolver necesita el PIN de quien administra, y en este equipo nadie lo tiene.',
        then: (/** @type {import('./view_pin.js').Person} */ person) => {
          this.open('giveback', '');
          return this.giveBack(this.backWanted({ ...body, approved_by: person.id }, person.name), room.newUid());
        },
      });
    },

    /** All of it stands on the card's voucher: no money is left that a vale could stand for. */
    isAllVoucher() {
      return this.one !== null && this.one.has_voucher === true && this.one.kind === null;
    },

    /** Where the card's part goes, before somebody promises a vale. */
    voucherBackText() {
      if (!this.one?.has_voucher) return '';
      if (this.isAllVoucher()) return 'Lo pagado con tarjeta vuelve a la tarjeta: anúlalo en la máquina. No se cambia por un vale.';
      return 'La parte pagada con tarjeta vuelve a la tarjeta: anúlala en la máquina. El resto puede ir en un vale.';
    },

    /**
     * It is in the books. It is shown at once, or said where somebody is being served.
     * @param {any} answer
     * @param {import('./view_unanswered.js').AskedBack} asked
     */
    async gaveBack(answer, asked) {
      this.given = { ...answer, asked, title: answer.words || 'Devolución anotada', amount: clp(answer.amount_clp), vale: answer.vale && { ...answer.vale, amount: clp(answer.vale.amount_clp) } };
      const isShown = this.isFreeForBack();
      if (isShown) this.open('givenback', '');
      else this.say('info', `Devolución anotada, ${asked.words}. ${answer.says}${answer.vale ? ` Vale ${answer.vale.code}.` : ''}`);
      const isOnPaper = room.agent.present && (await this.printGiven());
      // Its paper may still be owed: asked once more, it is the same return, and then it is shown.
      if (isShown || isOnPaper) await this.forgetBack(asked);
    },

    /**
     * Each paper has an id of its own, so that it is printed once however often it is handed over.
     * @returns {Promise<boolean>} whether all of it is out, or on its way
     */
    async printGiven() {
      const { uid, receipt, money, vale, words, says, asked, amount_clp: amountClp } = this.given;
      const place = this.slipPlace(new Date(room.now()).toISOString());
      // A return that an older program asked for names neither its day nor its lines.
      const slip = { ...place, sale: asked.sale ?? asked.words, lines: asked.lines ?? [], amountClp, says, reason: asked.body.reason, madeBy: asked.made_by, approvedBy: asked.approved_by };
      const blocks = receipt.length > 0 ? receipt : returnSlip(slip);
      const isOut = isPrinted(await this.printSlip(blocks, uid, { name: receipt.length > 0 ? 'la nota de crédito' : 'el comprobante', drawer: money.cash > 0 }));
      if (!vale) return isOut;
      const valeState = await this.printSlip(valeSlip({ ...place, code: vale.code, amountClp: vale.amount_clp, words: words || asked.words }), `${uid}-vale`, { name: 'el vale' });
      return isOut && isPrinted(valeState);
    },

    /** What came back pays what the customer takes instead. */
    async exchange() {
      const { vale } = this.given;
      const kept = this.keepFavor(vale);
      // A scan may follow at once: nothing of the screen waits for the disk.
      this.close();
      this.say('info', `A favor ${clp(vale.amount_clp)}: marca lo que lleva y cobra. El vale paga primero.`);
      await kept;
    },

    /**
     * The QR of a boleta was scanned: its sale is looked for, also when it is of another till.
     * @param {string} code
     * @returns {boolean}
     */
    takeSoldLink(code) {
      if (!LINK.test(code) || !this.ready) return false;
      this.openSold();
      this.soldQuery = code;
      void this.findSold();
      return true;
    },
  };
}
