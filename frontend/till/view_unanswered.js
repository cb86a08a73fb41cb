// @ts-check
/**
 * Goods that came back and whose answer was lost, and the vale of an exchange: both wait on the disk, so that a reload, a
 * closed browser or a power cut neither books a return twice nor loses what is in the customer's favor.
 */

import { clp } from '../common/format.js';
import { forgetAsked, isRefusal, keepAsked, readAsked } from './device/unanswered.js';
import { wordsOf } from './view_invoice.js';

const VALE_KEY = 'vale_waiting';
/** The customer is still in the shop; after that it is another one's sale, and the vale is paid with by its code. */
const VALE_WAITS_MS = 1_800_000;
const NOT_NOW = 'Estás en práctica: sal de la práctica para devolver de verdad.';

/**
 * @typedef {import('./device/unanswered.js').Asked & {sale_uid: string, words: string, sale?: string,
 *   lines?: readonly {name: string, quantity: string}[], about_clp: number, made_by: string,
 *   approved_by: string, body: any}} AskedBack what is told of a return, and what its paper says
 * @typedef {{code: string, amountClp: number, at: number}} WaitingVale
 */

/**
 * @param {{device: import('./device/device.js').Device | null, ask: import('./device/office.js').Office | null,
 *   now: () => number}} room
 * @returns {Record<string, any>}
 */
export function unansweredView(room) {
  const memory = () => /** @type {import('./device/device.js').Device} */ (room.device).memory;

  return {
    /** A return that the server was asked for and has not answered. @type {AskedBack | null} */
    backAsked: null,
    isGivingBack: false,
    /** A vale that pays the next sale first. @type {WaitingVale | null} */
    valeWaiting: null,

    /** What the page before this one left. */
    async readUnanswered() {
      const [asked, vale] = await Promise.all([readAsked(memory(), 'back'), memory().read(VALE_KEY)]);
      this.backAsked = asked;
      this.valeWaiting = vale ?? null;
      if (asked) this.say('warn', `${this.backWaitsText()} ${this.backWaitsAdvice()}`);
      else if (this.favorClp() > 0) this.say('info', `Hay ${clp(this.favorClp())} a favor de un cambio: pagan primero la venta que sigue.`);
    },

    backWaitsText() {
      const { words = '', about_clp: aboutClp = 0 } = this.backAsked ?? {};
      return `Quedó una devolución sin respuesta: ${words}, cerca de ${clp(aboutClp)}.`;
    },

    backWaitsAdvice() {
      return 'No se sabe si quedó anotada: se pregunta sola cuando haya conexión, y no se repite. Espera la respuesta antes de entregar el dinero.';
    },

    /** @returns {boolean} true: another return has to wait, and the sheet says why */
    mustAwaitBack() {
      if (this.practicing) this.sheetError = NOT_NOW;
      else if (this.backAsked === null) return false;
      else this.showBackWaits('');
      return true;
    },

    /** @param {string} words */
    showBackWaits(words) {
      if (this.dialog !== 'backwait') this.open('backwait', '');
      this.sheetError = words;
    },

    /**
     * Ask for a return, once: it is on the disk before it is on its way.
     * @param {Omit<AskedBack, 'uid'>} wanted
     * @param {string} uid
     */
    async giveBack(wanted, uid) {
      if (this.isGivingBack || this.mustAwaitBack()) return;
      this.isGivingBack = true;
      this.sheetError = 'Anotando la devolución…';
      try {
        // Its sale and its shift may still be on their way.
        await this.tellFirst();
        const body = JSON.parse(JSON.stringify({ ...wanted.body, uid }));
        const asked = await keepAsked(memory(), 'back', { ...wanted, uid, body }).catch(() => null);
        if (asked === null) {
          this.sayTrouble('No pudimos guardarla en este equipo y no se devolvió nada. Revisa el disco y prueba de nuevo.');
          return;
        }
        this.backAsked = asked;
        await this.askBack();
      } finally {
        this.isGivingBack = false;
      }
    },

    /** The person waits for it, or the network is back: the same return is asked for again. */
    async askBackAgain() {
      if (this.backAsked === null || this.isGivingBack || this.practicing) return;
      this.isGivingBack = true;
      if (this.dialog === 'backwait') this.sheetError = 'Preguntando…';
      try {
        await this.tellFirst();
        await this.askBack();
      } finally {
        this.isGivingBack = false;
      }
    },

    /** Nobody is disturbed who is serving: the next answer of the server tries again. */
    askBackQuietly() {
      if (this.isFreeForBack()) void this.askBackAgain();
    },

    /** @returns {boolean} whether a sheet about a return may come up */
    isFreeForBack() {
      if (['giveback', 'backwait'].includes(this.dialog)) return true;
      return this.dialog === null && this.stage === 'ticket' && this.isEmpty();
    },

    async askBack() {
      const asked = /** @type {AskedBack} */ (this.backAsked);
      let answer;
      try {
        answer = await /** @type {import('./device/office.js').Office} */ (room.ask).takeBack(asked.sale_uid, JSON.parse(JSON.stringify(asked.body)));
      } catch (error) {
        if (isRefusal(error)) await this.backRefused(asked, error);
        else if (this.isFreeForBack()) this.showBackWaits(wordsOf(error));
        else this.say('warn', this.backWaitsText());
        return;
      }
      await this.gaveBack(answer, asked);
    },

    /**
     * @param {AskedBack} asked
     * @param {unknown} error
     */
    async backRefused(asked, error) {
      await this.forgetBack(asked);
      const words = wordsOf(error);
      if (this.dialog === 'giveback') this.sheetError = words;
      else {
        if (this.dialog === 'backwait') this.close();
        this.say('warn', `No se hizo la devolución de ${asked.words}. ${words}`);
      }
    },

    /** @param {AskedBack} asked */
    async forgetBack({ uid }) {
      this.backAsked = null;
      await forgetAsked(memory(), 'back', uid);
    },

    /** @returns {number} what an exchange left for the sale that follows */
    favorClp() {
      const vale = this.valeWaiting;
      return vale && room.now() - vale.at < VALE_WAITS_MS ? vale.amountClp : 0;
    },

    /**
     * What came back pays what the customer takes instead.
     * @param {{code: string, amount_clp: number}} vale
     */
    async keepFavor({ code, amount_clp: amountClp }) {
      const waiting = { code, amountClp, at: room.now() };
      this.valeWaiting = waiting;
      await memory().keep(VALE_KEY, waiting);
    },

    /** The vale of an exchange is the first tender of the sale that follows. */
    useWaitingVale() {
      const vale = this.valeWaiting;
      if (!vale || this.practicing || this.isGuia() || this.priced.total <= 0 || this.stage !== 'ticket') return;
      const favorClp = this.favorClp();
      this.valeWaiting = null;
      void memory().drop(VALE_KEY);
      if (favorClp === 0 || this.tenders.some((/** @type {any} */ one) => one.reference === vale.code)) return;
      const tender = { kind: 'store_credit', amount_clp: Math.min(favorClp, this.priced.total), reference: vale.code };
      this.keepTenders([tender, ...this.tenders]);
    },
  };
}
