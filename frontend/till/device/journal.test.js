// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, freshName, handClock, noLock, oneAtATime, openTill, NOON } from './browser_in_node.js';
import { retireLease } from './leases.js';
import { makeTed } from './stamp.js';

/** A signature that never comes: the browser is killed while it is being made. */
const killed = () => new Promise(() => {});
/** @param {string} code */
const refusal = (code) => (/** @type {any} */ error) => error.code === code;
/** @param {import('./journal.js').Entry[]} entries */
const folios = (entries) => entries.map(({ body }) => body.paper.folio);
/** @param {import('./journal.js').Journal} journal */
const sent = async (journal) => (await journal.next(50)).map(({ seq, type }) => [seq, type]);
/** Let what was started reach the disk. */
const settleDown = () => new Promise((resolve) => setTimeout(resolve, 30));

/**
 * @param {string} uid
 * @param {import('./journal.js').Result['state']} state
 */
const answer = (uid, state, words = '') => ({ uid, state, ...(words ? { code: 'forged', words } : {}) });

test('a sale has its number, folio, second and stamp when it may be shown', async () => {
  const { journal } = await openTill();

  const sale = await journal.sell({ body: bread(), screen: { change: 10 } });

  const ted = Buffer.from(sale.body.paper.ted, 'base64').toString('latin1');
  assert.deepEqual([sale.seq, sale.state, sale.body.paper.folio, sale.at], [1, 'signed', 1, new Date(NOON).toISOString()]);
  assert.match(ted, /<F>1<\/F><FE>2026-11-22<\/FE>.*<MNT>990<\/MNT><IT1>Pan marraqueta<\/IT1>.*<TSTED>2026-11-22T12:00:00</);
  assert.deepEqual(await journal.next(50), [
    { seq: 1, uid: sale.uid, type: 'sale', at: sale.at, raw_at: sale.raw_at, body: sale.body },
  ]);
  assert.deepEqual(sale.body, { ...bread(), paper: { kind: 39, folio: 1, lease_uid: 'lease-1', ted: sale.body.paper.ted } });
});

test('events are numbered without holes, in the order they happened', async () => {
  const { journal } = await openTill();

  await journal.append('shift_opened', { cashier_id: 3, opening_clp: 20000 }, { uid: 'shift-1' });
  await journal.sell({ body: bread() });
  await journal.append('shift_closed', { shift_uid: 'shift-1', counted_clp: 20990 });

  assert.deepEqual(await sent(journal), [[1, 'shift_opened'], [2, 'sale'], [3, 'shift_closed']]);
  assert.equal((await journal.next(2)).length, 2);
});

test('an event told twice with its uid is one event', async () => {
  const { journal } = await openTill();

  const first = await journal.append('shift_opened', { cashier_id: 3, opening_clp: 1 }, { uid: 'shift-1' });
  const second = await journal.append('shift_opened', { cashier_id: 3, opening_clp: 1 }, { uid: 'shift-1' });

  assert.deepEqual(second, first);
  assert.equal((await journal.count()).waiting, 1);
});

test('the oldest block goes first, then the next; used up, nothing is sold and nothing written', async () => {
  const { journal, memory } = await openTill({ blocks: [[500, 501], [1, 1]] });

  const sold = [];
  for (let sale = 0; sale < 3; sale += 1) sold.push(await journal.sell({ body: bread() }));
  await assert.rejects(journal.sell({ body: bread() }), refusal('no_folios'));

  assert.deepEqual(folios(sold), [500, 501, 1]);
  assert.equal(await memory.read('seq'), 3);
  assert.equal((await journal.count()).waiting, 3);
});

test('an exempt ticket takes a folio of its own kind, and not of another', async () => {
  const { journal, memory } = await openTill();
  const body = bread();
  body.lines[0].exempt = true;

  await assert.rejects(journal.sell({ body }), refusal('no_folios'));

  assert.equal(await memory.read('seq'), undefined);
});

