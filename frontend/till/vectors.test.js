// @ts-check
/** The till's arithmetic answers the same cases as `erpmarket.pricing`. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answer, answerCase } from './cases.js';

const FOLDER = new URL('../../src/erpmarket/pricing/vectors/', import.meta.url);

/**
 * @param {string} file
 * @returns {any[]}
 */
function cases(file) {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')).cases;
}

for (const [file, kind, least] of /** @type {const} */ ([
  ['tickets.json', 'pricing', 100],
  ['cash.json', 'payment', 50],
  ['cash.json', 'refund', 20],
  ['tax.json', 'boleta', 30],
  ['tax.json', 'voucher_split', 20],
])) {
  test(`every ${kind} case`, () => {
    const all = cases(file).filter((one) => one.kind === kind);
    assert.ok(all.length >= least, `only ${all.length} cases of ${kind}`);
    for (const { id, input, expected } of all) assert.deepEqual(answerCase(kind, input), expected, id);
  });
}

test('kinds the till does not answer are left out', () => {
  const document = {
    cases: [
      { id: 'a', kind: 'payment', input: { total: 990, tenders: [] } },
      { id: 'b', kind: 'costing', input: {} },
    ],
  };

  assert.deepEqual(answer(document), { results: [{ id: 'a', output: { error: 'under_tender' } }] });
});
