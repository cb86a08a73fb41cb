// @ts-check
/** Four short sounds; each is shown on the screen too, for who cannot hear it: nothing sounds that is not seen. */

/** @typedef {'ok' | 'unknown' | 'error' | 'paid'} Sound `unknown`: nobody knows the code; `error`: it cannot be done */

/** @type {Record<Sound, [number, number, number][]>} hertz, start and length in seconds */
const TUNES = {
  ok: [[1320, 0, 0.06]],
  unknown: [
    [330, 0, 0.14],
    [247, 0.16, 0.22],
  ],
  error: [[196, 0, 0.28]],
  paid: [
    [880, 0, 0.07],
    [1175, 0.08, 0.12],
  ],
};

/** @type {AudioContext | null} */
let audio = null;

let isMuted = false;

/** @param {boolean} muted a till whose cashier wants silence */
export function setMuted(muted) {
  isMuted = muted;
}

/** @type {(name: Sound) => void} */
let show = () => {};

/** @param {(name: Sound) => void} twin shows a sound, heard or not */
export function showSounds(twin) {
  show = twin;
}

/** @param {Sound} name */
export function play(name) {
  show(name);
  if (isMuted || typeof AudioContext === 'undefined') return;
  try {
    sound(TUNES[name]);
  } catch {
    // A machine that cannot sound: the screen has told already.
  }
}

/** @param {[number, number, number][]} tune */
function sound(tune) {
  audio ??= new AudioContext();
  if (audio.state === 'suspended') {
    // Browsers wake sound only after a first touch or key; until then the screen alone tells.
    void audio.resume().catch(() => undefined);
  }
  for (const [hertz, start, length] of tune) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + start;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.12, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + length);
  }
}
