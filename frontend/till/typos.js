// @ts-check
/** What a search finds when nothing holds what was typed: names whose words are one slip of a finger away. */

/** A code with another digit is another product. */
const DIGIT = /\d/;
/** Shorter words are near to too many others. */
const SHORTEST = 4;

/**
 * Say whether two words differ by one letter: another, a missing, an extra one, or two in the wrong order.
 * @param {string} typed
 * @param {string} word
 * @returns {boolean} also for equal words
 */
export function isNear(typed, word) {
  if (Math.abs(typed.length - word.length) > 1) return false;
  let at = 0;
  while (at < typed.length && typed[at] === word[at]) at += 1;
  const [mine, theirs] = [typed.slice(at), word.slice(at)];
  if (mine.slice(1) === theirs.slice(1) || mine.slice(1) === theirs || mine === theirs.slice(1)) return true;
  return mine[0] === theirs[1] && mine[1] === theirs[0] && mine.slice(2) === theirs.slice(2);
}

/** Letters that sound alike in Chile, in the order in which they are written as one. @type {readonly [RegExp, string][]} */
const ALIKE = [
  [/qu(?=[ei])/g, 'k'],
  [/c(?=[ei])|z/g, 's'],
  [/c(?!h)|q/g, 'k'],
  [/v/g, 'b'],
  [/ll/g, 'y'],
  [/g(?=[ei])/g, 'j'],
  [/(?<!c)h/g, ''],
];

/**
 * Write a word as it sounds, so that «serbeza» is «cerveza».
 * @param {string} word folded
 * @returns {string}
 */
export function soundOf(word) {
  return ALIKE.reduce((text, [letters, written]) => text.replace(letters, written), word);
}

/**
 * The words that names are made of: a few hundred, where there are thousands of names.
 * @param {readonly string[]} folded
 * @returns {readonly string[]}
 */
export function vocabularyOf(folded) {
  const words = new Set(folded.flatMap((text) => text.split(' ')));
  return [...words].filter((word) => word.length >= SHORTEST - 1 && !DIGIT.test(word));
}

/**
 * Find texts whose words are all near to those typed; a word still being typed is near to a beginning.
 * @param {readonly string[]} folded
 * @param {readonly string[]} vocabulary
 * @param {readonly string[]} typed
 * @param {number} limit
 * @returns {number[]} their places, in order
 */
export function findNear(folded, vocabulary, typed, limit) {
  if (!typed.some((word) => word.length >= SHORTEST) || typed.some((word) => DIGIT.test(word))) return [];
  const meant = typed.map((word) => (word.length < SHORTEST ? [word] : vocabulary.filter(isMeantBy(word))));
  if (meant.some((choices) => choices.length === 0)) return [];
  const found = [];
  for (let place = 0; place < folded.length && found.length < limit; place += 1) {
    if (meant.every((choices) => choices.some((word) => folded[place].includes(word)))) found.push(place);
  }
  return found;
}

/**
 * @param {string} typed
 * @returns {(word: string) => boolean}
 */
function isMeantBy(typed) {
  const sound = soundOf(typed);
  return (word) => isNearBeginning(typed, word) || isNearBeginning(sound, soundOf(word));
}

/**
 * @param {string} typed
 * @param {string} word
 */
function isNearBeginning(typed, word) {
  return [0, 1, -1].some((more) => isNear(typed, word.slice(0, typed.length + more)));
}
