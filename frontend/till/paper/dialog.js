// @ts-check
/**
 * A till without an agent prints through the browser's dialog: the blocks of a paper as a page as wide as the roll.
 * Loaded only when it is needed: drawing the stamp costs 60 kB.
 */

import { clp } from '../../common/format.js';
import { MODULE_MM, qrSymbol, stampSymbol, turnedStamp } from './symbols.js';

/** @typedef {import('./receipt.js').Block} Block */
/** @typedef {80 | 58} PaperWidth */

/** The head leaves a margin at both sides of the paper. */
const PRINTED_MM = { 80: 72, 58: 48 };
const STAMP_COLUMNS = 11;
const QR_MM = 30;
const MM_PER_PX = 25.4 / 96;
/** Some browsers of tablets never tell that their dialog was closed. */
const LONGEST_DIALOG_MS = 60_000;

/**
 * Print through the dialog of the browser.
 * @param {readonly Block[]} blocks
 * @param {PaperWidth} paper
 * @returns {Promise<void>} when the dialog was closed; whether paper came out nobody tells
 */
export async function printByDialog(blocks, paper) {
  const roll = drawRoll(blocks, paper);
  document.body.append(roll);
  const page = pageAsLongAs(roll, paper);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
  const isClosed = new Promise((resolve) => window.addEventListener('afterprint', resolve, { once: true }));
  window.print();
  await Promise.race([isClosed, new Promise((resolve) => setTimeout(resolve, LONGEST_DIALOG_MS))]);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== page);
  roll.remove();
}

/**
 * @param {readonly Block[]} blocks
 * @param {PaperWidth} paper
 * @returns {HTMLElement}
 */
export function drawRoll(blocks, paper) {
  const roll = element('section', 'roll');
  roll.dataset.paper = String(paper);
  roll.ariaHidden = 'true';
  roll.append(...blocks.map((block) => drawBlock(/** @type {any} */ (block), paper)));
  return roll;
}

/**
 * A roll has no pages: the page ends where the paper does.
 * @param {HTMLElement} roll
 * @param {PaperWidth} paper
 */
function pageAsLongAs(roll, paper) {
  const sheet = new CSSStyleSheet();
  const length = Math.ceil(roll.offsetHeight * MM_PER_PX) + 6;
  sheet.replaceSync(`@page { size: ${paper}mm ${length}mm; margin: 0 }`);
  return sheet;
}

/**
 * @param {any} block
 * @param {PaperWidth} paper
 * @returns {HTMLElement}
 */
function drawBlock(block, paper) {
  switch (block.kind) {
    case 'text':
      return withClasses(written('p', block.text), block.role, block.align);
    case 'document_box':
      return documentBox(block);
    case 'rule':
      return withClasses(element('hr'), block.style);
    case 'pair':
      return sides(block.left, block.right);
    case 'item':
      return sides(block.name, `${block.exempt ? 'E ' : ''}${pesos(block.amount_clp)}`);
    case 'item_note':
      return withClasses(sides(block.text, block.amount_clp === null ? '' : pesos(block.amount_clp)), 'note');
    case 'amount':
      return amountRow(block, paper);
    case 'total':
      return withClasses(sides(block.label, clp(block.amount_clp)), 'total');
    case 'stamp':
      return stampPicture(block.ted, paper);
    case 'qr':
      return picture(qrSymbol(block.content).svg, QR_MM, QR_MM);
    case 'bitmap':
      return bitmapPicture(block);
    default:
      throw new TypeError(`no block of a paper: ${block.kind}`);
  }
}

/** @param {{rut: string, name: string, folio: number, closed: boolean}} box */
function documentBox({ rut, name, folio, closed }) {
  const box = withClasses(element('div', 'title-box'), closed ? 'closed' : '');
  box.append(written('p', `R.U.T.: ${rut}`), written('p', name), written('p', `N° ${folio}`));
  return box;
}

/**
 * @param {{label: string, narrow_label: string, amount_clp: number, strong: boolean, signed: boolean}} row
 * @param {PaperWidth} paper
 */
function amountRow({ label, narrow_label: narrow, amount_clp: amount, strong, signed }, paper) {
  const text = paper === 58 && narrow ? narrow : label;
  return withClasses(sides(text, signed && amount > 0 ? `+${pesos(amount)}` : pesos(amount)), strong ? 'strong' : '');
}

/**
 * Narrow paper has the stamp turned: its rows run along the roll.
 * @param {string} ted
 * @param {PaperWidth} paper
 */
function stampPicture(ted, paper) {
  const across = Math.floor(PRINTED_MM[paper] / MODULE_MM);
  const upright = paper === 80 ? stampSymbol(ted, STAMP_COLUMNS) : null;
  const drawn = upright ?? turnedStamp(ted, across);
  if (!drawn) throw new RangeError('the stamp fits on no paper');
  const made = picture(drawn.svg, drawn.width * MODULE_MM, drawn.height * MODULE_MM);
  if (upright) return withClasses(made, 'stamp');
  // The drawing turns around its corner; the frame keeps its place on the roll.
  const frame = element('div', 'stamp', 'turned');
  frame.style.setProperty('--across', `${drawn.height * MODULE_MM}mm`);
  frame.style.setProperty('--along', `${drawn.width * MODULE_MM}mm`);
  frame.append(made);
  return frame;
}

/**
 * @param {string} svg drawn by our own encoder, nothing of it comes from outside
 * @param {number} widthMm
 * @param {number} heightMm
 */
function picture(svg, widthMm, heightMm) {
  const frame = element('div', 'picture');
  const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  drawing.setAttribute('width', `${widthMm}mm`);
  drawing.setAttribute('height', `${heightMm}mm`);
  drawing.setAttribute('preserveAspectRatio', 'none');
  drawing.setAttribute('shape-rendering', 'crispEdges');
  frame.append(document.adoptNode(drawing));
  return frame;
}

/** @param {{width_dots: number, dots_base64: string}} block */
function bitmapPicture({ width_dots: width, dots_base64: dots }) {
  const bytes = Uint8Array.from(atob(dots), (sign) => sign.charCodeAt(0));
  const stride = Math.ceil(width / 8);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = bytes.length / stride;
  const ink = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  bytes.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit += 1) {
      if (byte & (0x80 >> bit)) ink.fillRect((at % stride) * 8 + bit, Math.floor(at / stride), 1, 1);
    }
  });
  return /** @type {HTMLElement} */ (canvas);
}

/** @param {number} amount */
function pesos(amount) {
  return amount < 0 ? `-${clp(-amount)}` : clp(amount);
}

/**
 * @param {string} left
 * @param {string} right
 */
function sides(left, right) {
  const row = element('p', 'sides');
  row.append(written('span', left), written('span', right));
  return row;
}

/**
 * @param {string} name
 * @param {string} text
 */
function written(name, text) {
  const made = element(name);
  made.textContent = text;
  return made;
}

/**
 * @param {string} name
 * @param {...string} classes
 */
function element(name, ...classes) {
  return withClasses(document.createElement(name), ...classes);
}

/**
 * @param {HTMLElement} made
 * @param {...string} classes
 */
function withClasses(made, ...classes) {
  made.classList.add(...classes.filter(Boolean));
  return made;
}
