// @ts-check
/** From the till to the customer's screen: two windows of one browser, no server between them. */

const NAME = 'caja-visor';

/**
 * @typedef {{name: string, detail: string, amount: string, saved: string}} ShownLine
 * @typedef {{stage: 'idle' | 'ticket' | 'paid', shop: string, lines: readonly ShownLine[], count: string, total: string,
 *   saved: string, change: string, isPractice: boolean}} Shown words and amounts as the customer reads them
 */

/**
 * The till's end: tells what to show now, and again when a screen asks.
 * @param {typeof BroadcastChannel | undefined} Channel `globalThis.BroadcastChannel`; without one nothing is shown
 */
export function createTeller(Channel) {
  const channel = Channel ? new Channel(NAME) : null;
  /** @type {Shown | null} */
  let last = null;
  channel?.addEventListener('message', ({ data }) => {
    if (data === 'ask' && last) channel.postMessage(last);
  });
  return {
    /** @param {Shown} shown plain values only */
    tell(shown) {
      last = shown;
      channel?.postMessage(shown);
    },
    close: () => channel?.close(),
  };
}

/**
 * The customer's end.
 * @param {(shown: Shown) => void} onShown
 * @param {typeof BroadcastChannel} [Channel]
 */
export function listen(onShown, Channel = globalThis.BroadcastChannel) {
  const channel = new Channel(NAME);
  channel.addEventListener('message', ({ data }) => {
    if (data && typeof data === 'object') onShown(data);
  });
  channel.postMessage('ask');
  return () => channel.close();
}
