// @ts-check
/** The page's side of the service worker: register it, notice a new version, change over when the cashier is free. */

/**
 * @param {ServiceWorkerContainer | undefined} container `navigator.serviceWorker`; none on plain http
 * @param {{url: string, onWaiting: () => void}} options `onWaiting`: a new version is here whole and waits
 */
export async function keepShell(container, { url, onWaiting }) {
  if (!container) return null;
  const registration = await container.register(url, { scope: '/caja/', updateViaCache: 'none' });
  const look = () => {
    // The first worker ever waits for nobody: no page runs an older one.
    if (registration.waiting && container.controller) onWaiting();
  };
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  look();
  return {
    /** Ask the server whether there is a new version. */
    check: () => registration.update().catch(() => undefined),
    /**
     * Change over to the version that waits: call it with an empty cart and nothing being paid, then load the page
     * again.
     * @returns {Promise<boolean>} whether the new version took over; false when none waits
     */
    changeOver() {
      const { waiting } = registration;
      if (!waiting) return Promise.resolve(false);
      return new Promise((resolve) => {
        container.addEventListener('controllerchange', () => resolve(true), { once: true });
        waiting.postMessage('caja:update');
      });
    },
  };
}
