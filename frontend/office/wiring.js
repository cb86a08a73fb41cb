// @ts-check
/**
 * All of htmx's settings and events in one place, so that going to another major version is a change of this file.
 * Forbidden in templates because they break or fail open under our content policy: `hx-on:*`, `js:` values, trigger
 * filters.
 */

import { DOUBLE_TAP_MS } from '../till/once.js';

const UNPROCESSABLE = 422;
const TOAST_MS = 6_000;
const SLOW_MS = 400;

/**
 * @param {any} htmx
 * @param {Document} document
 */
export function wireHtmx(htmx, document) {
  Object.assign(htmx.config, {
    // htmx would write a <style> element, which the policy refuses; our own file has the three rules.
    includeIndicatorStyles: false,
    allowEval: false,
    allowScriptTags: false,
    selfRequestsOnly: true,
    disableInheritance: true,
    // Right data beats a fast snapshot: back asks the server again.
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollBehavior: 'instant',
  });

  document.addEventListener('htmx:configRequest', (event) => {
    const { headers } = /** @type {CustomEvent} */ (event).detail;
    const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content');
    if (token) headers['X-CSRFToken'] = token;
  });

  document.addEventListener('htmx:beforeSwap', (event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.xhr.status === UNPROCESSABLE) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
    if (isTyping(document, detail)) detail.shouldSwap = false;
  });

  document.addEventListener('htmx:afterSwap', (event) => {
    const { target } = /** @type {CustomEvent} */ (event).detail;
    focusAfterSwap(target);
  });

  for (const name of ['htmx:sendError', 'htmx:timeout']) {
    document.addEventListener(name, () => toast(document, 'Sin internet. Lo que escribiste sigue aquí; prueba de nuevo.'));
  }
  document.addEventListener('htmx:responseError', () => {
    toast(document, 'El servidor no pudo con eso. Espera un momento y prueba de nuevo.');
  });
  // The server asks for a toast with the header HX-Trigger: {"toast": {"text": …}}.
  document.addEventListener('toast', (event) => toast(document, /** @type {CustomEvent} */ (event).detail.text));
  guardDoubleSubmit(document);
}

/**
 * Tell whether somebody types into what is about to be replaced: their next change asks again, with all of it.
 * @param {Document} document
 * @param {any} detail
 */
function isTyping(document, detail) {
  const field = /** @type {HTMLInputElement | null} */ (document.activeElement);
  const sheet = field?.closest('[data-keep-typing]');
  if (!sheet || !detail.target.contains(sheet) || detail.requestConfig?.triggeringEvent?.target === field) return false;
  return field?.tagName === 'INPUT' && field.type === 'text' && field.value !== field.defaultValue;
}

/**
 * After a page swap the title gets the focus; an editor gets it in its first field.
 * @param {HTMLElement} target
 */
function focusAfterSwap(target) {
  const field = /** @type {HTMLElement | null} */ (target.querySelector('[autofocus], [aria-invalid="true"]'));
  if (field) field.focus();
  else if (target.id === 'page') /** @type {HTMLElement | null} */ (target.querySelector('h1[tabindex="-1"]'))?.focus();
}

/**
 * @param {Document} document
 * @param {string} text
 */
export function toast(document, text) {
  const box = document.querySelector('.toasts');
  if (!box) return;
  const one = document.createElement('p');
  one.textContent = text;
  box.append(one);
  setTimeout(() => one.remove(), TOAST_MS);
}

/**
 * A plain form is sent once; a slow answer is shown on its button. The button wakes when the page comes back.
 * One that opens in another tab leaves this page as it is, and may be sent again; a double tap is one.
 * @param {Document} document
 */
export function guardDoubleSubmit(document) {
  document.addEventListener('submit', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method.toLowerCase() !== 'post' || form.matches('[hx-post], [hx-put]') || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    if (form.matches('[target=_blank]')) {
      setTimeout(() => delete form.dataset.sent, DOUBLE_TAP_MS);
      return;
    }
    setTimeout(() => event.submitter?.setAttribute('aria-busy', 'true'), SLOW_MS);
  });
  window.addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) delete (/** @type {HTMLElement} */ (form).dataset.sent);
  });
}
