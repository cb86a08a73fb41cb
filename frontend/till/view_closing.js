// @ts-check
/** The end of a shift: counted blind, closed by PIN; what should have been there is said afterwards. */

import { clp, hour, whole } from '../common/format.js';
import { listHeld } from './device/held.js';
import { copyOfReport, countSlip, withReason } from './paper/slips.js';
import { MOST_CASH_CLP } from './money.js';
import { createOnce } from './once.js';
import { DENOMINATIONS, drawerSum, readPieces, toldCounts } from './shift.js';
import { SELL } from './verbs.js';

/** How long a closing waits for what is still to be told. */
const TELL_FIRST_MS = 6_000;
/** How long the count's own slip waits for the Z, which says more. */
const AWAIT_Z_MS = 5_000;
const LOOK_AGAIN_MS = 120;
const MOST_REASON = 160;

/**
 * @typedef {import('./view_pin.js').Person} Person
 * @typedef {import('./device/journal.js').Entry} Entry
 * @typedef {{id: string, blocks: import('./paper/receipt.js').Block[], isCopy: boolean, isWaiting: boolean}} ZPaper
 *   one that was handed over and is not out as far as is known
 */

/**
 * @param {{device: import('./device/device.js').Device | null, selling: import('./device/device.js').Selling | null,
 *   agent: import('./agent.js').Agent, newUid: () => string}} room
 * @returns {Record<string, any>}
 */
