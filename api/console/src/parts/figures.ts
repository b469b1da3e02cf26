// Numbers as people type them.
const THOUSANDS = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A number as it has to be written: full-width signs of a Chinese keyboard made plain, thousands no longer parted.
 * What is no number stays as it stands. */
export function plainNumber(text: string): string {
  const plain = text.normalize("NFKC").replace("。", ".").trim();
  const bare = THOUSANDS.test(plain) ? plain.replaceAll(",", "") : plain;
  return NUMBER.test(bare) ? bare : text;
}
