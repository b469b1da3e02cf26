import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got } from "../../api/client";
import { lang } from "../../i18n";

interface Division {
  code: string;
  zh: string;
  en: string;
  level: string;
}

/** Divisions within reach, by code: for filters and paths. */
export const useDivisions = defineStore("divisions", () => {
  const all = ref<Division[]>([]);
  let loading: Promise<void> | null = null;

  async function read(): Promise<void> {
    try {
      const found: Division[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await got(api.GET("/api/v1/places", { params: { query: { limit: 500, cursor, field: ["code", "name", "name_en", "level"] } } }));
        found.push(...page.items.map((one) => ({ code: one.code!, zh: one.name!, en: one.name_en ?? one.name!, level: one.level! })));
        if (!page.next) break;
        cursor = page.next;
      }
      all.value = found;
    } catch {
      loading = null;
    }
  }

  const load = () => (loading ??= read());
  const names = computed(() => new Map(all.value.map((one) => [one.code, one[lang()]])));
  /** Counties and towns: villages are too many for a field to choose from. */
  const choices = computed(() => all.value.filter((one) => one.level !== "village").map((one) => ({ code: one.code, name: one[lang()] })));
  /** The codes of those of a name; of two villages of one name there are two. */
  const called = (name: string) => all.value.filter((one) => one.zh === name || one.en.toLowerCase() === name.toLowerCase()).map((one) => one.code);
  return { load, names, choices, called, knows: (code: string) => names.value.has(code), name: (code: string) => names.value.get(code) ?? code };
});

/** The divisions above one, the highest first, and itself. */
export function pathTo(code: string): string[] {
  const parts = [`${code.slice(0, 6)}000000`, `${code.slice(0, 9)}000`, code];
  return [...new Set(parts)];
}
