// @ts-check
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { folioKey, freshName, wrapLease, NOON } from './browser_in_node.js';
import { keepKeys, makeKeys, openLease, publicKeys, readKeys, signRequest } from './keys.js';
import { openMemory } from './memory.js';
import { testSelling } from './selftest.js';

const BLOCK = { uid: '0198a1b2-c3d4-7000-8000-000000000001', kind: 39, first: 11, last: 20 };

test('keys are made once, kept on the disk and never readable', async () => {
  const name = freshName();
  const first = await openMemory(name);
  const made = await keepKeys(first, () => 'device-1');
  first.close();

  const memory = await openMemory(name);
  const kept = await keepKeys(memory, () => 'device-2');

  assert.equal(kept.deviceUid, 'device-1');
  assert.deepEqual(await publicKeys(kept), await publicKeys(made));
  for (const key of [kept.sign.privateKey, kept.wrap.privateKey]) {
    assert.equal(key.extractable, false);
    await assert.rejects(crypto.subtle.exportKey('pkcs8', key));
  }
});

test('two pages that enrol at once end up with the same keys', async () => {
  const name = freshName();
  const [one, other] = [await openMemory(name), await openMemory(name)];

  const made = await Promise.all([keepKeys(one, () => 'device-1'), keepKeys(other, () => 'device-2')]);

  assert.equal(made[0].deviceUid, made[1].deviceUid);
  assert.deepEqual(await publicKeys(made[0]), await publicKeys(made[1]));
  assert.equal((await readKeys(one))?.deviceUid, made[0].deviceUid);
});

test('public keys travel as the contract says: SPKI, and a raw point of 65 bytes', async () => {
  const told = await publicKeys(await makeKeys('device-1'));

  assert.equal(told.device_uid, 'device-1');
  assert.equal(createPublicKey({ key: Buffer.from(told.sign_key, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const point = Buffer.from(told.wrap_key, 'base64');
  assert.deepEqual([point.length, point[0]], [65, 4]);
});

test('a request is signed over method, path with its query, hour and the digest of the body', async () => {
  const keys = await makeKeys('device-1');
  const told = await publicKeys(keys);

  const headers = await signRequest(keys, { method: 'POST', path: '/caja/equipo/7/diario?x=1', body: '{"ñ":1}', at: NOON });

  assert.deepEqual([headers['X-Caja-Equipo'], headers['X-Caja-Hora']], ['device-1', '2026-11-22T15:00:00.000Z']);
  // SHA-256 of {"ñ":1} in UTF-8.
  const text = Buffer.from(`POST\n/caja/equipo/7/diario?x=1\n2026-11-22T15:00:00.000Z\n79025e5c8f9304065141b9c3363d16588d6f02e520a6b6ecaee6a598fb8e42e6`);
  const signature = Buffer.from(headers['X-Caja-Firma'], 'base64');
  const key = createPublicKey({ key: Buffer.from(told.sign_key, 'base64'), format: 'der', type: 'spki' });
  assert.equal(signature.length, 64);
  assert.ok(verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature));
});

test('a lease opens on its device alone, as a key that signs and cannot be read', async () => {
  const keys = await makeKeys('device-1');
  const told = await publicKeys(keys);
  const pkcs8 = folioKey();
  const lease = await wrapLease(BLOCK, told, pkcs8);

  const key = await openLease(lease, keys);

  const stamping = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' };
  const own = await crypto.subtle.importKey('pkcs8', pkcs8, stamping, false, ['sign']);
  const text = new TextEncoder().encode('DD');
  const [signed, expected] = await Promise.all([key, own].map((each) => crypto.subtle.sign('RSASSA-PKCS1-v1_5', each, text)));
  assert.deepEqual(signed, expected);
  assert.equal(key.extractable, false);
  await assert.rejects(openLease(lease, await makeKeys('device-1')));
});

for (const [what, change] of /** @type {[string, Partial<import('./keys.js').Lease>][]} */ ([
  ['a longer block', { last: 2000 }],
  ['another kind', { kind: 33 }],
  ['another lease', { uid: 'other' }],
])) {
  test(`a lease that was changed on its way is not opened: ${what}`, async () => {
    const keys = await makeKeys('device-1');
    const lease = await wrapLease(BLOCK, await publicKeys(keys), folioKey());

    await assert.rejects(openLease({ ...lease, ...change }, keys));
  });
}

test('a lease of another device with the same keys is not opened', async () => {
  const keys = await makeKeys('device-1');
  const lease = await wrapLease(BLOCK, { ...(await publicKeys(keys)), device_uid: 'device-2' }, folioKey());

  await assert.rejects(openLease(lease, keys));
});

test('a browser that has all it takes may sell offline, and keeps no trace of the trial', async () => {
  const memory = await openMemory(freshName());

  assert.deepEqual(await testSelling(memory, { locks: {}, crypto: globalThis.crypto }), { able: true });

  assert.equal(await memory.read('trial'), undefined);
});

test('a browser that signs otherwise may not sell offline', async (t) => {
  const memory = await openMemory(freshName());
  t.mock.method(crypto.subtle, 'sign', async () => new ArrayBuffer(64));

  const ability = await testSelling(memory, { locks: {}, crypto: globalThis.crypto });

  assert.equal(ability.able ? 'able' : ability.code, 'no_stamp');
});

test('a browser that lacks something says what, and what to do', async () => {
  const memory = await openMemory(freshName());
  const closed = await openMemory(freshName());
  closed.close();

  /** @type {[any, any, string][]} */
  const browsers = [
    [memory, { locks: {}, crypto: {} }, 'insecure'],
    [memory, { crypto: globalThis.crypto }, 'no_locks'],
    [null, { locks: {}, crypto: globalThis.crypto }, 'no_memory'],
    [closed, { locks: {}, crypto: globalThis.crypto }, 'no_stamp'],
  ];
  for (const [disk, browser, code] of browsers) {
    const ability = await testSelling(disk, browser);
    assert.equal(ability.able ? 'able' : ability.code, code);
    assert.match(ability.able ? '' : ability.words, /vende sólo con conexión/);
  }
});