test('killed between folio and stamp: the sale is stamped at the next start, with its own folio and second', async () => {
  const name = freshName();
  const time = handClock();
  const first = await openTill({ name, time, stamp: killed });
  void first.journal.sell({ body: bread() });
  await settleDown();
  assert.deepEqual(await first.journal.next(50), []);
  first.memory.close();

  time.pass(600_000);
  const again = await openTill({ name, time, blocks: [] });
  const found = await again.journal.resume();

  assert.equal(found.completed.length, 1);
  assert.deepEqual(found.unprinted, found.completed);
  const [sale] = found.completed;
  assert.deepEqual([sale.state, sale.body.paper.folio, sale.at], ['signed', 1, new Date(NOON).toISOString()]);
  assert.match(Buffer.from(sale.body.paper.ted, 'base64').toString('latin1'), /<TSTED>2026-11-22T12:00:00</);
  assert.deepEqual(folios([await again.journal.sell({ body: bread() })]), [2]);
});

test('a sale that waits for its stamp holds back what came after it, and no sale is made before it is stamped', async () => {
  const name = freshName();
  const first = await openTill({ name, stamp: killed });
  void first.journal.sell({ body: bread() });
  await settleDown();
  const { journal } = await openTill({ name, blocks: [] });

  await assert.rejects(journal.sell({ body: bread() }), refusal('unfinished'));
  await journal.append('shift_closed', { shift_uid: 'shift-1', counted_clp: 0 });
  assert.deepEqual(await sent(journal), []);

  await journal.resume();
  assert.deepEqual(await sent(journal), [[1, 'sale'], [2, 'shift_closed']]);
});

test('killed between stamp and printer: the sale owes its paper at the next start, also when it was sent meanwhile', async () => {
  const name = freshName();
  const first = await openTill({ name });
  const sale = await first.journal.sell({ body: bread(), screen: { change: 10 } });
  await first.journal.acknowledge([answer(sale.uid, 'taken')]);
  first.memory.close();

  const { journal } = await openTill({ name, blocks: [] });
  const { unprinted, completed } = await journal.resume();

  assert.deepEqual(completed, []);
  assert.deepEqual(unprinted.map(({ uid, state, screen }) => [uid, state, screen]), [[sale.uid, 'taken', { change: 10 }]]);
  await journal.markPrinted(sale.uid);
  assert.deepEqual(await journal.unprinted(), []);
  assert.deepEqual(await journal.count(), { waiting: 0, dead: 0, toPrint: 0, deadline: null });
});

test('an answer that was lost comes again as repeated, and the sale is forgotten once', async () => {
  const { journal } = await openTill();
  const sale = await journal.sell({ body: bread() });
  await journal.markPrinted(sale.uid);

  const settled = await journal.acknowledge([answer(sale.uid, 'repeated')]);
  const later = await journal.acknowledge([answer(sale.uid, 'taken')]);

  assert.deepEqual(settled.map(({ result }) => result.state), ['repeated']);
  assert.deepEqual(later, []);
  assert.deepEqual(await journal.next(50), []);
});

test('nothing is forgotten for an answer that is not understood', async () => {
  const { journal } = await openTill();
  const sale = await journal.sell({ body: bread() });

  const odd = /** @type {any} */ ({ uid: sale.uid, state: 'perhaps' });
  const settled = await journal.acknowledge([odd, answer(sale.uid, 'later'), answer('stranger', 'taken')]);

  assert.deepEqual(settled, []);
  assert.deepEqual(await sent(journal), [[1, 'sale']]);
});

test('a stale copy is never written back: printed while it was being sent, it stays printed', async () => {
  const { journal, memory } = await openTill();
  const sale = await journal.sell({ body: bread() });

  const [event] = await journal.next(50);
  await journal.markPrinted(sale.uid);
  await journal.acknowledge([answer(event.uid, 'refused', 'No es de esta caja.')]);

  assert.deepEqual(await journal.unprinted(), []);
  const [kept] = await memory.journal().getAll();
  assert.deepEqual([kept.state, kept.to_print], ['refused', undefined]);
});

