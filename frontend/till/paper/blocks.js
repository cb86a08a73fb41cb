// @ts-check
/** The blocks that papers of the till are made of, each in one place; the agent and the browser's dialog draw them. */

/** @typedef {import('./receipt.js').Block} Block */

/**
 * @param {string} words
 * @param {{role?: string, align?: 'left' | 'center'}} [look]
 * @returns {Block}
 */
export function text(words, { role = 'normal', align = 'left' } = {}) {
  return { kind: 'text', text: words, role, align };
}

/**
 * @param {string} words
 * @param {string} [role]
 * @returns {Block}
 */
export function centered(words, role = 'normal') {
  return text(words, { role, align: 'center' });
}

/**
 * @param {string} left
 * @param {string} right
 * @returns {Block}
 */
export function pair(left, right) {
  return { kind: 'pair', left, right };
}

/**
 * @param {'light' | 'dashed'} [style]
 * @returns {Block}
 */
export function rule(style = 'light') {
  return { kind: 'rule', style };
}

/**
 * @param {string} label
 * @param {number} amountClp
 * @returns {Block}
 */
export function total(label, amountClp) {
  return { kind: 'total', amount_clp: amountClp, label };
}
