// Photographs of phones are many times larger than evidence needs, and networks are bad.
const LONGEST_PX = 2048;
const FINE_BYTES = 1 << 20;
const QUALITY = 0.85;

/** The photograph with its longer side at most 2,048 pixels (assumed to show a label), as JPEG; as it was, where it is
 * no photograph, is small, or would not be smaller. */
export async function smaller(file: File): Promise<File> {
  if (!file.type.startsWith("image/") || file.size <= FINE_BYTES) return file;
  try {
    const seen = await createImageBitmap(file); // turned as the phone was held
    const scale = Math.min(1, LONGEST_PX / Math.max(seen.width, seen.height));
    const paper = document.createElement("canvas");
    paper.width = Math.round(seen.width * scale);
    paper.height = Math.round(seen.height * scale);
    const pen = paper.getContext("2d")!;
    pen.fillStyle = "#fff"; // where it is see-through
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.drawImage(seen, 0, 0, paper.width, paper.height);
    seen.close();
    const packed = await new Promise<Blob | null>((done) => paper.toBlob(done, "image/jpeg", QUALITY));
    if (!packed || packed.size >= file.size) return file;
    return new File([packed], file.name.replace(/\.\w+$/, "") + ".jpg", { type: packed.type, lastModified: file.lastModified });
  } catch {
    return file; // the service says what is wrong with it
  }
}
