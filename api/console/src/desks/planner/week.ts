// Days and weeks of patrol rounds, and how a day looks on paper and on the map.
import type { Schemas } from "../../api/client";
import { lang } from "../../i18n";

export type Stop = Schemas["StopOut"];
const DAY_MS = 86_400_000;

/** Monday of the week that a day lies in. */
export function monday(day: string): string {
  const date = new Date(day);
  return new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
}

const locale = (): string => (lang() === "zh" ? "zh-CN" : "en-GB");
export const dayName = (day: string): string => new Intl.DateTimeFormat(locale(), { weekday: "short", month: "numeric", day: "numeric", timeZone: "UTC" }).format(new Date(day));
/** 一 or Mon. */
export const weekday = (day: string): string => new Intl.DateTimeFormat(locale(), { weekday: lang() === "zh" ? "narrow" : "short", timeZone: "UTC" }).format(new Date(day));

export interface Look {
  light: string;
  dark: string;
  dash: number[];
  /** of its marks */
  name: string;
}
/** By day of the week: a colour, and a line of its own for who cannot tell colours. */
const LOOKS: Look[] = [
  { light: "#1f5f99", dark: "#6fb4ee", dash: [], name: "day-0" },
  { light: "#a32020", dark: "#ff8f8f", dash: [4, 2], name: "day-1" },
  { light: "#2c6e2f", dark: "#7fd083", dash: [1, 2], name: "day-2" },
  { light: "#7a1fa2", dark: "#d7a4f2", dash: [6, 2, 1, 2], name: "day-3" },
  { light: "#8a5200", dark: "#f0b35a", dash: [2, 1], name: "day-4" },
];
export const lookOf = (day: string): Look => LOOKS[(new Date(day).getUTCDay() + 6) % 7] ?? LOOKS[0]!;
