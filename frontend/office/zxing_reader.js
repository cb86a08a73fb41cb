// @ts-check
/** Reads barcodes from a picture where the browser cannot: loaded only then, from the camera. */

// The parts and not the whole: the library's index brings every kind of code, five times as large.
import BarcodeFormat from '@zxing/library/esm/core/BarcodeFormat.js';
import BinaryBitmap from '@zxing/library/esm/core/BinaryBitmap.js';
import HybridBinarizer from '@zxing/library/esm/core/common/HybridBinarizer.js';
import DecodeHintType from '@zxing/library/esm/core/DecodeHintType.js';
import MultiFormatOneDReader from '@zxing/library/esm/core/oned/MultiFormatOneDReader.js';
import RGBLuminanceSource from '@zxing/library/esm/core/RGBLuminanceSource.js';

const HINTS = new Map([
  [
    DecodeHintType.POSSIBLE_FORMATS,
    [BarcodeFormat.EAN_13, BarcodeFormat.EAN_8, BarcodeFormat.UPC_A, BarcodeFormat.UPC_E, BarcodeFormat.CODE_128, BarcodeFormat.ITF],
  ],
]);

/**
 * Make a decoder of RGBA pictures.
 * @returns {(picture: {data: Uint8ClampedArray, width: number, height: number}) => string | null}
 */
export function createDecoder() {
  const reader = new MultiFormatOneDReader(HINTS);
  return ({ data, width, height }) => {
    const gray = new Uint8ClampedArray(width * height);
    for (let place = 0; place < gray.length; place += 1) {
      const at = place * 4;
      gray[place] = (data[at] * 77 + data[at + 1] * 150 + data[at + 2] * 29) >> 8;
    }
    const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(gray, width, height)));
    try {
      return reader.decode(bitmap, HINTS).getText();
    } catch {
      // Most pictures hold no code: that is how the library says so.
      return null;
    }
  };
}
