// @ts-check
/** Scans of a list that the server draws anew with each: one at a time, because a scan amid the drawing would be lost. */

/** A reader that talks to a page that hangs: more than this and somebody must look. */
export const MOST_WAITING = 50;

/**
 * @param {{take: (code: string) => void, onLost: (codes: readonly string[]) => void}} parts `take` asks the server, which
 *   tells by `began` and `ended`; `onLost` gets what was not taken in
 */
export function createScanQueue({ take, onLost }) {
  /** @type {string[]} */
  let waiting = [];
  /** @type {string | null} */
  let asked = null;
  /** Another part of the page may ask at the same time. */
  let underWay = 0;

  function next() {
    if (underWay > 0 || waiting.length === 0) return;
    asked = /** @type {string} */ (waiting.shift());
    take(asked);
    next();
  }

  return {
    /** @param {string} code */
    scan(code) {
      if (waiting.length >= MOST_WAITING) onLost([code]);
      else waiting.push(code);
      next();
    },
    began() {
      underWay += 1;
    },
    /** @param {boolean} isFine false: the server did not answer, or not with the list */
    ended(isFine) {
      underWay = Math.max(0, underWay - 1);
      const lost = isFine ? [] : [...(asked === null ? [] : [asked]), ...waiting];
      asked = null;
      if (lost.length > 0) {
        waiting = [];
        onLost(lost);
      }
      next();
    },
  };
}

/**
 * Tell a queue of the page's requests. What htmx has drawn answers to a tap only once it is settled, a moment after the
 * request has ended: a scan taken before would leave the page.
 * @param {EventTarget} page
 * @param {Pick<ReturnType<typeof createScanQueue>, 'began' | 'ended'>} queue
 */
export function followRequests(page, queue) {
  /** Requests whose answer is drawn, and those that ended: each part that was drawn tells of itself. @type {WeakSet<object>} */
  const drawn = new WeakSet();
  /** @type {WeakSet<object>} */
  const over = new WeakSet();
  const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ hear) =>
    page.addEventListener(`htmx:${name}`, (event) => hear(/** @type {CustomEvent} */ (event).detail));

  /**
   * @param {object | undefined} request what is drawn without one is nobody's scan
   * @param {boolean} isFine
   */
  function end(request, isFine) {
    if (!request || over.has(request)) return;
    over.add(request);
    queue.ended(isFine);
  }

  on('beforeRequest', () => queue.began());
  on('afterSwap', ({ xhr }) => void (xhr && drawn.add(xhr)));
  on('afterSettle', ({ xhr }) => end(xhr, true));
  on('afterRequest', ({ xhr, successful }) => {
    if (!(successful && drawn.has(xhr))) end(xhr, successful === true);
  });
}
