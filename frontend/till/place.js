// @ts-check
/** Which till this browser is: told by the entry page once, read by the till's page at each start. */

/**
 * @typedef {{company_id: number, till_id: number, till_name: string, shop: string}} Place
 * @typedef {{id: number, name: string, shop: string, paper_mm: number, look: any, card_is_boleta: boolean,
 *   agent: {url: string, token: string} | null, quick_notes: number[], factura_lines: number}} TillFacts
 */

const KEY = 'caja-equipo';
const DEVICE = /^erpmarket-equipo-(\d+)$/;
export const SHELL_PAGE = '/caja/venta/';
export const SHELL_WORKER = '/caja/sw.js';

/** What a till does when an older server, or no server yet, has not said it. */
const USUAL = Object.freeze({
  paper_mm: 80,
  look: null,
  card_is_boleta: false,
  agent: null,
  quick_notes: [1000, 2000, 5000, 10_000, 20_000],
  factura_lines: 60,
});

/**
 * @param {Pick<Storage, 'getItem'>} storage
 * @returns {Place | null} null: this browser is no till
 */
export function readPlace(storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? 'null');
    return Number.isSafeInteger(kept?.company_id) && Number.isSafeInteger(kept?.till_id) ? kept : null;
  } catch {
    return null;
  }
}

/**
 * @param {Pick<Storage, 'setItem'>} storage
 * @param {Place} place
 */
export function keepPlace(storage, place) {
  storage.setItem(KEY, JSON.stringify(place));
}

/**
 * The browser writes such notes down seconds late, and a cut may take one; the device's own memory is on the disk.
 * @param {() => Promise<{name?: string}[]>} databases
 * @param {(name: string) => Promise<Pick<import('./device/memory.js').Memory, 'read' | 'close'>>} open
 * @returns {Promise<Place | null>} the till that this browser is
 */
export async function recallPlace(databases, open) {
  for (const { name = '' } of await databases()) {
    const company = DEVICE.exec(name)?.[1];
    if (company === undefined) continue;
    const memory = await open(name);
    const till = await memory.read('till');
    memory.close();
    if (till) return { company_id: Number(company), till_id: till.id, till_name: till.name, shop: till.shop ?? '' };
  }
  return null;
}

/** @param {Pick<Storage, 'removeItem'>} storage */
export function forgetPlace(storage) {
  storage.removeItem(KEY);
}

/**
 * @param {any} told what the server said of the till; null: nothing yet
 * @param {Place | null} place
 * @returns {TillFacts}
 */
export function tillOf(told, place) {
  const named = { id: place?.till_id ?? 0, name: place?.till_name ?? '', shop: place?.shop ?? '' };
  const known = Object.entries(told ?? {}).filter(([, value]) => value !== undefined);
  return { ...USUAL, ...named, ...Object.fromEntries(known) };
}
