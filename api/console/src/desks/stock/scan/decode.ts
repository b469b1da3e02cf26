// QR codes out of pictures: by the browser's own reader where it has one, else by a small library fetched when needed.
interface Native {
  detect(source: ImageBitmapSource): Promise<{ rawValue: string; boundingBox: DOMRectReadOnly }[]>;
}
type NativeClass = { new (options: { formats: string[] }): Native; getSupportedFormats(): Promise<string[]> };
const PHOTO_SIDES = [1600, 900, 3000]; // longer sides a photograph is tried at, pixels
const FRAME_SIDE = 960;
const PHOTO_MS = 1500;

let native: Promise<Native | null> | null = null;

async function find(): Promise<Native | null> {
  const known = (globalThis as { BarcodeDetector?: NativeClass }).BarcodeDetector;
  try {
    return known && (await known.getSupportedFormats()).includes("qr_code") ? new known({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

const canvas = document.createElement("canvas");

function pixels(source: HTMLVideoElement | ImageBitmap, width: number, height: number, side: number): ImageData {
  const scale = Math.min(1, side / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function ownReader(image: ImageData, thorough: boolean): Promise<string | null> {
  const { decodeQR } = await import("qr/decode.js");
  try {
    return decodeQR(image, thorough ? { effort: 10, timeLimit: PHOTO_MS } : {}) || null;
  } catch {
    return null; // no code in sight
  }
}

/** One frame of the camera. */
export async function fromFrame(video: HTMLVideoElement): Promise<string | null> {
  const reader = await (native ??= find());
  if (!reader) return ownReader(pixels(video, video.videoWidth, video.videoHeight, FRAME_SIDE), false);
  const found = await reader.detect(video).catch(() => []);
  // of several labels the one that is held in the middle
  const off = (box: DOMRectReadOnly) => Math.hypot(box.x + box.width / 2 - video.videoWidth / 2, box.y + box.height / 2 - video.videoHeight / 2);
  return found.sort((one, other) => off(one.boundingBox) - off(other.boundingBox))[0]?.rawValue ?? null;
}

/** A photograph, which may take a moment. */
export async function fromPhoto(file: File): Promise<string | null> {
  const image = await createImageBitmap(file);
  try {
    const reader = await (native ??= find());
    const found = reader ? await reader.detect(image).catch(() => []) : [];
    if (found[0]) return found[0].rawValue;
    for (const side of PHOTO_SIDES) {
      const text = await ownReader(pixels(image, image.width, image.height, side), true);
      if (text || side > Math.max(image.width, image.height) * 1.9) return text;
    }
    return null;
  } finally {
    image.close();
  }
}
