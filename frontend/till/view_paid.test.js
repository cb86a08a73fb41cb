// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTill } from './device/browser_in_node.js';
import { paidView } from './view_paid.js';
import { printingView } from './view_printing.js';

const SOLD = {
  ...{ uid: 'sale', at: '2026-11-22T15:00:00.000Z' },
  body: { issue: 'voucher', paper: null, payments: [{ kind: 'cash', amount_clp: 2_000, reference: '' }], total_clp: 1_350 },
};
const CURRENT = { uid: 'sale', total: 1_350, settlement: { change: 650 }, payments: SOLD.body.payments, invoiced: false };

/**
 * A page of a till, over what its device keeps.
 * @param {any} memory
 * @param {{present?: boolean, isEmpty?: boolean}} [facts]
 */
function page(memory, { present = true, isEmpty = true } = {}) {
  /** @type {any} */
  const told = { printed: [], works: [] };
  const room = /** @type {any} */ ({
    ...{ device: { memory }, shown: [], owing: new Map(), printing: new Set(), now: () => 0 },
    agent: { present, print: async (/** @type {any} */ job) => (told.printed.push(job), 'printed') },
    later: { after: (/** @type {string} */ _, /** @type {() => void} */ work) => void told.works.push(work) },
  });
  /** @type {any} */
  const till = {
    ...printingView(room),
    ...paidView(room),
    ...{ stage: 'ticket', paid: null, current: null, practicing: false, till: {}, dialog: null },
    ...{ isEmpty: () => isEmpty, tellDisplay() {}, announce() {}, focusSearch() {}, changeOverWhenFree() {} },
  };
  const drawn = async () => {
    const writes = told.works.splice(0).map(() => till.writePaid());
    await Promise.all(writes);
  };
  return { till, told, drawn, room };
}

/** @returns {Promise<{memory: any, before: any}>} a device whose page shows that sale paid */
async function afterASale() {
  const { memory } = await openTill();
  await memory.keep('last_sale', 'sale');
  const { till, drawn, room } = page(memory);
  till.current = CURRENT;
  till.showPaid(SOLD);
  room.shown = [{ type: 'text', text: 'Boleta' }];
  till.showPaper('sale', 'printed');
  await drawn();
  return { memory, before: till.paid };
}

test('a page that was loaded anew shows the last sale, its change and its paper as they stood, and prints nothing', async () => {
  const { memory, before } = await afterASale();
  const { till, told } = page(memory);

  await till.recallPaid([]);

  assert.equal(till.stage, 'paid');
  assert.deepEqual(till.paid, before);
  assert.deepEqual([till.paid.change, till.paid.handed, till.paid.total, till.paid.paper], ['$650', '$2.000', '$1.350', 'printed']);
  assert.deepEqual(told.printed, []);
});

test('the next sale ends it: no later page shows the change of a customer who has gone', async () => {
  const { memory } = await afterASale();
  const { till, drawn } = page(memory);
  await till.recallPaid([]);
  till.newTicketIfPaid();
  await drawn();

  const next = page(memory);
  await next.till.recallPaid([]);

  assert.deepEqual([next.till.stage, next.till.paid], ['ticket', null]);
});

test('a sale or a ticket that came after is never hidden by it', async () => {
  const { memory } = await afterASale();
  const begun = page(memory, { isEmpty: false });
  await begun.till.recallPaid([]);
  assert.equal(begun.till.stage, 'ticket');

  await memory.keep('last_sale', 'another');
  const later = page(memory);
  await later.till.recallPaid([]);
  assert.equal(later.till.stage, 'ticket');
});

test('a paper of which nobody learned whether it came out is called so', async () => {
  const { memory } = await afterASale();
  const kept = await memory.read('paid');
  for (const [paper, present, shown] of /** @type {[string, boolean, string][]} */ ([
    ['sending', true, 'unsure'],
    ['unreachable', true, 'unsure'],
    ['sending', false, 'ask'],
    ['ask', true, 'ask'],
  ])) {
    await memory.keep('paid', { ...kept, paid: { ...kept.paid, paper } });
    const { till } = page(memory, { present });
    await till.recallPaid([]);
    assert.equal(till.paid.paper, shown, `${paper}, ${present}`);
    assert.notEqual(till.paperText(), undefined);
  }
});

test('a factura that the server still owes waits with its change in sight, and is shown when it comes', async () => {
  const { memory } = await openTill();
  await memory.keep('last_sale', 'sale');
  const first = page(memory);
  first.till.current = CURRENT;
  first.till.written({ ...SOLD, body: { ...SOLD.body, issue: 'server' } });
  await first.drawn();

  const waiting = page(memory);
  await waiting.till.recallPaid([]);
  assert.deepEqual([waiting.till.stage, waiting.till.waitingChange()], ['waiting', '$650']);

  const answered = page(memory);
  await answered.till.recallPaid([{ ...SOLD, answer: { words: 'Factura 7', receipt: [], public_url: '' } }]);
  assert.deepEqual([answered.till.stage, answered.till.paid.title, answered.till.paid.change], ['paid', 'Factura 7', '$650']);
});

test('without a printing program the boleta that a closed page left is named, and no other', async () => {
  const { memory } = await openTill();
  const { till, told, room } = page(memory, { present: false });
  const [marked, said] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
  room.selling = { journal: { markPrinted: (/** @type {string} */ uid) => void marked.push(uid) } };
  till.say = (/** @type {string} */ _, /** @type {string} */ words) => void said.push(words);
  till.paid = { uid: 'seen' };
  const boleta = (/** @type {string} */ uid, /** @type {number} */ folio) => ({ uid, body: { paper: { folio }, total_clp: 1_350 } });

  till.takeUp([boleta('seen', 11), boleta('never seen', 12)]);

  assert.deepEqual(marked, ['seen', 'never seen']);
  assert.deepEqual(said, ['Antes de cerrarse, esta caja emitió la boleta 12 por $1.350. Ya está vendido: si falta su papel, imprímelo en Ventas (F1, V).']);
  assert.deepEqual(told.printed, []);
});

test('a factura that is in the books but could not be drawn is called issued, with its change', async () => {
  const { memory } = await openTill();
  const { till } = page(memory);
  till.creditTold = till.valesTold = () => {};
  till.current = CURRENT;
  const entry = { ...SOLD, type: 'sale', body: { ...SOLD.body, issue: 'server' } };
  till.written(entry);

  till.answered([{ entry, result: { state: 'taken' } }]);

  assert.deepEqual([till.stage, till.paid.title, till.paid.change, till.paid.paper], ['paid', 'Factura', '$650', 'undrawn']);
  assert.equal(till.paperText(), 'Quedó emitida. Imprímela en Ventas (F1, V).');
});

test('a paper that is wanted after all can be asked for again while the printer does not answer', async () => {
  const { memory } = await afterASale();
  const { till, room } = page(memory);
  await till.recallPaid([]);
  till.paid = { ...till.paid, paper: 'ask' };
  /** @type {string[]} */
  const said = [];
  till.sayTrouble = (/** @type {string} */ words) => void said.push(words);
  const states = ['unreachable', 'printed'];
  room.agent.print = async () => states.shift();

  await till.printNow();
  assert.deepEqual([till.paid.paper, till.mayPrint()], ['ask', true]);
  assert.deepEqual(said, ['La impresora no contesta. Préndela e imprime de nuevo el papel.']);
  await till.printNow();
  assert.equal(till.paid.paper, 'printed');
});
