// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from './pricing/cash.js';
import { creditOf, mostOf, owedIn, paidWords, paperBeside, paymentsOf, readValeCode, settleDoubt, standingOf, unsureOf } from './tenders.js';

const cash = (/** @type {number} */ amount) => ({ kind: /** @type {const} */ ('cash'), amount_clp: amount });
const card = (/** @type {number} */ amount) => ({ kind: /** @type {const} */ ('card'), amount_clp: amount });

test('D4: what is left in cash is rounded for each last digit, what is left for a card never is', () => {
  const asked = [1000, 1000, 1000, 1000, 1000, 1000, 1010, 1010, 1010, 1010];
  asked.forEach((inCash, digit) => {
    const { leftClp, cashClp } = standingOf(1000 + digit, []);
    assert.deepEqual([leftClp, cashClp], [1000 + digit, inCash]);
    // The same rest beside a card's part.
    const beside = standingOf(3000 + digit, [card(2000)]);
    assert.deepEqual([beside.leftClp, beside.cashClp], [1000 + digit, inCash]);
    assert.equal(standingOf(1000 + digit, [card(1000 + digit)]).isPaid, true);
    assert.equal(standingOf(1000 + digit, [cash(2000)]).changeClp, 2000 - inCash);
  });
});

test('a ticket is paid exactly when its tenders settle it', () => {
  let seed = 20_956;
  const below = (/** @type {number} */ most) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  for (let round = 0; round < 20_000; round += 1) {
    const total = 1 + below(60);
    const tenders = Array.from({ length: below(4) }, () => (below(2) ? cash(10 * below(7)) : card(1 + below(40))));
    const standing = standingOf(total, tenders);
    let settled = null;
    try {
      settled = settle(total, tenders.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
    } catch {
      settled = null;
    }
    assert.equal(standing.isPaid, settled !== null, JSON.stringify({ total, tenders }));
    if (settled) assert.equal(standing.changeClp, settled.change);
    if (settled) assert.deepEqual(settle(total, paymentsOf(tenders).map(({ kind, amount_clp: amount }) => ({ kind, amount }))), settled);
  }
});

test('the rest after cash may be paid with anything', () => {
  assert.deepEqual(standingOf(1346, [cash(1000)]), { leftClp: 346, cashClp: 350, isPaid: false, isOver: false, changeClp: 0 });
  assert.equal(standingOf(1346, [cash(1000), card(346)]).isPaid, true);
  assert.equal(standingOf(1346, [card(2000)]).isOver, true);
});

test('a food card pays its goods and no more', () => {
  const lines = [
    { amountClp: 700, takesCard: true },
    { amountClp: 500, takesCard: false },
  ];
  assert.equal(mostOf('baes', 1200, [], lines), 700);
  assert.equal(mostOf('baes', 1200, [{ kind: 'baes', amount_clp: 300 }], lines), 400);
  assert.equal(mostOf('baes', 1200, [card(1000)], lines), 200);
  assert.equal(mostOf('card', 1200, [cash(1000)], lines), 200);
});

test('cash is told once, after the others', () => {
  assert.deepEqual(paymentsOf([cash(1000), { ...card(300), reference: '0045' }, cash(500)]), [
    { kind: 'card', amount_clp: 300, reference: '0045' },
    { kind: 'cash', amount_clp: 1500, reference: '' },
  ]);
});

test('a vale is known by its check sign, however it is typed', () => {
  // Made by customers/vale_codes.py: the place times the sign's number, over 31.
  assert.equal(readValeCode('2345-6789-f'), '23456789F');
  assert.equal(readValeCode('23456789 R'), null);
  assert.equal(readValeCode('32456789F'), null);
  assert.equal(readValeCode('2345678'), null);
  assert.equal(readValeCode('0I456789F'), null);
});

test('D14: the card voucher is the boleta of what the card paid and of nothing else', () => {
  assert.deepEqual(paperBeside([cash(1000)]), {});
  assert.deepEqual(paperBeside([card(1000)]), { issue: 'voucher' });
  assert.deepEqual(paperBeside([card(1000), card(350)]), { issue: 'voucher' });
  for (const kind of ['cash', 'transfer', 'credit', 'store_credit', 'baes']) {
    assert.deepEqual(paperBeside([card(1000), { kind }]), { has_voucher: true });
  }
});

test('the screen says how it was paid', () => {
  assert.equal(paidWords([card(1)]), 'Pagado con tarjeta');
  assert.equal(paidWords([{ kind: 'transfer' }]), 'Pagado por transferencia');
  assert.equal(paidWords([card(1), cash(10)]), 'Pagado');
});

test('D12: the limit counts what the server knows, what was sold here since, and what is on the ticket', () => {
  const credit = (/** @type {number} */ amount) => ({ kind: 'credit', amount_clp: amount });
  const journal = [
    { type: 'sale', body: { customer_id: 7, payments: [credit(3000), cash(1000)] } },
    { type: 'sale', body: { customer_id: 8, payments: [credit(9000)] } },
    { type: 'sale', body: { payments: [cash(500)] } },
    { type: 'cash_moved', body: { amount_clp: 700 } },
    { type: 'credit_paid', body: { customer_id: 7, amount_clp: 1000 } },
  ];

  assert.equal(owedIn(journal, 7), 2000);
  assert.equal(owedIn(journal, 9), 0);
  assert.deepEqual(creditOf({ limitClp: 10_000, debtClp: 5000 }, owedIn(journal, 7), [credit(500), card(400)]), { owesClp: 7500, freeClp: 2500 });
});

test('D13: what nobody knows to have come pays nothing until it is settled, and is not asked for twice', () => {
  const unsure = { ...card(1350), reference: '7', isUnsure: true };
  for (const tenders of [[unsure], [unsure, cash(1000)], [cash(0), unsure]]) {
    assert.equal(standingOf(1350, tenders).isPaid, false);
    assert.equal(unsureOf(tenders), unsure);
  }
  assert.equal(mostOf('card', 1350, [unsure], []), 0);

  const passed = settleDoubt([unsure], true);
  assert.deepEqual(passed, [{ kind: 'card', amount_clp: 1350, reference: '7' }]);
  assert.equal(standingOf(1350, passed).isPaid, true);
  assert.deepEqual(paymentsOf(passed), [{ kind: 'card', amount_clp: 1350, reference: '7' }]);
  assert.deepEqual(settleDoubt([card(500), unsure], false), [card(500)]);
  assert.equal(standingOf(1350, settleDoubt([card(500), unsure], false)).leftClp, 850);
});
