// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHANGE_PRICES, ISSUE_PAPERS, mayDo, SELL } from './verbs.js';

test('a person may do what their verbs say, and a stranger nothing', () => {
  const people = [{ id: 1, verbs: ['sell'] }, { id: 2, verbs: ['sell', 'issue_papers'] }, { id: 3 }];

  assert.deepEqual([1, 2, 3, 4, undefined].map((id) => mayDo(people, id, ISSUE_PAPERS)), [false, true, false, false, false]);
  assert.deepEqual([1, 3].map((id) => mayDo(people, id, SELL)), [true, false]);
});

test('the till calls its verbs as the server does', () => {
  const permissions = readFileSync(new URL('../../src/erpmarket/accounts/permissions.py', import.meta.url), 'utf8');

  for (const verb of [SELL, CHANGE_PRICES, ISSUE_PAPERS]) assert.match(permissions, new RegExp(`= "${verb}"`));
});
