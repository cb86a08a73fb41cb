import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pickedWords } from './picks.js';

test('the bar says how many are chosen, and when they are too many', () => {
  assert.equal(pickedWords(1, 100), '1 elegido');
  assert.equal(pickedWords(100, 100), '100 elegidos');
  assert.equal(pickedWords(101, 100), '101 elegidos: elige hasta 100');
});
