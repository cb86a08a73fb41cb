// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepped } from './steppers.js';

test('a stepper adds and takes one, and keeps parts of a unit', () => {
  assert.equal(stepped('', 1), '1');
  assert.equal(stepped('3', 1), '4');
  assert.equal(stepped('0,5', 1), '1,5');
  assert.equal(stepped('1.5', 1), '2,5');
  assert.equal(stepped('0,3', -1), '0');
  assert.equal(stepped('nada', 1), '1');
});
