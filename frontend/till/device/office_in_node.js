// @ts-check
/**
 * For tests: a small server that keeps to docs/algorithms/offline.md, with faults a test switches on. It checks every
 * signature. The real one is met in src/erpmarket/pos/tests/test_till_device.py.
 */

import { createHash, createPublicKey, verify } from 'node:crypto';
import { folioKey, wrapLease } from './browser_in_node.js';

/** @param {() => number} now the server's clock */
export function createFakeOffice(now) {
  /** @type {any} */
  let device = null;
  /** @type {Map<string, any>} */
  const leases = new Map();
  /** @type {Map<number, any>} */
  const events = new Map();
  let nextFolio = 1;
  const faults = {
    /** Requests to lose before the server saw them, and answers to lose after. */
    loseRequests: 0,
    loseAnswers: 0,
    /** The address of which one answer is lost. */
    losesAnswerOf: '',
    revoked: false,
    outOfFolios: false,
    /** Folios of boletas it has left, which it tells; null: it does not say, and has plenty. @type {number | null} */
    stock: null,
    /** Event numbers it fails at, and those it refuses. */
    fails: new Set(),
    refuses: new Set(),
    /** Uids of refused events that a person settled since. @type {string[]} */
    settled: [],
    /** However the device tells its hour, it is never right. */
    neverOnTime: false,
    /** What a hotel's login answers. */
    portal: false,
  };
  /** @type {string[]} */
  const asked = [];

  /**
   * @param {number} status
   * @param {any} body
   */
  const answer = (status, body) =>
    new Response(JSON.stringify(body), { status, headers: { Date: new Date(now()).toUTCString(), 'Content-Type': 'application/json' } });
  /**
   * @param {string} reason
   * @param {string} message
   */
  const stranger = (reason, message) => answer(401, { code: 'not_our_device', message, details: { reason } });
  const serverTime = () => new Date(now()).toISOString();

  /**
   * @param {string} path
   * @param {any} request
   */
  function checkDevice(path, { method, headers, body = '' }) {
    const hour = headers['X-Caja-Hora'];
    const digest = createHash('sha256').update(body).digest('hex');
    const key = createPublicKey({ key: Buffer.from(device.sign_key, 'base64'), format: 'der', type: 'spki' });
    const text = Buffer.from(`${method}\n${path}\n${hour}\n${digest}`);
    const signature = Buffer.from(headers['X-Caja-Firma'], 'base64');
    if (headers['X-Caja-Equipo'] !== device.device_uid || !verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
      return stranger('signature', 'La firma del equipo no corresponde.');
    }
    if (faults.revoked && !path.endsWith('/diario')) return stranger('revoked', 'Este equipo se dio de baja y ya no vende.');
    const isLate = faults.neverOnTime || Math.abs(Date.parse(hour) - now()) > 600_000;
    return isLate ? stranger('clock', 'La hora de este equipo no es la del servidor.') : null;
  }

  /** @param {any} event */
  function take(event) {
    const known = events.get(event.seq);
    const result = { seq: event.seq, uid: event.uid, code: '', words: '', flags: [] };
    if (faults.fails.has(event.seq)) return { ...result, state: 'later' };
    if (known) return { ...result, state: JSON.stringify(known) === JSON.stringify(event) ? 'repeated' : 'conflict' };
    events.set(event.seq, event);
    if (!faults.refuses.has(event.seq)) return { ...result, state: 'taken', flags: faults.revoked ? ['Este equipo estaba de baja.'] : [] };
    return { ...result, state: 'refused', code: 'paper_refused', words: 'El timbre es de otra venta.' };
  }

  const stockTold = () => (faults.stock === null ? {} : { folios: { 39: faults.stock } });

  /** @param {any} wanted */
  async function lease({ request_uid: uid, kind, count }) {
    const known = leases.get(uid);
    if (!known && faults.outOfFolios) {
      return answer(422, { code: 'caf_exhausted', message: 'Se acabaron los folios: sube un archivo nuevo.', details: {} });
    }
    const given = Math.min(count, faults.stock ?? count);
    const block = known ?? { uid, kind, first: nextFolio, last: nextFolio + given - 1 };
    if (!known) nextFolio += given;
    if (!known && faults.stock !== null) faults.stock -= given;
    leases.set(uid, block);
    return answer(200, await wrapLease(block, device, folioKey()));
  }

  /**
   * @param {string} path
   * @param {any} request
   */
  async function serve(path, request) {
    const [name] = path.split('/').slice(4).join('/').split('?');
    const body = request.body ? JSON.parse(request.body) : null;
    if (name === 'inscribir') {
      if (body.code !== 'ABCD' || (device && device.device_uid !== body.device_uid && !faults.revoked)) {
        return answer(422, { code: 'device_refused', message: 'Ese código no existe o ya venció.', details: {} });
      }
      device = body;
      faults.revoked = false;
      return answer(200, { till: { id: 1, name: 'Caja 1' }, device_uid: body.device_uid, server_time: serverTime() });
    }
    const refusal = checkDevice(path, request);
    if (refusal) return refusal;
    if (name === 'estado') return answer(200, { server_time: serverTime(), catalogue_rev: 1, people: [{ id: 3, name: 'Rosa' }], shift: null, settled: faults.settled, ...stockTold() });
    if (name === 'catalogo') return sized({ rev: 1, base: null, categories: [], products: [[1, 'Pan']], gone: [] });
    if (name === 'diario') return answer(200, { results: body.events.map(take), server_time: serverTime() });
    if (name === 'folios') return lease(body);
    if (name === 'folios/devolver') return answer(200, { returned_from: (body.used_up_to ?? 0) + 1 });
    return answer(404, { code: 'not_found', message: 'No existe.' });
  }

  /** @param {any} body */
  function sized(body) {
    const told = answer(200, body);
    told.headers.set('X-Bytes', String(JSON.stringify(body).length));
    return told;
  }

  return {
    faults,
    events,
    leases,
    asked,
    /**
     * @param {any} path
     * @param {any} request
     * @returns {Promise<Response>}
     */
    async fetch(path, request) {
      const name = String(path).split('/').slice(4).join('/');
      asked.push(name);
      if (faults.loseRequests > 0) {
        faults.loseRequests -= 1;
        throw new TypeError('fetch failed');
      }
      if (faults.portal) return new Response('<html>Bienvenido</html>', { status: 200 });
      const answered = await serve(String(path), request);
      if (faults.losesAnswerOf === name) {
        faults.losesAnswerOf = '';
        throw new TypeError('fetch failed');
      }
      if (faults.loseAnswers > 0) {
        faults.loseAnswers -= 1;
        throw new TypeError('fetch failed');
      }
      return answered;
    },
  };
}
