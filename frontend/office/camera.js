// @ts-check
/** A phone's camera as a scanner: the browser's own detector when it has one, else our reader. */

const FORMATS = ['ean_13', 'ean_8', 'upc_a', 'upc_e', 'code_128', 'itf'];
const PAUSE_MS = 150;
/** The same code again within this time is the same thing still in front of the camera. */
const SAME_MS = 2_500;

/**
 * Find what can read a picture.
 * @param {any} window
 * @param {string} readerUrl
 * @returns {Promise<(video: HTMLVideoElement) => Promise<string | null>>}
 */
export async function createEye(window, readerUrl) {
  const known = window.BarcodeDetector ? await window.BarcodeDetector.getSupportedFormats().catch(() => []) : [];
  if (known.includes('ean_13')) {
    const detector = new window.BarcodeDetector({ formats: FORMATS.filter((each) => known.includes(each)) });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { createDecoder } = await import(readerUrl);
  const decode = createDecoder();
  const canvas = window.document.createElement('canvas');
  const pencil = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, 800 / (video.videoWidth || 800));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!canvas.width || !canvas.height) return null;
    pencil.drawImage(video, 0, 0, canvas.width, canvas.height);
    return decode(pencil.getImageData(0, 0, canvas.width, canvas.height));
  };
}

/**
 * Tell one scan from the many pictures of it: a code counts when two pictures in a row show it.
 * @returns {(code: string | null, at: number) => string | null}
 */
export function createSteady() {
  let seen = '';
  let given = '';
  let givenAt = -Infinity;
  return (code, at) => {
    if (!code) return null;
    const isSteady = code === seen;
    seen = code;
    if (code === given && at - givenAt < SAME_MS) {
      givenAt = at;
      return null;
    }
    if (!isSteady) return null;
    given = code;
    givenAt = at;
    return code;
  };
}

/**
 * Wire the camera's button.
 * @param {any} window
 * @param {HTMLElement} root has `data-reader`, a `[data-camera]` button and a `[data-camera-box]` with a video
 * @param {{onScan: (code: string) => void, say: (words: string) => void}} options
 */
export function wireCamera(window, root, { onScan, say }) {
  const button = /** @type {HTMLButtonElement} */ (root.querySelector('[data-camera]'));
  const box = /** @type {HTMLElement} */ (root.querySelector('[data-camera-box]'));
  const video = /** @type {HTMLVideoElement} */ (box.querySelector('video'));
  const steady = createSteady();
  /** @type {MediaStream | null} */
  let stream = null;

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    box.hidden = true;
    button.setAttribute('aria-pressed', 'false');
  }

  /** @param {(video: HTMLVideoElement) => Promise<string | null>} look */
  async function watch(look) {
    if (!stream) return;
    const code = steady(await look(video).catch(() => null), window.performance.now());
    if (code) {
      window.navigator.vibrate?.(60);
      onScan(code);
    }
    window.setTimeout(() => watch(look), PAUSE_MS);
  }

  button.addEventListener('click', async () => {
    if (stream) {
      stop();
      return;
    }
    if (!window.navigator.mediaDevices?.getUserMedia) {
      say('La cámara solo funciona con https. Escribe el código.');
      return;
    }
    button.setAttribute('aria-pressed', 'true');
    try {
      stream = await window.navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment', width: { ideal: 1280 } },
      });
      box.hidden = false;
      video.srcObject = stream;
      await video.play();
      void watch(await createEye(window, root.dataset.reader ?? ''));
    } catch {
      stop();
      say('No pudimos abrir la cámara. Dale permiso en el navegador, o escribe el código.');
    }
  });
  window.addEventListener('pagehide', stop);
}
