import { lang } from "../../i18n";

const LOCALE = { zh: "zh-CN", en: "en-GB" } as const;
export const whole = (value: number): string => Math.round(value).toLocaleString(LOCALE[lang()]);
export const percent = (value: number): string => value.toLocaleString(LOCALE[lang()], { style: "percent" });
export const plain = (value: number): string => value.toLocaleString(LOCALE[lang()], { maximumFractionDigits: 4 });
