// @ts-check
/** The two codes of a paper as pictures of modules: the stamp (PDF417) and the QR. */

import { drawingSVG, pdf417, qrcode } from 'bwip-js/generic';

/** Source: SII, Instructivo técnico boleta electrónica (2021-10-28), annex A.2.5. */
const ERROR_LEVEL = 5;
const ROW_MODULES = 3;
const MOST_ROWS = 90;
const COLUMN_MODULES = 17;
const FRAME_MODULES = 69;
const MOST_COLUMNS = 30;

/** Two dots of a 203 dpi head. */
export const MODULE_MM = 0.25;

/**
 * @typedef {{svg: string, width: number, height: number}} Symbol sides in modules
 */

/**
 * Draw a stamp with that many data columns.
 * @param {string} ted each letter one byte of ISO-8859-1, as in every block
 * @param {number} columns
 * @returns {Symbol | null} null when it would need more rows than the standard has
 */
export function stampSymbol(ted, columns) {
  try {
    const options = { text: ted, binarytext: true, columns, eclevel: ERROR_LEVEL, rowmult: ROW_MODULES };
    const drawn = symbolOf(pdf417(/** @type {any} */ ({ bcid: 'pdf417', ...options, scale: 1 }), drawingSVG()));
    const isAsked = drawn.width === COLUMN_MODULES * columns + FRAME_MODULES;
    return isAsked && drawn.height <= MOST_ROWS * ROW_MODULES ? drawn : null;
  } catch {
    // The encoder refuses columns that cannot hold the text.
    return null;
  }
}

/**
 * Draw a stamp with the fewest columns whose rows fit into this many modules: narrow paper has it turned.
 * @param {string} ted
 * @param {number} mostModules
 * @returns {Symbol | null}
 */
export function turnedStamp(ted, mostModules) {
  for (let columns = 1; columns <= MOST_COLUMNS; columns += 1) {
    const drawn = stampSymbol(ted, columns);
    if (drawn && drawn.height <= mostModules) return drawn;
  }
  return null;
}

/**
 * @param {string} content
 * @returns {Symbol}
 */
export function qrSymbol(content) {
  return symbolOf(qrcode(/** @type {any} */ ({ bcid: 'qrcode', text: content, eclevel: 'M', scale: 1 }), drawingSVG()));
}

/**
 * @param {string} svg
 * @returns {Symbol}
 */
function symbolOf(svg) {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  return { svg, width: Number(width), height: Number(height) };
}
