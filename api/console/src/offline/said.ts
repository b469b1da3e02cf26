import { useI18n } from "vue-i18n";
import { useNames } from "../parts/names";
import { amount } from "../parts/shown";
import { aboutOf } from "./order";
import type { Waiting } from "./store";

const SHOWN = ["reason", "to_state", "from_bin", "to_bin", "bin", "damaged", "reference", "done_on", "note"] as const;
const NAMED = { to_state: "stock.to_state", from_bin: "stock.bin", to_bin: "stock.to_bin", bin: "stock.bin", damaged: "stock.of_these_damaged", reference: "stock.reference", done_on: "stock.done_on", note: "note", reason: "stock.reason" };

/** What somebody entered, in words. */
export function useSaid() {
  const { t, te } = useI18n();
  const names = useNames();

  /** `stock.issue`, `counts.lines`, `tasks.done`: of the path without its numbers. */
  const kindOf = (one: Waiting): string => {
    const parts = one.path.replace("/api/v1/", "").split("/");
    return parts[0] === "stock" ? `stock.${parts[1]}` : `${parts[parts.length - 3]}.${parts[parts.length - 1]}`;
  };
  const title = (one: Waiting): string => (te(`outbox.${kindOf(one)}`) ? t(`outbox.${kindOf(one)}`) : one.path);

  const quantity = (one: Waiting): string | null => {
    const found = (one.body.lines as { quantity: string }[] | undefined)?.[0]?.quantity ?? one.body.quantity;
    return typeof found === "string" && found !== "" ? found : null;
  };

  function line(one: Waiting): string {
    const about = aboutOf(one);
    const units = quantity(one);
    const task = about.task && (te(`stock.task.${about.task.kind}`) ? t(`stock.task.${about.task.kind}`) : te(`check.${about.task.kind}`) ? t(`check.${about.task.kind}`) : about.task.kind);
    return [
      about.count, task, about.store && names.store(about.store), about.item && names.item(about.item), about.lot && `${t("stock.lot")} ${about.lot}`, about.bin,
      about.state && t(`state.${about.state}`), units && `${amount(units)} ${names.unit(about.item ?? "")}`.trim(),
      about.task && t(one.body.passed === false ? "stock.not_passed" : "stock.passed"), one.photos?.length && t("outbox.photos", { count: one.photos.length }),
    ].filter(Boolean).join(" · ");
  }

  /** All else that was said: name and value. */
  function more(one: Waiting): [string, string][] {
    const found: [string, string][] = [];
    for (const name of SHOWN) {
      const value = one.body[name];
      if (value === null || value === undefined || value === "" || value === "0") continue;
      const text = name === "reason" ? t(`reason.${value}`) : name === "to_state" ? t(`state.${value}`) : String(value);
      found.push([t(NAMED[name]), text]);
    }
    return found;
  }
  return { title, line, more, quantity };
}
