// @ts-check
/**
 * Selling on this device: folio, number and sale in one transaction, the stamp outside of it, then a second one. Killed
 * anywhere between, the sale is either not there or completed at the next start.
 */

import { parseQuantity } from '../money.js';
import { grossClp } from '../pricing/amounts.js';
import { settle } from '../pricing/cash.js';
import { nextInstant } from './clock.js';
import { countOne, leaseFor, paceKey } from './leases.js';
import { localSecond } from './santiago.js';
import { BODY_ITEM, cafField } from './stamp.js';
import { cleanText } from './words.js';

/**
 * @typedef {import('./journal.js').Entry} Entry
 * @typedef {import('./journal.js').SaleOrder} SaleOrder
 * @typedef {import('./memory.js').Memory} Memory
 * @typedef {{memory: Memory, clock: import('./clock.js').Clock, newUid: () => string,
 *   stamp: typeof import('./stamp.js').makeTed}} Parts
 */

const BOLETA = 39;
const BOLETA_EXENTA = 41;

const REFUSALS = {
  no_folios: 'No quedan folios de boleta en esta caja. Conéctala a internet para que reciba más y cobra de nuevo.',
  revoked: 'Esta caja fue dada de baja. Inscríbela de nuevo en la oficina para seguir vendiendo.',
  wrong_clock: 'La fecha de este equipo está mal. Activa la fecha y hora automáticas y cobra de nuevo.',
  not_stamped: 'No pudimos timbrar la boleta. No se cobró: cobra de nuevo y, si sigue igual, recarga la caja.',
  sold_before: 'Esta venta ya se cobró: búscala en las ventas anteriores.',
  wrong_sums: 'Los montos de esta venta no cuadran y no se cobró. Quita las líneas, vuelve a marcarlas y avisa a quien administra.',
  unfinished: 'Una venta quedó a medio guardar. Recarga la caja antes de cobrar: la venta aparecerá para imprimirla.',
};

/** A sale was not made; `code` is stable, the message is for the cashier. Nothing was written, except by `unfinished`. */
export class SaleRefused extends Error {
  /**
   * @param {keyof typeof REFUSALS} code
   * @param {unknown} [cause]
   */
  constructor(code, cause) {
    super(REFUSALS[code], { cause });
    this.code = code;
  }
}

/**
 * A boleta is exempt when all of its lines are. The server draws the same line.
 * @param {readonly {exempt: boolean}[]} lines
 * @returns {number}
 */
export const paperKind = (lines) => (lines.every(({ exempt }) => exempt) ? BOLETA_EXENTA : BOLETA);

/**
 * Check a sale as the server will, before a folio is taken, and write each name as the document will hold it: what the
 * server refuses when the customer is gone cannot be mended any more.
 * @param {SaleOrder} order
 * @returns {SaleOrder}
 * @throws {SaleRefused | import('./words.js').TextRefused}
 */
export function fitOrder(order) {
  if (!addsUp(order.body)) throw new SaleRefused('wrong_sums');
  const lines = order.body.lines.map((line) => ({ ...line, name: cleanText(line.name, BODY_ITEM) || '-' }));
  return { ...order, body: { ...order.body, lines } };
}

