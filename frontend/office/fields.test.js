// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moneySent, moneyShown } from './fields.js';

test('money is shown with dots and sent without them', () => {
  assert.equal(moneyShown('141370'), '141.370');
  assert.equal(moneyShown('$ 1.200'), '1.200');
  assert.equal(moneySent('141.370'), '141370');
  assert.equal(moneySent('0'), '0');
});

test('what is no amount stays as it was typed', () => {
  for (const text of ['', 'mil', '-5', '12,5']) {
    assert.equal(moneyShown(text), text);
    assert.equal(moneySent(text), text);
  }
});
