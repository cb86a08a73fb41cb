// @ts-check
/** One tap, one paper: what a hand that trembles asks for twice is done once. */

/** A second tap this soon is the same tap. */
export const DOUBLE_TAP_MS = 1_000;

/**
 * Make a door that lets one deed in at a time, and none right after one that was done.
 * @param {() => number} [now] milliseconds
 * @returns {(deed: () => Promise<unknown>) => Promise<void>}
 */
export function createOnce(now = () => performance.now()) {
  let isBusy = false;
  let restsUntil = -Infinity;
  return async (deed) => {
    if (isBusy || now() < restsUntil) return;
    isBusy = true;
    try {
      await deed();
      restsUntil = now() + DOUBLE_TAP_MS;
    } finally {
      isBusy = false;
    }
  };
}
