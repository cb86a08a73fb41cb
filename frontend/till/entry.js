// @ts-check
/**
 * The door to a till, with a session: finds out whether this browser is that till already, lets it in or makes it one,
 * and goes on to the page that sells.
 */

import { openDevice } from './device/device.js';
import { openMemory } from './device/memory.js';
import { Refused } from './device/office.js';
import { keepPlace, readPlace, SHELL_PAGE } from './place.js';

/**
 * @typedef {import('./place.js').Place} Place
 * @typedef {Place & {csrf: string, may_enrol: boolean, urls: {code: string}}} EntryConfig
 */

const SHORTEST_CODE = 8;
const AWAY = 'El servidor no contesta. Revisa la conexión y prueba de nuevo.';

/** @type {EntryConfig} */
const config = JSON.parse(document.getElementById('entry-config')?.textContent ?? '{}');
const { company_id: companyId, till_id: tillId, till_name: tillName, shop } = config;
/** @type {import('./device/device.js').Device | null} */
let device = null;
let isBusy = false;

/**
 * @param {string} name
 * @returns {HTMLElement[]}
 */
const parts = (name) => [...document.querySelectorAll(`[data-${name}]`)].map((one) => /** @type {HTMLElement} */ (one));

/**
 * Show one step of the page, and only that.
 * @param {string} step
 * @param {Record<string, string>} [words] texts of its `data-say` parts
 */
function show(step, words = {}) {
  for (const part of parts('step')) part.hidden = part.dataset.step !== step;
  for (const part of parts('say')) {
    const text = words[part.dataset.say ?? ''];
    if (text !== undefined) part.textContent = text;
  }
}

/** @param {string} text */
function trouble(text) {
  for (const part of parts('trouble')) part.textContent = text;
}

/** @param {'' | 'unsent' | 'sure'} question about sales that were never sent: the second is asked before they are gone */
function ask(question) {
  for (const one of ['unsent', 'sure']) for (const part of parts(one)) part.hidden = one !== question;
}

function enter() {
  keepPlace(localStorage, { company_id: companyId, till_id: tillId, till_name: tillName, shop });
  window.location.replace(SHELL_PAGE);
}

/**
 * @param {string} url
 * @param {any} body
 */
function post(url, body) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': config.csrf };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error' });
}

/** @returns {Promise<Place | null>} the till of another company that this browser still is */
async function otherCompany() {
  const place = readPlace(localStorage);
  if (!place || place.company_id === companyId) return null;
  const memory = await openMemory(`erpmarket-equipo-${place.company_id}`);
  const [till, revoked] = [await memory.read('till'), await memory.read('revoked')];
  memory.close();
  return till && !revoked ? place : null;
}

async function look() {
  const opened = await openDevice({ companyId });
  if (!opened.device) {
    show('unable', { unable: opened.ability.able ? '' : opened.ability.words });
    return;
  }
  device = opened.device;
  const [till, revoked] = [await device.memory.read('till'), await device.memory.read('revoked')];
  if (till && !revoked && till.id === tillId) {
    enter();
    return;
  }
  const stranger = await otherCompany();
  if (till && !revoked) show('other', { other: till.name });
  else if (stranger) show('company', { company: stranger.shop });
  else show('enrol');
}

/** @returns {string} what the office calls this device */
function deviceName() {
  const { userAgent } = navigator;
  const browser = ['Edg', 'Firefox', 'Chrome', 'Safari'].find((name) => userAgent.includes(name)) ?? 'Navegador';
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac', 'Linux'].find((name) => userAgent.includes(name)) ?? '';
  const called = browser === 'Edg' ? 'Edge' : browser;
  return system ? `${called} en ${system}` : called;
}

/** @type {{forgetsUnsent: boolean}} */
const choice = { forgetsUnsent: false };

/**
 * One try at a time.
 * @param {() => Promise<string>} makeCode
 */
async function enrol(makeCode) {
  if (isBusy || !device) return;
  isBusy = true;
  trouble('');
  try {
    await device.enrol(await makeCode(), deviceName(), choice);
    enter();
  } catch (error) {
    if (error instanceof Refused) madeCode = '';
    ask(error instanceof Refused && error.code === 'unsent' ? 'unsent' : '');
    trouble(error instanceof Refused ? error.message : AWAY);
  } finally {
    isBusy = false;
  }
}

/** A code whose answer was lost is shown again: the server then gives the same answer. */
let madeCode = '';

/** @param {boolean} replaces take the device off that is there now */
async function askCode(replaces) {
  if (madeCode) return madeCode;
  const response = await post(config.urls.code, { replaces });
  const answer = await response.json();
  if (!response.ok) throw new Refused(String(answer.code), String(answer.message ?? ''));
  madeCode = String(answer.code);
  return madeCode;
}

document.addEventListener('click', (event) => {
  const deed = /** @type {HTMLElement} */ (event.target).closest('[data-deed]')?.getAttribute('data-deed');
  if (deed === 'here') void enrol(() => askCode(false));
  if (deed === 'warn') show('replace');
  if (deed === 'replace') void enrol(() => askCode(true));
  if (deed === 'back') show('enrol');
  if (deed === 'forget') ask('sure');
  if (deed === 'keep') ask('unsent');
  if (deed === 'forget-all') {
    choice.forgetsUnsent = true;
    ask('');
    trouble('Listo. Toca de nuevo para inscribir este equipo.');
  }
});
document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.matches('[data-code]')) return;
  event.preventDefault();
  event.stopPropagation();
  const code = String(new FormData(form).get('code') ?? '').trim();
  if (code.replace(/[-\s]/g, '').length < SHORTEST_CODE) trouble('El código tiene 8 letras y números. Pídelo en Caja, Equipos.');
  else void enrol(() => Promise.resolve(code));
}, true);

void look();
