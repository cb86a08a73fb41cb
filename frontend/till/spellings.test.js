// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from './search.js';
import { spelledLike } from './spellings.js';

for (const [typed, name, isMeant] of /** @type {[string, string, boolean][]} */ ([
  ['cocacola 3', 'Coca Cola 3 Lt', true],
  ['cocacola 3lt', 'Coca-Cola 3 L', true],
  ['cocacola 3 litros', 'Coca Cola 3L', true],
  ['cocacola 1.5', 'Coca Cola 1,5 L', true],
  ['cocacola 15', 'Coca Cola 1,5 L', false],
  ['super8', 'Super 8 29 g', true],
  ['7up', '7 Up 1,5 L', true],
  ['leche 1lt', 'Leche entera Colún 1 L', true],
  ['leche 1 litro', 'Leche entera Colún 1L', true],
  ['leche 1lt', 'Leche entera Colún 11 L', false],
  ['leche 1lt', 'Leche entera 1 Lata', false],
  ['leche 5lt', 'Leche entera 1,5 L', false],
  ['azucar 1 kilo', 'Azúcar Iansa 1 kg', true],
  ['arroz 500grs', 'Arroz 500 g', true],
  ['cerveza 350cc', 'Cerveza 350 ml', true],
  // No word of it begins like that: only its letters follow each other.
  ['pan', 'Sopa Nissin', false],
  ['*', 'Coca Cola 3 Lt', false],
  ['', 'Coca Cola 3 Lt', false],
])) {
  test(`«${typed}» is ${isMeant ? '' : 'not '}${name}`, () => assert.equal(spelledLike(fold(typed))(fold(name)), isMeant));
}
