// @ts-check
/** What a scan or a typed code is: a product, a label of the shop's scale, or something nobody knows. */

import { quantity } from '../common/format.js';
import { labelledMilli } from './cart.js';
import { MILLI } from './pricing/amounts.js';
import { readMultiplier } from './scanner.js';
import { play } from './sound.js';
import { CHANGE_PRICES, mayDo } from './verbs.js';

/** Scans that wait for the first catalogue; more than that and the cashier has gone on to write names. */
const MOST_HELD_SCANS = 50;
/** Dialogs that must be answered: what is scanned meanwhile comes after. */
const ANSWER_FIRST = ['adult'];
/** Sheets with work that a scan must not throw away: it is not taken, and they say so. */
const FINISH_FIRST = Object.freeze({
  closing: 'Termina el conteo primero',
  opening: 'Termina de abrir el turno primero',
  cashmove: 'Termina de anotar el efectivo primero',
  pin: 'Contesta el PIN primero, o ciérralo',
  giveback: 'Termina la devolución primero',
  buyer: 'Termina de anotar quién compra primero',
  copies: 'Contesta primero si salieron las boletas',
  prices: 'Avisa primero el precio nuevo a tu cliente',
});

/**
 * @typedef {import('./catalogue.js').Product} Product
 * @typedef {Extract<import('./catalogue.js').Found, {kind: 'unknown'}>} Unknown
 * @typedef {import('./labels.js').LabelRead} LabelRead
 */

/**
 * @param {{catalogue: import('./catalogue.js').Catalogue | null}} room
 * @returns {Record<string, any>}
 */
