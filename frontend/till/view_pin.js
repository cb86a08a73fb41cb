// @ts-check
/**
 * Asking a person for their PIN: who approves one deed, or who takes the till. Tried on this machine, so that it works
 * with and without a network.
 */

import { tryPin } from './device/pin.js';
import { play } from './sound.js';

const PIN = /^\d{4,6}$/;

/**
 * @typedef {{id: number, name: string, pin: string, verbs: readonly string[]}} Person
 * @typedef {{title: string, words: string, go: string, people: readonly Person[], likely?: number, nobody: string,
 *   then: (person: Person) => void | Promise<void>}} PinQuestion `go`: the button; `likely`: who it most likely is;
 *   `nobody`: said when no person of these has a PIN; `then` runs with the sheet closed
 */

/**
 * @param {{device: import('./device/device.js').Device | null}} room
 * @returns {Record<string, any>}
 */
export function pinView(room) {
  return {
    /** @type {PinQuestion} */
    pinAsked: { title: '', words: '', go: '', people: [], nobody: '', then: () => {} },
    pinOf: 0,
    isTrying: false,

    /**
     * @param {string} verb
     * @returns {Person[]} who may do it, and has a PIN to say so with
     */
    peopleWho(verb) {
      return this.people.filter((/** @type {Person} */ one) => one.pin && one.verbs?.includes(verb));
    },

    /** @param {PinQuestion} question */
    askPin(question) {
      const people = question.people.filter(({ pin }) => pin);
      if (people.length === 0) {
        this.close();
        this.say('warn', question.nobody);
        play('unknown');
        return;
      }
      this.pinAsked = { ...question, people };
      const likely = people.length === 1 ? people[0] : people.find(({ id }) => id === question.likely);
      this.pinOf = likely?.id ?? 0;
      this.open('pin', '');
    },

    /** @param {number} id */
    choosePinOf(id) {
      this.pinOf = id;
      this.pad = '';
      this.sheetError = '';
      this.$refs.pinField.focus();
    },

    async confirmPin() {
      const person = this.pinAsked.people.find((/** @type {Person} */ one) => one.id === this.pinOf);
      if (!person) this.sheetError = 'Toca tu nombre y escribe tu PIN.';
      else if (!PIN.test(this.pad)) this.sheetError = 'El PIN tiene 4 a 6 números.';
      else if (room.device && !this.isTrying) await this.tryPinOf(person);
    },

    /** @param {Person} person */
    async tryPinOf(person) {
      const { memory, clock } = /** @type {import('./device/device.js').Device} */ (room.device);
      this.isTrying = true;
      const verdict = await tryPin(memory, clock, { id: person.id, pin: person.pin }, this.pad).finally(() => {
        this.isTrying = false;
      });
      // Closed meanwhile: nobody waits for the answer any more.
      if (this.dialog !== 'pin') return;
      if (verdict === 'right') {
        this.close();
        await this.pinAsked.then({ ...person });
        return;
      }
      this.pad = '';
      this.sheetError =
        verdict === 'wrong' ? `Ese PIN no es de ${person.name}.` : `Van cinco PIN equivocados. ${person.name} debe esperar un minuto.`;
      play('unknown');
    },
  };
}
