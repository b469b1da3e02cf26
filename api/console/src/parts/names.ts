import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got } from "../api/client";
import { lang } from "../i18n";

interface Named {
  code: string;
  zh: string;
  en: string;
}
interface Store extends Named {
  place: string | null;
  tier: string;
}
interface Item extends Named {
  unit: { zh: string; en: string };
  serialised: boolean;
}

/** Names of stores and items, by code; a code that nobody named shows as itself. */
export const useNames = defineStore("names", () => {
  const known = { stores: ref<Store[]>([]), items: ref<Item[]>([]) };
  let loading: Promise<void> | null = null;

  async function load(anew = false): Promise<void> {
    if (anew) loading = null;
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

  async function stores(): Promise<Store[]> {
    const found: Store[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await got(api.GET("/api/v1/stores", { params: { query: { limit: 500, cursor, field: ["code", "name", "name_en", "place", "tier"] } } }));
      found.push(
        ...page.items.map((one) => ({
          code: one.code!, zh: one.name ?? one.code!, en: one.name_en ?? one.name ?? one.code!, place: one.place ?? null, tier: one.tier!,
        })),
      );
      if (!page.next) return found;
      cursor = page.next;
    }
  }

  async function items(): Promise<Item[]> {
    const found: Item[] = [];
    const field = ["code", "name_zh", "name_en", "unit_zh", "unit_en", "serialised"] as const;
    for (let cursor: string | undefined; ; ) {
      const page = await got(api.GET("/api/v1/items", { params: { query: { limit: 500, cursor, field: [...field] } } }));
      found.push(
        ...page.items.map((one) => ({
          code: one.code!, zh: one.name_zh ?? one.code!, en: one.name_en ?? one.code!,
          unit: { zh: one.unit_zh ?? "", en: one.unit_en ?? "" }, serialised: one.serialised ?? false,
        })),
      );
      if (!page.next) return found;
      cursor = page.next;
    }
  }

  const shown = (kind: "stores" | "items") => computed(() => new Map(known[kind].value.map((one) => [one.code, one[lang()]])));
  const storeNames = shown("stores");
  const itemNames = shown("items");
  const storeOf = computed(() => new Map(known.stores.value.map((one) => [one.code, one])));
  const itemOf = computed(() => new Map(known.items.value.map((one) => [one.code, one])));
  return {
    load, stores: storeNames, items: itemNames,
    store: (code: string) => storeNames.value.get(code) ?? code,
    item: (code: string) => itemNames.value.get(code) ?? code,
    unit: (item: string) => itemOf.value.get(item)?.unit[lang()] ?? "",
    serialised: (item: string) => itemOf.value.get(item)?.serialised ?? false,
    /** Division of a store; null where it is not known. */
    placeOf: (store: string) => storeOf.value.get(store)?.place ?? null,
  };
});
