// Tables as files for spreadsheets. A cell that one would take for a formula is marked as text.
import { save } from "./files";

type Cell = string | number | null;

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** With a byte order mark, without which Chinese is not read as such. */
export function csv(name: string, rows: Cell[][]): void {
  save(new Blob([`\ufeff${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
}
