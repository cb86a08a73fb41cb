// @ts-check
/** What was counted and is not yet at the server: kept on the phone, sent in order, sent once. */

/**
 * @typedef {{uid: string, product_id: number, quantity: string, deed: string, hora?: string, at: number}} Entry
 * @typedef {{getItem: (key: string) => string | null, setItem: (key: string, text: string) => void}} Store
 */

/** Refusals are answers: sending again would not help. Anything else is tried again. */
const ANSWERS = new Set([400, 404, 409, 422]);

/**
 * Keep entries until the server has them.
 * @param {{
 *   store: Store, key: string, now: () => number,
 *   post: (body: object) => Promise<{status: number, body: any}>,
 *   onSaved: (answer: any, entry: Entry) => void, onRefused: (words: string, entry: Entry) => void,
 *   onChange: (waiting: number) => void,
 * }} options `now` is a clock in milliseconds; `post` fails when there is no network
 */
export function createQueue({ store, key, now, post, onSaved, onRefused, onChange }) {
  /** @type {Entry[]} */
  let waiting = read();
  let busy = false;

  /** @returns {Entry[]} */
  function read() {
    try {
      const found = JSON.parse(store.getItem(key) ?? '[]');
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  /** @param {Entry[]} entries */
  function keep(entries) {
    waiting = entries;
    store.setItem(key, JSON.stringify(entries));
    onChange(entries.length);
  }

  /** Send what waits, oldest first; stops at the first that cannot be sent. */
  async function send() {
    if (busy) return;
    busy = true;
    try {
      while (waiting.length > 0) {
        const [entry] = waiting;
        const { at, ...told } = entry;
        const { status, body } = await post({ ...told, age_ms: Math.max(0, Math.round(now() - at)) });
        if (status !== 200 && !ANSWERS.has(status)) break;
        keep(waiting.filter((each) => each.uid !== entry.uid));
        if (status === 200) onSaved(body, entry);
        else onRefused(body?.message ?? 'No se pudo guardar. Cuéntalo de nuevo.', entry);
      }
    } catch {
      // No network: the entries stay, and their age grows with them.
    } finally {
      busy = false;
      onChange(waiting.length);
    }
  }

  return {
    send,
    get length() {
      return waiting.length;
    },
    /** @param {Omit<Entry, 'at'>} entry */
    add(entry) {
      keep([...waiting, { ...entry, at: now() }]);
      return send();
    },
  };
}

/**
 * Read a quantity as people write it; null when it is none. The server reads the same way.
 * @param {string} text
 * @param {string} unit
 * @returns {string | null} with a point, for the server
 */
export function readQuantity(text, unit) {
  const typed = text.trim();
  const comma = /^(\d{1,3}(?:\.\d{3})+|\d+),(\d{1,3})$/.exec(typed);
  if (comma) return unit === 'kg' ? `${comma[1].replaceAll('.', '')}.${comma[2]}` : null;
  if (unit !== 'kg' && /^\d{1,3}(\.\d{3})+$/.test(typed)) return typed.replaceAll('.', '');
  return (unit === 'kg' ? /^\d{1,5}(\.\d{1,3})?$/ : /^\d{1,5}$/).test(typed) ? typed : null;
}
