// @ts-check
/**
 * What keeps unsent sales from being lost: the browser's promise, the copy in the agent, the way to install the till as
 * an app; and what another browser of this machine left behind.
 */

import { whole } from '../common/format.js';
import { createAgentCopy } from './device/agent_copy.js';
import { askToStay } from './device/memory.js';
import { Refused } from './device/office.js';
import { forgetPlace } from './place.js';
import { play } from './sound.js';
import { ISSUE_PAPERS } from './verbs.js';
import { wordsOf } from './view_invoice.js';

const NOT_FOUND = 404;
/** The till's own events are in the browser: what is at risk is what a wiped browser had left in the copy. */
const COPY_BROKEN =
  'La copia de ventas del programa de impresión está dañada o fue cambiada. Lo que se vende ahora está a salvo, y lo que se pudo leer ya se envió. Avísale a quien administra: en Caja, Equipos, están las boletas que falten.';
const RETIRED = Object.freeze({
  ...{ title: 'Este equipo ya no es caja', href: '/caja/equipos/', link: 'Ir a Equipos' },
  words: 'Devolvió sus folios y no guarda nada por enviar. Dalo de baja en la oficina, en Caja, Equipos.',
});

/**
 * @param {{device: import('./device/device.js').Device | null, ask: import('./device/office.js').Office | null,
 *   selling: import('./device/device.js').Selling | null, copy: import('./device/agent_copy.js').AgentCopy | null,
 *   hasRescued: boolean}} room
 * @returns {Record<string, any>}
 */
export function storageView(room) {
  /** @type {any} */
  let installer = null;

  return {
    canInstall: false,
    /** Whether lines of the agent's copy were changed, are gone or cannot be read. */
    copyIsBroken: false,

    /** @param {string} deviceUid */
    startCopy(deviceUid) {
      const { memory } = /** @type {import('./device/device.js').Device} */ (room.device);
      room.copy = createAgentCopy({ memory, deviceUid, agent: () => this.till.agent, fetch: window.fetch.bind(window) });
      this.copyNew();
      window.addEventListener('beforeinstallprompt', (event) => {
        event.preventDefault();
        installer = event;
        this.canInstall = true;
      });
    },

    /** Something was written: the agent gets a copy. Nothing waits for it. */
    copyNew() {
      void room.copy?.wake();
    },

    /** The server answers: tell it what other browsers of this machine left in the agent, once. */
    async rescueOnce() {
      if (room.hasRescued || !this.till.agent || !room.copy) return;
      room.hasRescued = true;
      try {
        const { count, broken, isNews } = await room.copy.rescue(tellFor(room));
        const rescued = count > 0 ? `Recuperamos ${whole(count)} ventas o anotaciones que otro navegador de este equipo no había enviado.` : '';
        this.copyIsBroken = broken > 0;
        if (isNews) this.say('danger', `${COPY_BROKEN} ${rescued}`.trim());
        else if (rescued) this.say('info', rescued);
      } catch {
        // The network went: the next answer of the server tries again.
        room.hasRescued = false;
      }
    },

    /** @returns {boolean} whether what is sold now could be lost, and is more than a shop should risk */
    isTooMuchAtRisk() {
      const most = this.limits.unkept_most;
      if (most === undefined || this.storage.kept || this.till.agent || this.sync?.reachable !== false) return false;
      return this.sync.waiting >= most;
    },

    /** @returns {boolean} false: said why nothing more is sold for now */
    mayRiskMore() {
      if (!this.isTooMuchAtRisk()) return true;
      const text = `Hay ${whole(this.sync.waiting)} sin enviar y este navegador podría borrarlas. Conecta internet un momento o instala la caja como aplicación, y sigue vendiendo.`;
      this.say('danger', text);
      play('unknown');
      return false;
    },

    /** Taken out of service for good: what it holds is told and given back first, so that nothing is lost with it. */
    askRetire() {
      if (!this.isFreeForShift()) return;
      if (this.shift !== null || !this.isEmpty() || this.held.length > 0) {
        this.say('warn', 'Antes de retirar este equipo cierra el turno y termina las ventas en espera.');
        return;
      }
      this.askPin({
        title: 'Retirar este equipo',
        words: 'Devuelve sus folios y deja de ser caja. Para volver a vender aquí hay que inscribirlo de nuevo.',
        go: 'Retirar este equipo',
        people: this.peopleWho(ISSUE_PAPERS),
        nobody: 'Retirar un equipo necesita el PIN de quien administra, y aquí nadie lo tiene.',
        then: () => this.retire(),
      });
    },

    async retire() {
      const { device, selling } = room;
      if (!device || !selling) return;
      this.say('info', 'Enviando lo que falta y devolviendo los folios…');
      const unsent = await this.tellFirst();
      if (unsent.length > 0 || this.sync?.dead > 0 || this.backAsked !== null) {
        this.say('warn', 'Este equipo todavía guarda cosas que el servidor no tiene. Conéctalo, espera a que se envíen y prueba de nuevo.');
        return;
      }
      // From here on it fetches no folios; a block given back is forgotten at once.
      selling.sync.stop();
      try {
        await selling.sync.giveBackFolios();
      } catch (error) {
        this.say('warn', `No se pudieron devolver los folios. ${wordsOf(error)} Recarga la caja y prueba de nuevo.`);
        return;
      }
      await device.memory.drop('till');
      forgetPlace(localStorage);
      this.ready = false;
      this.barrier = RETIRED;
    },

    storageRow() {
      if (this.copyIsBroken) return COPY_BROKEN;
      if (this.storage.kept) return '';
      return this.till.agent
        ? 'El navegador no asegura lo guardado. Hay copia en el programa de impresión.'
        : 'El navegador puede borrar lo que no se ha enviado. Instala la caja como aplicación.';
    },

    async install() {
      if (installer) await installer.prompt();
      installer = null;
      this.canInstall = false;
      await this.askStorage();
    },

    /** Installed, or used enough, the browser may have changed its mind. */
    async askStorage() {
      this.storage = await askToStay(navigator.storage);
      if (this.storage.kept) this.say('info', this.storage.words);
      else this.say('warn', 'Todavía no. En el menú del navegador elige «Instalar aplicación» y abre la caja desde su ícono.');
    },
  };
}

/**
 * @param {{ask: import('./device/office.js').Office | null}} room
 * @returns {(of: string, events: import('./device/journal.js').SentEvent[]) => Promise<{results: import('./device/journal.js').Result[]}>}
 */
function tellFor(room) {
  return async (of, events) => {
    try {
      return await /** @type {import('./device/office.js').Office} */ (room.ask).rescue(of, events);
    } catch (error) {
      // Of another till that shares this machine: its own browser tells it.
      if (error instanceof Refused && error.status === NOT_FOUND) return { results: [] };
      throw error;
    }
  };
}
