// A store made ready: all that its room needs is read once, and with that kept.
import { defineStore } from "pinia";
import { ref } from "vue";
import { api, got, Trouble } from "../api/client";
import { useDivisions } from "../desks/stock/divisions";
import { useMe } from "../me";
import { useNames } from "../parts/names";
import { LISTS } from "./rooms";
import { type Room, type Rows, store } from "./store";

const PAGE = 500;
const AT_ONCE = 4;
const LIVE_TASKS = ["open", "assigned"];
const LIVE_COUNTS = ["open", "counted"];
export const LABELS = ["store", "bins", "lots"] as const;
const NEEDS: Record<string, string> = { bins: "registers.read", "five-fixed/tasks": "care.read", "five-fixed/findings": "care.read" };

/** A question of a page, asked as the page asks it, so that its answer is found again. */
type Ask = () => Promise<unknown>;

export const useRooms = defineStore("rooms", () => {
  const me = useMe();
  const names = useNames();
  const rooms = ref<Omit<Room, "words">[]>([]);
  /** How far it is: questions answered, of how many known so far. */
  const going = ref<{ store: string; done: number; of: number } | null>(null);

  async function load(): Promise<void> {
    rooms.value = (await (await store()).getAll("rooms")).map(({ words: _, ...one }) => one);
  }

  async function whole(list: string, query: Record<string, unknown>): Promise<Rows> {
    const found: Rows = [];
    for (let cursor: string | undefined; ; ) {
      const asked = { params: { query: { ...query, limit: PAGE, cursor } } };
      const page = (await got(api.GET(`/api/v1/${list}` as never, asked as never) as never)) as { items: Rows; next?: string | null };
      found.push(...page.items);
      if (!page.next) return found;
      cursor = page.next;
    }
  }

  async function card(of: string, item: string): Promise<void> {
    for (let after = 0; ; ) {
      const found = await got(api.GET("/api/v1/stock/card", { params: { query: { store: of, item, after } } }));
      if (!found.more || !found.rows.length) return;
      after = found.rows.at(-1)!.movement;
    }
  }

  const labels = (of: string, what: (typeof LABELS)[number]) =>
    got(api.GET("/api/v1/stock/labels", { params: { query: { store: of, what, skip: 0 } }, headers: { Accept: "application/pdf, application/problem+json" }, parseAs: "blob" })).catch((cause: unknown) => {
      if (!(cause instanceof Trouble) || cause.problem?.code !== "NoLabels") throw cause; // a store without bins has none
    });

  /** Throws Trouble; what was ready before stays. */
  async function prepare(of: string): Promise<void> {
    void navigator.storage?.persist?.();
    going.value = { store: of, done: 0, of: Object.keys(LISTS).length };
    try {
      const at = new Date().toISOString();
      await Promise.all([names.load(), useDivisions().load()]);
      const lists: Record<string, Rows> = {};
      for (const list of Object.keys(LISTS)) {
        const status = list === "five-fixed/tasks" ? LIVE_TASKS : list === "counts" ? LIVE_COUNTS : undefined;
        lists[list] = !NEEDS[list] || me.may.has(NEEDS[list]) ? await whole(list, { store: [of], status }) : [];
        going.value.done++;
      }
      await all(asks(of, lists));
      await (await store()).put("rooms", { store: of, at, lists, words: wordsOf(of, lists) });
      await load();
    } finally {
      going.value = null;
    }
  }

  function asks(of: string, lists: Record<string, Rows>): Ask[] {
    const items = [...new Set(lists.stock!.map((row) => String(row.item)))];
    const found: Ask[] = items.flatMap((item) => [
      () => card(of, item),
      () => got(api.GET("/api/v1/stock/available", { params: { query: { store: of, item } } })),
    ]);
    for (const row of lists.counts!) found.push(() => got(api.GET("/api/v1/counts/{number}", { params: { path: { number: String(row.number) } } })));
    if (me.may.has("people.read")) found.push(() => got(api.GET("/api/v1/custodians", { params: { query: { store: [of], limit: 200 } } })));
    if (me.may.has("files.read"))
      for (const row of lists["five-fixed/tasks"]!) found.push(() => got(api.GET("/api/v1/files", { params: { query: { about: [String(row.key)], limit: 50 } } })));
    return [...found, ...LABELS.map((what) => () => labels(of, what))];
  }

  async function all(questions: Ask[]): Promise<void> {
    going.value!.of += questions.length;
    const left = [...questions];
    const worker = async () => {
      for (let ask = left.shift(); ask; ask = left.shift()) {
        await ask();
        going.value!.done++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  function wordsOf(of: string, lists: Record<string, Rows>): Record<string, string> {
    const found: Record<string, string> = { [of]: names.store(of) };
    for (const row of Object.values(lists).flat()) if (typeof row.item === "string") found[row.item] = names.item(row.item);
    return found;
  }

  async function remove(of: string): Promise<void> {
    await (await store()).delete("rooms", of);
    await load();
  }

  return { rooms, going, load, prepare, remove };
});
