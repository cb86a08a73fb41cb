// @ts-check
/** The server as a till's device sees it: signed requests without cookies, answers of a few kinds. */

import { signRequest } from './keys.js';

const TIMEOUT_MS = 15_000;
const NO_CONTENT = 204;

/** No answer, or none of ours: the network is away, or something in between answers in the server's place. */
export class Away extends Error {}

/** The server said no; `code` is stable, the message is for a person. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} words
   * @param {number} [status]
   */
  constructor(code, words, status = 422) {
    super(words);
    this.code = code;
    this.status = status;
  }
}

/** @typedef {{made_by: number, approved_by: number | null}} Approved who stands at the till, and whose PIN let them */

/** This device was taken off its till. */
export class Revoked extends Refused {}

/**
 * @param {{fetch: typeof fetch, base: string, keys: import('./keys.js').DeviceKeys, clock: import('./clock.js').Clock}} parts
 *   `base` as `/caja/equipo/7`
 */
export function createOffice({ fetch, base, keys, clock }) {
  /**
   * @param {'GET' | 'POST'} method
   * @param {string} name
   * @param {unknown} [content]
   * @param {{isSecond?: boolean, onShare?: (share: number) => void}} [how]
   * @returns {Promise<any>}
   * @throws {Away | Refused | Revoked}
   */
  async function ask(method, name, content, { isSecond = false, onShare } = {}) {
    const path = `${base}/${name}`;
    const body = content === undefined ? '' : JSON.stringify(content);
    const headers = await signRequest(keys, { method, path, body, at: clock.now() });
    const sentAt = clock.raw();
    const response = await send(fetch, path, { method, headers, ...(body ? { body } : {}) });
    const answer = await readJson(onShare ? watched(response, onShare) : response);
    if (response.ok) {
      // Written at once, so its time is that of the middle of the trip; a journal's answer takes longer.
      if (method === 'GET' && answer?.server_time) clock.learn(Date.parse(answer.server_time), sentAt, clock.raw());
      return answer;
    }
    const reason = answer.details?.reason;
    if (response.status === 401 && reason === 'clock' && !isSecond) {
      // Whole seconds, cut off: the middle of the second is the best guess.
      const serverTime = Date.parse(response.headers.get('Date') ?? '') + 500;
      if (clock.learn(serverTime, sentAt, clock.raw())) return ask(method, name, content, { isSecond: true, ...(onShare ? { onShare } : {}) });
    }
    const refused = [String(answer.code), String(answer.message ?? ''), response.status];
    if (response.status === 401 && reason === 'revoked') throw new Revoked(...asRefusal(refused));
    throw new Refused(...asRefusal(refused));
  }

  return {
    state: () => ask('GET', 'estado'),
    /**
     * @param {number | string | null} since
     * @param {(share: number) => void} [onShare] how much of it came so far, in percent
     */
    catalogue: (since, onShare) => ask('GET', since === null ? 'catalogo' : `catalogo?desde=${since}`, undefined, onShare ? { onShare } : {}),
    /**
     * What a scanned code is, as a catalogue of one; null: nothing.
     * @param {string} code
     * @returns {Promise<Omit<import('../catalogue.js').CatalogueAnswer, 'rev'> | null>}
     */
    product: (code) => ask('GET', `producto?codigo=${encodeURIComponent(code)}`),
    /** @param {number | null} since @returns {Promise<import('../customers.js').CustomerNews>} */
    customers: (since) => ask('GET', since === null ? 'clientes' : `clientes?desde=${since}`),
    /** @param {readonly import('./journal.js').SentEvent[]} events */
    tell: (events) => ask('POST', 'diario', { events }),
    /** @param {import('./leases.js').Refill} refill @returns {Promise<import('./keys.js').Lease>} */
    folios: (refill) => ask('POST', 'folios', refill),
    /** @param {{lease_uid: string, used_up_to: number | null}} block */
    giveBack: (block) => ask('POST', 'folios/devolver', block),
    /**
     * Who a RUT is, as our last factura named them; null for strangers.
     * @param {string} rut
     */
    buyer: (rut) => ask('GET', `comprador?rut=${encodeURIComponent(rut)}`),
    /**
     * What is left on a vale; null for a code that is none.
     * @param {string} code
     * @returns {Promise<{code: string, balance_clp: number} | null>}
     */
    vale: (code) => ask('GET', `vale?codigo=${encodeURIComponent(code)}`),
    /**
     * What of a product lies where, our own warehouse first.
     * @param {number} productId
     */
    stock: (productId) => ask('GET', `stock?producto=${productId}`),
    /** @param {string} text a folio, a total or the address of a boleta's QR; nothing for the till's last sales */
    sold: (text) => ask('GET', `vendidas?q=${encodeURIComponent(text)}`),
    /** @param {string} uid */
    soldOne: (uid) => ask('GET', `vendidas/${uid}`),
    /**
     * @param {string} uid
     * @param {{made_by: number | null}} who
     */
    copy: (uid, who) => ask('POST', `vendidas/${uid}/copia`, who),
    /**
     * @param {string} uid
     * @param {{correo: string, uid: string}} body
     */
    mail: (uid, body) => ask('POST', `vendidas/${uid}/correo`, body),
    /**
     * How the open shift stands.
     * @param {Approved} who
     */
    xReport: ({ made_by: madeBy, approved_by: approvedBy }) => ask('GET', `turno/x?made_by=${madeBy}&approved_by=${approvedBy ?? ''}`),
    /**
     * Take goods of a sale back; the same uid is one return.
     * @param {string} uid
     * @param {Approved & {uid: string, lines: {position: number, quantity: string}[], goods_back: boolean, reason: string,
     *   means: 'paid' | 'vale'}} body
     */
    takeBack: (uid, body) => ask('POST', `vendidas/${uid}/devolver`, body),
    /**
     * What another device of this machine never told, as its agent kept it.
     * @param {string} of that device's uid
     * @param {readonly import('./journal.js').SentEvent[]} events
     */
    rescue: (of, events) => ask('POST', 'diario', { of, events }),
  };
}

