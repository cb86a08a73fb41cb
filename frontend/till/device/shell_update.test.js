// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepShell } from './shell_update.js';

/** A browser's workers, one installing and one in control when told so. */
function workers({ hasController = true } = {}) {
  const installing = Object.assign(new EventTarget(), { state: 'installing' });
  const registration = Object.assign(new EventTarget(), {
    installing,
    waiting: /** @type {any} */ (null),
    update: async () => {
      throw new TypeError('no network');
    },
  });
  /** @type {any[]} */
  const [told, asked] = [[], []];
  const container = Object.assign(new EventTarget(), {
    controller: hasController ? {} : null,
    register: async (/** @type {any[]} */ ...given) => {
      asked.push(given);
      return registration;
    },
  });
  const arrive = () => {
    registration.dispatchEvent(new Event('updatefound'));
    registration.waiting = { postMessage: (/** @type {any} */ message) => told.push(message) };
    installing.dispatchEvent(new Event('statechange'));
  };
  return { container: /** @type {any} */ (container), registration, told, asked, arrive };
}

test('a new version is told of when it is here whole, and takes over only when asked', async () => {
  const { container, told, asked, arrive } = workers();
  let waiting = 0;
  const shell = await keepShell(container, { url: '/caja/sw.js', onWaiting: () => (waiting += 1) });
  assert.deepEqual(asked, [['/caja/sw.js', { scope: '/caja/', updateViaCache: 'none' }]]);
  assert.equal(await shell?.changeOver(), false);

  arrive();
  assert.deepEqual([waiting, told], [1, []]);
  const changing = shell?.changeOver();
  container.dispatchEvent(new Event('controllerchange'));

  assert.equal(await changing, true);
  assert.deepEqual(told, ['caja:update']);
});

test('the first version ever waits for nobody', async () => {
  const { container, arrive } = workers({ hasController: false });
  let waiting = 0;
  await keepShell(container, { url: '/caja/sw.js', onWaiting: () => (waiting += 1) });

  arrive();

  assert.equal(waiting, 0);
});

test('looking for a new version without a network is no error, and without workers there is nothing to keep', async () => {
  const { container } = workers();
  const shell = await keepShell(container, { url: '/caja/sw.js', onWaiting: () => {} });

  assert.equal(await shell?.check(), undefined);
  assert.equal(await keepShell(undefined, { url: '/caja/sw.js', onWaiting: () => {} }), null);
});
