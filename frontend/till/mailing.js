// @ts-check
/** The mail of a past sale's paper: one mail for one press, however often its answer is lost. */

import { forgetAsked, isRefusal, keepAsked } from './device/unanswered.js';

/**
 * @typedef {{uid: string, sale_uid: string, to: string}} Mail
 * @typedef {import('./device/memory.js').Memory} Memory
 * @typedef {Pick<import('./device/office.js').Office, 'mail'>} Office
 */

/**
 * Ask for a mail. One that was never answered goes first, as it was: asked again it is the same mail.
 * @param {Memory} memory
 * @param {Office} office
 * @param {Mail} wanted
 * @returns {Promise<string>} what the server says of it
 * @throws {import('./device/office.js').Away | import('./device/office.js').Refused}
 */
export async function mailOnce(memory, office, wanted) {
  const waiting = /** @type {Mail} */ (await keepAsked(memory, 'mail', wanted));
  const isSame = waiting.sale_uid === wanted.sale_uid && waiting.to === wanted.to;
  if (isSame) return send(memory, office, waiting);
  try {
    await send(memory, office, waiting);
  } catch (error) {
    // Refused, it holds up no other mail.
    if (!isRefusal(error)) throw error;
  }
  return send(memory, office, /** @type {Mail} */ (await keepAsked(memory, 'mail', wanted)));
}

/**
 * @param {Memory} memory
 * @param {Office} office
 * @param {Mail} mail
 */
async function send(memory, office, { uid, sale_uid: saleUid, to }) {
  try {
    const { words } = await office.mail(saleUid, { correo: to, uid });
    await forgetAsked(memory, 'mail', uid);
    return words;
  } catch (error) {
    if (isRefusal(error)) await forgetAsked(memory, 'mail', uid);
    throw error;
  }
}
