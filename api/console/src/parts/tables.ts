// Tables of the data dictionary as grids of text: reading a pasted block, and what the service says of a cell.
import dictionary from "../../columns.json";
import type { Problem } from "../api/client";
import { i18n, lang } from "../i18n";
import { plainDay, plainNumber } from "./figures";

export interface Column {
  name: string;
  zh: string;
  type: string;
  unit: string;
  required: boolean;
  meaning: { zh: string; en: string };
  choices: string[];
  choices_zh: Record<string, string>;
}
export type Table = keyof typeof dictionary;
/** One row as typed. */
export type Cells = Record<string, string>;
/** `row column` -> what is wrong there; the row counts from 0 as on the screen. */
export type Faults = Map<string, string>;

export const columnsOf = (table: Table): Column[] => dictionary[table] as unknown as Column[];
export const heading = (column: Column): string => (lang() === "zh" ? column.zh || column.name : column.name.replaceAll("_", " "));
export const choice = (column: Column, value: string): string => (lang() === "zh" ? (column.choices_zh[value] ?? value) : value);
export const blank = (row: Cells): boolean => Object.values(row).every((cell) => !cell.trim());
export const at = (row: number, column: string): string => `${row} ${column}`;

/** What a file held: its rows, what is wrong at their cells, and what has no cell. */
export interface Read {
  rows: Cells[];
  faults?: Faults;
  rest?: string[];
}

/** A row of the service, as text: lists parted by |, quantities as role:count. */
export function cellsOf(row: Record<string, unknown>): Cells {
  const found: Cells = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null || value === undefined) continue;
    found[name] = Array.isArray(value) ? value.map((one) => (Array.isArray(one) ? one.join(":") : String(one))).join("|") : String(value);
  }
  return found;
}

function valueOf(column: Column, text: string): unknown {
  const parts = () => text.split(/[|｜]/).map((one) => one.trim());
  if (column.choices.length) return Object.entries(column.choices_zh).find(([, zh]) => zh === text)?.[0] ?? text;
  if (column.type === "list") return parts();
  if (column.type === "quantities") return parts().map((one) => one.split(/[:：]/).map((part) => part.trim()));
  if (column.type === "date") return plainDay(text);
  const plain = plainNumber(text); // what is no number goes as it is, for the service to refuse
  if (column.type === "int") return /^-?\d{1,15}$/.test(plain) ? Number(plain) : text;
  return column.type === "decimal" ? plain : text;
}

/** The rows to send, and where each stands on the screen: empty rows are left out. */
export function sent(table: Table, grid: Cells[]): { rows: Record<string, unknown>[]; from: number[] } {
  const from = grid.flatMap((row, index) => (blank(row) ? [] : [index]));
  const columns = columnsOf(table);
  const rows = from.map((index) =>
    Object.fromEntries(
      columns.flatMap((column) => {
        const text = (grid[index]![column.name] ?? "").trim();
        return text ? [[column.name, valueOf(column, text)]] : [];
      }),
    ),
  );
  return { rows, from };
}

/** Cells of a block as spreadsheets put it on the clipboard: tabs, lines, and quotes around what holds either. */
export function block(text: string): string[][] {
  const lines: string[][] = [[""]];
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const sign = text[index]!;
    const line = lines.at(-1)!;
    const add = (more: string) => void (line[line.length - 1] += more);
    if (quoted && sign === '"' && text[index + 1] === '"') add(text[++index]!);
    else if (sign === '"' && (quoted || line.at(-1) === "")) quoted = !quoted;
    else if (!quoted && sign === "\t") line.push("");
    else if (!quoted && sign === "\n") lines.push([""]);
    else if (sign !== "\r") add(sign);
  }
  if (lines.at(-1)!.join("") === "") lines.pop();
  return lines;
}

/** The columns that a first line names, in either language; null where it is data. */
function named(line: string[], columns: Column[]): (string | null)[] | null {
  const plain = (text: string) => text.normalize("NFKC").trim().toLowerCase().replace(/[\s_*]+/g, " ");
  const bare = (text: string) => plain(text).replace(/ ?\(.*\)$/, ""); // its unit may be left out
  const known = new Map(columns.flatMap((one) => [[bare(one.zh), one.name], [plain(one.zh), one.name], [plain(one.name), one.name]]));
  const found = line.map((text) => known.get(plain(text)) ?? known.get(bare(text)) ?? null);
  const texts = line.filter((text) => text.trim()).length;
  return texts > 1 && found.filter(Boolean).length * 2 > texts ? found : null;
}

