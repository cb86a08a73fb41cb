// @ts-check
/** Papers of the drawer, for the shop itself: cash that moved, a drawer that was counted. None is a tax document. */

import { clp, day, hour, whole } from '../../common/format.js';
import { centered, pair, rule, text, total } from './blocks.js';

/**
 * @typedef {import('./receipt.js').Block} Block
 * @typedef {{shop: string, till: string, at: string}} Place
 */

/**
 * @param {Place & {title: string, amountClp: number, words: string, madeBy: string, approvedBy: string}} move
 * @returns {Block[]}
 */
export function cashSlip({ title, amountClp, words, madeBy, approvedBy, ...place }) {
  return [
    ...heading(title, place),
    total('MONTO', amountClp),
    text(`Motivo: ${words}`),
    text(`Anota ${madeBy}`),
    ...(approvedBy ? [text(`Autoriza ${approvedBy}`)] : []),
    text(' '),
    text('Firma: ______________________'),
  ];
}

/**
 * A vale in the place of money: its code pays any sale of the shop.
 * @param {Place & {code: string, amountClp: number, words: string}} vale
 * @returns {Block[]}
 */
export function valeSlip({ code, amountClp, words, ...place }) {
  return [
    ...heading('VALE', place),
    total('POR', amountClp),
    centered(code, 'mark'),
    text(`Por lo devuelto de ${words}. Se usa dando este código al pagar.`),
  ];
}

/**
 * A report printed once more, marked at both ends as papers of sales are.
 * @param {readonly Block[]} blocks
 * @param {string} at
 * @returns {Block[]}
 */
export function copyOfReport(blocks, at) {
  const head = [centered('COPIA', 'mark'), centered(`Reimpreso ${day(at)} ${hour(at)}`), rule()];
  return [...head, ...blocks, centered('* * *  COPIA  * * *', 'strong')];
}

/**
 * A Z says why the drawer differed, as the office's does: the reason is typed after the Z came, and before it is printed.
 * @param {Block[]} blocks
 * @param {string} reason
 * @returns {Block[]}
 */
export function withReason(blocks, reason) {
  const place = blocks.findIndex((block) => block.kind === 'amount' && block.label === 'Diferencia');
  const isThere = blocks.some((block) => block.kind === 'text' && String(block.text).startsWith('Motivo: '));
  if (!reason || place < 0 || isThere) return blocks;
  return [...blocks.slice(0, place + 1), text(`Motivo: ${reason}`), ...blocks.slice(place + 1)];
}

/**
 * The count of a drawer, printed at once: the Z comes when the server has heard of it.
 * @param {Place & {openedAt: string, closedBy: string, counts: readonly [number, number][], countedClp: number,
 *   unsent: number, folios: readonly number[], held: readonly {name: string, totalClp: number}[]}} closing
 * @returns {Block[]}
 */
export function countSlip({ openedAt, closedBy, counts, countedClp, unsent, folios, held, ...place }) {
  return [
    ...heading('CIERRE DE CAJA', place),
    text(`Turno desde ${day(openedAt)} ${hour(openedAt)}`),
    text(`Cierra ${closedBy}`),
    rule(),
    ...counts.map(([value, pieces]) => pair(`${whole(pieces)} × ${clp(value)}`, clp(value * pieces))),
    total('CONTADO', countedClp),
    ...(unsent > 0 ? unsentPart(unsent, folios) : []),
    ...(held.length > 0 ? [rule(), text('Ventas en espera que siguen:')] : []),
    ...held.map(({ name, totalClp }) => pair(name, clp(totalClp))),
    rule(),
    text('El informe Z sale cuando el servidor reciba el cierre.'),
  ];
}

/**
 * @param {number} unsent
 * @param {readonly number[]} folios boletas that customers hold and the server has not heard of
 * @returns {Block[]}
 */
function unsentPart(unsent, folios) {
  return [
    rule(),
    centered(`${whole(unsent)} POR ENVIAR`, 'strong'),
    text('Se envían solas y quedan en este turno.'),
    ...(folios.length > 0 ? [text(`Boletas ${folios.map(whole).join(', ')}`)] : []),
  ];
}

/**
 * @param {string} title
 * @param {Place} place
 * @returns {Block[]}
 */
export function heading(title, { shop, till, at }) {
  return [
    centered(shop, 'shop_name'),
    centered(title, 'mark'),
    pair(`${day(at)} ${hour(at)}`, till),
    rule(),
  ];
}
