import { createI18n } from "vue-i18n";

export type Lang = "zh" | "en";
const KEPT = "wuding.lang";

export function startLang(): Lang {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const i18n = createI18n({ legacy: false, locale: "", fallbackWarn: false, messages: {} as Record<string, Record<string, string>> });

/** Loads the words of a language, which alone are fetched, and remembers the choice. */
export async function speak(lang: Lang): Promise<void> {
  if (!i18n.global.availableLocales.includes(lang)) {
    const words = lang === "zh" ? await import("virtual:texts/zh") : await import("virtual:texts/en");
    i18n.global.setLocaleMessage(lang, words.default);
  }
  i18n.global.locale.value = lang;
  localStorage.setItem(KEPT, lang);
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = i18n.global.t("title");
}

export const lang = (): Lang => i18n.global.locale.value as Lang;
