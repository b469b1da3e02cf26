import { defineStore } from "pinia";
import { ref, shallowRef, watch } from "vue";
import type { Schemas } from "../../api/client";
import { useMe } from "../../me";
import { plainDay, plainNumber } from "../../parts/figures";
import { type Cells, cellsOf, type Sent, sent, type Table } from "../../parts/tables";

export type Kind = "size" | "share" | "roster" | "patrol";
type Asked = Record<string, unknown>;
/** The study that a question was opened from or saved as. */
export interface Kept {
  number: number;
  name: string;
  place: string | null;
  etag: string;
  stale: boolean | null;
  /** the run that is under way, to be followed again by a page that was left or read anew */
  job?: string;
}
export interface Made {
  question: Asked;
  /** where the rows of each table stand on the screen */
  fields: Record<string, Sent>;
}
const WAIT_MS = 600;
export const DEFAULT = "default"; // name of the scenario without values of one's own

const empty = () => ({
  towns: [] as Cells[],
  /** coefficients that differ from the default: name -> value */
  own: {} as Record<string, string>,
  /** what is stated about them besides: name -> source, low, high */
  grounds: {} as Record<string, Cells>,
  /** other values to set beside them */
  scenarios: [] as { name: string; own: Record<string, string>; grounds?: Record<string, Cells> }[],
  year: "", draws: "1000", stores: "", breakEven: "",
  by: "posts" as "posts" | "budget",
  posts: "10", lose: "0", toRequired: false, yuan: "", established: "", contract: "",
  townPosts: [] as Cells[], districtPosts: [] as Cells[],
  people: [] as Cells[], dutyPosts: [] as Cells[], requests: [] as Cells[], dutiesBefore: [] as Cells[], month: "", response: "", nights: "2",
  gridVillages: [] as Cells[], gridManagers: [] as Cells[],
  patrolYear: "", situation: "live",
  calls: Array.from({ length: 24 }, () => ""), handle: "180", level: "90", within: "15", away: "15",
  /** options that this page does not show, as the study had them */
  others: {} as Partial<Record<Kind, Asked>>,
});

interface Draft {
  given?: Partial<ReturnType<typeof empty>>;
  studies?: Partial<Record<Kind, Kept>>;
  /** of which studies the question stood as it was kept */
  unchanged?: Kind[];
}

