// @ts-check
/** Draw papers for a test: `node receipt_cases.js < sold.json > blocks.json`, a list of sales in, a list of blocks out. */

import { readFileSync } from 'node:fs';
import { receiptBlocks } from './receipt.js';

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(receiptBlocks)));
