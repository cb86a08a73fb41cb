// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closingView } from './view_closing.js';
import { printingView } from './view_printing.js';

const Z = [{ kind: 'text', text: 'Informe Z N° 7', role: 'strong', align: 'center' }];
const CLOSING = { uid: 'closing', type: 'shift_closed', at: '2026-11-23T21:00:00Z', body: { shift_uid: 's', counted_clp: 20_000, closed_by: 3 } };

/**
 * The end of a shift whose printer answers as told, one answer for each paper.
 * @param {string[]} states
 * @param {{answer?: any, isFull?: boolean, hasAgent?: boolean}} [more] `isFull`: the disk of the till takes nothing more
 */
function closed(states, { answer = {}, isFull = false, hasAgent = false } = {}) {
  let made = 0;
  /** @type {any} */
  const view = {
    printed: /** @type {any[]} */ ([]),
    noted: /** @type {any[]} */ ([]),
    /** What was noted and what was printed, in order. */
    steps: /** @type {string[]} */ ([]),
    stage: 'ticket',
    dialog: 'closed',
    ...closingView(/** @type {any} */ ({ newUid: () => `new-${(made += 1)}`, agent: { present: hasAgent } })),
    slipPlace: (/** @type {string} */ at) => ({ shop: 'Doña Rosa', till: 'Caja 1', at }),
    async printSlip(/** @type {any[]} */ blocks, /** @type {string} */ id) {
      view.printed.push([id, blocks[0].text, blocks.at(-1).text]);
      view.steps.push(`print ${id}`);
      return states.shift();
    },
    async noteShift(/** @type {string} */ type, /** @type {any} */ body) {
      view.noted.push([type, body]);
      view.steps.push(type);
      return isFull ? null : { uid: 'noted' };
    },
  };
  view.closingAnswered(CLOSING, { ...answer, receipt: Z, z_number: 7, difference_clp: 0, expected_clp: 20_000 });
  return view;
}

const COPY = ['COPIA', '* * *  COPIA  * * *'];
const FIRST = ['Informe Z N° 7', 'Informe Z N° 7'];
const OUT = ['z_printed', { shift_uid: 's' }];

/** @param {string} words */
const copyNoted = (words) => ['deed', { shift_uid: 's', kind: 'reprint', amount_clp: 0, words, made_by: 3 }];

/**
 * @param {any} view
 * @param {number} taps
 */
async function tap(view, taps) {
  for (let made = 0; made < taps; made += 1) await view.handEnded();
}

test('a Z that did not come out, or waits for the printer, is the same paper again and no copy', async () => {
  const view = closed(['unreachable', 'waiting', 'failed', 'printed']);

  await tap(view, 3);
  assert.deepEqual([view.noted, view.ended.isZOut], [[], false]);
  await tap(view, 1);

  // The agent never prints an id that failed.
  assert.deepEqual(view.printed, ['new-1', 'new-1', 'new-1', 'new-2'].map((id) => [id, ...FIRST]));
  assert.deepEqual([view.noted, view.ended.isZOut], [[OUT], true]);
});

test('a copy of a Z is in the log before it prints, once for each paper', async () => {
  const view = closed(['dialog', 'unreachable', 'failed', 'printed', 'printed']);

  await tap(view, 5);

  assert.deepEqual(view.printed, [['new-1', ...FIRST], ...['new-2', 'new-2', 'new-3', 'new-4'].map((id) => [id, ...COPY])]);
  assert.deepEqual(view.steps, ['print new-1', 'z_printed', 'deed', 'print new-2', 'print new-2', 'print new-3', 'deed', 'print new-4']);
  assert.deepEqual(view.noted, [OUT, copyNoted('Informe Z N° 7, en la caja'), copyNoted('Informe Z N° 7, en la caja')]);
});

test('the log says whose shift it was, when this page knows', async () => {
  const view = closed(['printed']);
  view.ended = { ...view.ended, isZOut: true, cashier: 'Ana' };

  await tap(view, 1);

  assert.deepEqual(view.noted, [copyNoted('Informe Z N° 7, en la caja, turno de Ana')]);
});

test('what the office printed first is a copy at the till', async () => {
  const view = closed(['printed'], { answer: { is_out: true } });

  await tap(view, 1);

  assert.deepEqual(view.printed, [['new-1', ...COPY]]);
  assert.deepEqual(view.steps, ['deed', 'print new-1']);
});

test('a copy that cannot be logged is not printed', async () => {
  const view = closed(['printed'], { answer: { is_out: true }, isFull: true });

  await tap(view, 1);

  assert.deepEqual([view.printed, view.ended.owed], [[], null]);
});

