// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRut } from './buyer.js';

test('a RUT is read with or without dots and dash', () => {
  for (const text of ['12.345.678-5', '123456785', ' 12345678-5 ']) assert.equal(readRut(text), '12345678-5');
  assert.equal(readRut('77.654.321-7'), '77654321-7');
});

test('check digits K and 0 are digits like others', () => {
  assert.equal(readRut('10.000.013-k'), '10000013-K');
  assert.equal(readRut('76.123.456-0'), '76123456-0');
});

test('a wrong check digit is no RUT', () => {
  for (const text of ['12.345.678-4', '', 'ana', '12.345-5x', '1-2-3']) assert.equal(readRut(text), null);
});
