// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshName } from './device/browser_in_node.js';
import { openMemory } from './device/memory.js';
import { Away, Refused } from './device/office.js';
import { readAsked } from './device/unanswered.js';
import { mailOnce } from './mailing.js';

/** An office that loses or refuses what it is told to. @param {(Error | null)[]} fates one for each request, then all is well */
function office(fates) {
  /** @type {string[]} */
  const seen = [];
  return {
    seen,
    /** @type {import('./device/office.js').Office['mail']} */
    async mail(saleUid, { correo, uid }) {
      seen.push(`${saleUid} ${correo} ${uid}`);
      const fate = fates.shift();
      if (fate) throw fate;
      return { words: `Va en camino a ${correo}.` };
    },
  };
}

const ANA = { uid: 'u1', sale_uid: 'sale-1', to: 'ana@tienda.cl' };

test('a mail whose answer was lost is the same mail when it is asked for anew, also after a reload', async () => {
  const name = freshName();
  const away = office([new Away('lost')]);
  const before = await openMemory(name);
  await assert.rejects(mailOnce(before, away, ANA), Away);
  before.close();

  const memory = await openMemory(name);
  const words = await mailOnce(memory, away, { ...ANA, uid: 'u2' });

  assert.equal(words, 'Va en camino a ana@tienda.cl.');
  assert.deepEqual(away.seen, ['sale-1 ana@tienda.cl u1', 'sale-1 ana@tienda.cl u1']);
  assert.equal(await readAsked(memory, 'mail'), null);
});

test('an answered mail may be sent once more, as another one', async () => {
  const memory = await openMemory(freshName());
  const well = office([]);
  await mailOnce(memory, well, ANA);
  await mailOnce(memory, well, { ...ANA, uid: 'u2' });

  assert.deepEqual(well.seen, ['sale-1 ana@tienda.cl u1', 'sale-1 ana@tienda.cl u2']);
});

test('another mail asks first for the one without an answer, and is not held up by one that is refused', async () => {
  const memory = await openMemory(freshName());
  const odd = office([new Away('lost'), new Refused('bad_mail', 'Revisa el correo.')]);
  await assert.rejects(mailOnce(memory, odd, ANA), Away);

  await mailOnce(memory, odd, { uid: 'u2', sale_uid: 'sale-2', to: 'luz@tienda.cl' });

  assert.deepEqual(odd.seen, ['sale-1 ana@tienda.cl u1', 'sale-1 ana@tienda.cl u1', 'sale-2 luz@tienda.cl u2']);
  assert.equal(await readAsked(memory, 'mail'), null);
});
