// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTill } from './device/browser_in_node.js';
import { hold, listHeld, MOST_HELD } from './device/held.js';
import { heldView } from './view_held.js';
import { scanView } from './view_scan.js';

/** @param {string} uid */
const kept = (uid) => ({ uid, name: uid, heldAt: '2026-11-23T12:00:00Z', totalClp: 990, ticket: { lines: [uid] } });

/**
 * A till with goods on its screen, others held, and its list of held tickets open.
 * @param {string[]} held
 */
async function counter(held) {
  const { memory } = await openTill();
  for (const uid of held) await hold(memory, kept(uid));
  /** @type {string[]} */
  const said = [];
  const room = /** @type {any} */ ({
    ...{ device: { memory }, now: () => Date.parse('2026-11-23T12:05:00Z'), newUid: () => 'screen', later: { now() {} } },
    catalogue: { find: (/** @type {string} */ code) => ({ kind: 'product', product: { name: code } }) },
  });
  /** @type {any} */
  const till = {
    ...scanView(room),
    ...heldView(room),
    ...{ ready: true, stage: 'ticket', dialog: 'held', heldScans: [], catalogueShare: null, search: '', sheetError: '' },
    ...{ cart: { lines: ['sugar'] }, tenders: [], customer: null, priced: { total: 1_350 } },
    ...{ knows: () => true, takeScannedVale: () => false, takeSoldLink: () => false, closeMenu() {}, searchTyped() {}, announce() {}, takeNewPrices() {}, guardTakenBack() {}, totalText: () => '$1.350' },
    isEmpty: () => till.cart.lines.length === 0,
    ticketNow: () => ({ lines: [...till.cart.lines] }),
    clearTicket: () => till.takeTicket({ lines: [] }),
    takeTicket: (/** @type {any} */ ticket) => void (till.cart = { lines: [...ticket.lines] }),
    take: (/** @type {any} */ product) => void till.cart.lines.push(product.name),
    close: () => void (till.dialog = null),
    say: (/** @type {string} */ _, /** @type {string} */ words) => void said.push(words),
    hush() {},
    sayTrouble: (/** @type {string} */ words) => (till.dialog ? void (till.sheetError = words) : void said.push(words)),
  };
  return { till, memory, said };
}

/**
 * Do something each time the till turns to its disk, as a hand or a scanner would.
 * @param {any} memory
 * @param {any} till
 * @param {() => void} deed
 */
function atEachTurn(memory, till, deed) {
  const { read } = memory;
  till.readHeld = async () => {
    deed();
    till.held = ((await read('held')) ?? []).map((/** @type {any} */ one) => ({ uid: one.uid, name: one.name }));
    deed();
  };
}

test('what is scanned while a ticket goes aside and another comes back is on the one that came', async () => {
  const { till, memory } = await counter(['one']);
  let scans = 0;
  atEachTurn(memory, till, () => till.scanned(`milk ${(scans += 1)}`));

  await till.takeHeld('one');

  assert.deepEqual(till.cart.lines, ['one', 'milk 1', 'milk 2']);
  assert.deepEqual((await listHeld(memory)).map(({ ticket }) => ticket.lines), [['sugar']]);
});

test('a tap on another row amid it takes nothing: no ticket is lost', async () => {
  const { till, memory } = await counter(['one', 'two']);
  /** @type {Promise<void>[]} */
  const taps = [];
  atEachTurn(memory, till, () => void taps.push(till.takeHeld('two')));

  await till.takeHeld('one');
  await Promise.all(taps);

  assert.deepEqual(till.cart.lines, ['one']);
  assert.deepEqual((await listHeld(memory)).map(({ uid }) => uid), ['two', 'screen']);
});

test('where no more can be put aside, what was scanned meanwhile is of the ticket that stays, and it is said', async () => {
  const { till, said } = await counter(Array.from({ length: MOST_HELD }, (_, place) => `held ${place}`));

  const holding = till.confirmHold();
  till.scanned('milk');
  await holding;

  assert.deepEqual([till.cart.lines, till.heldScans], [['sugar', 'milk'], []]);
  assert.deepEqual(said, [`Ya hay ${MOST_HELD} ventas en espera. Cobra o borra alguna antes.`]);
});

for (const [deed, lines] of /** @type {[string, string[]][]} */ ([
  ['confirmHold', ['sugar', 'milk']],
  ['takeHeld', ['sugar', 'milk']],
])) {
  test(`a disk that fails at ${deed} is said, the ticket stays, and what was scanned is added`, async () => {
    const { till, memory, said } = await counter(['one']);
    const reported = globalThis.reportError;
    globalThis.reportError = () => {};
    memory.write = async () => {
      throw new Error('QuotaExceededError');
    };

    const doing = till[deed]('one');
    till.scanned('milk');
    await doing;
    globalThis.reportError = reported;

    assert.deepEqual([till.cart.lines, till.isHolding], [lines, false]);
    assert.deepEqual(said, ['No pudimos guardar el cambio en este equipo. Prueba de nuevo con F6; si se repite, recarga la caja.']);
  });
}