test('what the server did not take stays with its words, and moves only when a person says so', async () => {
  const { journal } = await openTill();
  const [one, other] = [await journal.sell({ body: bread() }), await journal.sell({ body: bread() })];

  await journal.acknowledge([answer(one.uid, 'refused', 'La firma no corresponde.'), answer(other.uid, 'conflict')]);
  await journal.acknowledge([answer(one.uid, 'taken')]);

  assert.deepEqual(
    (await journal.deadLetters()).map(({ seq, state, verdict }) => [seq, state, verdict]),
    [
      [1, 'refused', { code: 'forged', words: 'La firma no corresponde.' }],
      [2, 'conflict', { code: 'conflict', words: '' }],
    ],
  );
  assert.deepEqual(await journal.next(50), []);
  const third = await journal.sell({ body: bread() });
  for (const { seq } of [one, other, third]) await journal.forgetDeadLetter(seq);
  assert.deepEqual(await journal.deadLetters(), []);
  assert.deepEqual(await sent(journal), [[3, 'sale']]);
});

test('what a person settled is forgotten, but not the paper that it owes, nor what waits for the server', async () => {
  const { journal, memory } = await openTill();
  const [owing, unsent] = [await journal.sell({ body: bread() }), await journal.sell({ body: bread() })];
  const noted = await journal.append('shift_opened', { cashier_id: 3, opening_clp: 0 });
  await journal.acknowledge([answer(owing.uid, 'refused'), answer(noted.uid, 'conflict')]);

  await journal.forgetSettled([owing.uid, noted.uid, unsent.uid, 'stranger']);

  assert.deepEqual(await journal.deadLetters(), []);
  assert.deepEqual((await journal.unprinted()).map(({ uid, state }) => [uid, state]), [[owing.uid, 'taken'], [unsent.uid, 'signed']]);
  assert.deepEqual((await memory.journal().getAll()).map(({ seq }) => seq), [1, 2]);
  await journal.markPrinted(owing.uid);
  assert.deepEqual(await sent(journal), [[2, 'sale']]);
});

test('a stamp that fails and cannot be taken back either is sold: it says so, and is finished at the next start', async () => {
  const name = freshName();
  /** @type {any} */
  let till;
  const stamp = /** @type {typeof makeTed} */ (async () => {
    // Meanwhile somebody began to give the block back.
    const [lease] = await till.memory.leases();
    await till.memory.write(['lease'], (/** @type {any} */ tx) => tx.objectStore('lease').put({ ...lease, returning: true }));
    throw new Error('no key');
  });
  till = await openTill({ name, stamp });
  await till.memory.keep('cart', { lines: ['pan'] });

  await assert.rejects(till.journal.sell({ uid: 'u1', body: bread() }), refusal('half_sold'));

  assert.equal(await till.memory.read('cart'), undefined);
  const again = await openTill({ name, blocks: [] });
  assert.deepEqual(folios((await again.journal.resume()).completed), [1]);
});

test('a stamp that fails gives number and folio back, and the ticket to the screen', async () => {
  let isBroken = true;
  const stamp = /** @type {typeof makeTed} */ ((...given) => (isBroken ? Promise.reject(new Error('no key')) : makeTed(...given)));
  const { journal, memory } = await openTill({ stamp });
  await memory.keep('cart', { lines: ['pan'] });

  await assert.rejects(journal.sell({ uid: 'u1', body: bread() }), refusal('not_stamped'));

  assert.deepEqual(await memory.read('cart'), { lines: ['pan'] });
  assert.deepEqual(await journal.count(), { waiting: 0, dead: 0, toPrint: 0, deadline: null });
  isBroken = false;
  const sale = await journal.sell({ uid: 'u1', body: bread() });
  assert.deepEqual([sale.seq, sale.body.paper.folio], [1, 1]);
  assert.equal(await memory.read('cart'), undefined);
});

