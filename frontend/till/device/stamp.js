// @ts-check
/**
 * The stamp (TED) of a boleta that is sold here: the very bytes `dte.ted` would make, for the server takes no other.
 * Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, TED; signature SHA1withRSA over the flat DD.
 */

import { latin1, toBase64 } from './bytes.js';
import { localSecond } from './santiago.js';
import { cleanText, escapeXml, foldAscii } from './words.js';

/**
 * @typedef {{folio: number, at: number, totalClp: number, firstItem: string, receiver?: Receiver}} StampFacts
 *   `at` in milliseconds; the receiver is nobody by default
 * @typedef {{rut: string, name: string}} Receiver RUT without dots, as `66666666-6`
 */

/** Source: EnvioBOLETA_v11.xsd, TED/DD/RSR and IT1 maxLength. */
const STAMP_NAME = 40;
/** Source: EnvioBOLETA_v11.xsd, NmbItem and RznSocRecep: the body is cut before its name is folded into the stamp. */
export const BODY_ITEM = 80;
const BODY_RECEIVER = 100;

/** @type {Receiver} */
const CONSUMER = Object.freeze({ rut: '66666666-6', name: 'CONSUMIDOR FINAL' });
const BOLETAS = ['39', '41'];

/**
 * Read one field of the authorization that goes into each stamp.
 * @param {string} caf the flat `<CAF>` element
 * @param {'RE' | 'TD' | 'FA'} field
 * @returns {string}
 */
export function cafField(caf, field) {
  const found = new RegExp(`<${field}>([^<]+)</${field}>`, 'u').exec(caf);
  if (!found) throw new Error(`the authorization has no ${field}`);
  return found[1];
}

/**
 * Write the flat DD, the text that is signed.
 * @param {StampFacts} facts
 * @param {string} caf the flat `<CAF>` element
 * @returns {string}
 * @throws {import('./words.js').TextRefused}
 */
export function stampText(facts, caf) {
  const { second, day } = localSecond(facts.at);
  const { rut, name } = facts.receiver ?? CONSUMER;
  const kind = cafField(caf, 'TD');
  const item = foldAscii(cleanText(facts.firstItem, BODY_ITEM), STAMP_NAME) || '-';
  // Only a boleta may leave the receiver's name empty.
  const receiver = foldAscii(cleanText(name, BODY_RECEIVER), STAMP_NAME) || (BOLETAS.includes(kind) ? '' : '-');
  return (
    `<DD><RE>${cafField(caf, 'RE')}</RE><TD>${kind}</TD><F>${facts.folio}</F><FE>${day}</FE><RR>${rut}</RR>` +
    `<RSR>${escapeXml(receiver)}</RSR><MNT>${facts.totalClp}</MNT><IT1>${escapeXml(item)}</IT1>` +
    `${caf}<TSTED>${second}</TSTED></DD>`
  );
}

/**
 * Stamp a sale.
 * @param {StampFacts} facts
 * @param {string} caf the flat `<CAF>` element
 * @param {CryptoKey} key of the authorization
 * @returns {Promise<{ted: string, base64: string}>} the flat TED, each letter one byte of ISO-8859-1; and those bytes
 * @throws {import('./words.js').TextRefused}
 */
export async function makeTed(facts, caf, key) {
  const content = stampText(facts, caf);
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, latin1(content));
  const seal = `<FRMT algoritmo="SHA1withRSA">${toBase64(signature)}</FRMT>`;
  const ted = `<TED version="1.0">${content}${seal}</TED>`;
  return { ted, base64: toBase64(latin1(ted)) };
}
