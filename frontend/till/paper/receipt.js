// @ts-check
/**
 * The boleta that a till prints by itself, as blocks for the agent: the same blocks, in the same order, as
 * `dte.printable.receipt` makes of the stored document (test_till_receipts.py compares them).
 * Source: Res. Ex. SII 74 of 2020, letter G; Formato Boletas Electrónicas v4.2 (2025-09-08), column I.
 */

import { day, hour } from '../../common/format.js';
import { MILLI } from '../pricing/amounts.js';
import { partGross } from '../pricing/boleta.js';
import { CASH, settle } from '../pricing/cash.js';
import { centered, pair, rule } from './blocks.js';

/**
 * @typedef {{shop: string, name: string, giro: string, place: string, is_branch: boolean, rut: string,
 *   resolution_number: number, resolution_year: number, site: string, closing_lines: string[],
 *   demonstration: boolean}} Look what the shop chose and the SII knows of it; `rut` with dots
 * @typedef {{name: string, unit: 'un' | 'kg', milli: number, priceClp: number, discountClp: number, amountClp: number,
 *   exempt: boolean, discountWords?: string}} SoldLine
 * @typedef {{kind: string, amountClp: number, owesClp?: number}} Tender cash is what was handed over; `owesClp`: what the
 *   customer owes with this sale
 * @typedef {{look: Look, tillName: string, cashier: string, kind: 39 | 41, folio: number, at: string, ted: string,
 *   lines: readonly SoldLine[], tenders: readonly Tender[], reprintedAt?: string}} Sold `at`: the instant of the stamp
 * @typedef {Record<string, string | number | boolean | null>} Block
 */

const TITLES = { 39: 'BOLETA ELECTRÓNICA', 41: 'BOLETA NO AFECTA O EXENTA ELECTRÓNICA' };
/** @type {Record<string, string>} */
const TENDERS = {
  cash: 'Efectivo',
  card: 'Tarjeta',
  debit_card: 'Tarjeta de débito',
  credit_card: 'Tarjeta de crédito',
  transfer: 'Transferencia',
  credit: 'Fiado',
  store_credit: 'Vale',
  baes: 'Tarjeta BAES',
};
const MOST_CLOSING_LINES = 3;
const DEMONSTRATION = 'DEMOSTRACIÓN - SIN VALIDEZ';

/**
 * @param {Sold} sold
 * @returns {Block[]}
 */
export function receiptBlocks(sold) {
  let blocks = [
    ...heading(sold),
    ...moment(sold),
    ...sold.lines.flatMap((line) => detail(line, sold.kind)),
    rule(),
    ...totals(sold),
    ...payments(sold),
    ...savings(sold),
    ...stamp(sold),
    ...closing(sold.look),
  ];
  if (sold.look.demonstration) blocks = marked(blocks, [centered(DEMONSTRATION, 'mark')], DEMONSTRATION);
  if (sold.reprintedAt === undefined) return blocks;
  const when = `${day(sold.reprintedAt)} ${hour(sold.reprintedAt)}`;
  return marked(blocks, [centered('COPIA', 'mark'), centered(`Reimpresa ${when}`)], '* * *  COPIA  * * *');
}

/**
 * The paper of a sale made to learn the till: no document, no folio, no stamp, and it says so at both ends.
 * @param {Pick<Sold, 'look' | 'tillName' | 'cashier' | 'at' | 'lines' | 'tenders'>} sold
 * @returns {Block[]}
 */
export function practiceBlocks(sold) {
  const named = { ...sold, kind: /** @type {const} */ (39), folio: 0, ted: '' };
  return [
    centered(sold.look.shop || sold.look.name, 'shop_name'),
    centered('PRÁCTICA', 'mark'),
    centered('No es boleta: nada se vendió.', 'strong'),
    ...moment(named),
    ...sold.lines.flatMap((line) => detail(line, 39)),
    rule(),
    ...totals(named),
    ...payments(named),
    ...savings(named),
    rule('dashed'),
    centered('PRÁCTICA, SIN VALIDEZ', 'mark'),
  ];
}

/** @param {Sold} sold */
function heading({ look, kind, folio }) {
  const { shop, name, giro, place } = look;
  return [
    centered(shop || name, 'shop_name'),
    ...(name && name !== shop ? [centered(name)] : []),
    ...(giro ? [centered(giro)] : []),
    ...(place ? [centered(look.is_branch ? `Sucursal: ${place}` : place)] : []),
    { kind: 'document_box', rut: look.rut, name: TITLES[kind], folio, closed: false },
  ];
}

/** @param {Sold} sold */
function moment({ at, tillName, cashier }) {
  const [first, ...others] = cashier.split(/\s+/u).filter(Boolean);
  const who = first === undefined ? '' : others.length > 0 ? `${first} ${others[0][0]}.` : first;
  const right = [tillName, who].filter(Boolean).join(' · ');
  return [pair(`${day(at)} ${hour(at)}`, right), rule()];
}

/**
 * @param {SoldLine} line
 * @param {39 | 41} kind
 * @returns {Block[]}
 */
