// @ts-check
/** Hands papers to the program on this machine that owns the printer and the drawer. */

const TIMEOUT_MS = 8_000;
const SCALE_TIMEOUT_MS = 3_000;
const NO_SCALE = 404;
/** The agent read the job and will never print it: asking again changes nothing. */
const HOPELESS = [400, 409, 413, 422];

/**
 * @typedef {{url: string, token: string, paper: number} | null} AgentConfig
 * @typedef {{id: string, blocks: any[], drawer: boolean}} PrintJob
 * @typedef {{state: 'stable' | 'empty' | 'moving' | 'over' | 'negative' | 'away', grams: number, words: string}} Weight
 *   `grams` above zero only when it is stable
 * @typedef {'printed' | 'waiting' | 'failed' | 'no_agent' | 'unreachable'} PrintState
 */

/** @type {Weight} */
const MUTE_SCALE = Object.freeze({ state: 'away', grams: 0, words: 'La balanza no contesta. Escribe el peso a mano' });

/**
 * @param {AgentConfig} config
 * @param {typeof fetch} fetch
 */
export function createAgent(config, fetch) {
  return {
    present: config !== null && config !== undefined,
    /**
     * Hand over one paper. The agent keeps jobs on disk and prints an id once, so handing over again is harmless.
     * @param {PrintJob} job
     * @returns {Promise<PrintState>}
     */
    async print({ id, blocks, drawer }) {
      if (!config) return 'no_agent';
      try {
        const response = await fetch(`${config.url.replace(/\/$/, '')}/jobs`, {
          method: 'POST',
          mode: 'cors',
          credentials: 'omit',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${config.token}` },
          body: JSON.stringify({ id, paper: config.paper, blocks, drawer }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (HOPELESS.includes(response.status)) return 'failed';
        if (!response.ok) return 'unreachable';
        const { state } = await response.json();
        if (state === 'printed') return 'printed';
        return state === 'failed' || state === 'expired' ? 'failed' : 'waiting';
      } catch {
        return 'unreachable';
      }
    },
    /** @returns {Promise<Weight | null>} what lies on the scale; null: there is none to ask */
    async weight() {
      if (!config) return null;
      try {
        const response = await fetch(`${config.url.replace(/\/$/, '')}/weight`, {
          mode: 'cors',
          credentials: 'omit',
          headers: { Authorization: `Bearer ${config.token}` },
          signal: AbortSignal.timeout(SCALE_TIMEOUT_MS),
        });
        if (response.status === NO_SCALE) return null;
        if (!response.ok) return MUTE_SCALE;
        const { state, grams, message } = await response.json();
        return { state, grams, words: message };
      } catch {
        return MUTE_SCALE;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createAgent>} Agent */
