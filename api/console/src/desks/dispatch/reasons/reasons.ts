// What the service says of why a plan is as it is: one choice at once, the whole of it as it is reckoned.
import { api, got, type Schemas, Trouble } from "../../../api/client";
import { i18n, lang } from "../../../i18n";
import { useNames } from "../../../parts/names";
import { amount } from "../../../parts/shown";
import { listen } from "../service";

/** A plan on record, or one that waits for approval. */
export interface PlanOf {
  kind: "plans" | "drafts";
  number: number;
}
export type Choices = Schemas["ChoicesFile"];
export type Whole = Schemas["WhyFile"];
export type Said = Schemas["SaidRow"];
export type Choice = { team?: string; incident?: string; item?: string };

const AGAIN = 5;
const DRAFT = "/api/v1/situations/{situation}/drafts/{number}/";
const PLAN = "/api/v1/situations/{situation}/plans/{number}/";

/** While another explanation is under way the service says so after some seconds: then it is asked again. */
export async function choices(situation: string, of: PlanOf, query: Choice = {}): Promise<Choices> {
  const params = { path: { situation, number: of.number }, query };
  for (let left = AGAIN; ; left--)
    try {
      const asked = of.kind === "drafts" ? api.GET(`${DRAFT}choices`, { params }) : api.GET(`${PLAN}choices`, { params });
      return (await got(asked as Promise<{ data?: unknown; response: Response }>)) as Choices; // the client's own type loses how long its pairs are
    } catch (cause) {
      if (!left || !(cause instanceof Trouble) || cause.problem?.code !== "Busy") throw cause;
    }
}

/** The whole explanation, its phases told as they begin. Aborting ends it. Throws Trouble. */
export async function whole(situation: string, of: PlanOf, phase: (name: string) => void, signal: AbortSignal): Promise<Whole> {
  const asked = { params: { path: { situation, number: of.number } }, headers: { Accept: "text/event-stream" }, parseAs: "stream" as const, signal };
  let found: Whole | undefined;
  await listen(of.kind === "drafts" ? api.GET(`${DRAFT}why`, asked) : api.GET(`${PLAN}why`, asked), (name, content) => {
    if (name === "phase") phase((content as { phase: string }).phase);
    else if (name === "why") found = content as Whole;
  });
  return found!;
}

/** A cure, its five-fixed tasks and stores named as people do. */
export function cureSaid(cure: Said, tasks: string[], stores: string[]): string {
  const names = useNames();
  let text = cure[lang()];
  for (const one of tasks) text = text.replaceAll(one, checkName(one));
  for (const one of stores) text = text.replaceAll(one, names.store(one));
  return text;
}

/** What the product says of a row, sentence by sentence. */
export const lines = (said: Said): string[] => said[lang()].split("\n");

/** A five-fixed task that holds units back, `STORE/ITEM/LOT/KIND`, as people call it. */
export function checkName(task: string): string {
  const { t, te } = i18n.global;
  const names = useNames();
  const [store, item, lot, kind] = task.split("/").map((part) => decodeURIComponent(part));
  if (kind === undefined) return task;
  const act = te(`check.${kind}`) ? t(`check.${kind}`) : te(`held_by.${kind}`) ? t(`held_by.${kind}`) : kind;
  return t("why.check", { store: names.store(store!), item: names.item(item!), lot: lot!, act });
}

/** Units of an item; what is counted one by one needs no word for it in English. */
export function units(item: string, quantity: string | number): string {
  const unit = useNames().unit(item);
  return unit && unit !== "each" ? `${amount(quantity)} ${unit}` : amount(quantity);
}

/** So much sooner or later, in whole minutes; nothing where it is the same. */
export function apart(seconds: number): string {
  const t = i18n.global.t;
  const minutes = Math.round(Math.abs(seconds) / 60);
  if (!minutes) return "";
  return t(seconds > 0 ? "why.later" : "why.sooner", { minutes });
}
