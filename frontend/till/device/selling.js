// @ts-check
/**
 * Selling on this device: folio, number and sale in one transaction, the stamp outside of it, then a second one. Killed
 * anywhere between, the sale is either not there or completed at the next start.
 */

import { parseQuantity } from '../money.js';
import { grossClp } from '../pricing/amounts.js';
import { CARD, CASH, settle } from '../pricing/cash.js';
import { splitVouchers } from '../pricing/vouchers.js';
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
const BODY_RECEIVER = 100;

const REFUSALS = {
  no_folios: 'No quedan folios de boleta en esta caja. Conéctala a internet para que reciba más y cobra de nuevo.',
  revoked: 'Esta caja fue dada de baja. Inscríbela de nuevo en la oficina para seguir vendiendo.',
  wrong_clock: 'La fecha de este equipo está mal. Activa la fecha y hora automáticas y cobra de nuevo.',
  not_stamped: 'No pudimos timbrar la boleta. No se cobró: cobra de nuevo y, si sigue igual, recarga la caja.',
  sold_before: 'Esta venta ya se cobró: búscala en las ventas anteriores.',
  wrong_sums: 'Los montos de esta venta no cuadran y no se cobró. Quita las líneas, vuelve a marcarlas y avisa a quien administra.',
  unfinished: 'Una venta quedó a medio guardar. Recarga la caja antes de cobrar: la venta aparecerá para imprimirla.',
  half_sold: 'Esta venta quedó a medio guardar, con su folio. No la cobres de nuevo: recarga la caja y aparecerá para imprimirla.',
};

/** A sale was not made; `code` is stable, the message is for the cashier. Nothing was written, except by `half_sold`: then it is sold. */
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
  const { buyer } = order.body;
  const named = buyer ? { buyer: { ...buyer, name: cleanText(buyer.name, BODY_RECEIVER) } } : {};
  return { ...order, body: { ...order.body, lines, ...named } };
}

/**
 * What of a sale its boleta shows: all of it, or what the card's voucher, a boleta itself, leaves.
 * @param {import('./journal.js').Sold} sold
 * @returns {{line: import('./journal.js').SoldLine, amount: number}[]}
 */
export function paperLines({ lines, payments, total_clp: total, has_voucher: hasVoucher }) {
  const amounts = hasVoucher ? boletaParts(lines, payments, total) : lines.map((line) => line.amount_clp);
  return lines.map((line, place) => ({ line, amount: amounts[place] })).filter(({ amount }) => !hasVoucher || amount > 0);
}

/**
 * @param {readonly import('./journal.js').SoldLine[]} lines
 * @param {readonly any[]} payments
 * @param {number} total
 */
