// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readLabel } from './labels.js';

const golden = JSON.parse(
  readFileSync(new URL('../../src/erpmarket/catalog/tests/scale_labels.json', import.meta.url), 'utf8'),
);
const rules = golden.rules.map((/** @type {string[]} */ [kind, layout]) => ({ kind, layout }));

for (const { code, read } of golden.labels) {
  test(`B9: ${code} is ${read ? `${read.kind} of PLU ${read.plu}` : 'no label of ours'}`, () => {
    const found = readLabel(code, rules);
    assert.deepEqual(
      found,
      read && { kind: read.kind, plu: String(read.plu), baseCode: read.base_code, value: read.value },
    );
  });
}