export function closingView(room) {
  const once = createOnce();

  return {
    /** How many of each note and coin. @type {Record<number, number>} */
    counts: {},
    countOf: DENOMINATIONS[0],
    isClosing: false,
    /** What is known of the shift that was closed last. */
    ended: null,
    endReason: '',

    askClosing() {
      if (this.shift === null || this.isClosing || !this.isFreeForShift()) return;
      if (!this.isEmpty()) {
        this.say('warn', 'Hay una venta en la pantalla. Cóbrala, guárdala o anúlala antes de cerrar el turno.');
        return;
      }
      this.counts = {};
      this.countOf = DENOMINATIONS[0];
      this.open('closing', '');
    },

    countRows() {
      return DENOMINATIONS.map((value) => {
        const count = this.counts[value] ?? 0;
        return { value, name: clp(value), count, times: `× ${whole(count)}`, sum: clp(value * count) };
      });
    },

    countedText() {
      return clp(drawerSum(this.counts));
    },

    countLabel() {
      return `Cuántos de ${clp(this.countOf)}`;
    },

    /** @param {number} value */
    chooseCount(value) {
      this.countOf = value;
      const count = this.counts[value] ?? 0;
      this.pad = count === 0 ? '' : String(count);
      this.padFresh = true;
      this.sheetError = '';
      this.$nextTick(() => this.$refs.countField.select());
    },

    /** What is typed is how many there are of the chosen one. */
    takeCount() {
      const count = readPieces(this.pad);
      if (count === null) {
        this.pad = String(this.counts[this.countOf] ?? '');
        return;
      }
      this.counts = { ...this.counts, [this.countOf]: count };
    },

    /** Enter goes to the next note or coin, and after the last one to the PIN. */
    nextCount() {
      const place = DENOMINATIONS.indexOf(this.countOf);
      if (place < DENOMINATIONS.length - 1) this.chooseCount(DENOMINATIONS[place + 1]);
      else this.confirmCount();
    },

    confirmCount() {
      const counts = { ...this.counts };
      if (drawerSum(counts) > MOST_CASH_CLP) {
        this.sheetError = 'Es más de lo que cabe en un cajón: revisa cuántos hay de cada uno.';
        return;
      }
      this.askPin({
        title: 'Cerrar el turno',
        words: `Contaste ${clp(drawerSum(counts))}. Lo que debería haber se muestra después.`,
        go: 'Cerrar turno',
        people: this.peopleWho(SELL),
        likely: this.shift.cashier.id,
        nobody: 'Nadie tiene PIN de caja en este equipo. Quien administra lo da en Personas; después conecta la caja.',
        then: (/** @type {Person} */ person) => this.closeShift(person, counts),
      });
    },

    /**
     * Wait a moment until the server has heard all; a network that is away is not waited for.
     * @returns {Promise<Entry[]>} what it has not heard
     */
    async tellFirst() {
      const { journal, sync } = /** @type {import('./device/device.js').Selling} */ (room.selling);
      const end = performance.now() + TELL_FIRST_MS;
      sync.wake();
      for (;;) {
        const unsent = await journal.unsent();
        if (unsent.length === 0 || this.sync?.reachable === false || performance.now() > end) return unsent;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    },

    /**
     * Told first, then closed: one event, so that a till that dies here is either open or closed.
     * @param {Person} person
     * @param {Record<number, number>} counts
     */
    async closeShift(person, counts) {
      if (this.isClosing) return;
      this.isClosing = true;
      this.say('info', 'Enviando lo que falta antes de cerrar…');
      try {
        const { uid, opened_at: openedAt, cashier } = this.shift;
        const [unsent, held] = [await this.tellFirst(), await listHeld(/** @type {any} */ (room.device).memory)];
        const counted = drawerSum(counts);
        const told = { shift_uid: uid, counted_clp: counted, counts: toldCounts(counts), closed_by: person.id };
        const entry = await this.noteShift('shift_closed', told, { shift: () => null });
        if (!entry) return;
        this.hush();
        this.endReason = '';
        this.ended = endedOf(entry, { unsent, held, openedAt, closedBy: person.name, cashier: cashier.name });
        this.open('closed', '');
        await this.printCount(entry, unsent.length > 0 || this.sync?.reachable === false ? 0 : AWAIT_Z_MS);
      } finally {
        this.isClosing = false;
      }
    },

    /**
     * The count is printed at once when the Z will be long in coming.
     * @param {Entry} entry
     * @param {number} patienceMs
     */
    async printCount(entry, patienceMs) {
      const end = performance.now() + patienceMs;
      while (performance.now() < end && this.ended.z === null) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      if (this.ended.z === null && this.ended.uid === entry.body.shift_uid) {
        if (room.agent.present) await this.printSlip(this.countBlocks(), entry.uid, { name: 'el conteo' });
      }
    },

    countBlocks() {
      const { at, openedAt, closedBy, counts, countedClp, unsent, folios, held } = this.ended;
      const rows = DENOMINATIONS.filter((value) => counts[value]).map((value) => /** @type {[number, number]} */ ([value, counts[value]]));
      return countSlip({ ...this.slipPlace(at), openedAt, closedBy, counts: rows, countedClp, unsent, folios, held });
    },

    /**
     * The server has the closing: now it is known what should have been there.
     * @param {Entry} entry
     * @param {any} answer
     */
    closingAnswered(entry, answer) {
      const uid = entry.body.shift_uid;
      if (this.ended?.uid !== uid) this.ended = endedOf(entry, { unsent: [], held: [], openedAt: '', closedBy: '', cashier: '' });
      const z = withReason(answer.receipt, this.ended.reason);
      // The office may have printed it before this till heard of it.
      const isZOut = this.ended.isZOut || answer.is_out === true;
      // The printing program gets it by itself, as any paper of an answer: a tap asks for the same one.
      const itself = { id: entry.uid, blocks: answer.receipt, isCopy: false, isWaiting: true };
      const owed = this.ended.owed ?? (room.agent.present && !isZOut ? itself : null);
      this.ended = { ...this.ended, z, isZOut, owed, zNumber: answer.z_number, difference: answer.difference_clp, expected: answer.expected_clp };
      if (this.mustExplain() && this.dialog === null && this.stage === 'ticket' && this.isEmpty()) this.open('closed', '');
      else if (this.mustExplain() && this.dialog !== 'closed') this.say('warn', `El turno que se cerró tuvo una diferencia: ${this.differenceText()}. Anota el motivo en la oficina, en Turnos.`);
    },

    mustExplain() {
      return Boolean(this.ended?.difference) && !this.ended.reason;
    },

    endedTitle() {
      return this.ended?.zNumber ? `Turno cerrado: informe Z ${whole(this.ended.zNumber)}` : 'Turno cerrado';
    },

    expectedText() {
      const expected = this.ended?.expected ?? null;
      return expected === null ? '' : clp(expected);
    },

    differenceText() {
      const difference = this.ended?.difference;
      if (difference === null || difference === undefined) return '';
      if (difference === 0) return 'Cuadra justo';
      return difference < 0 ? `Faltan ${clp(-difference)}` : `Sobran ${clp(difference)}`;
    },

    unsentText() {
      const { unsent, folios } = this.ended;
      if (unsent === 0) return '';
      const papers = folios.length > 0 ? ` ${folios.length === 1 ? 'Boleta' : 'Boletas'} ${folios.map(whole).join(', ')}.` : '';
      return `${whole(unsent)} por enviar: se envían solas cuando vuelva internet y quedan en este turno.${papers}`;
    },

    async explain() {
      const reason = this.endReason.trim().replace(/\s+/g, ' ').slice(0, MOST_REASON);
      if (!reason) {
        this.sheetError = 'Escribe qué pasó, o que no se sabe.';
        return;
      }
      const entry = await this.noteShift('shift_explained', { shift_uid: this.ended.uid, reason });
      if (entry) {
        const { z, owed } = this.ended;
        // What the printer does not have is made anew, with the reason.
        this.ended = { ...this.ended, reason, z: z && withReason(z, reason), owed: owed?.isWaiting || owed?.isCopy ? owed : null };
      }
      this.sheetError = '';
    },

    /** @returns {Promise<void>} */
    printEnded() {
      return once(() => this.handEnded());
    },

    async handEnded() {
      const { z, uid } = this.ended;
      if (z === null) {
        await this.printSlip(this.countBlocks(), room.newUid(), { name: 'el conteo' });
        return;
      }
      // Until it is out it is the same paper, which a printer that answered too late prints once.
      const paper = /** @type {ZPaper | null} */ (this.ended.owed ?? (await this.makeZPaper()));
      if (paper === null) return;
      const { id, blocks, isCopy } = paper;
      const state = await this.printSlip(blocks, id, { name: 'el informe Z' });
      const isOut = state === 'printed' || state === 'dialog';
      if (isOut && !isCopy) await this.zCameOut(uid);
      if (this.ended.uid !== uid) return;
      // The agent never prints an id that failed.
      const owed = isOut ? null : { ...paper, id: state === 'failed' ? room.newUid() : id, isWaiting: state === 'waiting' };
      this.ended = { ...this.ended, owed };
    },

    /**
     * What the printing program did with the paper that it gets by itself.
     * @param {Entry} entry
     * @param {import('./printing.js').Handed} state
     */
    async zHanded(entry, state) {
      const uid = entry.body.shift_uid;
      if (state === 'printed') await this.zCameOut(uid);
      else if (state === 'failed' && this.ended?.owed?.id === entry.uid) this.ended = { ...this.ended, owed: null };
    },

    /**
     * The server counts it as the Z, and what the office prints as copies.
     * @param {string} uid of its shift
     */
    async zCameOut(uid) {
      if (this.ended?.uid === uid) {
        if (this.ended.isZOut) return;
        this.ended = { ...this.ended, isZOut: true, owed: null };
      }
      await this.noteShift('z_printed', { shift_uid: uid });
    },

    printEndedText() {
      if (this.ended.z === null) return 'Imprimir el conteo';
      return this.ended.isZOut ? 'Imprimir una copia del Z' : 'Imprimir el informe Z';
    },

    /**
     * A copy is in the log before it prints: a till that dies between prints none that nobody knows of.
     * @returns {Promise<ZPaper | null>} null: it could not be logged
     */
    async makeZPaper() {
      const { z, isZOut } = this.ended;
      if (!isZOut) return { id: room.newUid(), blocks: z, isCopy: false, isWaiting: false };
      if (!(await this.noteCopy())) return null;
      return { id: room.newUid(), blocks: copyOfReport(z, new Date().toISOString()), isCopy: true, isWaiting: false };
    },

    /** Who taps is not asked: the log names who closed, and says where and whose shift it was. */
    noteCopy() {
      const { uid, zNumber, closedById, cashier } = this.ended;
      const words = `Informe Z N° ${whole(zNumber)}, en la caja${cashier ? `, turno de ${cashier}` : ''}`;
      return this.noteShift('deed', { shift_uid: uid, kind: 'reprint', amount_clp: 0, words, made_by: closedById });
    },

    hasAgent() {
      return room.agent.present;
    },
  };
}

/**
 * @param {Entry} entry
 * @param {{unsent: readonly Entry[], held: readonly {uid: string, name: string, heldAt: string, totalClp: number}[], openedAt: string,
 *   closedBy: string, cashier: string}} known
 */
function endedOf({ at, body }, { unsent, held, openedAt, closedBy, cashier }) {
  return {
    uid: body.shift_uid,
    at,
    openedAt,
    closedBy,
    closedById: body.closed_by ?? null,
    cashier,
    isZOut: false,
    /** @type {ZPaper | null} */
    owed: null,
    counts: body.counts ?? {},
    countedClp: body.counted_clp,
    counted: clp(body.counted_clp),
    unsent: unsent.length,
    folios: unsent.flatMap((entry) => (entry.body.paper ? [entry.body.paper.folio] : [])),
    held: held.map((one) => ({ uid: one.uid, name: one.name, totalClp: one.totalClp, total: clp(one.totalClp), since: hour(one.heldAt) })),
    reason: body.reason ?? '',
    z: null,
    zNumber: 0,
    difference: null,
    expected: null,
  };
}
