// @ts-check
/**
 * The till's clock: the device's own, corrected by what the server said. Sales never go backwards in it, also when
 * somebody sets the device's clock back; how far off that is, is told.
 */

const WARN_MS = 5 * 60_000;
const BLOCK_MS = 24 * 3_600_000;
/** Below this it is the operating system slewing its clock. */
const STEP_MS = 2_000;
/** An answer that took longer says too little about the instant it was written. */
const LONGEST_TRIP_MS = 20_000;

/** @typedef {'right' | 'warn' | 'wrong'} ClockVerdict `wrong`: no boleta may be stamped with it */

/**
 * @param {{now: () => number, ticks: () => number, offset?: number}} parts `now`: the device's clock in milliseconds;
 *   `ticks`: one that nobody can set (`performance.now`), from any start; `offset`: what was learnt before
 */
export function createClock({ now, ticks, offset = 0 }) {
  let known = offset;
  let seen = { now: now(), ticks: ticks() };
  let hasJumped = false;
  let isTold = false;

  /** Notice when the device's clock and the one nobody can set part. */
  function watch() {
    const fresh = { now: now(), ticks: ticks() };
    const step = fresh.now - seen.now - (fresh.ticks - seen.ticks);
    seen = fresh;
    // Backwards it was set. Forwards it may also have slept, which the ticks of some systems leave out.
    if (step < -STEP_MS) known -= step;
    if (step > WARN_MS) hasJumped = true;
    if (Math.abs(step) > WARN_MS) isTold = false;
    return fresh.now;
  }

  return {
    /** @returns {number} the device's own clock */
    raw: () => watch(),
    /** @returns {number} the corrected instant */
    now: () => watch() + known,
    /** @returns {number} milliseconds to add to the device's clock */
    offset: () => known,
    /**
     * Learn from an answer: the server wrote its time about midway.
     * @param {number} serverTime
     * @param {number} sentAt by `raw`
     * @param {number} receivedAt by `raw`
     * @returns {boolean} whether it said enough
     */
    learn(serverTime, sentAt, receivedAt) {
      watch();
      if (!Number.isFinite(serverTime) || receivedAt < sentAt || receivedAt - sentAt > LONGEST_TRIP_MS) return false;
      known = Math.round(serverTime - (sentAt + receivedAt) / 2);
      hasJumped = false;
      isTold = true;
      return true;
    },
    /** Whether the server said the time to this page, and nobody set the clock since. */
    isTold: () => isTold,
    /** @returns {ClockVerdict} */
    verdict() {
      watch();
      const skew = Math.abs(known);
      if (skew > BLOCK_MS) return 'wrong';
      return skew > WARN_MS || hasJumped ? 'warn' : 'right';
    },
  };
}

/** @typedef {ReturnType<typeof createClock>} Clock */

/**
 * The instant of the next event: now, but after the last one. When the last one was dated ahead, by a clock that has been
 * put right since, the right time counts again: a day of boletas dated tomorrow would all be refused.
 * @param {Clock} clock
 * @param {number} last the last event's instant; 0: none
 * @returns {number | null} null when the clock went back by more than a day: then none of its instants can be believed
 */
export function nextInstant(clock, last) {
  const now = clock.now();
  if (last - now > WARN_MS && clock.isTold() && clock.verdict() !== 'wrong') return now;
  return last - now > BLOCK_MS ? null : Math.max(now, last + 1);
}
