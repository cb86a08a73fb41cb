// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { parseOnce } from './parse_once.mjs';

const require = createRequire(import.meta.url);

test('an expression of the installed Alpine is read once, however often it is worked out', async () => {
  const path = require.resolve('@alpinejs/csp/dist/module.esm.js');
  const patched = parseOnce(await readFile(path, 'utf8'));
  // What reads and works out expressions needs no document: cut out, it runs here.
  const reader = patched.slice(patched.indexOf('var Token = class'), patched.indexOf('function cspRawEvaluator'));
  const run = new Function(`${reader}
    let read = 0;
    const tokenize = Tokenizer.prototype.tokenize;
    Tokenizer.prototype.tokenize = function () { read += 1; return tokenize.call(this); };
    const values = [1, 2, 3].map((n) => generateRuntimeFunction('n + 1')({ scope: { n } }));
    return { values, read };`);

  assert.deepEqual(run(), { values: [2, 3, 4], read: 1 });
});

test('an Alpine that reads otherwise stops the build', () => {
  assert.throws(() => parseOnce('function somethingElse() {}'), /0 times, not once/);
});
