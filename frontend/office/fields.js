// @ts-check
/**
 * Fields that take what people type: `data-money` puts its dots when it is left and takes them off when it is sent,
 * `data-rut` writes a RUT with dots and dash.
 */

import { rut, whole } from '../common/format.js';

/**
 * Write an amount with dots; what is no amount stays as it was typed, for the server to explain.
 * @param {string} text
 * @returns {string}
 */
export function moneyShown(text) {
  const digits = text.replace(/[\s.$]/g, '');
  return /^\d{1,12}$/.test(digits) ? whole(Number(digits)) : text;
}

/**
 * Write an amount as the server reads it.
 * @param {string} text
 * @returns {string}
 */
export function moneySent(text) {
  const digits = text.replace(/[\s.$]/g, '');
  return /^\d{1,12}$/.test(digits) ? digits : text;
}

/** @param {Document} document */
export function watchFields(document) {
  for (const field of document.querySelectorAll('input[data-money]')) {
    const input = /** @type {HTMLInputElement} */ (field);
    input.value = moneyShown(input.value);
  }
  document.addEventListener('focusout', (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    if ('money' in field.dataset) field.value = moneyShown(field.value);
    if ('rut' in field.dataset) field.value = rut(field.value);
  });
  document.addEventListener('formdata', (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    for (const field of form.querySelectorAll('input[data-money]')) {
      const { name, value } = /** @type {HTMLInputElement} */ (field);
      if (name) event.formData.set(name, moneySent(value));
    }
  });
}
