// @ts-check
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { play, setMuted, showSounds } from './sound.js';
import { looksView } from './view_looks.js';

/** @type {import('./sound.js').Sound[]} */
const SOUNDS = ['ok', 'unknown', 'error', 'paid'];
const here = new URL('.', import.meta.url);

/** Machines that are silent, each in its way. @type {[string, boolean, any][]} */
const SILENT = [
  ['muted', true, class {}],
  ['without sound in its browser', false, undefined],
  ['without a sound card', false, class { constructor() { throw new Error('no device'); } }],
];

for (const [words, isMuted, Audio] of SILENT) {
  for (const name of SOUNDS) {
    test(`on a machine ${words} the sound «${name}» is seen`, () => {
      /** @type {string[]} */
      const seen = [];
      Object.assign(globalThis, { AudioContext: Audio });
      setMuted(isMuted);
      showSounds((sound) => void seen.push(sound));

      play(name);

      assert.deepEqual(seen, [name]);
    });
  }
}

test('trouble wears a frame each time, a line that came in beats anew, a paid sale shows itself', () => {
  /** @type {any} */
  const till = looksView();
  /** @type {[import('./sound.js').Sound, boolean, number][]} */
  const cases = [
    ['unknown', true, 0],
    ['error', true, 0],
    ['ok', false, 1],
    ['ok', false, 2],
    ['paid', false, 2],
  ];
  for (const [name, flashing, beat] of cases) {
    till.flashing = false;
    till.showSound(name);
    assert.deepEqual([till.flashing, till.beat], [flashing, beat], name);
  }
});

test('whatever sounds goes through the one door that shows it too', async () => {
  const files = (await readdir(here, { recursive: true })).filter((file) => file.endsWith('.js') && !file.endsWith('.test.js'));
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(new URL(file, here), 'utf8') })));

  assert.deepEqual(texts.filter(({ text }) => /AudioContext|new Audio\b|\.vibrate\(/.test(text)).map(({ file }) => file), ['sound.js']);
  const played = texts.flatMap(({ text }) => [...text.matchAll(/\bplay\('(\w+)'\)/g)].map(([, name]) => name));
  assert.ok(played.length > 20);
  assert.deepEqual([...new Set(played)].sort(), [...SOUNDS].sort());
});
