// @ts-check
/**
 * Names as people write them: glued («super8», «cocacola») or apart, with the comma of a size as a point, and its unit in
 * any of its spellings («1lt», «1 litro», «1 L»).
 */

const UNITS = ['l|lt|lts|litro|litros', 'ml|cc', 'kg|kgs|kilo|kilos', 'g|gr|grs|gramo|gramos', 'un|und|uni|unid|unidad|unidades'];
const UNIT = UNITS.join('|');
const SIZE_APART = new RegExp(`(\\d)\\s+(${UNIT})(?!\\S)`, 'g');
const SIZE = new RegExp(`^(.*\\d)(${UNIT})$`);
/** What may stand between two signs that somebody wrote as one word. Never between digits: 15 is not 1,5. */
const GAP = '[^a-z0-9]{0,2}';
const DIGIT = /\d/;

/**
 * Make what tells whether a name holds all that was typed, however the two are spelled.
 * @param {string} typed folded, as the names are
 * @returns {(name: string) => boolean}
 */
export function spelledLike(typed) {
  const words = typed.replace(SIZE_APART, '$1$2').split(/\s+/).map(patternOf).filter((pattern) => pattern !== null);
  return words.length === 0 ? () => false : (name) => words.every((word) => word.test(name));
}

/**
 * @param {string} word
 * @returns {RegExp | null} null: nothing of it is a letter or a digit
 */
function patternOf(word) {
  const [, amount = word, unit = ''] = SIZE.exec(word) ?? [];
  const signs = amount.match(/[a-z0-9]|[^a-z0-9]+/g) ?? [];
  while (signs.length > 0 && !isSign(signs[0])) signs.shift();
  while (signs.length > 0 && !isSign(signs[signs.length - 1])) signs.pop();
  if (signs.length === 0) return null;
  // A number begins where no other number goes on, a word where no other word does.
  const start = DIGIT.test(signs[0] ?? '') ? '(?:^|[^0-9.,])' : '(?:^|[^a-z])';
  const spellings = UNITS.find((one) => one.split('|').includes(unit));
  return new RegExp(start + joined(signs) + (spellings ? `${GAP}(?:${spellings})(?![a-z])` : ''));
}

/** @param {string} sign */
const isSign = (sign = '') => /^[a-z0-9]$/.test(sign);

/**
 * @param {readonly string[]} signs
 * @returns {string} the source of a pattern
 */
function joined(signs) {
  let source = '';
  let last = '';
  let between = '';
  for (const sign of signs) {
    if (isSign(sign)) {
      if (last) source += DIGIT.test(last) && DIGIT.test(sign) ? betweenDigits(between) : GAP;
      source += sign;
      [last, between] = [sign, ''];
    } else between = sign;
  }
  return source;
}

/** @param {string} between what was typed there */
function betweenDigits(between) {
  return between === '.' || between === ',' ? '[.,]' : between.replace(/[^a-z0-9]/g, '\\$&');
}
