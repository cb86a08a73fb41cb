// @ts-check
/**
 * Boleta, factura or guía: who gets the paper, looked up by RUT, and how many lines it may have. A guía goes with goods
 * that stay owed: the law wants to know who drives them away in what.
 */

import { clp, rut as rutText } from '../common/format.js';
import { readRut } from './buyer.js';
import { Refused } from './device/office.js';
import { play } from './sound.js';
import { nameOfWay } from './tenders.js';

/** What a factura says of who buys; the last two may be left out. */
const NAMES = /** @type {const} */ (['name', 'giro', 'address', 'commune', 'city', 'email']);
const ASKED = { name: 'la razón social', giro: 'el giro', address: 'la dirección', commune: 'la comuna' };
const BLANK = Object.freeze({ rut: '', name: '', giro: '', address: '', commune: '', city: '', email: '' });
const NO_JOURNEY = Object.freeze({ plate: '', driverRut: '', driverName: '' });
/** The plates of Chile: four letters and two digits, or two and four; motorcycles have five signs. */
const PLATE = /^([A-Z]{4}\d{2}|[A-Z]{2}\d{4}|[A-Z]{3}\d{2}|[A-Z]{2}\d{3})$/;
const GUIA = 52;
const NO_RUT = 'Ese RUT no existe: revisa el último dígito.';
const GUIA_OWES = 'Una guía queda toda fiada: cóbrala entera con Fiado, o cambia a boleta o factura (F7).';

/**
 * @typedef {{plate: string, driver_rut: string, driver_name: string}} Journey
 * @typedef {{rut: string, name: string, giro: string, address: string, commune: string, city: string, email: string,
 *   journey?: Journey}} InvoiceTo with a journey the paper is a guía
 */

/**
 * @param {{ask: import('./device/office.js').Office | null}} room
 * @returns {Record<string, any>}
 */
