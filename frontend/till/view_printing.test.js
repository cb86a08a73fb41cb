// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printingView } from './view_printing.js';
import { shiftView } from './view_shift.js';

/**
 * A till whose agent answers these, one after the other.
 * @param {import('./agent.js').PrintState[]} states
 */
function drawer(states) {
  /** @type {{id: string, drawer: boolean}[]} */
  const jobs = [];
  let uids = 0;
  const agent = { present: true, print: async (/** @type {any} */ { id, drawer }) => (jobs.push({ id, drawer }), states.shift()) };
  const room = /** @type {any} */ ({ agent, newUid: () => `uid ${(uids += 1)}` });
  /** @type {any} */
  const till = {
    ...printingView(room),
    ...shiftView(room),
    ...{ shift: { uid: 's', cashier: { id: 1, name: 'Ana' } }, till: { shop: 'Almacén', name: 'Caja 1' } },
    noteShift: async () => ({ uid: 'move', at: '2026-11-23T15:00:00Z' }),
    say: (/** @type {string} */ tone, /** @type {string} */ text, /** @type {any} */ way) => void (till.notice = { tone, text, again: way?.again ?? false }),
  };
  return { till, jobs };
}

const TO_SAFE = { kind: 'safe', amountClp: 20_000, words: 'tarde' };
const OWED = 'Retiro anotado: $20.000. Quedó anotado. El comprobante no salió: revisa la impresora e imprímelo de nuevo.';

test('money that moved stays said beside a printer that does not answer, and its slip is printed again as the same', async () => {
  const { till, jobs } = drawer(['unreachable', 'printed']);

  await till.moveCash(TO_SAFE, null);
  assert.deepEqual(till.notice, { tone: 'warn', text: OWED, again: true });
  await till.printOwedSlip();

  assert.deepEqual(till.notice, { tone: 'info', text: 'Retiro anotado: $20.000. Se imprimió el comprobante.', again: false });
  assert.deepEqual(jobs, [{ id: 'move', drawer: true }, { id: 'move', drawer: true }]);
  assert.equal(till.owedSlip, null);
});

test('a slip that failed is another job when it is printed again: the agent never prints a failed one', async () => {
  const { till, jobs } = drawer(['failed', 'waiting']);

  await till.moveCash(TO_SAFE, null);
  await till.printOwedSlip();

  assert.deepEqual(jobs.map(({ id }) => id), ['move', 'uid 1']);
  assert.equal(till.owedSlip, null);
});
