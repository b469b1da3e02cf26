// Numbers and days as people and spreadsheets write them.
const THOUSANDS = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;
const DAY = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?: 0?0:00(?::00)?)?$/;

/** A number as it has to be written: full-width signs of a Chinese keyboard made plain, thousands no longer parted.
 * What is no number stays as it stands. */
export function plainNumber(text: string): string {
  const plain = text.normalize("NFKC").replace("。", ".").trim();
  const bare = THOUSANDS.test(plain) ? plain.replaceAll(",", "") : plain;
  return NUMBER.test(bare) ? bare : text;
}

/** 2026/7/1 or 2026年7月1日, as spreadsheets show a day: the year first leaves no doubt. What is no day stays as it
 * stands. */
export function plainDay(text: string): string {
  const found = DAY.exec(text.normalize("NFKC").trim());
  if (!found) return text;
  const [, year, month, date] = found as unknown as [string, string, string, string];
  const said = `${year}-${month.padStart(2, "0")}-${date.padStart(2, "0")}`;
  const real = new Date(`${said}T00:00:00Z`); // 31 April would be 1 May
  return !Number.isNaN(real.getTime()) && real.toISOString().startsWith(said) ? said : text;
}
