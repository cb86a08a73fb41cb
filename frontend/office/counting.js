// @ts-check
/** The page where stock is counted, and the scan fields of those where waste is noted and goods are sent. */

import { looksLikeEan, writings } from '../till/barcode.js';
import { watchScanner } from '../till/scanner.js';
import { createUidSource } from '../till/uid.js';
import { quantity as shown } from '../common/format.js';
import { wireCamera } from './camera.js';
import { createQueue, readQuantity } from './count_queue.js';
import { createScanQueue, followRequests } from './scan_queue.js';

const RETRY_MS = 5_000;
const MATCHES = 8;

/** @param {string} text */
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** @param {HTMLElement} root */
function parts(root) {
  /** @param {string} name @returns {any} */
  const one = (name) => root.querySelector(name);
  return {
    code: one('#code'), say: one('[data-say]'), matches: one('[data-matches]'), card: one('[data-card]'),
    name: one('[data-name]'), about: one('[data-about]'), tick: one('[data-tick]'), quantity: one('#quantity'),
    quick: one('[data-quick]'), again: one('[data-again]'), error: one('[data-error]'), save: one('[data-save]'),
    replace: one('[data-replace]'), drop: one('[data-drop]'), hour: one('[data-hour]'), pending: one('[data-pending]'),
    refused: one('[data-refused]'), codeForm: one('[data-code]'),
  };
}

