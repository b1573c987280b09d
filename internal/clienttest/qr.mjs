import jsQR from "jsqr";

// decode reads the QR code in a picture of four bytes a pixel, as a camera would. Without one it returns
// undefined.
export const decode = (pixels, width, height) => jsQR(Uint8ClampedArray.from(pixels), width, height)?.data;
