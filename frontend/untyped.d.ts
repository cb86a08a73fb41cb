/** Packages that ship no types of their own. */
declare module '@alpinejs/csp';
// The library's parts are typed for another way of importing them.
declare module '@zxing/library/esm/core/BarcodeFormat.js' {
  const part: any;
  export default part;
}
declare module '@zxing/library/esm/core/BinaryBitmap.js' {
  const part: any;
  export default part;
}
declare module '@zxing/library/esm/core/common/HybridBinarizer.js' {
  const part: any;
  export default part;
}
declare module '@zxing/library/esm/core/DecodeHintType.js' {
  const part: any;
  export default part;
}
declare module '@zxing/library/esm/core/oned/MultiFormatOneDReader.js' {
  const part: any;
  export default part;
}
declare module '@zxing/library/esm/core/RGBLuminanceSource.js' {
  const part: any;
  export default part;
}
