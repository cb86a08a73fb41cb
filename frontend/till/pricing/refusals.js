// @ts-check
/** What the till's arithmetic refuses; `code` is the same word the server uses. */

export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} [line] the line at fault
   */
  constructor(code, line) {
    super(line === undefined ? code : `${code}: ${line}`);
    this.code = code;
    this.line = line;
  }
}
