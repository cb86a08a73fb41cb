// @ts-check
/** Choices of this machine, not of a person: which hand, light or dark, with sound or without. */

import { play, setMuted, showSounds } from './sound.js';

const KEPT = /** @type {const} */ ({ hand: 'caja-mano', theme: 'caja-tema', sound: 'caja-sonido', reader: 'caja-lector' });

const FLASH_MS = 700;

/** @returns {Record<string, any>} */
export function looksView() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;

  return {
    muted: false,
    /** The whole screen wears a frame: the twin of both sounds of trouble, whatever else is said. */
    flashing: false,
    /** Changes with each line that came in: the twin of its sound. 0 until the first. */
    beat: 0,
    /** This machine's scanner sends its keys so slowly that only its evenness tells it from a person. */
    slowReader: false,

    dressUp() {
      const root = document.documentElement;
      for (const name of /** @type {const} */ (['hand', 'theme'])) {
        const kept = localStorage.getItem(KEPT[name]);
        if (kept) root.dataset[name] = kept;
      }
      this.muted = localStorage.getItem(KEPT.sound) === 'no';
      setMuted(this.muted);
      showSounds((name) => this.showSound(name));
      this.slowReader = localStorage.getItem(KEPT.reader) === 'lento';
    },

    swapHands() {
      this.swap('hand', document.documentElement.dataset.hand === 'left' ? 'right' : 'left');
    },

    swapTheme() {
      this.swap('theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    },

    /**
     * @param {'hand' | 'theme'} name
     * @param {string} value
     */
    swap(name, value) {
      document.documentElement.dataset[name] = value;
      localStorage.setItem(KEPT[name], value);
    },

    swapReader() {
      this.slowReader = !this.slowReader;
      localStorage.setItem(KEPT.reader, this.slowReader ? 'lento' : 'normal');
      this.say('info', this.slowReader ? 'Lector lento: la caja espera más entre sus teclas.' : 'Lector normal: la caja lo reconoce por su rapidez.');
    },

    /** One clean reading of a slow scanner is enough, unless somebody chose otherwise. */
    foundSlowReader() {
      if (localStorage.getItem(KEPT.reader) === null) {
        this.slowReader = true;
        localStorage.setItem(KEPT.reader, 'lento');
      }
    },

    /** @param {import('./sound.js').Sound} name a paid sale is on the screen by itself */
    showSound(name) {
      if (name === 'ok') this.beat = this.beat === 1 ? 2 : 1;
      if (name === 'ok' || name === 'paid') return;
      clearTimeout(fading);
      this.flashing = true;
      fading = setTimeout(() => {
        this.flashing = false;
      }, FLASH_MS);
    },

    /** Each sound has its twin on the screen, so that a till may be silent. */
    swapSound() {
      this.muted = !this.muted;
      localStorage.setItem(KEPT.sound, this.muted ? 'no' : 'si');
      setMuted(this.muted);
      play('ok');
    },
  };
}
