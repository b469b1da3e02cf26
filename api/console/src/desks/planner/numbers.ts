import { nextTick } from "vue";
import { lang } from "../../i18n";

const LOCALE = { zh: "zh-CN", en: "en-GB" } as const;
export const whole = (value: number): string => Math.round(value).toLocaleString(LOCALE[lang()]);
export const percent = (value: number): string => value.toLocaleString(LOCALE[lang()], { style: "percent" });
export const plain = (value: number): string => value.toLocaleString(LOCALE[lang()], { maximumFractionDigits: 4 });

/** Shows an answer from its beginning, and goes on from there by keyboard and reader. */
export async function bring(what: () => HTMLElement | null | undefined): Promise<void> {
  await nextTick();
  what()?.focus({ preventScroll: true });
  what()?.scrollIntoView({ block: "start" });
}