test('a key that stays broken leaves its sale for a person, told at each start', async () => {
  const name = freshName();
  const first = await openTill({ name, stamp: killed });
  void first.journal.sell({ body: bread() });
  await settleDown();
  const { journal } = await openTill({ name, blocks: [], stamp: () => Promise.reject(new Error('no key')) });

  const { stuck, completed, unprinted } = await journal.resume();

  assert.deepEqual([folios(stuck), completed, unprinted], [[1], [], []]);
  assert.equal((await journal.count()).waiting, 1);
});

test('a second tap on the same ticket gets the first sale; after it was sent and printed, a refusal', async () => {
  const { journal } = await openTill();
  const order = { uid: 'u1', body: bread() };

  const [first, second] = await Promise.all([journal.sell(order), journal.sell(order)]);
  assert.deepEqual(second, first);
  await journal.markPrinted('u1');
  await journal.acknowledge([answer('u1', 'taken')]);

  await assert.rejects(journal.sell(order), refusal('sold_before'));
  assert.equal((await journal.count()).waiting, 0);
});

for (const [what, change] of /** @type {[string, (body: any) => void][]} */ ([
  ['a line of another amount', (body) => void (body.lines[0].amount_clp = 991)],
  ['another total', (body) => void (body.total_clp = 989)],
  ['nothing sold', (body) => Object.assign(body, { lines: [], total_clp: 0 })],
  ['too little money', (body) => void (body.payments[0].amount_clp = 980)],
  ['a quantity of no number', (body) => void (body.lines[0].quantity = 'medio')],
])) {
  test(`a sale that does not add up is refused before a folio is taken: ${what}`, async () => {
    const { journal, memory } = await openTill();
    const body = bread();
    change(body);

    await assert.rejects(journal.sell({ body }), refusal('wrong_sums'));

    assert.equal(await memory.read('seq'), undefined);
  });
}

test('names go as the document will hold them: mapped, trimmed, cut to 80', async () => {
  const { journal } = await openTill();
  const body = bread();
  body.lines = ['  Té\u00a0“verde” ', 'x'.repeat(81), '\u200b'].map((name) => ({ ...body.lines[0], name }));
  Object.assign(body, { total_clp: 3 * 990, payments: [{ kind: 'card', amount_clp: 3 * 990 }] });

  const sale = await journal.sell({ body });

  assert.deepEqual(sale.body.lines.map((/** @type {any} */ line) => line.name), ['Té "verde"', 'x'.repeat(80), '-']);
});

test('what the server wants later holds up no other event', async () => {
  const { journal } = await openTill();
  const sales = [];
  for (let sale = 0; sale < 4; sale += 1) sales.push(await journal.sell({ body: bread() }));

  const after = await journal.next(2, new Set([sales[0].uid, sales[1].uid]));

  assert.deepEqual(after.map(({ seq }) => seq), [3, 4]);
});

test('a name that no document can hold is refused before a folio is taken', async () => {
  const { journal, memory } = await openTill();
  const body = bread();
  body.lines[0].name = 'Té 中';

  await assert.rejects(journal.sell({ body }), /no cabe en una boleta/);

  assert.equal((await memory.leases())[0].next, 1);
  assert.equal(await memory.read('seq'), undefined);
});

test('two pages of one device sell under one lock: no folio twice, no number missing', async () => {
  const [name, lock, time] = [freshName(), oneAtATime(), handClock()];
  const one = await openTill({ name, lock, time });
  const other = await openTill({ name, lock, time, blocks: [] });

  const sales = await Promise.all(
    Array.from({ length: 20 }, (_, place) => (place % 2 ? one : other).journal.sell({ body: bread() })),
  );

  const count = Array.from({ length: 20 }, (_, place) => place + 1);
  assert.deepEqual(folios(sales).sort((a, b) => a - b), count);
  assert.deepEqual(sales.map(({ seq }) => seq).sort((a, b) => a - b), count);
  assert.equal(new Set(sales.map(({ at }) => at)).size, 20);
});