/** @typedef {ReturnType<typeof createOffice>} Office */

/**
 * Let this device to a till by a code from the office. Asked again with the same keys and code, the answer is the same.
 * @param {typeof fetch} fetch
 * @param {string} base
 * @param {{code: string, name: string, device_uid: string, sign_key: string, wrap_key: string}} device
 * @returns {Promise<{till: any, device_uid: string, server_time: string}>}
 * @throws {Away | Refused}
 */
export async function askEnrolment(fetch, base, device) {
  const response = await send(fetch, `${base}/inscribir`, { method: 'POST', body: JSON.stringify(device), headers: {} });
  const answer = await readJson(response);
  if (response.ok) return answer;
  throw new Refused(...asRefusal([String(answer.code), String(answer.message ?? ''), response.status]));
}

/**
 * @param {(string | number)[]} parts
 * @returns {[string, string, number]}
 */
const asRefusal = ([code, words, status]) => [String(code), String(words), Number(status)];

/**
 * @param {typeof fetch} fetch
 * @param {string} path
 * @param {{method: string, headers: Record<string, string>, body?: string}} request
 */
async function send(fetch, path, { headers, ...request }) {
  try {
    return await fetch(path, {
      ...request,
      headers: { Accept: 'application/json', ...(request.body ? { 'Content-Type': 'application/json' } : {}), ...headers },
      // No session: one that ended, or a page that is old, must not stop the journal.
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new Away('no answer', { cause: error });
  }
}

/**
 * Tell how much of an answer came so far. What the browser unpacks is counted, so the server says its whole size itself.
 * @param {Response} response
 * @param {(share: number) => void} onShare
 * @returns {Response}
 */
function watched(response, onShare) {
  const whole = Number(response.headers.get('X-Bytes'));
  if (!response.body || !(whole > 0)) return response;
  let come = 0;
  const counted = new TransformStream({
    transform(part, out) {
      come += part.byteLength;
      onShare(Math.min(100, Math.floor((100 * come) / whole)));
      out.enqueue(part);
    },
  });
  return new Response(response.body.pipeThrough(counted), { status: response.status });
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 * @throws {Away} for what is not ours: a proxy's page, a hotel's login, half an answer
 */
async function readJson(response) {
  if (response.status === NO_CONTENT) return null;
  try {
    const answer = await response.json();
    if (answer && typeof answer === 'object' && (response.ok || answer.code)) return answer;
  } catch (error) {
    throw new Away(`answer ${response.status} cannot be read`, { cause: error });
  }
  throw new Away(`answer ${response.status} is not the till's`);
}
