// @ts-check
/**
 * Measures from inside the page, with the keys and taps that a cashier gives. A figure ends when the screen's new
 * content is in the document and laid out: what is left until light leaves the screen is the browser's.
 */
(() => {
  const PATIENCE_MS = 20_000;

  /**
   * Wait until a part of the screen reads otherwise.
   * @param {string} selector
   * @param {(part: HTMLElement) => string} [read]
   * @returns {Promise<void>}
   */
  function nextChange(selector, read = (part) => part.textContent ?? '') {
    return new Promise((resolve, reject) => {
      const part = /** @type {HTMLElement} */ (document.querySelector(selector));
      const before = read(part);
      const late = setTimeout(() => {
        observer.disconnect();
        reject(new Error(`${selector} never changed from ${before}`));
      }, PATIENCE_MS);
      const observer = new MutationObserver(() => {
        if (read(part) === before) return;
        observer.disconnect();
        clearTimeout(late);
        resolve();
      });
      observer.observe(part, { subtree: true, childList: true, characterData: true });
    });
  }

  /**
   * Tell one list of results from another without reading all of it.
   * @param {HTMLElement} list
   */
  function results(list) {
    const tiles = list.querySelectorAll('.tile .name');
    return `${tiles.length} ${tiles[0]?.textContent} ${tiles[tiles.length - 1]?.textContent}`;
  }

  /** Have the browser lay out what was written. */
  function layOut() {
    return document.body.offsetHeight + document.documentElement.scrollHeight;
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    const target = document.activeElement ?? document.body;
    const goes = target.dispatchEvent(event);
    const field = document.activeElement;
    if (goes && event.key.length === 1 && field instanceof HTMLInputElement) type(field, field.value + event.key);
  }

  /**
   * @param {HTMLInputElement} field
   * @param {string} text
   */
  function type(field, text) {
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /**
   * From the scanner's Enter until the ticket shows the new total.
   * @param {string} code
   */
  async function scan(code) {
    // All at once: what makes keys a scan is when they were pressed, not when this machine came to look at them.
    const keys = [...code, 'Enter'].map((key) => new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const enter = /** @type {KeyboardEvent} */ (keys.pop());
    for (const key of keys) {
      press(key);
      // Between two keys a browser does what the page put off: each is an event of its own.
      await null;
    }
    const changed = nextChange('.total output');
    const began = performance.now();
    press(enter);
    await changed;
    layOut();
    return performance.now() - began;
  }

  /**
   * What the last line of the ticket costs the browser when no program makes it: one like it, and another total.
   */
  function bareLine() {
    const list = /** @type {HTMLElement} */ (document.querySelector('.lines'));
    const total = /** @type {HTMLElement} */ (document.querySelector('.total output'));
    const { textContent: shown } = total;
    const copy = /** @type {HTMLElement} */ (list.lastElementChild).cloneNode(true);
    const began = performance.now();
    list.append(copy);
    total.textContent = '$1.234.567';
    layOut();
    const took = performance.now() - began;
    copy.remove();
    total.textContent = shown;
    return took;
  }

  /** What it costs the browser to show other names in the tiles that are there, without looking for them. */
  function bareTiles() {
    const names = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.tile .name')]);
    const texts = names.map(({ textContent }) => textContent);
    const began = performance.now();
    names.forEach((name, place) => {
      name.textContent = texts[texts.length - 1 - place];
    });
    layOut();
    const took = performance.now() - began;
    names.forEach((name, place) => {
      name.textContent = texts[place];
    });
    return took;
  }

  /**
   * From the end of the pause after the last letter until the results are there.
   * @param {string} text
   * @param {number} pauseMs
   */
  async function search(text, pauseMs) {
    const field = /** @type {HTMLInputElement} */ (document.querySelector('input[type=search]'));
    field.focus();
    const changed = nextChange('.tiles', results);
    let began = 0;
    // Timers of one length go off in their order: this one is set just before the till's.
    setTimeout(() => {
      began = performance.now();
    }, pauseMs);
    type(field, text);
    await changed;
    layOut();
    return performance.now() - began;
  }

  /**
   * From the tap on "Justo" until the agent says that it has the paper's job on its disk, which is the head of its
   * answer; `handed`: until it is given to it.
   */
  function pay() {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const late = setTimeout(() => reject(new Error('no paper reached the agent')), PATIENCE_MS);
      const observer = new PerformanceObserver((entries) => {
        const job = entries.getEntries().find((entry) => entry.name.endsWith('/jobs') && entry.startTime >= began);
        if (!job) return;
        observer.disconnect();
        clearTimeout(late);
        const { startTime, responseStart } = /** @type {PerformanceResourceTiming} */ (job);
        resolve({ handed: startTime - began, taken: responseStart - began });
      });
      observer.observe({ type: 'resource' });
      /** @type {HTMLElement} */ (document.querySelector('.quick button')).click();
    });
  }

  /**
   * A shift's worth of scans, one after another and each drawn, with a payment now and then.
   * @param {readonly string[]} codes
   * @param {number} tickets
   * @param {number} lines scans in each
   */
  async function soak(codes, tickets, lines) {
    let next = 0;
    for (let ticket = 0; ticket < tickets; ticket += 1) {
      for (let line = 0; line < lines; line += 1) await scan(codes[next++ % codes.length]);
      await pay();
    }
  }

  /** @type {number[]} */
  const held = [];
  new PerformanceObserver((entries) => void held.push(...entries.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });

  /** The longest that the page could not answer since the last look; 0: never for as long as 50 ms. */
  function longestTask() {
    return Math.max(0, ...held.splice(0));
  }

  /** When the till was ready to sell what it has in its catalogue, counted from the beginning of the navigation. */
  const readyMs = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.till[data-ready=true] .tile')) return;
      observer.disconnect();
      layOut();
      resolve(performance.now());
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-ready'] });
  });

  Object.assign(window, { bench: { scan, search, bareLine, bareTiles, pay, soak, longestTask, readyMs } });
})();
