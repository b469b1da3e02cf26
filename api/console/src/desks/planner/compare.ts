// Studies side by side: numbers of each town, and what was asked differently.
import { api, got, type Schemas } from "../../api/client";
import type { Kind } from "./plan";

type Answer = Schemas["SizeOut"] | Schemas["ShareOut"] | Schemas["RosterOut"] | Schemas["PatrolOut"];
export interface Studied {
  number: number;
  name: string;
  kind: Kind;
  question: Record<string, unknown>;
  answer: Answer;
  stale: boolean;
}
export interface Row {
  code: string;
  name: string;
  district: string;
  /** by measure; null where it is not stated */
  values: Record<string, number | null>;
}

/** What there is to compare of each kind, the first one shown first; rosters have no towns. */
export const MEASURES: Partial<Record<Kind, string[]>> = {
  size: ["posts", "staff", "difference", "ratio"],
  share: ["after", "given", "required", "ratio_after"],
  patrol: ["visits", "rounds", "travel_h"],
};
/** Of these a sum over towns says nothing. */
export const UNSUMMED = new Set(["ratio", "ratio_after"]);

export async function study(number: number): Promise<Studied> {
  const path = { path: { number } };
  const [asked, answer] = await Promise.all([
    got(api.GET("/api/v1/staffing/studies/{number}", { params: path })),
    got(api.GET("/api/v1/staffing/studies/{number}/answer", { params: path })),
  ]);
  return { number, name: asked.name, kind: asked.kind as Kind, question: asked.question, answer: answer as Answer, stale: Boolean(asked.stale) };
}

export function rowsOf(one: Studied): Row[] {
  const towns: Record<string, unknown>[] = "towns" in one.answer ? (one.answer.towns as unknown as Record<string, unknown>[]) : [];
  return towns.map((town) => ({
    code: String(town.code ?? town.town), name: String(town.name), district: String(town.district ?? ""),
    values: Object.fromEntries((MEASURES[one.kind] ?? []).map((measure) => [measure, (town[measure] as number | null | undefined) ?? null])),
  }));
}

/** Towns of all studies, in the order of the first that has them. */
export function townsOf(studies: Studied[]): { town: Row; of: (Row | undefined)[] }[] {
  const rows = studies.map((one) => new Map(rowsOf(one).map((row) => [row.code, row])));
  const codes = [...new Set(rows.flatMap((one) => [...one.keys()]))];
  return codes.map((code) => {
    const of = rows.map((one) => one.get(code));
    return { town: of.find((one) => one !== undefined)!, of };
  });
}

const PLAIN = ["year", "stores", "posts", "lose", "to_required", "draws", "situation", "since"];

/** Options that are not the same in all of them, as they were given; null: left to the default. */
export function askedDifferently(studies: Studied[]): { name: string; coefficient: boolean; of: (string | null)[] }[] {
  const own = studies.map((one) => new Map(((one.question.coefficients as { name: string; value: unknown }[] | undefined) ?? []).map((each) => [each.name, String(Number(each.value))])));
  const coefficients = [...new Set(own.flatMap((one) => [...one.keys()]))].sort();
  const plain = PLAIN.map((name) => ({ name, coefficient: false, of: studies.map((one) => (one.question[name] === undefined || one.question[name] === null ? null : String(one.question[name]))) }));
  const money = { name: "budget", coefficient: false, of: studies.map((one) => ((one.question.budget as { yuan?: number } | null | undefined)?.yuan?.toString() ?? null)) };
  return [...plain, money, ...coefficients.map((name) => ({ name, coefficient: true, of: own.map((one) => one.get(name) ?? null) }))].filter((one) => new Set(one.of).size > 1);
}