function boletaParts(lines, payments, total) {
  const paid = settle(total, payments.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
  const tenders = payments.map(({ kind, amount_clp: amount }) => ({
    amount: kind === CASH ? paid.cash_due : amount,
    voucher: kind === CARD,
  }));
  return splitVouchers(lines.map((line) => ({ amount: line.amount_clp })), tenders).boleta;
}

/** @param {import('./journal.js').Sold} sold */
function addsUp({ lines, payments, total_clp: total }) {
  try {
    settle(total, payments.map(({ kind, amount_clp: amount }) => ({ kind, amount })));
  } catch {
    return false;
  }
  const isLineRight = lines.every(({ quantity, price_clp: price, label_clp: label, discount_clp: discount, amount_clp: amount }) => {
    const milli = parseQuantity(quantity);
    return milli !== null && milli > 0 && discount >= 0 && (label ?? grossClp(milli, price)) - discount === amount;
  });
  return isLineRight && total > 0 && lines.reduce((sum, line) => sum + line.amount_clp, 0) === total;
}

/**
 * Ask for the number and the instant of the event before, inside the transaction that writes the next one.
 * @param {import('./memory.js').Transaction} tx
 * @returns {Promise<{seq: number, lastMs: number}>} `seq`: of the next event
 */
export async function askPlace(tx) {
  const kv = tx.objectStore('kv');
  const [before = 0, lastMs = 0] = await Promise.all([kv.get('seq'), kv.get('last_ms')]);
  return { seq: before + 1, lastMs };
}

/**
 * Give an event its number and its instant; `counted` when both are noted.
 * @param {import('./memory.js').Transaction} tx
 * @param {import('./clock.js').Clock} clock
 * @param {{seq: number, lastMs: number}} asked
 * @throws {SaleRefused}
 */
export function takePlace(tx, clock, { seq, lastMs }) {
  const kv = tx.objectStore('kv');
  const at = nextInstant(clock, lastMs);
  if (at === null) throw new SaleRefused('wrong_clock');
  const counted = Promise.all([kv.put(seq, 'seq'), kv.put(at, 'last_ms')]);
  // Who refuses the sale now undoes both: nobody waits for them any more.
  counted.catch(() => {});
  return { at, seq, counted, instants: { at: new Date(at).toISOString(), raw_at: new Date(clock.raw()).toISOString() } };
}

/**
 * Write all in one stroke and say at once that it is all: a transaction that waits to be left idle ends later.
 * @param {import('./memory.js').Transaction} tx
 * @param {readonly Promise<unknown>[]} writes
 */
export async function writeLast(tx, writes) {
  tx.commit();
  await Promise.all(writes);
}

/**
 * Sell one ticket. Only one at a time may run on a device.
 * @param {Parts} parts
 * @param {SaleOrder} order
 * @returns {Promise<Entry>} signed and on the disk
 * @throws {SaleRefused}
 */
export async function sellOne(parts, order) {
  const { entry, ticket, lease, isNew } = await parts.memory.write(['kv', 'lease', 'journal'], (tx) => reserve(tx, parts, order));
  if (!isNew) return entry;
  try {
    return await complete(parts, entry, lease);
  } catch (error) {
    await undo(parts.memory, entry, ticket).catch(() => {
      throw new SaleRefused('half_sold', error);
    });
    throw new SaleRefused('not_stamped', error);
  }
}

/**
 * Write down a sale whose paper is not stamped here: the server's (a factura), or the card's voucher. Only one at a time
 * may run on a device.
 * @param {Parts} parts
 * @param {SaleOrder} order
 * @returns {Promise<Entry>} ready to be told
 */
export function tellSale({ memory, clock, newUid }, order) {
  return memory.write(['kv', 'journal'], async (tx) => {
    const [kv, journal] = [tx.objectStore('kv'), tx.objectStore('journal')];
    const [known, standing, place] = await Promise.all([knownAs(tx, order.uid), askStanding(tx), askPlace(tx)]);
    if (known) return known;
    checkMaySell(standing, order, clock);
    const { seq, counted, instants } = takePlace(tx, clock, place);
    const uid = order.uid ?? newUid();
    /** @type {Entry} */
    const entry = {
      ...{ v: 1, seq, uid, type: 'sale', ...instants, state: 'signed', body: { ...order.body, paper: null } },
      ...(order.screen === undefined ? {} : { screen: order.screen }),
    };
    await writeLast(tx, [counted, journal.add(entry), kv.put(uid, 'last_sale'), kv.delete('cart')]);
    return entry;
  });
}

/**
 * First transaction: folio, number and the whole sale.
 * @param {import('./memory.js').Transaction} tx
 * @param {Parts} parts
 * @param {SaleOrder} order
 * @returns {Promise<{entry: Entry, ticket: any, lease?: import('./leases.js').KeptLease, isNew: boolean}>}
 */
async function reserve(tx, { clock, newUid }, order) {
  const [kv, journal] = [tx.objectStore('kv'), tx.objectStore('journal')];
  const kind = paperKind(paperLines(order.body).map(({ line }) => line));
  // Asked for together: each answer by itself costs a slow machine some milliseconds.
  const [known, standing, place, leases, pace = {}, ticket] = await Promise.all([
    ...[knownAs(tx, order.uid), askStanding(tx), askPlace(tx)],
    ...[tx.objectStore('lease').getAll(), kv.get(paceKey(kind)), kv.get('cart')],
  ]);
  if (known && known.state !== 'reserved') return { entry: known, ticket: undefined, isNew: false };
  checkMaySell(standing, order, clock);
  const lease = leaseFor(leases, kind);
  if (!lease) throw new SaleRefused('no_folios');
  const { at, seq, counted, instants } = takePlace(tx, clock, place);
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
  await writeLast(tx, [
    counted,
    tx.objectStore('lease').put({ ...lease, next: lease.next + 1 }),
    journal.add(entry),
    kv.put(countOne(pace, day), paceKey(kind)),
    kv.put(uid, 'last_sale'),
    // In the same stroke: after a power cut nobody may find the ticket and charge it again.
    kv.delete('cart'),
  ]);
  return { entry, ticket, lease, isNew: true };
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @param {string} [uid]
 * @returns {Promise<Entry | undefined>}
 */
async function knownAs(tx, uid) {
  return uid ? tx.objectStore('journal').index('uid').get(uid) : undefined;
}

/**
 * @param {import('./memory.js').Transaction} tx
 * @returns {Promise<{unfinished: number, last: string | undefined, isRevoked: boolean}>} `last`: the sale before
 */
async function askStanding(tx) {
  const kv = tx.objectStore('kv');
  const counting = tx.objectStore('journal').index('state').count('reserved');
  const [unfinished, last, revoked] = await Promise.all([counting, kv.get('last_sale'), kv.get('revoked')]);
  return { unfinished, last, isRevoked: Boolean(revoked) };
}

/**
 * @param {{unfinished: number, last: string | undefined, isRevoked: boolean}} standing
 * @param {SaleOrder} order
 * @param {import('./clock.js').Clock} clock
 * @throws {SaleRefused}
 */
function checkMaySell({ unfinished, last, isRevoked }, order, clock) {
  if (unfinished > 0) throw new SaleRefused('unfinished');
  // It was sent and printed already, and is forgotten but for its uid.
  if (order.uid && last === order.uid) throw new SaleRefused('sold_before');
  if (isRevoked) throw new SaleRefused('revoked');
  if (clock.verdict() === 'wrong') throw new SaleRefused('wrong_clock');
}

/**
 * Sign, outside of any transaction, then the second transaction.
 * @param {Parts} parts
 * @param {Entry} entry
 * @param {import('./leases.js').KeptLease} [known] whose folio it is; without it, it is looked for
 * @returns {Promise<Entry>}
 */
async function complete({ memory, stamp }, entry, known) {
  const { paper, buyer } = entry.body;
  const shown = paperLines(entry.body);
  const lease = known ?? (await memory.leases()).find(({ uid }) => uid === paper.lease_uid);
  if (!lease) throw new Error(`the lease of folio ${paper.folio} is gone`);
  const totalClp = shown.reduce((sum, { amount }) => sum + amount, 0);
  const facts = {
    ...{ folio: paper.folio, at: Date.parse(entry.at), totalClp, firstItem: shown[0].line.name },
    ...(buyer ? { receiver: buyer } : {}),
  };
  const { base64 } = await stamp(facts, lease.caf, lease.key);
  return memory.write(['journal'], async (tx) => {
    const store = tx.objectStore('journal');
    const now = await store.get(entry.seq);
    if (!now) throw new Error(`sale ${entry.seq} left the journal while it was being stamped`);
    // Another page finished it first: its stamp may be on paper already.
    if (now.state !== 'reserved') return now;
    /** @type {Entry} */
    const signed = { ...now, state: 'signed', body: { ...now.body, paper: { ...now.body.paper, ted: base64 } } };
    await writeLast(tx, [store.put(signed)]);
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
