// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bread, handClock, NOON, oneAtATime } from './browser_in_node.js';
import { openDevice } from './device.js';
import { createFakeOffice } from './office_in_node.js';
import { backOff } from './sync.js';

let companies = 0;

/**
 * A till that is enrolled, in front of its server. It syncs when the test lets it: each rest ends by `go`.
 * @param {{offDevice?: number}} [given] how far the device's clock is off the server's
 */
async function openShop({ offDevice = 0 } = {}) {
  const server = handClock(NOON);
  const time = handClock(NOON + offDevice);
  const office = createFakeOffice(() => server.hands.device);
  const companyId = (companies += 1);
  /** @type {{ms: number, go: () => void}[]} */
  const rests = [];
  /** @type {any[]} */
  const states = [];
  /** @type {import('./journal.js').Settled[]} */
  const settled = [];
  const locks = new Map();
  const browser = {
    fetch: office.fetch,
    now: () => time.hands.device,
    ticks: () => time.hands.ticks,
    pause: (/** @type {number} */ ms) => new Promise((/** @type {(value: void) => void} */ go) => void rests.push({ ms, go })),
    random: () => 0.5,
    fillRandom: (/** @type {Uint8Array} */ bytes) => crypto.getRandomValues(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)),
    lock: (/** @type {string} */ name) => locks.get(name) ?? locks.set(name, oneAtATime()).get(name),
    locks: {},
    storage: undefined,
  };
  const open = async () => {
    const { device } = await openDevice({
      ...{ companyId, browser: /** @type {any} */ (browser) },
      onState: (state) => void states.push(state),
      onSettled: (some) => void settled.push(...some),
    });
    assert.ok(device);
    return device;
  };
  const device = await open();
  await device.enrol('ABCD', 'Caja de prueba');
  const till = await device.start();
  assert.ok(till);
  /** Wait until the loop rests, and say for how long it means to. */
  const resting = async (/** @type {number} */ times = 1) => {
    for (let wait = 0; rests.length < times; wait += 1) {
      assert.ok(wait < 500, 'the loop never rests');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return rests[times - 1].ms;
  };
  const pass = (/** @type {number} */ ms) => [time, server].forEach((each) => each.pass(ms));
  return { ...till, device, office, rests, resting, states, settled, time, server, pass, open };
}

test('a new till fetches folios, sells, tells it and forgets what was taken and printed', async () => {
  const { journal, sync, office, resting, rests, settled, device } = await openShop();
  const running = sync.run();
  assert.equal(await resting(), 30_000);
  assert.deepEqual(office.asked, ['inscribir', 'estado', 'folios']);
  assert.deepEqual(await device.memory.cashiers(), [{ id: 3, name: 'Rosa' }]);

  const sale = await journal.sell({ body: bread() });
  await journal.markPrinted(sale.uid);
  await resting(2);

  assert.deepEqual([...office.events.values()].map(({ uid, body }) => [uid, body.paper.folio]), [[sale.uid, 1]]);
  assert.deepEqual(settled.map(({ result }) => result.state), ['taken']);
  assert.deepEqual(await journal.count(), { waiting: 0, dead: 0, toPrint: 0, deadline: null });
  const state = await sync.state();
  assert.deepEqual([state.reachable, state.folios[39]], [true, { left: 399, words: '' }]);
  sync.stop();
  rests.at(-1)?.go();
  await running;
});

test('away: sales pile up and the loop waits longer each time; back: all are told, the oldest first', async () => {
  const { journal, sync, office, resting, rests, pass } = await openShop();
  void sync.run();
  await resting();
  office.faults.loseRequests = 4;
  pass(31_000);

  await journal.sell({ body: bread() });
  for (const times of [2, 3, 4]) {
    await resting(times);
    if (times < 4) rests[times - 1].go();
  }
  assert.deepEqual(rests.slice(1).map(({ ms }) => ms), [750, 1_250, 2_250]);
  assert.equal((await sync.state()).reachable, false);
  assert.equal((await sync.state()).deadline, null);
  await journal.sell({ body: bread() });
  await resting(5);
  sync.wake();
  await resting(6);

  assert.deepEqual([...office.events.keys()], [1, 2]);
  assert.equal((await sync.state()).reachable, true);
  sync.stop();
});

