// @ts-check
/**
 * Draws the lines of the ticket: a line that reads as before is not touched, so that a scan costs the same on a long
 * ticket as on a short one. Without Alpine, which would look at a dozen expressions for each new line.
 */

/**
 * @typedef {Readonly<{key: number, name: string, amount: string, detail: string, action: string, canLess: boolean,
 *   canMore: boolean, label: boolean, active: boolean, discountable: boolean,
 *   deals: readonly Readonly<{name: string, off: string}>[]}>} Row `action`: what the middle button of the active line says
 * @typedef {{item: HTMLElement, name: HTMLElement, amount: HTMLElement, detail: HTMLElement, row: Row | null}} Drawn
 */

/**
 * @param {HTMLElement} list with the templates `line`, `deal` and `stepper` inside, each marked by `data-part`
 * @returns {{show: (rows: readonly Row[]) => void}}
 */
export function createLineList(list) {
  /** @type {Map<number, Drawn>} */
  let drawn = new Map();
  const templates = list.querySelectorAll('template');
  const stepper = part('stepper');
  const buttons = Object.fromEntries([...stepper.querySelectorAll('button')].map((button) => [button.dataset.does, button]));

  /** @param {'line' | 'deal' | 'stepper'} name */
  function part(name) {
    const template = /** @type {HTMLTemplateElement} */ (list.querySelector(`template[data-part=${name}]`));
    return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (template.content.firstElementChild), true));
  }

  /** @returns {Drawn} */
  function newLine() {
    const item = part('line');
    const [name, amount, detail] = /** @type {HTMLElement[]} */ ([...item.querySelectorAll('span')]);
    return { item, name, amount, detail, row: null };
  }

  /**
   * @param {Drawn} line
   * @param {Row} row
   */
  function write(line, row) {
    const { item, row: before } = line;
    line.row = row;
    item.dataset.key = String(row.key);
    for (const field of /** @type {const} */ (['name', 'amount', 'detail'])) {
      if (before?.[field] !== row[field]) line[field].textContent = row[field];
    }
    if (before?.active !== row.active) item.setAttribute('aria-current', String(row.active));
    if (!sameDeals(before?.deals ?? [], row.deals)) {
      for (const deal of item.querySelectorAll('.deal')) deal.remove();
      line.detail.after(...row.deals.map(dealOf));
    }
    if (row.active) step(item, row);
  }

  /** @param {{name: string, off: string}} deal */
  function dealOf({ name, off }) {
    const drawnDeal = part('deal');
    [drawnDeal.children[0].textContent, drawnDeal.children[1].textContent] = [name, off];
    return drawnDeal;
  }

  /**
   * @param {HTMLElement} item
   * @param {Row} row
   */
  function step(item, row) {
    if (stepper.parentNode !== item) item.append(stepper);
    buttons.less.disabled = !row.canLess;
    buttons.more.disabled = !row.canMore;
    buttons.quantity.disabled = row.label;
    buttons.discount.disabled = !row.discountable;
    if (buttons.quantity.textContent !== row.action) buttons.quantity.textContent = row.action;
  }

  /**
   * A line that came in below the active one is written where that one stands, and the active one anew above it: what is
   * marked and the buttons stay where they are, which halves what the browser lays out for a scan.
   * @param {readonly Row[]} rows
   */
  function stayActive(rows) {
    if (rows.length < 2) return;
    const [before, last] = rows.slice(-2);
    const place = drawn.get(before.key);
    if (!place?.row?.active || !last.active || drawn.has(last.key)) return;
    drawn.set(last.key, place);
    drawn.delete(before.key);
  }

  return {
    show(rows) {
      stayActive(rows);
      const next = new Map(rows.map((row) => [row.key, drawn.get(row.key) ?? newLine()]));
      for (const [key, { item }] of drawn) if (!next.has(key)) item.remove();
      if (!rows.some(({ active }) => active)) stepper.remove();
      drawn = next;
      /** @type {Element} */
      let last = templates[templates.length - 1];
      for (const row of rows) {
        const line = /** @type {Drawn} */ (next.get(row.key));
        write(line, row);
        if (last.nextElementSibling !== line.item) last.after(line.item);
        last = line.item;
      }
    },
  };
}

/**
 * @param {readonly {name: string, off: string}[]} before
 * @param {readonly {name: string, off: string}[]} now
 */
function sameDeals(before, now) {
  return before.length === now.length && now.every(({ name, off }, place) => before[place].name === name && before[place].off === off);
}
