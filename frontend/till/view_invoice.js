// @ts-check
/** Boleta or factura: who gets the factura, looked up by RUT, and how many lines it may have. */

import { clp, rut as rutText } from '../common/format.js';
import { readRut } from './buyer.js';
import { Refused } from './server.js';
import { play } from './sound.js';

/** What a factura says of who buys; the last two may be left out. */
const NAMES = /** @type {const} */ (['name', 'giro', 'address', 'commune', 'city', 'email']);
const ASKED = { name: 'la razón social', giro: 'el giro', address: 'la dirección', commune: 'la comuna' };
const BLANK = Object.freeze({ rut: '', name: '', giro: '', address: '', commune: '', city: '', email: '' });

/** @typedef {{rut: string, name: string, giro: string, address: string, commune: string, city: string, email: string}} InvoiceTo */

/**
 * @param {{server: import('./server.js').Server}} room
 * @param {{factura_lines: number, card_is_boleta: boolean}} config
 * @returns {Record<string, any>}
 */
export function invoiceView(room, config) {
  return {
    /** Who gets a factura for this ticket; null: it has a boleta. @type {InvoiceTo | null} */
    invoice: null,
    to: { ...BLANK },

    /** @param {InvoiceTo | null} invoice */
    setInvoice(invoice) {
      this.invoice = invoice && { ...invoice };
      this.setCart(this.cart);
    },

    paperChoice() {
      return this.invoice === null ? 'Boleta' : 'Factura';
    },

    askInvoice() {
      if (this.stage !== 'ticket') return;
      this.to = this.invoice === null ? { ...BLANK } : { ...this.invoice, rut: rutText(this.invoice.rut) };
      this.open('invoice', '');
      if (!this.isOnline()) this.sheetError = 'Sin conexión no sale factura. Cobra con boleta y cámbiala por factura después.';
      else if (this.state?.facturas_left === 0) this.sheetError = 'No quedan folios de factura. Pide más al SII y cárgalos en SII, Folios.';
      else this.sheetError = this.tooManyLines(this.cart.lines.length);
    },

    /** Facturas are stamped by the server: whoever is cut off from it has none to give. */
    isOnline() {
      return this.reachable && this.queued.reachable && !this.queued.signedOut && this.queued.forbidden === null;
    },

    /** @param {number} count */
    tooManyLines(count) {
      if (count <= config.factura_lines) return '';
      return `Una factura lleva hasta ${config.factura_lines} líneas y aquí hay ${count}. Quita algunas y véndelas aparte.`;
    },

    /**
     * Say so before the line that would be too many for the factura is added.
     * @param {import('./cart.js').Cart} next
     * @returns {boolean}
     */
    facturaIsFull(next) {
      if (this.invoice === null || next.lines.length <= config.factura_lines) return false;
      this.say('danger', `Una factura lleva hasta ${config.factura_lines} líneas. Cobra estas y sigue en otra factura.`);
      play('unknown');
      return true;
    },

    /** What is typed already is left as it is; the rest is filled in from our last factura to that RUT. */
    async lookUpBuyer() {
      const rut = readRut(this.to.rut);
      if (!rut) {
        this.sheetError = 'Ese RUT no existe: revisa el último dígito.';
        return;
      }
      this.sheetError = '';
      this.to.rut = rutText(rut);
      const known = await room.server.buyer(rut).catch(() => null);
      if (!known || readRut(this.to.rut) !== rut) return;
      for (const name of NAMES) if (!this.to[name].trim()) this.to[name] = known[name];
    },

    confirmInvoice() {
      const rut = readRut(this.to.rut);
      const missing = Object.entries(ASKED).find(([name]) => !this.to[name].trim());
      if (!rut) this.sheetError = 'Ese RUT no existe: revisa el último dígito.';
      else if (missing) this.sheetError = `Falta ${missing[1]}.`;
      else this.sheetError = this.tooManyLines(this.cart.lines.length);
      if (this.sheetError) return;
      const words = Object.fromEntries(NAMES.map((name) => [name, this.to[name].trim()]));
      this.close();
      this.setInvoice(/** @type {InvoiceTo} */ ({ rut, ...words }));
    },

    dropInvoice() {
      this.close();
      this.setInvoice(null);
    },

    /** The card's machine must not print a voucher that is a boleta beside our factura. */
    machineHint() {
      return this.invoice !== null && config.card_is_boleta ? 'En la máquina elige venta con factura: su voucher no debe ser boleta.' : '';
    },
  };
}

/** Words of an answer that was no yes. @param {unknown} error */
export function wordsOf(error) {
  return error instanceof Refused ? error.message : 'El servidor no contesta. Prueba de nuevo en unos segundos.';
}

/** @param {{total_clp: number, returned_clp: number}} sale */
export function returnedText({ total_clp: total, returned_clp: back }) {
  if (back === 0) return '';
  return back >= total ? 'Devuelta entera' : `Devuelto ${clp(back)}`;
}