test('an answer that was lost after the server took the sale: told again, it counts once', async () => {
  const { journal, sync, office, resting, rests, settled } = await openShop();
  void sync.run();
  await resting();
  const sale = await journal.sell({ body: bread() });
  office.faults.loseAnswers = 1;
  await resting(2);
  assert.equal(office.events.size, 1);
  assert.equal((await journal.count()).waiting, 1);

  rests[1].go();
  await resting(3);

  assert.deepEqual(settled.map(({ entry, result }) => [entry.uid, result.state]), [[sale.uid, 'repeated']]);
  assert.equal(office.events.size, 1);
  sync.stop();
});

test('a block whose answer was lost is asked for again and no folio is lost', async () => {
  const { sync, office, resting, rests, device } = await openShop();
  office.faults.losesAnswerOf = 'folios';
  void sync.run();
  await resting();
  assert.deepEqual(await device.memory.leases(), []);
  rests[0].go();
  await resting(2);

  assert.deepEqual(office.asked.filter((name) => name === 'folios').length, 2);
  assert.deepEqual([...office.leases.values()].map(({ first, last }) => [first, last]), [[1, 400]]);
  assert.deepEqual((await device.memory.leases()).map(({ first, last }) => [first, last]), [[1, 400]]);
  sync.stop();
});

