// Whole tables in and out: which there are, a file as rows to mend, and the rows as a file to send.
import { api, got, type Problem, type Schemas, Trouble } from "../../../api/client";
import { i18n, lang } from "../../../i18n";
import { keepFile } from "../../../parts/acts";
import { at, type Cells, columnsOf, type Faults, type Read, type Table, withoutPlace } from "../../../parts/tables";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
type Imported = Schemas["Imported"];
export type Kind = Schemas["CellsOut"]["kind"] & Table;

/** Kinds in the order of a first import (what others name comes first), with the permissions to bring in and take out. */
export const KINDS: { kind: Kind; write: string; read: string }[] = [
  ...(["places", "stores", "items", "bins"] as const).map((kind) => ({ kind, write: "registers.write", read: "registers.read" })),
  ...(["lots", "stock"] as const).map((kind) => ({ kind, write: "stock.write", read: "stock.read" })),
  { kind: "custodians", write: "people.write", read: "people.read" },
  { kind: "maintenance", write: "care.do", read: "care.read" },
  ...(["packages", "kits", "teams", "vehicles"] as const).map((kind) => ({ kind, write: "registers.write", read: "registers.read" })),
  ...(["incidents", "tasks", "demands"] as const).map((kind) => ({ kind, write: "incidents.manage", read: "incidents.read" })),
  ...(["check_overrides", "weight_overrides", "minimum_overrides"] as const).map((kind) => ({ kind, write: "care.manage", read: "care.read" })),
];
/** What is of no place in particular: for who reaches everything. */
export const EVERYBODYS: readonly Kind[] = ["items", "lots", "packages", "kits"];
/** Rules of a county, or of all. */
export const ruled = (kind: Kind): boolean => kind.endsWith("_overrides");

const formOf = (file: File) => {
  const form = new FormData();
  form.append("file", file);
  return { body: form as never, bodySerializer: (given: unknown) => given as FormData };
};

/** The faults of an answer at the cells of the grid; `from`: where a row of the file stands; what has no cell is `rest`. */
export function placedAt(kind: Kind, errors: Problem["errors"], from: (row: number) => number | undefined): { faults: Faults; rest: string[] } {
  const faults: Faults = new Map();
  const rest: string[] = [];
  const columns = columnsOf(kind);
  for (const one of errors ?? []) {
    const found = /^(\d+)(?::(.+))?$/.exec(one.where ?? "");
    const row = found ? from(Number(found[1])) : undefined;
    if (row === undefined) {
      rest.push(one.message);
      continue;
    }
    const column = columns.find((each) => each.name === found![2] || each.zh === found![2]) ?? columns[0]!;
    const place = at(row, column.name);
    const before = faults.get(place);
    const words = withoutPlace(one.message);
    faults.set(place, before ? `${before} ${words}` : words);
  }
  return { faults, rest };
}

/** A file as it stands, without its empty rows. Spreadsheets in Chinese often write CSV as GBK: `asGbk` asks the person. */
export async function readFile(kind: Kind, file: File, asGbk: () => boolean): Promise<Read> {
  const asked = (one: File) => got(api.POST("/api/v1/imports/{kind}/cells", { params: { path: { kind } }, ...formOf(one) }));
  const found = await asked(file).catch(async (cause: unknown) => {
    const foreign = cause instanceof Trouble && cause.problem?.errors?.some((one) => one.code === "NOT_UTF8");
    const text = foreign ? gbk(await file.arrayBuffer()) : null;
    if (text === null || !asGbk()) throw cause;
    return asked(new File([text], file.name));
  });
  // the others would be taken for empty, and a check finds nothing wrong with that
  if (found.faults > found.errors.length) throw new Trouble(i18n.global.t("import.too_many_unread", { all: found.faults }), null);
  const rows = found.rows.map((texts) => Object.fromEntries(found.columns.map((name, place) => [name, texts[place] ?? ""])));
  const index = new Map(found.numbers.map((number, place) => [number, place]));
  const told = found.errors.filter((one) => one.code !== "BLANK_ROW");
  return { rows, ...placedAt(kind, told, (number) => index.get(number)) };
}

function gbk(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder("gb18030", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The rows as the file that is sent: row i of the screen is row i + 2 of the file. Its headings are those one sees. */
export function fileOf(kind: Kind, grid: Cells[], name: string): File {
  const columns = columnsOf(kind);
  const head = columns.map((one) => cell(lang() === "zh" ? one.zh || one.name : one.name));
  const lines = [head, ...grid.map((row) => columns.map((one) => cell((row[one.name] ?? "").trim())))];
  const text = lines.map((line) => `${line.join(",")}\r\n`).join("");
  return new File([text], `${name.replace(/\.(csv|xlsx)$/i, "") || kind}.csv`, { type: "text/csv" });
}

/** An empty table with its headings, to fill in with a spreadsheet. */
export const template = (kind: Kind): Blob => new Blob([`\ufeff${columnsOf(kind).map((one) => cell(lang() === "zh" ? one.zh || one.name : one.name)).join(",")}\r\n`], { type: "text/csv" });

export function send(kind: Kind, file: File, asked: { dry_run: boolean; county?: string }, key: string): Promise<Imported> {
  const more = { params: { query: asked, header: { "Idempotency-Key": key } }, ...formOf(file) };
  return got(api.POST(`/api/v1/imports/${kind}` as "/api/v1/imports/bins", more));
}

/** The rows there are, as a file. */
export async function current(kind: Kind, county: string | undefined): Promise<File> {
  const asked = { params: { query: { county } }, headers: { Accept: "text/csv, application/problem+json" }, parseAs: "blob" as const };
  const found = (await got(api.GET(`/api/v1/exports/${kind}` as "/api/v1/exports/bins", asked) as Promise<{ data?: Blob; error?: unknown; response: Response }>)) as Blob;
  return new File([found], `${kind}.csv`);
}


/** The same as a workbook, to keep. */
export const workbook = (kind: Kind, county: string | undefined): Promise<void> =>
  keepFile(api.GET(`/api/v1/exports/${kind}` as "/api/v1/exports/bins", { params: { query: { county } }, headers: { Accept: `${XLSX}, application/problem+json` }, parseAs: "blob" }));
