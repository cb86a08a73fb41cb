// @ts-check
/** The till's calls to the server, each with a time limit, each answer put into one of a few kinds. */

/** A sale answered later than this is sent again; the uid makes that harmless. */
const SALE_TIMEOUT_MS = 12_000;
const READ_TIMEOUT_MS = 15_000;

/** The server cannot be reached, or did not answer in time. */
export class Unreachable extends Error {}
/** The session ended; a person must sign in again. */
export class SignedOut extends Error {}
/** The server did not let us through: our page is stale, or the person's role may not sell. */
export class Forbidden extends Error {
  /**
   * @param {string} message
   * @param {'stale' | 'role'} reason
   */
  constructor(message, reason) {
    super(message);
    this.reason = reason;
  }
}

/** The server said no, in words for the cashier. */
export class Refused extends Error {}

/**
 * @param {{urls: Record<string, string>, csrf: string}} config
 * @param {typeof fetch} fetch
 */
export function createServer({ urls, csrf }, fetch) {
  return {
    /**
     * @param {number | string | null} since the revision we have; null asks for everything
     * @returns {Promise<import('./catalogue.js').CatalogueNews>}
     */
    catalogue: (since) => readJson(fetch, since === null ? urls.catalogue : `${urls.catalogue}?desde=${since}`),
    /** @returns {Promise<any>} */
    state: () => readJson(fetch, urls.state),
    /**
     * Who a RUT is, as our last factura named them; null for strangers.
     * @param {string} rut
     * @returns {Promise<any>}
     */
    buyer: (rut) => ask(fetch, `${urls.buyer}?rut=${encodeURIComponent(rut)}`),
    /**
     * Try a supervisor's PIN for one discount.
     * @param {object} body
     * @returns {Promise<{approval: string, by: string}>}
     */
    approve: (body) => ask(fetch, urls.approve, posted(csrf, body)),
    /**
     * Tell the owner's log of something that was done.
     * @param {import('./deeds.js').Deed} deed
     */
    deed: (deed) => ask(fetch, urls.deed, posted(csrf, deed)),
    /**
     * What of a product lies where, our own warehouse first.
     * @param {number} productId
     * @returns {Promise<any>}
     */
    stock: (productId) => ask(fetch, `${urls.stock}?producto=${productId}`),
    /**
     * @param {string} text a folio or a total; nothing for the till's last sales
     * @returns {Promise<any>}
     */
    sold: (text) => ask(fetch, `${urls.sold}?q=${encodeURIComponent(text)}`),
    /**
     * @param {string} uid
     * @returns {Promise<any>}
     */
    soldOne: (uid) => ask(fetch, `${urls.sold}/${uid}`),
    /**
     * @param {string} uid
     * @returns {Promise<any>}
     */
    copy: (uid) => ask(fetch, `${urls.sold}/${uid}/copia`, posted(csrf, {})),
    /**
     * @param {string} uid
     * @param {{correo: string, uid: string}} body
     * @returns {Promise<any>}
     */
    mail: (uid, body) => ask(fetch, `${urls.sold}/${uid}/correo`, posted(csrf, body)),
    /**
     * @param {import('./queue.js').SaleBody} body
     * @returns {Promise<import('./queue.js').Reply>}
     */
    async sale(body) {
      try {
        const response = await call(fetch, urls.sales, SALE_TIMEOUT_MS, posted(csrf, body));
        return await saleReply(response);
      } catch (error) {
        if (error instanceof SignedOut) return { kind: 'signed_out' };
        if (error instanceof Forbidden) return { kind: 'forbidden', reason: error.reason };
        if (error instanceof Unreachable) return { kind: 'unreachable' };
        throw error;
      }
    },
  };
}

/** @typedef {ReturnType<typeof createServer>} Server */

/**
 * @param {Response} response
 * @returns {Promise<import('./queue.js').Reply>}
 */
async function saleReply(response) {
  if (response.status === 200 || response.status === 201) {
    try {
      return { kind: 'answered', answer: await response.json() };
    } catch {
      // The line broke inside the answer. The sale may be in the books: the same uid will tell.
      return { kind: 'unreachable' };
    }
  }
  if ([400, 404, 409, 413, 422].includes(response.status)) {
    return { kind: 'refused', refusal: await refusal(response) };
  }
  return { kind: 'unreachable' };
}

/**
 * @param {Response} response
 * @returns {Promise<import('./queue.js').Refusal>}
 */
async function refusal(response) {
  const fallback = {
    code: `http_${response.status}`,
    message: 'El servidor no pudo registrar la venta. No se cobró nada: avisa a quien administra.',
  };
  try {
    const { code, message, details } = await response.json();
    return { code: code ?? fallback.code, message: message ?? fallback.message, details };
  } catch {
    return fallback;
  }
}

/**
 * @param {typeof fetch} fetch
 * @param {string} url
 */
async function readJson(fetch, url) {
  const response = await call(fetch, url, READ_TIMEOUT_MS, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Unreachable(`${url} answered ${response.status}`);
  return response.json();
}

/**
 * Ask something whose refusal a cashier reads.
 * @param {typeof fetch} fetch
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<any>} null when there is nothing to say
 * @throws {Refused | Unreachable | SignedOut | Forbidden}
 */
async function ask(fetch, url, options = { headers: { Accept: 'application/json' } }) {
  const response = await call(fetch, url, READ_TIMEOUT_MS, options);
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  if (response.status >= 500) throw new Unreachable(`${url} answered ${response.status}`);
  throw new Refused((await refusal(response)).message);
}

/**
 * @param {string} csrf
 * @param {object} body
 * @returns {RequestInit}
 */
function posted(csrf, body) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': csrf },
    body: JSON.stringify(body),
  };
}

/**
 * @param {typeof fetch} fetch
 * @param {string} url
 * @param {number} timeoutMs
 * @param {RequestInit} options
 * @returns {Promise<Response>}
 */
async function call(fetch, url, timeoutMs, options) {
  let response;
  try {
    response = await fetch(url, {
      ...options,
      credentials: 'same-origin',
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  // A sign-in page would come as a redirect; following it would look like an answer.
  if (response.type === 'opaqueredirect' || response.status === 401) {
    throw new SignedOut(`${url} asks to sign in`);
  }
  if (response.status === 403) throw new Forbidden(`${url} answered 403`, await reasonOf(response));
  return response;
}

/**
 * @param {Response} response
 * @returns {Promise<'stale' | 'role'>}
 */
async function reasonOf(response) {
  try {
    return (await response.json()).code === 'stale_page' ? 'stale' : 'role';
  } catch {
    return 'role';
  }
}