test('even without a lock the database alone gives no folio twice', async () => {
  const [name, time] = [freshName(), handClock()];
  const one = await openTill({ name, lock: noLock, time });
  const other = await openTill({ name, lock: noLock, time, blocks: [] });

  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, (_, place) => (place % 2 ? one : other).journal.sell({ body: bread() })),
  );

  const sold = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const refused = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  assert.ok(sold.length > 0);
  assert.deepEqual([...new Set(refused)], ['unfinished']);
  assert.deepEqual(folios(sold).sort((a, b) => a - b), sold.map((_, place) => place + 1));
  assert.equal((await one.memory.leases())[0].next, sold.length + 1);
});

test('a sale that another page finished, printed and told meanwhile is left as it is', async () => {
  const [name, time] = [freshName(), handClock()];
  let letGo = () => {};
  const slow = /** @type {typeof makeTed} */ (async (...given) => {
    await new Promise((resolve) => (letGo = () => resolve(undefined)));
    return makeTed(...given);
  });
  const one = await openTill({ name, time, lock: noLock, stamp: slow });
  const selling = one.journal.sell({ body: bread() });
  await settleDown();
  const other = await openTill({ name, time, blocks: [] });
  const { completed } = await other.journal.resume();
  await other.journal.markPrinted(completed[0].uid);
  await other.journal.acknowledge([answer(completed[0].uid, 'refused', 'No es de esta caja.')]);

  letGo();
  const sale = await selling;

  assert.deepEqual([sale.state, sale.to_print], ['refused', undefined]);
  assert.deepEqual(await other.journal.unprinted(), []);
  assert.deepEqual(await other.journal.next(50), []);
});

test('the clock set back by an hour: instants go on from the last one', async () => {
  const name = freshName();
  const first = await openTill({ name });
  const before = await first.journal.sell({ body: bread() });
  first.memory.close();

  const { journal } = await openTill({ name, time: handClock(NOON - 3_600_000), blocks: [] });
  const after = await journal.sell({ body: bread() });

  assert.equal(Date.parse(after.at) - Date.parse(before.at), 1);
  assert.equal(after.raw_at, new Date(NOON - 3_600_000).toISOString());
});

test('the clock set back by more than a day, or before the folios were granted: nothing is stamped', async () => {
  const name = freshName();
  const first = await openTill({ name });
  await first.journal.sell({ body: bread() });
  first.memory.close();
  const back = await openTill({ name, time: handClock(NOON - 90_000_000), blocks: [] });
  const young = await openTill({ time: handClock(Date.parse('2026-01-01T12:00:00Z')) });

  await assert.rejects(back.journal.sell({ body: bread() }), refusal('wrong_clock'));
  await assert.rejects(young.journal.sell({ body: bread() }), refusal('wrong_clock'));

  assert.deepEqual([await back.memory.read('seq'), (await back.memory.leases())[0].next], [1, 2]);
  assert.deepEqual([await young.memory.read('seq'), (await young.memory.leases())[0].next], [undefined, 1]);
});

test('a device more than a day from the server stamps no boleta', async () => {
  const { journal, time, memory } = await openTill();
  time.clock.learn(NOON + 90_000_000, NOON, NOON);

  await assert.rejects(journal.sell({ body: bread() }), refusal('wrong_clock'));

  assert.equal(await memory.read('seq'), undefined);
});

test('a device that was taken off sells nothing more and keeps what it owes', async () => {
  const { journal, memory } = await openTill();
  await journal.sell({ body: bread() });
  await memory.keep('revoked', true);

  await assert.rejects(journal.sell({ body: bread() }), refusal('revoked'));
  await assert.rejects(journal.append('shift_closed', {}), refusal('revoked'));

  assert.deepEqual(await sent(journal), [[1, 'sale']]);
});

