// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupOf, isPrinted, printedWords, keepPrinting, readPrinting } from './printing.js';

/** @param {string | null} text */
const holding = (text) => ({ getItem: () => text });

test('paper comes out by itself where there is a printer, and is asked for where there is a dialog', () => {
  assert.deepEqual(readPrinting(holding(null), true), { cash: 'always', card: 'always', other: 'always' });
  assert.deepEqual(readPrinting(holding(null), false), { cash: 'ask', card: 'ask', other: 'ask' });
});

test('what was chosen on this machine holds, and nonsense does not', () => {
  /** @type {string[]} */
  const kept = [];
  keepPrinting({ setItem: (_, text) => void kept.push(text) }, { cash: 'never', card: 'ask', other: 'always' });

  assert.deepEqual(readPrinting(holding(kept[0]), true), { cash: 'never', card: 'ask', other: 'always' });
  assert.deepEqual(readPrinting(holding('{"cash": "sometimes", "card": "never"}'), true), { cash: 'always', card: 'never', other: 'always' });
  for (const text of ['null', '[', '7']) assert.equal(readPrinting(holding(text), true).cash, 'always');
});

test('any cash makes a sale one of cash', () => {
  assert.equal(groupOf([{ kind: 'card' }, { kind: 'cash' }]), 'cash');
  assert.equal(groupOf([{ kind: 'card' }, { kind: 'baes' }]), 'card');
  assert.equal(groupOf([{ kind: 'card' }, { kind: 'transfer' }]), 'other');
});

test('a paper that failed or that no printer took is told as what it is, and counts as not printed', () => {
  assert.deepEqual(['printed', 'waiting', 'dialog', 'failed', 'unreachable', 'no_agent'].map((state) => isPrinted(/** @type {any} */ (state))), [true, true, true, false, false, false]);
  assert.equal(printedWords('printed', 'la copia'), 'Se imprimió la copia.');
  assert.equal(printedWords('failed', 'el vale'), 'No se pudo imprimir el vale. Revisa el papel e inténtalo de nuevo.');
});