export function invoiceView(room) {
  return {
    /** Who gets a factura for this ticket; null: it has a boleta. @type {InvoiceTo | null} */
    invoice: null,
    to: { ...BLANK },
    /** What the sheet asks for now. @type {'factura' | 'guia'} */
    paperKind: 'factura',
    journey: { ...NO_JOURNEY },

    /** @param {InvoiceTo | null} invoice */
    setInvoice(invoice) {
      this.invoice = invoice && { ...invoice };
      this.setCart(this.cart);
    },

    paperChoice() {
      if (this.invoice === null) return 'Boleta';
      return this.invoice.journey ? 'Guía' : 'Factura';
    },

    isGuia() {
      return Boolean(this.invoice?.journey);
    },

    askInvoice() {
      if (this.stage !== 'ticket') return;
      const { journey, ...to } = this.invoice ?? { ...BLANK, rut: '' };
      this.to = { ...to, rut: to.rut && rutText(to.rut) };
      this.journey = journey
        ? { plate: journey.plate, driverRut: rutText(journey.driver_rut), driverName: journey.driver_name }
        : { ...NO_JOURNEY };
      this.open('invoice', '');
      this.choosePaper(journey ? 'guia' : 'factura');
    },

    /** @param {'factura' | 'guia'} kind */
    choosePaper(kind) {
      this.paperKind = kind;
      const name = kind === 'guia' ? 'guía' : 'factura';
      if (this.papersLeft() === 0) this.sheetError = `No quedan folios de ${name}. Pide más al SII y cárgalos en SII, Folios.`;
      else this.sheetError = this.tooManyLines(this.cart.lines.length);
      if (!this.sheetError && kind === 'guia') this.sheetError = this.undoFirst();
      if (!this.sheetError && this.sync?.reachable === false) this.sheetError = `Sin conexión: la ${name} se emite cuando vuelva.`;
    },

    paperWords() {
      if (this.paperKind === 'guia') return 'Para lo que se lleva y queda todo fiado: cóbralo con Fiado y factúralo dentro del mes.';
      return 'Con el RUT basta si ya le facturaste. Después cobra como siempre.';
    },

    paperButtonText() {
      return this.paperKind === 'guia' ? 'Entregar con guía' : 'Vender con factura';
    },

    /** These papers are stamped by the server; null: it has not said how many it can. */
    papersLeft() {
      const { folios } = this;
      if (!folios) return null;
      return this.paperKind === 'guia' ? (folios[GUIA] ?? 0) : (folios['33'] ?? 0) + (folios['34'] ?? 0);
    },

    /** @param {number} count */
    tooManyLines(count) {
      if (count <= this.till.factura_lines) return '';
      return `Una factura lleva hasta ${this.till.factura_lines} líneas y aquí hay ${count}. Quita algunas y véndelas aparte.`;
    },

    /**
     * Say so before the line that would be too many for the factura is added.
     * @param {import('./cart.js').Cart} next
     * @returns {boolean}
     */
    facturaIsFull(next) {
      if (this.invoice === null || next.lines.length <= this.till.factura_lines) return false;
      this.say('danger', `Una factura lleva hasta ${this.till.factura_lines} líneas. Cobra estas y sigue en otra factura.`);
      play('unknown');
      return true;
    },

    /** What is typed already is left as it is; the rest is filled in from our last factura to that RUT. */
    async lookUpBuyer() {
      const rut = readRut(this.to.rut);
      if (!rut) {
        this.sheetError = this.to.rut.trim() ? NO_RUT : '';
        return;
      }
      this.sheetError = '';
      this.to.rut = rutText(rut);
      const known = await room.ask?.buyer(rut).catch(() => null);
      if (!known || readRut(this.to.rut) !== rut) return;
      for (const name of NAMES) if (!this.to[name].trim()) this.to[name] = known[name];
    },

    confirmInvoice() {
      const rut = readRut(this.to.rut);
      const missing = Object.entries(ASKED).find(([name]) => !this.to[name].trim());
      if (!this.to.rut.trim()) this.sheetError = 'Falta el RUT.';
      else if (!rut) this.sheetError = NO_RUT;
      else if (missing) this.sheetError = `Falta ${missing[1]}.`;
      else this.sheetError = (this.paperKind === 'guia' && (this.undoFirst() || this.journeyTrouble())) || this.tooManyLines(this.cart.lines.length);
      if (this.sheetError) return;
      const words = Object.fromEntries(NAMES.map((name) => [name, this.to[name].trim()]));
      const journey = this.paperKind === 'guia' ? { journey: this.readJourney() } : {};
      this.close();
      this.setInvoice(/** @type {InvoiceTo} */ ({ rut, ...words, ...journey }));
    },

    /** Source: Res. Ex. SII 154 of 2025: plate and driver of what travels with a guía. */
    journeyTrouble() {
      const { plate, driver_rut: driver, driver_name: name } = this.readJourney();
      if (!PLATE.test(plate)) return 'Escribe la patente del vehículo, como ABCD12.';
      if (!this.journey.driverRut.trim()) return 'Falta el RUT de quien maneja.';
      if (!driver) return 'El RUT de quien maneja no existe: revisa el último dígito.';
      return name ? '' : 'Falta el nombre de quien maneja.';
    },

    /** @returns {Journey} */
    readJourney() {
      const { plate, driverRut, driverName } = this.journey;
      const signs = plate.toUpperCase().replace(/[^A-Z0-9]/g, '');
      return { plate: signs, driver_rut: readRut(driverRut) ?? '', driver_name: driverName.trim().replace(/\s+/g, ' ') };
    },

    /** What of the ticket keeps a guía from being one; empty for other papers. @param {{kind: string}[]} payments */
    guiaTrouble(payments) {
      if (!this.isGuia() || payments.every(({ kind }) => kind === 'credit')) return '';
      return GUIA_OWES;
    },

    /** @returns {string} what was taken for this ticket that a guía cannot have; nothing when it may be one */
    undoFirst() {
      const others = this.tenders.filter((/** @type {any} */ { kind }) => kind !== 'credit');
      if (others.length === 0) return '';
      const names = others.map((/** @type {any} */ one) => `${nameOfWay(one.kind)} ${clp(one.amount_clp)}`).join(' + ');
      return `Una guía queda toda fiada y ya está anotado ${names}. Devuélvelo y quítalo en Mixto (F10); después elige la guía.`;
    },

    /**
     * A guía has one way to be paid, and says so before any machine is asked for money.
     * @param {import('./tenders.js').Way} way
     * @returns {string} why not in this way; nothing when it may
     */
    wrongWay(way) {
      return this.isGuia() && way !== 'credit' ? GUIA_OWES : '';
    },

    dropInvoice() {
      this.close();
      this.setInvoice(null);
    },

    /** The card's machine must not print a voucher that is a boleta beside our factura. */
    machineHint() {
      return this.invoice !== null && this.till.card_is_boleta ? 'En la máquina elige venta con factura: su voucher no debe ser boleta.' : '';
    },
  };
}

/** Words of an answer that was no yes. @param {unknown} error */
export function wordsOf(error) {
  return error instanceof Refused ? error.message : 'Esto necesita conexión y el servidor no contesta. Prueba de nuevo cuando vuelva.';
}

/** @param {{total_clp: number, returned_clp: number}} sale */
export function returnedText({ total_clp: total, returned_clp: back }) {
  if (back === 0) return '';
  return back >= total ? 'Devuelta entera' : `Devuelto ${clp(back)}`;
}
