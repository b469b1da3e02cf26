// A question asked at once: what is under way, and what was wrong with it, at its cells as far as it has some.
import { ref } from "vue";
import { type Refused, refused } from "./files";
import type { Made } from "./plan";
import type { Faults } from "../../parts/tables";

export function useAsking(made: () => Made) {
  const busy = ref("");
  const wrong = ref<Refused>({ cells: {}, rest: [] });

  async function working(name: string, work: () => Promise<unknown>): Promise<void> {
    busy.value = name;
    wrong.value = { cells: {}, rest: [] };
    try {
      await work();
    } catch (cause) {
      wrong.value = refused(cause, made());
    } finally {
      busy.value = "";
    }
  }

  const faults = (field: string): Faults => wrong.value.cells[field] ?? new Map();
  const setFaults = (field: string, found: Faults): void => void (wrong.value = { ...wrong.value, cells: { ...wrong.value.cells, [field]: found } });
  return { busy, wrong, working, faults, setFaults };
}
