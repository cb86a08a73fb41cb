// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnView } from './view_return.js';

const ANSWER = { uid: 'r', amount_clp: 1_350, says: 'Va un vale.', words: '', receipt: [], money: { cash: 0 }, vale: { code: 'V-1', amount_clp: 1_350 } };
const ASKED = { uid: 'r', words: 'Boleta 1', made_by: 'Ana', approved_by: '', body: { reason: 'No le gustó' } };

/**
 * A till that hears of its return.
 * @param {{isFree: boolean, states: string[], hasAgent?: boolean}} given `states`: what becomes of each paper
 */
async function hear({ isFree, states, hasAgent = true }) {
  const room = /** @type {any} */ ({ agent: { present: hasAgent }, newUid: () => 'u', now: () => 0 });
  /** @type {string[]} */
  const forgotten = [];
  /** @type {string[]} */
  const papers = [];
  /** @type {any} */
  const till = {
    ...returnView(room),
    ...{ isFreeForBack: () => isFree, open() {}, say() {}, slipPlace: () => ({ shop: {}, till: 'Caja 1', at: '2026-11-23T12:00:00Z' }) },
    async printSlip(/** @type {any} */ _, /** @type {string} */ id) {
      papers.push(id);
      return states[papers.length - 1];
    },
    forgetBack: async (/** @type {any} */ { uid }) => void forgotten.push(uid),
  };
  await till.gaveBack(ANSWER, ASKED);
  return { forgotten, papers };
}

for (const [states, isForgotten] of /** @type {[string[], boolean][]} */ ([
  [['printed', 'printed'], true],
  [['waiting', 'printed'], true],
  [['printed', 'unreachable'], false],
  [['unreachable', 'printed'], false],
  [['failed', 'failed'], false],
])) {
  test(`a return that nobody saw, its papers ${states.join(' and ')}, is ${isForgotten ? 'done' : 'asked for again'}`, async () => {
    const { forgotten, papers } = await hear({ isFree: false, states });

    assert.deepEqual(papers, ['r', 'r-vale']);
    assert.deepEqual(forgotten, isForgotten ? ['r'] : []);
  });
}

test('a return that was shown is done, whatever its papers came to', async () => {
  assert.deepEqual((await hear({ isFree: true, states: ['unreachable', 'unreachable'] })).forgotten, ['r']);
  assert.deepEqual((await hear({ isFree: true, states: [], hasAgent: false })).forgotten, ['r']);
});

test('without a printing program a return that nobody saw is asked for again', async () => {
  const { forgotten, papers } = await hear({ isFree: false, states: [], hasAgent: false });

  assert.deepEqual([forgotten, papers], [[], []]);
});

/**
 * A till with a sale in its return sheet.
 * @param {{kind: number | null, has_voucher: boolean}} paper
 */
function sheet(paper) {
  const sold = { name: 'Azúcar', unit: 'un', quantity: '2', amount_clp: 2_700, left: '2', position: 1 };
  /** @type {any} */
  const till = {
    ...returnView(/** @type {any} */ ({ agent: { present: true }, newUid: () => 'r', now: () => 0 })),
    ...{ one: { ...paper, uid: 's', words: 'Voucher como boleta', when: '23-11 15:30', total: '$2.700', lines: [sold] } },
    ...{ shift: { cashier: { id: 1, name: 'Ana' } }, people: [{ id: 1, verbs: ['issue_papers'] }], mustAwaitBack: () => false, open() {}, pad: '' },
  };
  till.askReturn();
  return till;
}

test('what is on a voucher goes back to its card: no vale can be chosen, and it is said before', () => {
  const whole = sheet({ kind: null, has_voucher: true });
  whole.chooseBackMeans('vale');
  assert.deepEqual([whole.isAllVoucher(), whole.backMeans], [true, 'paid']);
  assert.equal(whole.voucherBackText(), 'Lo pagado con tarjeta vuelve a la tarjeta: anúlalo en la máquina. No se cambia por un vale.');

  const part = sheet({ kind: 39, has_voucher: true });
  part.chooseBackMeans('vale');
  assert.deepEqual([part.isAllVoucher(), part.backMeans], [false, 'vale']);
  assert.match(part.voucherBackText(), /^La parte pagada con tarjeta vuelve a la tarjeta/);

  assert.deepEqual([sheet({ kind: 39, has_voucher: false }).voucherBackText(), sheet({ kind: null, has_voucher: false }).isAllVoucher()], ['', false]);
});

test('the slip of a return without a nota names its sale, what came back and that it goes to the card', async () => {
  const till = sheet({ kind: null, has_voucher: true });
  till.tapBack(1);
  till.backReason = 'Malo';
  /** @type {any} */
  let asked;
  till.giveBack = (/** @type {any} */ wanted) => void (asked = wanted);
  till.confirmReturn();
  /** @type {any[]} */
  let printed = [];
  till.slipPlace = () => ({ shop: 'Almacén', till: 'Caja 1', at: '2026-11-23T18:30:00Z' });
  till.printSlip = async (/** @type {any[]} */ blocks) => ((printed = blocks), 'printed');
  till.given = { uid: 'r', amount_clp: 2_700, says: 'Devuelve $2.700 a la tarjeta.', words: '', receipt: [], money: { cash: 0 }, vale: null, asked };

  await till.printGiven();

  const words = printed.map(({ kind, text, left, right, amount_clp: amount }) => (kind === 'pair' ? `${left}|${right}` : (text ?? amount)));
  for (const expected of ['DEVOLUCIÓN', 'De Voucher como boleta, 23-11 15:30, $2.700', 'Azúcar|2\u00a0un', 2_700, 'Devuelve $2.700 a la tarjeta.', 'Motivo: Malo', 'Anota Ana']) {
    assert.ok(words.includes(expected), `${expected}: ${JSON.stringify(words)}`);
  }
});