function detail(line, kind) {
  const counted = countedText(line);
  return [
    { kind: 'item', name: line.name, amount_clp: line.amountClp + line.discountClp, exempt: line.exempt && kind === 39 },
    ...(counted ? [{ kind: 'item_note', text: counted, amount_clp: null }] : []),
    ...(line.discountClp > 0
      ? [{ kind: 'item_note', text: line.discountWords ?? 'Descuento', amount_clp: -line.discountClp }]
      : []),
  ];
}

/**
 * Write `3 un × $1.190` or `0,455 kg × $8.990/kg`; nothing for one whole piece.
 * @param {{unit: 'un' | 'kg', milli: number, priceClp: number}} line
 */
export function countedText({ unit, milli, priceClp }) {
  const units = grouped(Math.floor(milli / MILLI));
  if (unit === 'kg') return `${units},${String(milli % MILLI).padStart(3, '0')} kg × $${grouped(priceClp)}/kg`;
  return milli === MILLI ? '' : `${units} un × $${grouped(priceClp)}`;
}

/** @param {Sold} sold */
function totals({ lines, kind }) {
  const { iva, exempt, total } = sums(lines);
  const vat = { ...amount('El IVA incluido en esta boleta es', iva), narrow_label: 'IVA incluido (19%)' };
  return [
    { kind: 'total', amount_clp: total, label: 'TOTAL' },
    ...(kind === 39 ? [vat] : []),
    ...(exempt > 0 ? [amount(kind === 39 ? 'Exento (E)' : 'Exento', exempt)] : []),
  ];
}

/** @param {Sold} sold */
function payments({ lines, tenders }) {
  if (tenders.length === 0) return [];
  const paid = settle(sums(lines).total, tenders.map(({ kind, amountClp }) => ({ kind, amount: amountClp })));
  const others = tenders.filter(({ kind }) => kind !== CASH);
  const rows = others.map(({ kind, amountClp, owesClp }) => amount(tenderLabel(kind, owesClp), amountClp));
  if (others.length < tenders.length) {
    const handed = paid.cash_to_pay + paid.change;
    if (others.length > 0 && paid.rounding !== 0) rows.push(amount('Saldo en efectivo', paid.cash_due));
    if (paid.rounding !== 0) rows.push({ ...amount('Redondeo (Ley 20.956)', paid.rounding), signed: true });
    const label = others.length > 0 ? 'Efectivo a pagar' : 'Total a pagar en efectivo';
    rows.push({ ...amount(label, paid.cash_to_pay), narrow_label: 'Efectivo a pagar', strong: true });
    rows.push(amount('Efectivo', handed));
    rows.push({ ...amount('Vuelto', paid.change), strong: true });
  }
  return [rule('dashed'), ...rows];
}

/**
 * @param {string} kind
 * @param {number | undefined} owesClp
 */
function tenderLabel(kind, owesClp) {
  const label = TENDERS[kind] ?? kind;
  return owesClp === undefined ? label : `${label} · saldo nuevo $${grouped(owesClp)}`;
}

/** @param {Sold} sold */
function savings({ lines }) {
  const saved = lines.reduce((total, line) => total + line.discountClp, 0);
  if (saved === 0) return [];
  const products = lines.length === 1 ? '1 producto' : `${lines.length} productos`;
  return [centered(`${products} · Hoy ahorró $${grouped(saved)}`)];
}

/** @param {Sold} sold */
function stamp({ ted, look }) {
  return [
    { kind: 'stamp', ted, rows: 'full' },
    centered('Timbre Electrónico SII'),
    centered(`Res. ${look.resolution_number} de ${look.resolution_year} · Verifique en www.sii.cl`),
  ];
}

/** @param {Look} look */
function closing({ site, closing_lines: lines }) {
  return [
    ...(site || lines.length > 0 ? [rule('dashed')] : []),
    ...(site ? [centered('Su boleta en el teléfono, por 3 meses:'), centered(site)] : []),
    ...lines.slice(0, MOST_CLOSING_LINES).map((line) => centered(line)),
  ];
}

/** @param {readonly SoldLine[]} lines */
function sums(lines) {
  return partGross(lines.map(({ amountClp, exempt }) => ({ amount: amountClp, exempt })));
}

/**
 * Mark a paper at the top and above the stamp: the top of a roll can be torn off.
 * @param {Block[]} blocks
 * @param {Block[]} top
 * @param {string} atStamp
 */
function marked(blocks, top, atStamp) {
  const above = centered(atStamp, 'strong');
  return [...top, rule(), ...blocks.flatMap((block) => (block.kind === 'stamp' ? [above, block] : [block]))];
}

/**
 * @param {string} label
 * @param {number} amountClp
 * @returns {Block}
 */
function amount(label, amountClp) {
  return { kind: 'amount', label, amount_clp: amountClp, narrow_label: '', strong: false, signed: false };
}

/**
 * Group digits with dots, as the paper writes them.
 * @param {number} value zero or more
 */
function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '.');
}
