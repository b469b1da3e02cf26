import { lang } from "../i18n";
import { nowThere } from "../offline/line";

const LOCALE = { zh: "zh-CN", en: "en-GB" } as const;

/** Units of an item: exact decimals come as text and are not rounded. */
export function amount(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  const [whole, part] = String(value).split(".");
  const kept = part?.replace(/0+$/, "");
  return BigInt(whole!).toLocaleString(LOCALE[lang()]) + (kept ? `.${kept}` : "");
}

export const dayOf = (value: string | null | undefined): string => value?.slice(0, 10) ?? "–";

/** An instant on the clock of China, which the offices keep. */
export function moment(value: string | null | undefined): string {
  if (!value) return "–";
  return new Intl.DateTimeFormat(LOCALE[lang()], { dateStyle: "short", timeStyle: "short", timeZone: "Asia/Shanghai" }).format(new Date(value));
}

/** Days until a day, today 0. */
export function daysLeft(day: string | null | undefined): number | null {
  if (!day) return null;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(nowThere());
  return Math.round((Date.parse(day) - Date.parse(today)) / 86_400_000);
}

/** The day so many days from today, on the calendar of China. */
export function dayIn(days: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date(nowThere().getTime() + days * 86_400_000));
}