test('a block that is going back gives no more folios', async () => {
  const { journal, memory } = await openTill({ blocks: [[1, 9], [50, 59]] });
  await journal.sell({ body: bread() });

  const first = await retireLease(memory, 'lease-1');
  const sale = await journal.sell({ body: bread() });

  assert.deepEqual(first, { lease_uid: 'lease-1', used_up_to: 1 });
  assert.deepEqual(await retireLease(memory, 'lease-1'), first);
  assert.deepEqual(await retireLease(memory, 'lease-50'), { lease_uid: 'lease-50', used_up_to: 50 });
  assert.equal(sale.body.paper.folio, 50);
});

test('each boleta has an hour from when the network came back, and a second return does not move it', async () => {
  const { journal } = await openTill();
  const one = await journal.sell({ body: bread() });
  await journal.startDeadlines(NOON + 1_000);
  const other = await journal.sell({ body: bread() });
  await journal.startDeadlines(NOON + 600_000);

  assert.equal((await journal.count()).deadline, new Date(NOON + 3_601_000).toISOString());
  await journal.acknowledge([answer(one.uid, 'taken')]);
  assert.equal((await journal.count()).deadline, new Date(NOON + 4_200_000).toISOString());
  await journal.acknowledge([answer(other.uid, 'taken')]);
  assert.equal((await journal.count()).deadline, null);
});

test('a factura is told without a folio of ours, and its paper comes with the answer', async () => {
  const { memory, journal } = await openTill();
  await memory.keep('cart', { lines: [1] });
  const sold = await journal.sell({ uid: 'f-1', body: { ...bread(), issue: 'server', invoice_to: { rut: '77654321-7' } } });
  assert.deepEqual([sold.state, sold.body.paper, sold.to_print], ['signed', null, undefined]);
  assert.equal(await memory.read('cart'), undefined);
  assert.equal((await memory.leases())[0].next, 1);
  assert.deepEqual(await journal.unprinted(), []);

  const answer = { words: 'Factura 7', folio: 7, kind: 33, receipt: [{ kind: 'rule' }], fits: true };
  await journal.acknowledge([{ uid: 'f-1', state: 'taken', answer }]);

  const [owing] = await journal.unprinted();
  assert.deepEqual([owing.uid, owing.state, owing.answer], ['f-1', 'taken', answer]);
  await journal.markPrinted('f-1');
  assert.deepEqual(await journal.count(), { waiting: 0, dead: 0, toPrint: 0, deadline: null });
});

test("a sale whose boleta is the card's voucher takes no folio and owes no paper", async () => {
  const { memory, journal } = await openTill();
  const payments = [{ kind: 'card', amount_clp: 990, reference: '' }];
  await journal.sell({ uid: 'v-1', body: { ...bread(), payments, issue: 'voucher' } });
  await journal.acknowledge([{ uid: 'v-1', state: 'taken' }]);

  assert.equal((await memory.leases())[0].next, 1);
  assert.deepEqual(await journal.count(), { waiting: 0, dead: 0, toPrint: 0, deadline: null });
});

test('the stamp names who buys, and shows only what no voucher covers', async () => {
  const { journal } = await openTill();
  const payments = [
    { kind: 'card', amount_clp: 590, reference: '' },
    { kind: 'cash', amount_clp: 400, reference: '' },
  ];
  const buyer = { rut: '12345678-5', name: ' Ana  Soto ' };
  const { body } = await journal.sell({ body: { ...bread(), payments, buyer, has_voucher: true } });

  const ted = Buffer.from(body.paper.ted, 'base64').toString('latin1');
  assert.match(ted, /<RR>12345678-5<\/RR><RSR>Ana {2}Soto<\/RSR><MNT>400<\/MNT>/);
});
