// Days and numbers as spreadsheets in Chinese write them, brought to the form a table wants. Only what can be read in
// one way, and only when a person asks for it.
import { plainDay, plainNumber } from "../../../parts/figures";
import { type Cells, type Column, columnsOf, type Table } from "../../../parts/tables";

const FINE = /^(\d{4}-\d\d-\d\d|-?\d+)?$/; // most cells of most tables

/** A cell as it has to be written; as it stands where that cannot be told. */
export function tidy(column: Column, text: string): string {
  if (FINE.test(text)) return text;
  if (column.type === "date") return plainDay(text);
  const plain = plainNumber(text);
  return column.type === "int" ? plain.replace(/^(-?\d+)\.0+$/, "$1") : plain;
}

/** The rows with all such cells brought to their form, and how many that are. */
export function tidied(table: Table, rows: Cells[]): { rows: Cells[]; count: number } {
  const columns = columnsOf(table).filter((one) => ["date", "int", "decimal", "lat", "lon"].includes(one.type));
  let count = 0;
  const after = rows.map((row) => {
    const changed = columns.flatMap((one) => {
      const text = row[one.name] ?? "";
      const told = tidy(one, text);
      return told === text ? [] : [[one.name, told]];
    });
    count += changed.length;
    return changed.length ? { ...row, ...(Object.fromEntries(changed) as Cells) } : row;
  });
  return { rows: after, count };
}