/** @param {HTMLElement} root */
async function startCounting(root) {
  const at = parts(root);
  const key = root.dataset.key ?? '';
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
  const nextUid = createUidSource(() => Date.now(), (bytes) => crypto.getRandomValues(bytes));
  /** @type {Map<number, any[]>} */
  const byId = new Map();
  /** @type {Map<string, any[]>} */
  const byCode = new Map();
  /** @type {Map<number, string>} */
  const counted = new Map();
  /** @type {Map<number, string>} empty when people count without looking */
  const stock = new Map();
  /** @type {any[] | null} */
  let open = null;
  let isTyped = false;

  const queue = createQueue({
    store: window.localStorage,
    key,
    now: () => Date.now(),
    post: async (body) => {
      const response = await fetch(root.dataset.entries ?? '', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
        body: JSON.stringify(body),
        redirect: 'error',
      });
      const isJson = response.headers.get('Content-Type')?.includes('json');
      return { status: response.status, body: isJson ? await response.json() : null };
    },
    onSaved: (answer) => showSaved(answer, counted),
    onRefused: (words, entry) => {
      const product = byId.get(entry.product_id);
      at.refused.querySelector('span').textContent = `${product?.[1] ?? 'Un producto'}, ${entry.quantity}: ${words}`;
      at.refused.hidden = false;
    },
    onChange: (waiting) => {
      at.pending.hidden = waiting === 0;
      at.pending.querySelector('span').textContent = `${waiting} por enviar. Quedan guardados en este equipo; puedes seguir contando.`;
    },
  });

  /** @param {any[]} product */
  function show(product) {
    open = product;
    isTyped = false;
    const [id, name, code, barcodes, unit, color] = product;
    const before = counted.get(id);
    at.card.hidden = false;
    at.name.textContent = name;
    const held = stock.size ? ` · el sistema dice ${shown(Math.round(Number(stock.get(id) ?? 0) * 1000), unit)}` : '';
    at.about.textContent = `${barcodes[0] ?? code} · ${unit === 'kg' ? 'por kilo' : 'por unidad'}${held}`;
    at.tick.dataset.cat = color;
    at.quick.hidden = unit === 'kg';
    at.again.hidden = before === undefined;
    at.replace.hidden = before === undefined;
    at.drop.hidden = before === undefined;
    if (before !== undefined) {
      const was = shown(Math.round(Number(before) * 1000), unit);
      at.again.querySelector('span').textContent = `Ya van ${was}. Lo que escribas se suma, como otro estante.`;
    }
    at.save.textContent = before === undefined ? 'Guardar y seguir' : 'Sumar y seguir';
    at.error.hidden = true;
    at.quantity.value = '';
    at.code.value = '';
    at.matches.replaceChildren();
    at.say.textContent = '';
    keepTyped();
    at.quantity.focus();
    at.card.scrollIntoView({ block: 'nearest' });
  }

  function keepTyped() {
    const typed = open && at.quantity.value ? { id: open[0], text: at.quantity.value } : null;
    window.localStorage.setItem(`${key}-escrito`, JSON.stringify(typed));
  }

  function leave() {
    open = null;
    at.card.hidden = true;
    at.quantity.value = '';
    at.hour.value = '';
    keepTyped();
    at.code.focus();
  }

  /** @param {string} deed @returns {boolean} */
  function save(deed) {
    if (!open) return true;
    const text = deed === 'drop' ? '0' : readQuantity(at.quantity.value, open[4]);
    if (text === null) {
      at.error.textContent = open[4] === 'kg' ? 'Escribe los kilos, por ejemplo 1,455.' : 'Escribe cuántas unidades hay, por ejemplo 12.';
      at.error.hidden = false;
      at.quantity.focus();
      return false;
    }
    const hour = at.hour.value;
    void queue.add({ uid: nextUid(), product_id: open[0], quantity: text, deed, ...(hour ? { hora: hour } : {}) });
    const before = deed === 'add' ? Number(counted.get(open[0]) ?? 0) : 0;
    if (deed === 'drop') counted.delete(open[0]);
    else counted.set(open[0], String(Math.round((before + Number(text)) * 1000) / 1000));
    at.say.textContent = deed === 'drop' ? `${open[1]}: fuera del conteo.` : `${open[1]}: ${at.quantity.value} guardado.`;
    leave();
    return true;
  }

  /** @param {string} code */
  function scanned(code) {
    const found = writings(code).map((each) => byCode.get(each)).find(Boolean);
    if (!found) {
      at.say.textContent = `No conocemos el código ${code}. Búscalo por nombre, o agrégalo en Productos.`;
      at.code.value = looksLikeEan(code) ? '' : code;
      at.code.focus();
      return;
    }
    if (open && open[0] === found[0] && found[4] !== 'kg') {
      step(1);
      return;
    }
    if (open && isTyped && !save('add')) return;
    show(found);
    if (found[4] !== 'kg') at.quantity.select();
  }

  /** @param {number} by */
  function step(by) {
    const now = Number(readQuantity(at.quantity.value || '0', open?.[4] ?? 'un') ?? 0);
    at.quantity.value = String(Math.max(0, Math.round((now + by) * 1000) / 1000)).replace('.', ',');
    isTyped = true;
    keepTyped();
  }

  /** @param {boolean} isSent a code opens its product only then: the Enter of a scanner would count one more */
  function search(isSent) {
    const text = at.code.value.trim();
    if (!text) return;
    const exact = writings(text).map((each) => byCode.get(each)).find(Boolean);
    if (exact && isSent) {
      show(exact);
      return;
    }
    const words = fold(text).split(/\s+/);
    const found = exact ? [exact] : [...byId.values()].filter((/** @type {any} */ product) => words.every((word) => product.folded.includes(word)));
    at.say.textContent = found.length ? '' : `No encontramos «${text}». Prueba con otra palabra o con el código.`;
    at.matches.replaceChildren(
      ...found.slice(0, MATCHES).map((product) => {
        const item = document.createElement('li');
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = product[1];
        button.addEventListener('click', () => show(product));
        item.append(button);
        return item;
      }),
    );
  }

  at.codeForm.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    search(true);
  });
  at.code.addEventListener('input', () => (at.code.value.length > 2 ? search(false) : at.matches.replaceChildren()));
  at.card.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    save('add');
  });
  at.card.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (!button) return;
    if (button.dataset.step) step(Number(button.dataset.step));
    if ('clear' in button.dataset) at.quantity.value = '';
    if ('replace' in button.dataset) save('set');
    if ('drop' in button.dataset) save('drop');
    if ('leave' in button.dataset) leave();
  });
  at.quantity.addEventListener('input', () => {
    isTyped = at.quantity.value !== '';
    at.error.hidden = true;
    keepTyped();
  });
  at.refused.querySelector('button').addEventListener('click', () => (at.refused.hidden = true));
  document.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('[data-product]');
    const product = button && byId.get(Number(/** @type {HTMLElement} */ (button).dataset.product));
    if (product) show(product);
  });
  document.querySelector('form[data-waits]')?.addEventListener('submit', (event) => {
    if (queue.length === 0) return;
    event.preventDefault();
    at.say.textContent = 'Faltan anotaciones por enviar. Espera a tener internet para terminar.';
    void queue.send();
  });
  watchScanner(window, { onScan: scanned, home: () => (open ? at.quantity : at.code) });
  wireCamera(window, root, { onScan: scanned, say: (words) => (at.say.textContent = words) });
  window.addEventListener('online', () => void queue.send());
  window.setInterval(() => void queue.send(), RETRY_MS);

  const news = await loadCatalogue(root.dataset.catalogue ?? '', `${key}-catalogo`);
  for (const product of news.products) {
    product.folded = fold(`${product[1]} ${product[2]}`);
    byId.set(product[0], product);
    for (const code of [product[2], ...product[3], ...(product[6] === null ? [] : [String(product[6])])]) byCode.set(code, product);
  }
  for (const [id, quantity] of Object.entries(news.counted)) counted.set(Number(id), quantity);
  for (const [id, quantity] of Object.entries(news.stock)) stock.set(Number(id), quantity);
  root.dataset.ready = 'true';
  await queue.send();
  const typed = JSON.parse(window.localStorage.getItem(`${key}-escrito`) ?? 'null');
  const product = typed && byId.get(typed.id);
  if (product) {
    show(product);
    at.quantity.value = typed.text;
    isTyped = true;
    keepTyped();
  } else at.code.focus();
}

