// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkFoodCard, foodCardLimit } from './food_cards.js';

const url = new URL('../../../src/erpmarket/pricing/tests/food_cards.json', import.meta.url);
/** @type {{lines: [number, boolean][], paid: number, limit: number, error: string | null}[]} */
const TABLE = JSON.parse(readFileSync(url, 'utf8'));

for (const { lines, paid, limit, error } of TABLE) {
  test(`a food card pays ${paid} of ${JSON.stringify(lines)}: ${error ?? 'taken'}`, () => {
    const told = lines.map(([amountClp, takesCard]) => ({ amountClp, takesCard }));
    assert.equal(foodCardLimit(told), limit);
    if (error === null) checkFoodCard(told, paid);
    else assert.throws(() => checkFoodCard(told, paid), { code: error });
  });
}
