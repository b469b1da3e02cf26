import { useI18n } from "vue-i18n";
import type { Schemas } from "../../api/client";
import { useNames } from "../../parts/names";
import { amount } from "../../parts/shown";

/** Findings and kinds of tasks in words. */
export function useCareWords() {
  const { t, te } = useI18n();
  const names = useNames();
  const kind = (code: string | null | undefined): string =>
    !code ? "–" : te(`stock.task.${code}`) ? t(`stock.task.${code}`) : te(`check.${code}`) ? t(`check.${code}`) : code;

  function finding(row: Schemas["FiveFixedFindingsRow"]): string {
    const facts: Record<string, unknown> = {
      store: names.store(row.store ?? ""), item: row.item ? names.item(row.item) : "–", lot: row.lot || "–", bin: "–", kind_zh: kind(row.kind), kind_en: kind(row.kind), due: row.due ?? "–",
    };
    for (const [name, value] of Object.entries(row.facts ?? {})) {
      if (name === "item" || name === "store") continue;
      facts[name] = Array.isArray(value) ? value.join("、") : typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? amount(value) : (value ?? "–");
    }
    return te(`finding.${row.code}`) ? t(`finding.${row.code}`, facts) : (row.code ?? "");
  }
  /** What a task asks for, by its key: STORE/ITEM/LOT/KIND. */
  const kindOf = (key: string): string => kind(key.split("/").at(-1));
  return { kind, kindOf, finding };
}
