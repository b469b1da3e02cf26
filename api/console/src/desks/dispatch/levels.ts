import { i18n, lang } from "../../i18n";
import type { Plan } from "./service";

type Value = number | number[] | null | undefined;

function figure(value: number): string {
  const locale = lang() === "zh" ? "zh-CN" : "en-GB";
  if (Math.abs(value) >= 1e6) return value.toLocaleString(lang() === "zh" ? locale : "en-US", { notation: "compact", minimumSignificantDigits: 5, maximumSignificantDigits: 5 });
  return value.toLocaleString(locale, { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
}

/** A level's value as people read it: of fairness the least and the mean fill rate. */
export function level(value: Value): string {
  if (value === null || value === undefined) return "–";
  if (!Array.isArray(value)) return figure(value);
  if (!value.length) return "–";
  const mean = value.reduce((sum, one) => sum + one, 0) / value.length;
  return `${figure(Math.min(...value))} / ${figure(mean)}`;
}

/** How far the proven bound is away. */
export function gap(value: number | null | undefined): string {
  const t = i18n.global.t;
  if (value === null || value === undefined) return t("level.unproven");
  return value <= 1e-9 ? `✓ ${t("level.optimal")}` : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;
}

/** Whether the widest response tier was met: ✓ and its minutes, or ✗ and those it misses. */
export function tier(plan: Plan, met: string | number | null, response_s: number | null): { kept: boolean; said: string } | null {
  const t = i18n.global.t;
  const tiers = (plan.parameters?.tiers ?? []) as { id: string; limit_s: number }[];
  if (response_s === null || !tiers.length) return null;
  const found = tiers.find((one) => String(one.id) === String(met));
  const most = tiers.reduce((all, one) => Math.max(all, one.limit_s), 0);
  return found ? { kept: true, said: t("plan.within", { minutes: found.limit_s / 60 }) } : { kept: false, said: t("plan.beyond", { minutes: most / 60 }) };
}

/** The clock of China so many seconds after the moment of a plan. */
export function clock(asOf: string | null | undefined, seconds: number | null): string {
  if (!asOf || seconds === null) return "–";
  const at = new Date(Date.parse(asOf) + seconds * 1000);
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" }).format(at);
}
