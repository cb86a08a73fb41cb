// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalogue } from './catalogue.js';
import { isNear, soundOf } from './typos.js';

for (const [typed, word, near] of /** @type {[string, string, boolean][]} */ ([
  ['leche', 'leche', true],
  ['lecge', 'leche', true],
  ['lche', 'leche', true],
  ['lecche', 'leche', true],
  ['lehce', 'leche', true],
  ['leche', 'lechuga', false],
  ['arroz', 'aros', false],
  ['pan', 'sal', false],
])) {
  test(`«${typed}» is ${near ? '' : 'not '}one slip from «${word}»`, () => assert.equal(isNear(typed, word), near));
}

for (const [typed, word] of /** @type {[string, string][]} */ ([
  ['serbesa', 'cerveza'],
  ['marraketa', 'marraqueta'],
  ['yabero', 'llavero'],
  ['uebo', 'huevo'],
  ['chocolate', 'chokolate'],
])) {
  test(`«${typed}» sounds as «${word}»`, () => assert.equal(soundOf(typed), soundOf(word)));
}

const NAMES = ['Mantequilla Colún', 'Mantecado', 'Marraqueta', 'Leche entera', 'Cerveza Escudo'];
const catalogue = createCatalogue({
  rev: 1,
  categories: [],
  products: NAMES.map((name, place) => [place, name, `P-${place}`, [], 990, 'un', 1, 0, 0, null]),
});

for (const [text, found] of /** @type {[string, string[]][]} */ ([
  ['mantequila', ['Mantequilla Colún']],
  ['maraqueta', ['Marraqueta']],
  ['marraketa', ['Marraqueta']],
  ['serbesa', ['Cerveza Escudo']],
  ['servez', ['Cerveza Escudo']],
  ['lehce ent', ['Leche entera']],
  ['leche 1234', []],
  ['7801234', []],
  ['xyz', []],
  ['zzzzzz', []],
])) {
  test(`«${text}» may mean ${found.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(catalogue.searchNear(text, 10).map(({ name }) => name), found);
  });
}

test('B1: a misspelt search over 20,000 names is done within a frame or few', () => {
  const words = ['Aceite', 'Azúcar', 'Bebida', 'Café', 'Crema', 'Fideos', 'Harina', 'Leche', 'Mermelada', 'Yogur'];
  const products = Array.from({ length: 20_000 }, (_, id) => [id, `${words[id % 10]} ${words[(id >> 3) % 10]} N${id}`, `C${id}`, [], 990, 'un', 1, 0, 0, null]);
  const many = createCatalogue({ rev: 1, categories: [], products });
  const before = process.cpuUsage();

  const found = many.searchNear('mermelda', 120);

  // Of the processor, not of a busy machine's clock; what is measured with care stands in bench/till.
  const { user } = process.cpuUsage(before);
  assert.ok(user < 500_000, `${user} µs`);
  assert.equal(found[0].name.startsWith('Mermelada') || found[0].name.includes('Mermelada'), true);
});