/** What is being worked on; it outlives the page, so that nothing typed is lost. */
export const usePlan = defineStore("planner", () => {
  const me = useMe();
  const place = (): string => `wuding.planner.${me.me?.name ?? ""}`; // each account its own, on a PC that is shared
  const before = (): Draft => JSON.parse(localStorage.getItem(place()) ?? "{}") as Draft;
  const given = ref({ ...empty(), ...before().given });
  /** too large to be kept by a browser: a study keeps them */
  const patrols = ref({ dues: [] as Cells[], stations: [] as Cells[], grids: [] as Cells[], villages: [] as Cells[], hazards: [] as Cells[], record: [] as Cells[] });
  const studies = ref<Partial<Record<Kind, Kept>>>(before().studies ?? {});
  /** the question as it was opened, saved or answered last */
  const saved = ref<Partial<Record<Kind, string>>>({});
  const answeredOf = ref<Partial<Record<Kind, string>>>({});
  const sized = shallowRef<Schemas["SizeOut"] | null>(null);
  const shared = shallowRef<Schemas["ShareOut"] | null>(null);
  const rostered = shallowRef<Schemas["RosterOut"] | null>(null);
  const patrolled = shallowRef<Schemas["PatrolOut"] | null>(null);
  let waiting: ReturnType<typeof setTimeout> | undefined;

  let owed: (() => void) | null = null;
  function keep(): void {
    clearTimeout(waiting);
    owed?.();
    owed = null;
  }
  watch([given, studies, saved], () => {
    const into = place();
    owed = () => {
      try {
        const kept = { ...given.value, others: { ...given.value.others, patrol: undefined } }; // as large as its tables
        const unchanged = (Object.keys(studies.value) as Kind[]).filter((kind) => kind !== "patrol" && saved.value[kind] === said(kind));
        localStorage.setItem(into, JSON.stringify({ given: kept, studies: { ...studies.value, patrol: undefined }, unchanged }));
      } catch {
        // more than a browser keeps: a study keeps it
      }
    };
    clearTimeout(waiting);
    waiting = setTimeout(keep, WAIT_MS);
  }, { deep: true });
  addEventListener("pagehide", keep);
  // what no browser keeps is lost with the page
  addEventListener("beforeunload", (event) => { if (unsaved("patrol")) event.preventDefault(); });
  watch(() => me.me?.name, () => {
    keep();
    given.value = { ...empty(), ...before().given };
    studies.value = before().studies ?? {};
    saved.value = {};
    before().unchanged?.forEach(mark);
    patrols.value = { dues: [], stations: [], grids: [], villages: [], hazards: [], record: [] };
    sized.value = shared.value = rostered.value = patrolled.value = null;
  });

  const number = (text: string): unknown => (text.trim() === "" ? undefined : Number.isFinite(Number(plainNumber(text))) ? Number(plainNumber(text)) : text);

  function tables(fields: Record<string, [Table, Cells[]]>): { rows: Asked; fields: Record<string, Sent> } {
    const rows: Asked = {};
    const found: Record<string, Sent> = {};
    for (const [field, [table, grid]] of Object.entries(fields)) {
      const one = sent(table, grid);
      rows[field] = one.rows;
      found[field] = { table, from: one.from };
    }
    return { rows, fields: found };
  }

  const listed = (own: Record<string, string>, grounds: Record<string, Cells> = {}) => Object.entries(own).map(([name, value]) => ({ name, value, ...grounds[name] }));

  function sizing(): { common: Asked; fields: Record<string, Sent> } {
    const { rows, fields } = tables({ towns: ["towns", given.value.towns] });
    return { common: { ...rows, coefficients: listed(given.value.own, given.value.grounds), year: number(given.value.year), stores: given.value.stores.trim() || undefined }, fields };
  }

  function size(): Made {
    const { common, fields } = sizing();
    const { own, scenarios, others, draws } = given.value;
    const beside = scenarios.map((one) => ({ name: one.name, coefficients: listed(one.own, one.grounds) }));
    const compare = Object.keys(own).length ? [{ name: DEFAULT, coefficients: [] }, ...beside] : beside;
    return { question: { ...others.size, kind: "size", ...common, compare, break_even: given.value.breakEven ? [given.value.breakEven] : [], draws: number(draws) }, fields };
  }

  function share(): Made {
    const { common, fields } = sizing();
    const limits = tables({ town_posts: ["town_posts", given.value.townPosts], district_posts: ["district_posts", given.value.districtPosts] });
    const { by, posts, yuan, established, contract } = given.value;
    const money = { yuan: number(yuan), established: { cost: number(established) }, contract: { cost: number(contract) } };
    const what = by === "posts" ? { posts: number(posts) } : { budget: money };
    return {
      question: { ...given.value.others.share, kind: "share", ...common, ...limits.rows, ...what, lose: number(given.value.lose), to_required: given.value.toRequired },
      fields: { ...fields, ...limits.fields },
    };
  }

  function roster(): Made {
    const { rows, fields } = tables({ people: ["duty_people", given.value.people], posts: ["duty_posts", given.value.dutyPosts], requests: ["duty_requests", given.value.requests], before: ["duty_roster", given.value.dutiesBefore] });
    const response = given.value.response.split(/[\s,，、;；]+/).filter(Boolean).map((span) => span.split(/\.\.|[~～至到]/).map(plainDay).join(".."));
    return { question: { ...given.value.others.roster, kind: "roster", ...rows, month: given.value.month, response, nights: number(given.value.nights) }, fields };
  }

  function patrol(): Made {
    const names = Object.keys(patrols.value) as (keyof typeof patrols.value)[];
    const { rows, fields } = tables(Object.fromEntries(names.map((name) => [name, [`patrol_${name}` as Table, patrols.value[name]]])));
    if (!given.value.others.patrol?.since) delete rows.record; // it belongs to an earlier plan, and to a day to plan again from
    return { question: { ...given.value.others.patrol, kind: "patrol", ...rows, year: number(given.value.patrolYear), situation: given.value.situation.trim() || "live" }, fields };
  }

  function grids(): Made {
    const { rows, fields } = tables({ villages: ["grid_villages", given.value.gridVillages], managers: ["grid_managers", given.value.gridManagers] });
    return { question: rows, fields };
  }

  /** Hours that nobody filled in have no calls. */
  function desk(): Schemas["Desk"] {
    const { calls, handle, level, within, away } = given.value;
    return { calls_per_hour: calls.map((one) => Number(plainNumber(one)) || 0), handle_s: Number(handle), service_level: Number(level) / 100, within_s: Number(within), away: Number(away) / 100 };
  }

  const question = (kind: Kind): Made => ({ size, share, roster, patrol })[kind]();

  const said = (kind: Kind): string => JSON.stringify(question(kind).question);
  const mark = (kind: Kind): void => void (saved.value[kind] = said(kind));
  /** Whether opening another would lose something; sizing and sharing out go by the same towns. */
  const unsaved = (kind: Kind): boolean => (kind === "size" || kind === "share" ? changed("size") && changed("share") : changed(kind));
  function changed(kind: Kind): boolean {
    const rows = { size: given.value.towns, share: given.value.towns, roster: given.value.people, patrol: patrols.value.dues }[kind];
    return rows.length > 0 && saved.value[kind] !== said(kind);
  }
  /** Whether the answer shown is to another question than stands there now. */
  const outdated = (kind: Kind): boolean => answeredOf.value[kind] !== said(kind);

  const ownOf = (rows: Cells[]): Record<string, string> => Object.fromEntries(rows.map((one) => [one.name!, one.value!]));

  const groundsOf = (rows: Cells[]): Record<string, Cells> => Object.fromEntries(rows.map(({ name, value: _, ...rest }) => [name!, rest] as const).filter(([, rest]) => Object.keys(rest).length));

  /** Takes a question of the service, such as an example or a study, to work on. */
  function take(asked: Asked): Kind {
    const kind = asked.kind as Kind;
    const rows = (name: string): Cells[] => ((asked[name] as Asked[] | undefined) ?? []).map(cellsOf);
    const text = (name: string, otherwise: string): string => (asked[name] === null || asked[name] === undefined ? otherwise : String(asked[name]));
    const into = given.value;
    if (kind === "size" || kind === "share") {
      into.towns = rows("towns");
      into.own = ownOf(rows("coefficients"));
      into.grounds = groundsOf(rows("coefficients"));
      into.year = text("year", "");
      into.stores = text("stores", "");
    }
    if (kind === "size") {
      into.draws = text("draws", "1000");
      into.others.size = pick(asked, ["seed"]);
      into.breakEven = (asked.break_even as string[] | undefined)?.[0] ?? "";
      const compared = (asked.compare as { name: string; coefficients: Asked[] }[] | undefined) ?? [];
      into.scenarios = compared.filter((one) => one.name !== DEFAULT).map((one) => ({ name: one.name, own: ownOf(one.coefficients.map(cellsOf)), grounds: groundsOf(one.coefficients.map(cellsOf)) }));
      sized.value = null;
    } else if (kind === "share") {
      const budget = asked.budget as { yuan: number; established: { cost: number }; contract: { cost: number } } | null;
      Object.assign(into, { by: budget ? "budget" : "posts", posts: text("posts", ""), lose: text("lose", "0"), toRequired: Boolean(asked.to_required), townPosts: rows("town_posts"), districtPosts: rows("district_posts") });
      if (budget) Object.assign(into, { yuan: String(budget.yuan), established: String(budget.established.cost), contract: String(budget.contract.cost) });
      shared.value = null;
    } else if (kind === "roster") {
      Object.assign(into, { people: rows("people"), dutyPosts: rows("posts"), requests: rows("requests"), dutiesBefore: rows("before"), month: text("month", into.month), response: ((asked.response as string[]) ?? []).join(" "), nights: text("nights", "2") });
      into.others.roster = pick(asked, ["roster", "since", "seed"]);
      rostered.value = null;
    } else {
      patrols.value = { dues: rows("dues"), stations: rows("stations"), grids: rows("grids"), villages: rows("villages"), hazards: rows("hazards"), record: rows("record") };
      into.patrolYear = text("year", "");
      into.situation = text("situation", "live");
      into.others.patrol = pick(asked, ["rounds", "since", "work", "week"]);
      patrolled.value = null;
    }
    mark(kind);
    return kind;
  }

  const pick = (asked: Asked, names: string[]): Asked => Object.fromEntries(names.filter((name) => asked[name] !== undefined && asked[name] !== null).map((name) => [name, asked[name]]));

  function answered(answer: { kind: Kind }): void {
    if (answer.kind === "size") sized.value = answer as Schemas["SizeOut"];
    else if (answer.kind === "share") shared.value = answer as Schemas["ShareOut"];
    else if (answer.kind === "roster") rostered.value = answer as Schemas["RosterOut"];
    else patrolled.value = answer as Schemas["PatrolOut"];
    answeredOf.value[answer.kind] = said(answer.kind);
  }

  const hasAnswer = (kind: Kind): boolean => Boolean({ size: sized, share: shared, roster: rostered, patrol: patrolled }[kind].value);

  /** The answer of the study that a page was left with: to its question as it was kept. */
  function again(answer: { kind: Kind }): void {
    answered(answer);
    if (studies.value[answer.kind]?.stale || saved.value[answer.kind] !== said(answer.kind)) answeredOf.value[answer.kind] = "";
  }
  before().unchanged?.forEach(mark);

  return { given, patrols, studies, hasAnswer, again, sized, shared, rostered, patrolled, question, grids, desk, mark, unsaved, outdated, take, answered };
});
