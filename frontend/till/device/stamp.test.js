// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localSecond } from './santiago.js';
import { cafField, makeTed, stampText } from './stamp.js';
import { cleanText, escapeXml, foldAscii, TextRefused } from './words.js';

const CAF =
  '<CAF version="1.0"><DA><RE>76918245-4</RE><RS>DOÑA ROSA</RS><TD>39</TD><RNG><D>1</D><H>9</H></RNG>' +
  '<FA>2026-01-02</FA></DA></CAF>';
const FACTS = { folio: 7, at: Date.parse('2026-11-22T15:00:00.999Z'), totalClp: 1990, firstItem: 'Té “verde” & miel' };

test('the stamped text is flat, folded and escaped', () => {
  assert.equal(
    stampText(FACTS, CAF),
    '<DD><RE>76918245-4</RE><TD>39</TD><F>7</F><FE>2026-11-22</FE><RR>66666666-6</RR><RSR>CONSUMIDOR FINAL</RSR>' +
      `<MNT>1990</MNT><IT1>Te verde &amp; miel</IT1>${CAF}<TSTED>2026-11-22T12:00:00</TSTED></DD>`,
  );
});

test('a boleta may leave its buyer without a name, a factura writes a dash', () => {
  const facts = { ...FACTS, receiver: { rut: '76543210-3', name: '' } };

  assert.match(stampText(facts, CAF), /<RSR><\/RSR>/);
  assert.match(stampText(facts, CAF.replace('<TD>39<', '<TD>33<')), /<RSR>-<\/RSR>/);
});

test('an authorization without a field is told', () => {
  assert.equal(cafField(CAF, 'FA'), '2026-01-02');
  assert.throws(() => cafField('<CAF></CAF>', 'RE'), /has no RE/);
});

test('a stamp carries a signature that its key made, in the bytes of ISO-8859-1', async () => {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);

  const { ted, base64 } = await makeTed(FACTS, CAF, privateKey);

  const bytes = Buffer.from(base64, 'base64');
  assert.equal(bytes.toString('latin1'), ted);
  assert.ok(bytes.includes(Buffer.from('DO\xd1A', 'latin1')));
  const parts = /^<TED version="1.0">(<DD>.*<\/DD>)<FRMT algoritmo="SHA1withRSA">([^<]+)<\/FRMT><\/TED>$/.exec(ted);
  const [, signed, seal] = parts ?? [];
  const content = Buffer.from(signed, 'latin1');
  assert.ok(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', publicKey, Buffer.from(seal, 'base64'), content));
});

for (const [instant, second, day] of [
  // In September the hour after 23:59:59 is 01:00.
  ['2026-09-06T03:59:59Z', '2026-09-05T23:59:59', '2026-09-05'],
  ['2026-09-06T04:00:00Z', '2026-09-06T01:00:00', '2026-09-06'],
  // In April 23:00 to 24:00 happens twice, on the same day.
  ['2026-04-05T02:30:00Z', '2026-04-04T23:30:00', '2026-04-04'],
  ['2026-04-05T03:30:00Z', '2026-04-04T23:30:00', '2026-04-04'],
  ['2026-04-05T04:00:00Z', '2026-04-05T00:00:00', '2026-04-05'],
  ['2027-01-01T02:59:59.999Z', '2026-12-31T23:59:59', '2026-12-31'],
]) {
  test(`${instant} is ${second} in Santiago`, () => {
    assert.deepEqual(localSecond(Date.parse(instant)), { second, day });
  });
}

test('a letter that no document holds is refused by its name', () => {
  assert.throws(() => cleanText('Pan 中', 80), (error) => error instanceof TextRefused && error.message.includes('«中»'));
  assert.throws(() => cleanText('Pan\u0085x', 80), /\(U\+0085\)/);
});

test('names are trimmed after every cut', () => {
  assert.equal(cleanText('  abc def ', 4), 'abc');
  assert.equal(foldAscii('Ñandú «de» 1/2', 40), 'Nandu de 1/2');
  assert.equal(foldAscii('abc def', 4), 'abc');
  assert.equal(escapeXml(`<&>"'`), `&lt;&amp;&gt;"'`);
});
