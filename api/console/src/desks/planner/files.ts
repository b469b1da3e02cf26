// Answers as files, and questions asked at once.
import { api, got, Trouble } from "../../api/client";
import { i18n, lang } from "../../i18n";
import { useCoefficients } from "./coefficients";
import { placed, type Faults } from "../../parts/tables";
import type { Made } from "./plan";

export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
export const PDF = "application/pdf";

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Studies side by side, the first one what the others are set against. */
export async function comparisonOf(study: number[], media: string): Promise<void> {
  const content = await got(api.GET("/api/v1/staffing/comparison", { params: { query: { study } }, headers: { Accept: media }, parseAs: "blob" }) as unknown as Promise<{ data?: Blob; error?: unknown; response: Response }>);
  save(content, `compare${media === PDF ? ".pdf" : ".xlsx"}`);
}

/** The answer to a question as a workbook or a report. */
export async function fileOf(path: "/api/v1/staffing/size" | "/api/v1/staffing/share" | "/api/v1/staffing/grids", question: unknown, media: string, name: string): Promise<void> {
  const content = await got(api.POST(path, { body: question as never, headers: { Accept: media }, parseAs: "blob" }) as Promise<{ data?: Blob; error?: unknown; response: Response }>);
  save(content, `${name}${media === PDF ? ".pdf" : ".xlsx"}`);
}

export interface Refused {
  cells: Record<string, Faults>;
  rest: string[];
}

/** Options of a question -> the words beside their field. */
const OPTIONS: Record<string, string> = {
  year: "planner.year", draws: "planner.draws", stores: "planner.stores", posts: "planner.how_many", lose: "planner.lose", "budget.yuan": "planner.yuan", "budget.established.cost": "planner.cost_established",
  "budget.contract.cost": "planner.cost_contract", month: "planner.month", response: "planner.response", nights: "planner.nights", situation: "planner.roads_of", since: "planner.again_since",
  people: "planner.people", towns: "planner.towns_table", dues: "planner.patrol_dues", stations: "planner.patrol_stations", villages: "planner.grid_villages",
};
const OF_ROSTER: Record<string, string> = { posts: "planner.duty_posts", response: "planner.response_form" };

/** What a place in a question is called on the page. */
function naming(where: string, question: Made["question"]): string | undefined {
  const row = /^(?:compare\.(\d+)\.)?coefficients\.(\d+)\./.exec(where);
  if (!row) {
    const option = where.replace(/\.\d+$/, "");
    const words = (question.kind === "roster" && OF_ROSTER[option]) || OPTIONS[option];
    return words && i18n.global.t(words);
  }
  const of = (row[1] === undefined ? question : (question.compare as Made["question"][])[Number(row[1])]) as { coefficients: { name: string }[] } | undefined;
  const name = of?.coefficients[Number(row[2])]?.name;
  return name && (useCoefficients().of(name)?.meaning[lang()] ?? name);
}

/** What went wrong, at its cells as far as it has some. */
export function refused(cause: unknown, made: Made): Refused {
  if (!(cause instanceof Trouble) || cause.offline) return { cells: {}, rest: [i18n.global.t("no_service")] };
  if (cause.problem?.code === "UnknownStudy") return { cells: {}, rest: [i18n.global.t("planner.study_gone")] };
  if (cause.problem?.code === "AskAsStudy") return { cells: {}, rest: [i18n.global.t("planner.ask_as_study")] };
  return cause.problem ? placed(cause.problem, made.fields, (where) => naming(where, made.question)) : { cells: {}, rest: [cause.message] };
}
