// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSearch, fold } from './search.js';

const NAMES = ['', 'Aceite Miraflores 1 L', 'Café con leche', 'Leche Colún', 'Milhojas  ', 'Semi\nleche', 'Leche asada'];
const search = createSearch(NAMES);

test('places are those of the texts, also of empty ones and of those with a line of their own', () => {
  assert.equal(search.lines.length, NAMES.length);
  assert.deepEqual(search.find('milhojas'), [4]);
  assert.deepEqual(search.find('semi'), [5]);
  assert.deepEqual(search.find('asada'), [6]);
  assert.deepEqual(createSearch([]).find('a'), []);
});

test('names that begin with the text come first, then those with a word that does, then the others', () => {
  assert.deepEqual(search.find('leche'), [3, 6, 2, 5]);
  assert.deepEqual(search.find('mi'), [4, 1, 5]);
});

test('every word is wanted, in any order, and one name is found once', () => {
  assert.deepEqual(search.find('leche cafe'), [2]);
  assert.deepEqual(search.find('e'), [1, 2, 3, 5, 6]);
  assert.deepEqual(search.find('leche aceite'), []);
  assert.deepEqual(search.find(' '), []);
});

test('finds the same as looking at each name by itself', () => {
  const syllables = ['le', 'che', 'ca', 'fé', 'ñu', ' ', ' 1', 'x'];
  let seed = 20_261_123;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  const word = (/** @type {number} */ length) => Array.from({ length }, () => syllables[next() % syllables.length]).join('');
  const names = Array.from({ length: 400 }, () => word(2 + (next() % 6)));
  const many = createSearch(names);
  for (let round = 0; round < 200; round += 1) {
    const asked = word(1 + (next() % 3));
    const words = fold(asked).split(/\s+/).filter(Boolean);
    const expected = names.flatMap((name, place) => (words.length > 0 && words.every((one) => fold(name).includes(one)) ? [place] : []));
    assert.deepEqual([...many.find(asked)].sort((one, other) => one - other), expected, asked);
  }
});
