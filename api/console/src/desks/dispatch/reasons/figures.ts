// Spans, shares and delays of the after-action report.
import { i18n, lang } from "../../../i18n";

/** So many seconds as hours and minutes. */
export function span(seconds: number | null): string {
  const t = i18n.global.t;
  if (seconds === null) return "–";
  const minutes = Math.round(Math.abs(seconds) / 60);
  return minutes < 60 ? t("action.minutes", { minutes }) : t("action.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

export const share = (value: number | null): string =>
  value === null ? "–" : value.toLocaleString(lang() === "zh" ? "zh-CN" : "en-GB", { style: "percent", maximumFractionDigits: 0 });

/** A minute counts as in time. */
export function delay(seconds: number | null): string {
  const t = i18n.global.t;
  if (seconds === null) return "–";
  if (Math.abs(seconds) <= 60) return t("after.in_time");
  return t(seconds > 0 ? "action.late" : "action.early", { span: span(seconds) });
}
