import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got } from "../api/client";
import { lang } from "../i18n";

interface Named {
  code: string;
  zh: string;
  en: string;
}

/** Names of stores and items, by code; a code that nobody named shows as itself. */
export const useNames = defineStore("names", () => {
  const known = { stores: ref<Named[]>([]), items: ref<Named[]>([]) };
  let loading: Promise<void> | null = null;

  async function load(): Promise<void> {
    loading ??= read();
    await loading;
  }

  async function read(): Promise<void> {
    try {
      known.stores.value = await stores();
      known.items.value = await items();
    } catch {
      loading = null; // codes will do; asked for again next time
    }
  }

  async function stores(): Promise<Named[]> {
    const found: Named[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await got(api.GET("/api/v1/stores", { params: { query: { limit: 500, cursor, field: ["code", "name", "name_en"] } } }));
      found.push(...page.items.map((one) => ({ code: one.code!, zh: one.name ?? one.code!, en: one.name_en ?? one.name ?? one.code! })));
      if (!page.next) return found;
      cursor = page.next;
    }
  }

  async function items(): Promise<Named[]> {
    const found: Named[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await got(api.GET("/api/v1/items", { params: { query: { limit: 500, cursor, field: ["code", "name_zh", "name_en"] } } }));
      found.push(...page.items.map((one) => ({ code: one.code!, zh: one.name_zh ?? one.code!, en: one.name_en ?? one.code! })));
      if (!page.next) return found;
      cursor = page.next;
    }
  }

  const shown = (kind: "stores" | "items") => computed(() => new Map(known[kind].value.map((one) => [one.code, one[lang()]])));
  const storeNames = shown("stores");
  const itemNames = shown("items");
  return {
    load, stores: storeNames, items: itemNames,
    store: (code: string) => storeNames.value.get(code) ?? code,
    item: (code: string) => itemNames.value.get(code) ?? code,
  };
});
