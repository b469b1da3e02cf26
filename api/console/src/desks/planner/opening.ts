// A study that was kept, back on its page: its question, and its answer where it has one.
import { api, got, type Schemas } from "../../api/client";
import { i18n } from "../../i18n";
import { type Kind, usePlan } from "./plan";

export const WHERE: Record<Kind, string> = { size: "towns", share: "share", roster: "roster", patrol: "patrol" };

/** The kind of what was opened; null: what stands on its page was to stay. Throws Trouble. */
export async function openStudy(number: number): Promise<Kind | null> {
  const plan = usePlan();
  const { t } = i18n.global;
  const path = { path: { number } };
  const answer = await api.GET("/api/v1/staffing/studies/{number}", { params: path });
  const study = await got(Promise.resolve(answer) as Promise<{ data?: Schemas["StudyOut"]; error?: unknown; response: Response }>);
  const found = study.answered_at ? await got(api.GET("/api/v1/staffing/studies/{number}/answer", { params: path })) : null;
  const asked = study.question.kind as Kind;
  if (plan.unsaved(asked) && !confirm(t("planner.lose_unsaved", { page: t(`planner.${WHERE[asked]}`) }))) return null;
  const kind = plan.take(study.question);
  plan.studies[kind] = { number, name: study.name, place: study.place, etag: answer.response.headers.get("ETag") ?? "", stale: study.stale };
  if (found) plan.again(found);
  return kind;
}
