// @ts-check
/** What keeps this page from selling at all, each with the page that mends it. */

/**
 * @typedef {Readonly<{title: string, words: string, href: string, link: string}>} Barrier
 * @typedef {import('./place.js').Place} Place
 */

const NOWHERE = Object.freeze({ href: '/caja/', link: 'Ver las cajas' });

/** @type {Barrier} its words say what the browser cannot do */
export const UNABLE = Object.freeze({ ...NOWHERE, title: 'Este navegador no puede ser caja', words: '' });

/** @type {Barrier} */
export const DOUBLED = Object.freeze({
  title: 'Esta caja ya está abierta en otra ventana',
  words: 'Sigue vendiendo allá, o ciérrala y recarga esta.',
  href: '/caja/venta/',
  link: 'Recargar',
});

/** @type {Barrier} */
export const HALF_SOLD = Object.freeze({
  title: 'La última venta quedó a medio guardar',
  words: 'Está vendida y tiene su folio: no la cobres de nuevo. Recarga la caja y aparecerá para imprimirla.',
  href: '/caja/venta/',
  link: 'Recargar',
});

/**
 * @param {Place | null} [at]
 * @returns {Barrier}
 */
export function notATill(at = null) {
  const title = 'Este equipo todavía no es una caja';
  const words = 'Elige la caja con tu cuenta e inscríbelo: se hace una sola vez, y después vende también sin internet.';
  return at ? { title, words, href: `/caja/${at.till_id}/`, link: 'Inscribir este equipo' } : { ...NOWHERE, title, words };
}

/**
 * @param {Place | null} at
 * @returns {Barrier}
 */
export function revoked(at) {
  return {
    ...notATill(at),
    title: 'Este equipo fue dado de baja',
    words: 'Lo que vendió se envía igual, déjalo abierto. Para vender de nuevo, inscríbelo otra vez.',
  };
}
