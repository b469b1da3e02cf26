// Entries made without a network: kept in this browser, sent once and in order when it is back, and what the service
// refuses is left for a person to decide.
import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api, got, onceKey, Trouble } from "../api/client";
import { useMe } from "../me";
import { store, type Waiting } from "./store";

export type Sent = { state: "done"; answer: unknown } | { state: "waiting" };
const LOOK_MS = 15_000;

export const useOutbox = defineStore("outbox", () => {
  const me = useMe();
  const all = ref<Waiting[]>([]);
  const mine = computed(() => all.value.filter((one) => one.actor === me.me?.name));
  const waiting = computed(() => mine.value.filter((one) => !one.refused));
  const refused = computed(() => mine.value.filter((one) => one.refused));

  async function load(): Promise<void> {
    all.value = await (await store()).getAll("outbox");
  }

  /** Sends a write now; without a network, or with earlier ones waiting, it waits its turn. Throws Trouble. */
  async function post(path: string, body: Record<string, unknown>, key = onceKey()): Promise<Sent> {
    const at = new Date().toISOString();
    if (!waiting.value.length) {
      try {
        return { state: "done", answer: await send({ actor: "", path, body, key, at }) };
      } catch (cause) {
        if (!(cause instanceof Trouble) || !cause.offline) throw cause;
      }
    }
    const told = { ...body, occurred_at: body.occurred_at ?? at };
    await (await store()).add("outbox", { actor: me.me!.name, path, body: JSON.parse(JSON.stringify(told)), key, at });
    await load();
    void replay();
    return { state: "waiting" };
  }

  function send(one: Waiting): Promise<unknown> {
    const asked = { params: { header: { "Idempotency-Key": one.key } }, body: one.body };
    return got(api.POST(one.path as never, asked as never) as never);
  }

  /** In order, by one window at a time; stops where there is no network. */
  async function replay(): Promise<void> {
    await navigator.locks.request("wuding.outbox", async () => {
      const base = await store();
      for (const one of await base.getAll("outbox")) {
        if (one.refused || one.actor !== me.me?.name) continue;
        try {
          await send(one);
          await base.delete("outbox", one.id!);
        } catch (cause) {
          if (!(cause instanceof Trouble) || cause.offline || !cause.problem || cause.problem.status >= 500 || cause.problem.status === 401 || cause.problem.status === 429) break;
          const words = cause.problem.errors?.map((fault) => fault.message) ?? [];
          await base.put("outbox", { ...one, refused: words.length ? words : [cause.message] });
        }
      }
      await load();
    });
  }

  /** A person decided: send it again as it is (under a key of its own, as it was refused), or let it go. */
  async function again(one: Waiting): Promise<void> {
    const { refused: _, ...rest } = one;
    await (await store()).put("outbox", JSON.parse(JSON.stringify({ ...rest, key: onceKey() })));
    await load();
    await replay();
  }

  async function drop(one: Waiting): Promise<void> {
    await (await store()).delete("outbox", one.id!);
    await load();
  }

  function start(): void {
    void load().then(replay);
    addEventListener("online", () => void replay());
    setInterval(() => waiting.value.length && navigator.onLine && void replay(), LOOK_MS);
  }

  return { mine, waiting, refused, post, replay, again, drop, start };
});