test('many sales go in batches of fifty', async () => {
  const { journal, sync, office, resting } = await openShop();
  void sync.run();
  await resting();
  office.faults.loseRequests = 10_000;
  for (let sale = 0; sale < 120; sale += 1) await journal.sell({ body: bread() });
  assert.equal(office.events.size, 0);
  office.faults.loseRequests = 0;
  const before = office.asked.length;
  sync.wake();
  for (let wait = 0; (await journal.count()).waiting > 0; wait += 1) {
    assert.ok(wait < 400);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  assert.deepEqual([...office.events.keys()], Array.from({ length: 120 }, (_, place) => place + 1));
  assert.equal(office.asked.slice(before).filter((name) => name === 'diario').length, 3);
  sync.stop();
});

test('an event the server fails at holds up no other, and is told again', async () => {
  const { journal, sync, office, resting, rests } = await openShop();
  void sync.run();
  await resting();
  office.faults.fails.add(1);
  await journal.append('shift_opened', { cashier_id: 3, opening_clp: 0 });
  await resting(2);
  await journal.sell({ body: bread() });
  await resting(3);

  assert.deepEqual([...office.events.keys()], [2]);
  assert.equal(rests[2].ms, 1_250);
  office.faults.fails.clear();
  rests[2].go();
  await resting(4);
  assert.deepEqual([...office.events.keys()], [2, 1]);
  assert.equal((await journal.count()).waiting, 0);
  sync.stop();
});

test('what the server refuses stays on the list with its words', async () => {
  const { journal, sync, office, resting } = await openShop();
  void sync.run();
  await resting();
  office.faults.refuses.add(1);
  await journal.sell({ body: bread() });
  await resting(2);

  const [letter] = await journal.deadLetters();
  assert.deepEqual([letter.state, letter.verdict], ['refused', { code: 'paper_refused', words: 'El timbre es de otra venta.' }]);
  assert.equal((await sync.state()).dead, 1);
  sync.stop();
});

test('what was refused and settled in the office leaves the list by itself, and the rest stays', async () => {
  const { journal, sync, office, resting, rests, pass } = await openShop();
  void sync.run();
  await resting();
  for (const seq of [1, 2]) office.faults.refuses.add(seq);
  const first = await journal.append('shift_opened', { cashier_id: 3, opening_clp: 0 });
  const other = await journal.append('credit_paid', { shift_uid: 's', customer_id: 7, amount_clp: 1000, means: 'cash', made_by: 3 });
  await resting(2);
  assert.equal((await sync.state()).dead, 2);

  office.faults.settled.push(first.uid);
  pass(30_000);
  rests[1].go();
  await resting(3);

  assert.deepEqual((await journal.deadLetters()).map(({ uid }) => uid), [other.uid]);
  assert.equal((await sync.state()).dead, 1);
  sync.stop();
});

test('a device that is an hour off learns the time, signs again and sells by the right clock', async () => {
  const { sync, office, resting, device } = await openShop({ offDevice: 3_600_000 });
  // Its page was opened anew, and somebody set the clock: what was learnt at enrolment no longer holds.
  device.clock.learn(device.clock.raw(), device.clock.raw(), device.clock.raw());
  void sync.run();
  await resting();

  assert.deepEqual(office.asked.slice(0, 4), ['inscribir', 'estado', 'estado', 'folios']);
  assert.equal(device.clock.now(), NOON);
  assert.equal(await device.memory.read('clock_offset'), -3_600_000);
  assert.equal((await sync.state()).clock, 'warn');
  sync.stop();
});

test('a clock that cannot be made right is not tried for ever', async () => {
  const { sync, office, resting } = await openShop();
  office.faults.neverOnTime = true;
  void sync.run();
  await resting();

  assert.deepEqual(office.asked, ['inscribir', 'estado', 'estado']);
  assert.equal((await sync.state()).words, 'La hora de este equipo no es la del servidor.');
  sync.stop();
});

test('a whole batch the server fails at holds up nothing behind it', async () => {
  const { journal, sync, office, resting } = await openShop();
  for (let seq = 1; seq <= 50; seq += 1) {
    office.faults.fails.add(seq);
    await journal.append('shift_opened', { cashier_id: 3, opening_clp: seq });
  }
  await journal.append('shift_closed', { shift_uid: 's', counted_clp: 0 });

  void sync.run();
  await resting();

  assert.deepEqual([...office.events.keys()], [51]);
  assert.equal((await journal.count()).waiting, 50);
  sync.stop();
});

test('a device that was taken off stops, says so, and begins anew only when nothing is unsent', async () => {
  const { journal, sync, office, resting, pass, device, open } = await openShop();
  const running = sync.run();
  await resting();
  office.faults.fails.add(1);
  const sale = await journal.sell({ body: bread() });
  await resting(2);
  office.faults.revoked = true;
  pass(31_000);
  sync.wake();
  await resting(3);

  const state = await sync.state();
  assert.deepEqual([state.revoked, state.words, state.waiting], [true, 'Este equipo se dio de baja y ya no vende.', 1]);
  await assert.rejects(journal.sell({ body: bread() }), /dada de baja/);
  sync.stop();
  await running;
  const again = await open();
  await assert.rejects(again.enrol('ABCD', 'Otra'), { code: 'unsent', message: /^Este equipo guarda 1 venta por \$[\d.]+ que no alcanzó a enviar\./ });
  assert.deepEqual((await journal.next(50)).map(({ uid }) => uid), [sale.uid]);

  const before = await device.memory.read('keys');
  await again.enrol('ABCD', 'Otra', { forgetsUnsent: true });
  const fresh = await again.start();
  assert.notEqual((await again.memory.read('keys')).deviceUid, before.deviceUid);
  assert.equal((await fresh?.journal.append('shift_opened', {}))?.seq, 1);
});

test('a till that was taken off hears of it with the first sale it tells, not half a minute later', async () => {
  const { journal, sync, office, resting } = await openShop();
  const running = sync.run();
  await resting();
  office.faults.revoked = true;

  await journal.sell({ body: bread() });
  sync.wake();
  await running;

  assert.equal((await sync.state()).revoked, true);
  await assert.rejects(journal.sell({ body: bread() }), /dada de baja/);
});

test('a device that was taken off still tells all it sold before, and asks for nothing more', async () => {
  const { journal, sync, office, resting, pass } = await openShop();
  const running = sync.run();
  await resting();
  office.faults.fails.add(1);
  const sale = await journal.sell({ body: bread() });
  await journal.markPrinted(sale.uid);
  await resting(2);
  office.faults.revoked = true;
  pass(31_000);
  sync.wake();
  await resting(3);
  const asked = office.asked.length;
  office.faults.fails.clear();

  sync.wake();
  await running;

  assert.deepEqual([...office.events.values()].map(({ uid }) => uid), [sale.uid]);
  assert.deepEqual(office.asked.slice(asked), ['diario']);
  assert.deepEqual([(await sync.state()).waiting, (await sync.state()).revoked], [0, true]);
});

test('out of folios at the office: said in words, and asked again after a minute, not with each sale', async () => {
  const { journal, sync, office, resting, rests, pass } = await openShop();
  office.faults.outOfFolios = true;
  void sync.run();
  await resting();
  assert.deepEqual((await sync.state()).folios[39], { left: 0, words: 'Se acabaron los folios: sube un archivo nuevo.' });

  office.faults.outOfFolios = false;
  await journal.append('shift_opened', { cashier_id: 3, opening_clp: 0 });
  await resting(2);
  assert.equal(office.asked.filter((name) => name === 'folios').length, 1);
  pass(60_000);
  rests[1].go();
  await resting(3);

  assert.deepEqual((await sync.state()).folios[39], { left: 400, words: '' });
  sync.stop();
});

test("a hotel's login page is no answer: nothing is forgotten", async () => {
  const { journal, sync, office, resting } = await openShop();
  void sync.run();
  await resting();
  office.faults.portal = true;
  await journal.sell({ body: bread() });
  await resting(2);

  assert.equal((await journal.count()).waiting, 1);
  assert.equal((await sync.state()).reachable, false);
  sync.stop();
});

test('the hour of a boleta begins when the network is back, and running out of it is told', async () => {
  const { journal, sync, office, resting, rests, pass } = await openShop();
  void sync.run();
  await resting();
  office.faults.loseRequests = 1;
  await journal.sell({ body: bread() });
  await resting(2);
  pass(7_200_000);
  office.faults.fails.add(1);
  rests[1].go();
  await resting(3);

  const back = await sync.state();
  assert.deepEqual([back.deadline, back.isOverdue], [new Date(NOON + 10_800_000).toISOString(), false]);
  pass(3_600_001);
  assert.equal((await sync.state()).isOverdue, true);
  sync.stop();
});

test('closing for good gives back what is left of each block', async () => {
  const { journal, sync, office, resting, device } = await openShop();
  void sync.run();
  await resting();
  await journal.sell({ body: bread() });
  sync.stop();
  office.faults.loseAnswers = 1;

  await assert.rejects(sync.giveBackFolios());
  await sync.giveBackFolios();

  assert.deepEqual(await device.memory.leases(), []);
  await assert.rejects(journal.sell({ body: bread() }), /No quedan folios/);
});

test('the catalogue is fetched, kept, and not fetched again when nothing changed', async () => {
  const { pullCatalogue, device } = await openShop();

  const rows = await pullCatalogue(null);

  assert.deepEqual([rows.rev, rows.products], [1, [[1, 'Pan']]]);
  assert.deepEqual(await device.memory.readCatalogue(), rows);
  assert.equal(await pullCatalogue(rows), rows);
});

test('B2: while the catalogue comes the till hears how much of it is there', async () => {
  const { pullCatalogue } = await openShop();
  /** @type {number[]} */
  const shares = [];

  await pullCatalogue(null, (share) => shares.push(share));

  assert.equal(shares.at(-1), 100);
});

test('waits lie between half a second and a minute, anywhere in between', () => {
  assert.deepEqual([1, 2, 3, 7, 8, 50].map((failures) => backOff(failures, () => 0)), [500, 500, 500, 500, 500, 500]);
  assert.deepEqual([1, 2, 3, 7, 8, 2_000].map((failures) => backOff(failures, () => 1)), [1_000, 2_000, 4_000, 60_000, 60_000, 60_000]);
});

test('a browser that is no till yet starts nothing', async () => {
  const { open } = await openShop();
  const device = await open();
  await device.memory.drop('till');

  assert.equal(await device.start(), null);
});

test('a till that has folios does not ask for more where the server has none left', async () => {
  const { office, resting, sync } = await openShop();
  office.faults.stock = 100;
  const running = sync.run();
  await resting();

  assert.deepEqual(office.asked, ['inscribir', 'estado', 'folios']);
  assert.equal((await sync.state()).folios[39].left, 100);
  sync.stop();
  await running;
});
