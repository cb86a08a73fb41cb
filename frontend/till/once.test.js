// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOnce, DOUBLE_TAP_MS } from './once.js';

test('a tap while the paper goes out, or right after it, is the same tap; a later one is another', async () => {
  let at = 0;
  let papers = 0;
  const once = createOnce(() => at);
  const print = async () => void (papers += 1);

  await Promise.all([once(print), once(print)]);
  at += DOUBLE_TAP_MS - 1;
  await once(print);
  assert.equal(papers, 1);
  at += 1;
  await once(print);
  assert.equal(papers, 2);
});

test('what failed may be asked for again at once', async () => {
  let tries = 0;
  const once = createOnce(() => 0);
  const fail = () => Promise.reject(new Error(`no paper ${(tries += 1)}`));

  await assert.rejects(once(fail), /no paper 1/);
  await assert.rejects(once(fail), /no paper 2/);
});