/** @param {import('./journal.js').Sold} sold */
function addsUp({ lines, payments, total_clp: total }) {
  try {
    settle(total, payments.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
  } catch {
    return false;
  }
  const isLineRight = lines.every(({ quantity, price_clp: price, discount_clp: discount, amount_clp: amount }) => {
    const milli = parseQuantity(quantity);
    return milli !== null && milli > 0 && discount >= 0 && grossClp(milli, price) - discount === amount;
  });
  return isLineRight && total > 0 && lines.reduce((sum, line) => sum + line.amount_clp, 0) === total;
}

/**
 * Give an event its number and its instant, inside the transaction that writes it.
 * @param {import('./memory.js').Transaction} tx
 * @param {import('./clock.js').Clock} clock
 */
export async function nextPlace(tx, clock) {
  const kv = tx.objectStore('kv');
  const [seq, last] = [((await kv.get('seq')) ?? 0) + 1, (await kv.get('last_ms')) ?? 0];
  const at = nextInstant(clock, last);
  if (at === null) throw new SaleRefused('wrong_clock');
  await Promise.all([kv.put(seq, 'seq'), kv.put(at, 'last_ms')]);
  return { at, seq, instants: { at: new Date(at).toISOString(), raw_at: new Date(clock.raw()).toISOString() } };
}

/**
 * Sell one ticket. Only one at a time may run on a device.
 * @param {Parts} parts
 * @param {SaleOrder} order
 * @returns {Promise<Entry>} signed and on the disk
 * @throws {SaleRefused}
 */
export async function sellOne(parts, order) {
  const { entry, ticket, isNew } = await parts.memory.write(['kv', 'lease', 'journal'], (tx) => reserve(tx, parts, order));
  if (!isNew) return entry;
  try {
    return await complete(parts, entry);
  } catch (error) {
    await undo(parts.memory, entry, ticket).catch(() => {
      throw new SaleRefused('unfinished', error);
    });
    throw new SaleRefused('not_stamped', error);
  }
}

/**
 * First transaction: folio, number and the whole sale.
 * @param {import('./memory.js').Transaction} tx
 * @param {Parts} parts
 * @param {SaleOrder} order
 * @returns {Promise<{entry: Entry, ticket: any, isNew: boolean}>}
 */
async function reserve(tx, { clock, newUid }, order) {
  const [kv, journal] = [tx.objectStore('kv'), tx.objectStore('journal')];
  const known = order.uid ? await journal.index('uid').get(order.uid) : undefined;
  if (known && known.state !== 'reserved') return { entry: known, ticket: undefined, isNew: false };
  const kind = paperKind(order.body.lines);
  const lease = await openLeaseOf(tx, kind, order, clock);
  const { at, seq, instants } = await nextPlace(tx, clock);
  const { day } = localSecond(at);
  if (day < cafField(lease.caf, 'FA')) throw new SaleRefused('wrong_clock');
  const uid = order.uid ?? newUid();
  const paper = { kind, folio: lease.next, lease_uid: lease.uid };
  /** @type {Entry} */
  const entry = {
    ...{ v: 1, seq, uid, type: 'sale', ...instants, state: 'reserved', to_print: 1 },
    body: { ...order.body, paper },
    ...(order.screen === undefined ? {} : { screen: order.screen }),
  };
  const pace = (await kv.get(paceKey(kind))) ?? {};
  const ticket = await kv.get('cart');
  await Promise.all([
    tx.objectStore('lease').put({ ...lease, next: lease.next + 1 }),
    journal.add(entry),
    kv.put(countOne(pace, day), paceKey(kind)),
    kv.put(uid, 'last_sale'),
    // In the same stroke: after a power cut nobody may find the ticket and charge it again.
    kv.delete('cart'),
  ]);
  return { entry, ticket, isNew: true };
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {number} kind
 * @param {SaleOrder} order
 * @param {import('./clock.js').Clock} clock
 */
async function openLeaseOf(tx, kind, order, clock) {
  const kv = tx.objectStore('kv');
  if ((await tx.objectStore('journal').index('state').count('reserved')) > 0) throw new SaleRefused('unfinished');
  // It was sent and printed already, and is forgotten but for its uid.
  if (order.uid && (await kv.get('last_sale')) === order.uid) throw new SaleRefused('sold_before');
  if (await kv.get('revoked')) throw new SaleRefused('revoked');
  if (clock.verdict() === 'wrong') throw new SaleRefused('wrong_clock');
  const lease = leaseFor(await tx.objectStore('lease').getAll(), kind);
  if (!lease) throw new SaleRefused('no_folios');
  return lease;
}

/**
 * Sign, outside of any transaction, then the second transaction.
 * @param {Parts} parts
 * @param {Entry} entry
 * @returns {Promise<Entry>}
 */
async function complete({ memory, stamp }, entry) {
  const { paper, lines, total_clp: totalClp } = entry.body;
  const lease = (await memory.leases()).find(({ uid }) => uid === paper.lease_uid);
  if (!lease) throw new Error(`the lease of folio ${paper.folio} is gone`);
  const facts = { folio: paper.folio, at: Date.parse(entry.at), totalClp, firstItem: lines[0].name };
  const { base64 } = await stamp(facts, lease.caf, lease.key);
  return memory.write(['journal'], async (tx) => {
    const store = tx.objectStore('journal');
    const now = await store.get(entry.seq);
    if (!now) throw new Error(`sale ${entry.seq} left the journal while it was being stamped`);
    // Another page finished it first: its stamp may be on paper already.
    if (now.state !== 'reserved') return now;
    /** @type {Entry} */
    const signed = { ...now, state: 'signed', body: { ...now.body, paper: { ...now.body.paper, ted: base64 } } };
    await store.put(signed);
    return signed;
  });
}

/**
 * Take a reservation back that could not be stamped, so that neither a number nor a folio is missing.
 * @param {Memory} memory
 * @param {Entry} entry
 * @param {any} ticket what was on the screen
 * @returns {Promise<void>} rejects when it cannot be undone any more
 */
function undo(memory, entry, ticket) {
  return memory.write(['kv', 'lease', 'journal'], async (tx) => {
    const [kv, leases, journal] = [tx.objectStore('kv'), tx.objectStore('lease'), tx.objectStore('journal')];
    const { lease_uid: leaseUid, folio } = entry.body.paper;
    const [now, seq, lease] = [await journal.get(entry.seq), await kv.get('seq'), await leases.get(leaseUid)];
    const isLast = seq === entry.seq && lease?.next === folio + 1 && !lease?.returning;
    if (now?.state !== 'reserved' || !lease || !isLast) throw new SaleRefused('unfinished');
    await Promise.all([
      journal.delete(entry.seq),
      kv.put(seq - 1, 'seq'),
      kv.delete('last_sale'),
      leases.put({ ...lease, next: folio }),
      ...(ticket === undefined ? [] : [kv.put(ticket, 'cart')]),
    ]);
  });
}

/**
 * Stamp the sales a killed page left without, each with its own folio and second.
 * @param {Parts} parts
 * @returns {Promise<{completed: Entry[], stuck: Entry[]}>} `stuck`: their key is broken
 */
export async function completeReserved(parts) {
  /** @type {{completed: Entry[], stuck: Entry[]}} */
  const found = { completed: [], stuck: [] };
  for (const entry of await parts.memory.journal().index('state').getAll('reserved')) {
    await complete(parts, entry).then(
      (done) => found.completed.push(done),
      () => found.stuck.push(entry),
    );
  }
  return found;
}
