// @ts-check
/** Three short sounds; each has a twin on the screen for who cannot hear it. */

/** @type {Record<string, [number, number, number][]>} hertz, start and length in seconds */
const TUNES = {
  ok: [[1320, 0, 0.06]],
  unknown: [
    [330, 0, 0.14],
    [247, 0.16, 0.22],
  ],
  paid: [
    [880, 0, 0.07],
    [1175, 0.08, 0.12],
  ],
};

/** @type {AudioContext | null} */
let audio = null;

/** @param {'ok' | 'unknown' | 'paid'} name */
export function play(name) {
  if (typeof AudioContext === 'undefined') return;
  audio ??= new AudioContext();
  if (audio.state === 'suspended') {
    // Browsers wake sound only after a first touch or key; until then the screen alone tells.
    void audio.resume().catch(() => undefined);
  }
  for (const [hertz, start, length] of TUNES[name]) {
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