test('a double tap prints one Z, and no copy of it that the log would count', async () => {
  const view = closed(['printed', 'printed']);

  await Promise.all([view.printEnded(), view.printEnded()]);
  await view.printEnded();

  assert.deepEqual([view.printed.length, view.noted], [1, [OUT]]);
});

test('the motive of a difference, typed after the Z came, stands on the roll below the difference, once', async () => {
  const view = closed(['printed']);
  const difference = { kind: 'amount', label: 'Diferencia', amount_clp: -500, strong: true, signed: true };
  const answer = { receipt: [...Z, difference, ...Z], z_number: 7, difference_clp: -500, expected_clp: 20_500 };
  view.noteShift = async () => ({});
  view.closingAnswered(CLOSING, answer);
  view.endReason = ' Vuelto  mal dado ';

  await view.explain();

  const texts = () => view.ended.z.map((/** @type {any} */ block) => block.text ?? block.label);
  const whole = ['Informe Z N° 7', 'Diferencia', 'Motivo: Vuelto mal dado', 'Informe Z N° 7'];
  assert.deepEqual(texts(), whole);
  view.closingAnswered(CLOSING, answer);
  assert.deepEqual(texts(), whole);
});

test('a Z that the printer does not have is made anew with its motive, one that waits there comes out as it is', async () => {
  const difference = { kind: 'amount', label: 'Diferencia', amount_clp: -500, strong: true, signed: true };
  const answer = { receipt: [...Z, difference], z_number: 7, difference_clp: -500, expected_clp: 20_500 };
  for (const [first, ids, hasMotive] of /** @type {const} */ ([['unreachable', ['new-1', 'new-2'], true], ['waiting', ['new-1', 'new-1'], false]])) {
    const view = closed([first, 'printed']);
    view.closingAnswered(CLOSING, answer);
    await tap(view, 1);
    view.endReason = 'Vuelto mal dado';
    await view.explain();

    await tap(view, 1);

    assert.deepEqual(view.printed.map((/** @type {string[]} */ [id]) => id), ids);
    assert.equal(view.printed[1][2] === 'Motivo: Vuelto mal dado', hasMotive);
  }
});

/**
 * The same, with a printing program that gets the Z by itself.
 * @param {string[]} states
 * @param {any} [answer]
 */
function printing(states, answer = {}) {
  const view = closed(states, { answer, hasAgent: true });
  const owing = new Map();
  /** @type {any} */
  const room = {
    agent: { present: true, print: async (/** @type {any} */ { id, blocks }) => view.printSlip(blocks, id) },
    printing: new Set(),
    owing,
    selling: { journal: { markPrinted: async (/** @type {string} */ uid) => void view.steps.push(`done ${uid}`) } },
  };
  const { printPaper, handOver, retryPapers } = printingView(room);
  Object.assign(view, { printPaper, handOver, retryPapers, paid: null, showPaper() {}, say() {} });
  return { view, owing, itself: () => view.printPaper({ ...CLOSING, answer: { receipt: Z, ...answer } }) };
}

test('the Z that comes out by itself is told, and a tap after it is a copy', async () => {
  const { view, itself } = printing(['printed', 'printed']);

  await itself();
  assert.equal(view.printEndedText(), 'Imprimir una copia del Z');
  await tap(view, 1);

  assert.deepEqual(view.printed, [['closing', ...FIRST], ['new-1', ...COPY]]);
  assert.deepEqual(view.steps, ['print closing', 'z_printed', 'done closing', 'deed', 'print new-1']);
});

test('a Z that waits for the printer by itself is asked for until it is out, by a tap too, and told once', async () => {
  const { view, owing, itself } = printing(['unreachable', 'waiting', 'waiting', 'printed', 'printed']);

  await itself();
  await tap(view, 1);
  await view.retryPapers();
  assert.deepEqual([view.noted, view.printEndedText(), owing.size], [[], 'Imprimir el informe Z', 1]);
  await tap(view, 1);
  await view.retryPapers();

  assert.deepEqual(view.printed, Array(5).fill(['closing', ...FIRST]));
  assert.deepEqual([view.noted, owing.size], [[OUT], 0]);
});

test('a Z that the program gave up goes over as another job, and is no copy', async () => {
  const { view, owing, itself } = printing(['failed', 'printed']);

  await itself();
  await tap(view, 1);

  assert.deepEqual(view.printed, [['closing', ...FIRST], ['new-1', ...FIRST]]);
  assert.deepEqual([view.noted, owing.size], [[OUT], 0]);
});

test('a Z that the office printed first does not come out by itself', async () => {
  const { view, owing, itself } = printing([], { is_out: true });

  await itself();

  assert.deepEqual([view.printed, view.noted, owing.size], [[], [], 0]);
});
