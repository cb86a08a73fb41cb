// @ts-check
/** Work that the screen does not wait for: each done once, after what was just written is drawn. */

/** A window that nobody sees draws nothing: then it is done all the same. */
const LONGEST_MS = 100;

/**
 * @param {{draw: (work: () => void) => void, pause: (work: () => void, ms: number) => void}} browser `draw`: before the
 *   next picture
 */
export function createLater({ draw, pause } = thisBrowser()) {
  /** @type {Map<string, () => void>} */
  const waiting = new Map();
  let isAsked = false;

  function run() {
    isAsked = false;
    const works = [...waiting.values()];
    waiting.clear();
    for (const work of works) attempt(work);
  }

  function ask() {
    if (isAsked) return;
    isAsked = true;
    let isDone = false;
    const once = () => {
      if (isDone) return;
      isDone = true;
      run();
    };
    draw(() => pause(once, 0));
    pause(once, LONGEST_MS);
  }

  return {
    /**
     * @param {string} name of the same name only the last is done
     * @param {() => void} work
     */
    after(name, work) {
      waiting.set(name, work);
      ask();
    },
    /** @param {string} name what other work must find done */
    now(name) {
      const work = waiting.get(name);
      waiting.delete(name);
      work?.();
    },
    /** @param {string} name */
    drop: (name) => void waiting.delete(name),
    /** The page goes: what waits is done now. */
    run,
  };
}

/** @typedef {ReturnType<typeof createLater>} Later */

/**
 * What goes wrong with one is told, and the others are done.
 * @param {() => void} work
 */
function attempt(work) {
  try {
    work();
  } catch (error) {
    globalThis.reportError?.(error);
  }
}

function thisBrowser() {
  return {
    draw: (/** @type {() => void} */ work) => void requestAnimationFrame(work),
    pause: (/** @type {() => void} */ work, /** @type {number} */ ms) => void setTimeout(work, ms),
  };
}