export function scanView(room) {
  return {
    /** @param {string} code */
    scanned(code) {
      const unfinished = this.unfinishedWords();
      if (unfinished) {
        this.sheetError = `${unfinished}: lo escaneado no se agregó.`;
        this.alarm();
        return;
      }
      if (this.takeScannedVale(code) || this.takeSoldLink(code)) return;
      // Before it is ready, the ticket of the page before this one has not come back yet.
      if (!this.ready || this.stage === 'sending' || this.isHolding || ANSWER_FIRST.includes(this.dialog) || !this.knows(code)) {
        this.holdScan(code);
        return;
      }
      if (this.dialog === 'weight' && this.weighing.key === null) this.say('warn', `${this.weighing.product.name} no se agregó: faltó el peso.`);
      if (this.dialog) this.close();
      this.closeMenu();
      const rest = this.takeMultiplier();
      if (rest === null) return;
      this.search = '';
      this.takeFound(this.findScanned(code, rest), code);
      this.searchTyped();
    },

    /** @returns {string | null} what was typed but for `3*`; null: that number cannot be meant, and the screen says so */
    takeMultiplier() {
      const { times, rest } = readMultiplier(this.search);
      if (times === 0) {
        this.say('warn', 'Antes del * va un número de 1 a 9.999. Corrígelo o bórralo: no se agregó nada.');
        this.alarm();
        return null;
      }
      if (times !== null) this.times = times;
      return rest;
    },

    /** @returns {string} what has to be finished before something is scanned; nothing when it may be */
    unfinishedWords() {
      if (this.dialog === 'closed' && this.mustExplain()) return 'Anota primero por qué hay diferencia, o toca Listo';
      if (this.dialog === 'givenback' && this.given?.vale) return 'Entrega primero el vale y toca Listo, o Lleva otra cosa';
      return /** @type {Record<string, string>} */ (FINISH_FIRST)[this.dialog] ?? '';
    },

    /** An Enter that no hand pressed ended some signs in a sheet: it must not charge. */
    keptFromEnter() {
      this.sheetError = 'Eso lo escribió un lector o una mano muy rápida. Revisa lo escrito y aprieta Enter de nuevo.';
      this.alarm();
    },

    /** @param {string} code */
    holdScan(code) {
      if (this.heldScans.length < MOST_HELD_SCANS) this.heldScans.push(code);
      if (this.catalogueShare === null) return;
      this.say('info', `${this.loadedText()} Lo escaneado se agrega apenas estén.`);
      void this.askAhead();
    },

    /** A question of its own may come with one of them: the rest waits for its answer. */
    drainScans() {
      while (this.heldScans.length > 0 && !ANSWER_FIRST.includes(this.dialog)) {
        if (!this.ready || this.stage === 'sending' || this.isHolding || !this.knows(this.heldScans[0])) return;
        this.scanned(this.heldScans.shift());
      }
    },

    /**
     * On a busy machine the first keys of a scan can come late and stay in the search box: then both parts are the code.
     * @param {string} code
     * @param {string} left what the search box held
     */
    findScanned(code, left) {
      const found = room.catalogue?.find(code);
      if (found?.kind !== 'unknown' || !left) return found;
      const joined = room.catalogue?.find(left + code);
      return joined && joined.kind !== 'unknown' ? joined : found;
    },

    /**
     * @param {import('./catalogue.js').Found | undefined} found
     * @param {string} code
     */
    takeFound(found, code) {
      if (found?.kind === 'product') this.take(found.product);
      else if (found?.kind === 'label') this.takeLabel(found.product, found.read);
      else this.unknownCode(code, found ?? { kind: 'unknown', reason: 'not_found' });
    },

    /**
     * @param {Product} product
     * @param {LabelRead} read
     */
    takeLabel(product, read) {
      const times = this.beginLine();
      const many = `El ${times} × no sirve con etiquetas de la balanza: escanea cada paquete de ${product.name}.`;
      const trouble = times > 1 ? many : labelTrouble(product, read);
      if (trouble) {
        this.say('danger', trouble);
        this.alarm();
        return;
      }
      const priceClp = this.priceFor(product);
      const isPrice = read.kind === 'price';
      const milli = isPrice ? labelledMilli(product.unit, read.value, priceClp) : read.value * (read.kind === 'units' ? MILLI : 1);
      this.guarded(product, () => this.put(product, milli, isPrice ? { labelClp: read.value } : {}));
    },

    /**
     * @param {string} code
     * @param {Unknown} unknown
     */
    unknownCode(code, { reason, plu }) {
      const isNew = reason === 'not_found';
      const texts = {
        check_digit: `El código ${code} se leyó mal. Escanéalo de nuevo o escribe el nombre.`,
        no_plu: `La etiqueta es del PLU ${plu}, y ningún producto lo tiene. Pónselo en la oficina, o busca el producto por su nombre.`,
        not_found: `No conocemos el código ${code}. ${this.unknownAdvice()}`,
      };
      this.say('danger', texts[reason], isNew ? this.wayToMake('codigo', code) : {});
      this.alarm('unknown');
    },

    unknownAdvice() {
      if (!this.mayMakeProducts()) return 'Busca el producto por su nombre, o avisa a quien administra.';
      return this.sync?.reachable === false ? 'Búscalo por su nombre; se podrá crear cuando vuelva internet.' : 'Búscalo por su nombre o créalo.';
    },

    /** @returns {string} the end of a sentence that says where else to look */
    orMakeIt() {
      if (!this.mayMakeProducts()) return 'o avisa a quien administra.';
      return this.sync?.reachable === false ? 'o créalo cuando vuelva internet.' : 'o créalo.';
    },

    /**
     * The page of the office that makes a product, for who may.
     * @param {'codigo' | 'nombre'} field what of it is filled in
     * @param {string} text
     */
    wayToMake(field, text) {
      return this.mayMakeProducts() ? { href: `/productos/nuevo/?${field}=${encodeURIComponent(text)}`, link: 'Crear producto' } : {};
    },

    mayMakeProducts() {
      return mayDo(this.people, this.shift?.cashier?.id, CHANGE_PRICES);
    },

    /** @param {'unknown' | 'error'} [sound] of trouble; its twin comes with it */
    alarm(sound = 'error') {
      play(sound);
    },
  };
}

/**
 * What keeps a label from being sold, for the cashier.
 * @param {Product} product
 * @param {LabelRead} read
 * @returns {string} nothing: it can be sold
 */
export function labelTrouble({ name, unit }, { kind, value }) {
  if (value === 0) return `La etiqueta de ${name} dice ${kind === 'price' ? '$0' : quantity(0, unit)}. Pésalo de nuevo.`;
  if (kind === 'weight' && unit === 'un') return `La etiqueta trae el peso de ${name}, que se vende por unidad. Corrígelo en la oficina o tócalo en la lista.`;
  if (kind === 'units' && unit === 'kg') return `La etiqueta trae unidades de ${name}, que se vende por kilo. Corrígelo en la oficina o pésalo aquí.`;
  return '';
}
