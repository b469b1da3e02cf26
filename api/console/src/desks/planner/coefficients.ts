import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { api, got, type Schemas } from "../../api/client";

/** The coefficients of the sizing, by name, with what they mean and where they come from. */
export const useCoefficients = defineStore("coefficients", () => {
  const items = shallowRef<Schemas["CoefficientOut"][]>([]);
  const byName = computed(() => new Map(items.value.map((one) => [one.name, one])));
  let asked: number | undefined;

  /** Throws Trouble; without it names stand for themselves. */
  async function load(year?: number): Promise<void> {
    if (items.value.length && asked === year) return;
    const found = await got(api.GET("/api/v1/staffing/coefficients", { params: { query: year ? { year } : {} } }));
    asked = year;
    items.value = found.items;
  }

  return { items, load, of: (name: string) => byName.value.get(name) };
});
