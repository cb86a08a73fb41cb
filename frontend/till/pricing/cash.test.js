// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likelyNotes, roundedCash, settle } from './cash.js';
import { Refusal } from './refusals.js';

test('cash ends in zero: 1 to 5 go down, 6 to 9 go up', () => {
  const expected = [1990, 1990, 1990, 1990, 1990, 1990, 2000, 2000, 2000, 2000];
  expected.forEach((amount, last) => assert.equal(roundedCash(1990 + last), amount));
  assert.equal(roundedCash(5), 0);
});

test('only the cash part of a mixed payment is rounded', () => {
  const settled = settle(2993, [
    { kind: 'card', amount: 2000 },
    { kind: 'cash', amount: 1000 },
  ]);
  assert.deepEqual(settled, {
    cash_due: 993,
    rounding: -3,
    cash_to_pay: 990,
    change: 10,
    payments: [
      { kind: 'card', amount: 2000 },
      { kind: 'cash', amount: 990 },
    ],
  });
});

test('a card alone rounds nothing', () => {
  assert.deepEqual(settle(7777, [{ kind: 'card', amount: 7777 }]), {
    cash_due: 0,
    rounding: 0,
    cash_to_pay: 0,
    change: 0,
    payments: [{ kind: 'card', amount: 7777 }],
  });
});

test('wrong tenders are refused by name', () => {
  /** @type {[number, {kind: string, amount: number}[], string][]} */
  const cases = [
    [1990, [{ kind: 'cash', amount: 1995 }], 'bad_cash_amount'],
    [1990, [{ kind: 'card', amount: 0 }], 'bad_amount'],
    [1990, [{ kind: 'cash', amount: 1980 }], 'under_tender'],
    [1990, [{ kind: 'card', amount: 2000 }], 'over_tender'],
    [1990, [], 'under_tender'],
  ];
  for (const [total, tenders, code] of cases) {
    assert.throws(() => settle(total, tenders), (error) => error instanceof Refusal && error.code === code);
  }
});

test('the notes offered are the ones a person would hand over', () => {
  const notes = [1000, 2000, 5000, 10_000, 20_000];
  assert.deepEqual(likelyNotes(19_890, notes), [20_000]);
  assert.deepEqual(likelyNotes(3420, notes), [4000, 5000, 10_000]);
  assert.deepEqual(likelyNotes(20_000, notes), []);
  assert.deepEqual(likelyNotes(21_500, notes), [22_000, 25_000, 30_000]);
});