/** A pasted cell as the service writes it, so that the page finds it again: days and words to choose from. */
function cellText(column: Column, text: string): string {
  const found = text.trim();
  if (column.type === "date") return plainDay(found);
  return Object.entries(column.choices_zh).find(([, zh]) => zh === found)?.[0] ?? found;
}

export interface Pasted {
  grid: Cells[];
  rows: number;
  /** headings that are no column of the table */
  unknown: string[];
}

const ABOVE = 4; // lines that a sheet may have above its headings: its title, its unit
/** Where the headings stand, and which columns they name. */
function headed(lines: string[][], columns: Column[]): { line: number; names: (string | null)[] } | null {
  for (const [line, texts] of lines.slice(0, ABOVE + 1).entries()) {
    const names = named(texts, columns);
    if (names) return { line, names };
  }
  return null;
}

/** The grid with a block put in from a cell on; under headings, each column goes where it belongs. */
export function paste(table: Table, grid: Cells[], lines: string[][], row: number, column: string): Pasted {
  const columns = columnsOf(table);
  const head = headed(lines, columns);
  const byName = new Map(columns.map((one) => [one.name, one]));
  const start = columns.findIndex((one) => one.name === column);
  const targets = head?.names ?? columns.slice(start).map((one) => one.name);
  const body = head ? lines.slice(head.line + 1) : lines;
  const after = grid.map((one) => ({ ...one }));
  body.forEach((line, index) => {
    const into = (after[row + index] ??= {});
    line.forEach((text, place) => {
      const name = targets[place];
      if (name) into[name] = cellText(byName.get(name)!, text);
    });
  });
  return { grid: after, rows: body.length, unknown: head ? lines[head.line]!.filter((text, place) => text.trim() && !head.names[place]) : [] };
}

export interface Sent {
  table: Table;
  from: number[];
}

/** The words about a cell without the place, which one sees. */
export const withoutPlace = (given: string): string => given.replace(/^第 \d+ 行(“[^”]*”列)?：|^Row \d+(, column [^:]+)?: /, "");

/** The faults of an answer at their cells, by field of the question; `rest` is what has no cell, by the name that `naming` has for its place. */
export function placed(problem: Problem, fields: Record<string, Sent>, naming: (where: string) => string | undefined = () => undefined): { cells: Record<string, Faults>; rest: string[] } {
  const cells: Record<string, Faults> = {};
  const rest: string[] = [];
  // a table is named by the first word of what is said about it
  const about = Object.keys(fields).find((field) => problem.detail?.startsWith(`${field} `)) ?? (Object.keys(fields).length === 1 ? Object.keys(fields)[0] : undefined);
  for (const one of problem.errors ?? []) {
    const typed = /^body\.(?:question\.(?:\w+\.)?)?([a-z_]+)\.(\d+)(?:\.([a-z_0-9]+))?/.exec(one.where ?? "");
    const read = /^(\d+)(?::(.+))?$/.exec(one.where ?? "");
    const field = typed ? typed[1]! : about;
    const row = typed ? Number(typed[2]) : read ? Number(read[1]) - 2 : -1;
    const given = field === undefined ? undefined : fields[field];
    const shown = given?.from[row];
    if (!given || shown === undefined) {
      const name = naming((one.where ?? "").replace(/^body\.(question\.(size|share|roster|patrol)\.)?/, ""));
      const message = one.code === "string_pattern_mismatch" ? i18n.global.t("table.not_its_form") : one.message; // a pattern says nothing to people
      rest.push(name ? i18n.global.t("table.about", { name, message }) : one.message);
      continue;
    }
    const columns = columnsOf(given.table);
    const name = typed ? typed[3] : read![2];
    const column = columns.find((each) => each.name === name || each.zh === name) ?? columns[0]!;
    const faults = (cells[field!] ??= new Map());
    const before = faults.get(at(shown, column.name));
    const words = withoutPlace(one.message);
    faults.set(at(shown, column.name), before ? `${before} ${words}` : words);
  }
  if (!problem.errors?.length) rest.push(problem.detail ?? problem.title);
  return { cells, rest };
}
