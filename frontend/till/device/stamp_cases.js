// @ts-check
/**
 * Stamps by command, so that the server's tests can hold them against their own:
 * `node stamp_cases.js < {"caf", "key", "facts": [...]} > {"teds": [base64 or {"refused": letter}, ...]}`.
 */

import { readFileSync } from 'node:fs';
import { fromBase64 } from './bytes.js';
import { makeTed } from './stamp.js';
import { TextRefused } from './words.js';

/** @type {{caf: string, key: string, facts: (import('./stamp.js').StampFacts & {at: string})[]}} */
const { caf, key, facts } = JSON.parse(readFileSync(0, 'utf8'));

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' };
const signing = await crypto.subtle.importKey('pkcs8', fromBase64(key), algorithm, false, ['sign']);

const teds = [];
for (const each of facts) {
  try {
    teds.push((await makeTed({ ...each, at: Date.parse(each.at) }, caf, signing)).base64);
  } catch (error) {
    if (!(error instanceof TextRefused)) throw error;
    teds.push({ refused: error.letter });
  }
}
process.stdout.write(JSON.stringify({ teds }));
