// What the lists of findings and tasks have in common: filters kept in the address, pages, the keys of a list.
import { computed, type Ref, ref } from "vue";
import { useRoute, useRouter } from "vue-router";
import { useRead } from "../../parts/acts";
import { useNames } from "../../parts/names";
import type CareFilter from "./CareFilter.vue";
import { useDivisions } from "./divisions";
import { useListKeys } from "./keys";

const PAGE = 50;
interface Page<Row> {
  items: Row[];
  next?: string | null;
}

/**
 * `own`: filters that this list alone has, with what each is where the address does not say; `asks` sends the question,
 * to which `extra` adds; an `extra` of `only` is all that is asked; `at`: where the list and its search field stand.
 */
export function useCareList<Row>(
  own: Record<string, Ref<string>>,
  extra: () => { only?: Record<string, unknown> } & Record<string, unknown>,
  asks: (query: never) => Promise<Page<Row>>,
  at: { list: Ref<HTMLElement | null>; filter: Ref<InstanceType<typeof CareFilter> | null> },
  then: () => void = () => undefined,
) {
  const route = useRoute();
  const router = useRouter();
  const names = useNames();
  const divisions = useDivisions();
  const said = (name: string) => String(route.query[name] ?? "");
  const usual = Object.fromEntries(Object.entries(own).map(([name, field]) => [name, field.value]));
  for (const [name, field] of Object.entries(own)) field.value = said(name) || field.value;
  const asked = ref({ q: said("q"), place: said("place"), store: said("store"), severity: said("severity") });
  const rows = ref([]) as Ref<Row[]>;
  const next = ref<string | null>(null);
  const { busy, trouble, read } = useRead();

  function query(cursor: string | undefined): Record<string, unknown> {
    const { only, ...more } = extra();
    if (only) return { ...only, limit: PAGE };
    const { q, place, store, severity } = asked.value;
    const usualOnes = { q: q || undefined, within: place || undefined, store: store ? [store] : undefined, severity: severity ? [severity] : undefined };
    return { ...usualOnes, ...more, limit: PAGE, cursor };
  }

  const load = (more = false) =>
    read(
      () => asks(query(more ? (next.value ?? undefined) : undefined) as never),
      (page) => {
        rows.value = more ? [...rows.value, ...page.items] : page.items;
        next.value = page.next ?? null;
        then();
      },
    );

  async function go(): Promise<void> {
    const mine = Object.entries(own).map(([name, field]) => [name, field.value === usual[name] ? "" : field.value]);
    const all = [...Object.entries(asked.value), ...mine].filter(([, value]) => value);
    await router.replace({ query: Object.fromEntries(all) });
    await load();
  }

  useListKeys(at.list, computed(() => at.filter.value?.search ?? null));
  void names.load();
  void divisions.load();
  return { asked, rows, next, busy, trouble, load, go };
}