/**
 * Get the products; without network those of the last time.
 * @param {string} url
 * @param {string} key
 * @returns {Promise<{products: any[], counted: Record<string, string>, stock: Record<string, string>}>}
 */
async function loadCatalogue(url, key) {
  try {
    const response = await fetch(url, { redirect: 'error' });
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text();
    try {
      window.sessionStorage.setItem(key, text);
    } catch {
      // Too large for the phone's own store: it is asked for again next time.
    }
    return JSON.parse(text);
  } catch {
    return JSON.parse(window.sessionStorage.getItem(key) ?? '{"products":[],"counted":{},"stock":{}}');
  }
}

/**
 * @param {any} answer
 * @param {Map<number, string>} counted
 */
function showSaved(answer, counted) {
  if (answer.quantity === null) counted.delete(answer.product_id);
  else counted.set(answer.product_id, answer.quantity);
  const list = document.querySelector('#counted');
  list?.querySelector(`[data-line="${answer.product_id}"]`)?.remove();
  document.querySelector(`[data-target="${answer.product_id}"]`)?.remove();
  document.querySelector('[data-none]')?.remove();
  if (answer.row) list?.insertAdjacentHTML('afterbegin', answer.row);
  const progress = document.querySelector('#progress');
  if (progress) progress.textContent = answer.wanted ? `${answer.counted} de ${answer.wanted}` : String(answer.counted);
  document.querySelector('#meter')?.setAttribute('width', `${answer.percent}%`);
}

/** @param {HTMLElement} root */
function startScanning(root) {
  /** @param {string} words */
  const say = (words) => {
    const line = root.querySelector('[data-say]');
    if (line) line.textContent = words;
  };
  const queue = createScanQueue({
    take(code) {
      // The list of a transfer is drawn anew with each product, its field with it.
      const field = /** @type {HTMLInputElement} */ (root.querySelector('#code'));
      const add = /** @type {HTMLElement | null} */ (root.querySelector('[data-add]'));
      field.value = code;
      if (add) add.click();
      else field.form?.requestSubmit();
    },
    onLost: (codes) => say(`No se agregó: ${codes.join(', ')}. Escanéalo de nuevo.`),
  });
  followRequests(document, queue);
  const onScan = (/** @type {string} */ code) => queue.scan(code);
  wireCamera(window, root, { onScan, say });
  watchScanner(window, { onScan, home: () => null });
}

const page = /** @type {HTMLElement | null} */ (document.querySelector('[data-counting]'));
const field = /** @type {HTMLElement | null} */ (document.querySelector('[data-scanning]'));
if (page) void startCounting(page);
if (field) startScanning(field);
