// Entries made without a network: kept in this browser, sent once and in order when it is back, and what the service
// refuses is left for a person to decide.
import { defineStore } from "pinia";
import { computed, ref, shallowRef, watch } from "vue";
import { api, got, onceKey, Trouble, TRY_LATER } from "../api/client";
import { i18n } from "../i18n";
import { useMe } from "../me";
import { nowThere, reached } from "./line";
import { heldBy, tooSoon } from "./order";
import { alone, aloneNow } from "./plain";
import { type About, type Photo, store, type Waiting } from "./store";

export type Sent = { state: "done"; answer: unknown } | { state: "waiting" };
interface More {
  about?: About;
  photos?: Photo[];
}

const LOCK = "wuding.outbox";
const SOON_MS = 2_000;
const LATE_MS = 60_000;
const ENTRY_MS = 15_000; // without an answer: it waits, and the person goes on
const AWAY_MS = 4_000; // where the last request had none either
const PHOTO_MS = 300_000;
const MOST_FAILURES = 5;

const refusal = (cause: unknown): Trouble | null => (cause instanceof Trouble && cause.saysNo ? cause : null);
const wordsOf = (cause: Trouble): string[] => (cause.problem?.errors?.length ? cause.problem.errors.map((fault) => fault.message) : [cause.message]);

/** Nothing can be kept here: that is said, and what was entered stays in its form. */
function full(): never {
  throw new Trouble(i18n.global.t("outbox.full"), null);
}

export const useOutbox = defineStore("outbox", () => {
  const me = useMe();
  const all = shallowRef<Waiting[]>([]);
  const loaded = ref(false); // until then nobody knows whether anything waits
  /** How many are still to go, while they are being sent. */
  const going = ref<{ left: number; of: number } | null>(null);
  const mine = computed(() => all.value.filter((one) => one.actor === me.me?.name));
  const held = computed(() => heldBy(mine.value));
  const waiting = computed(() => mine.value.filter((one) => !one.refused));
  const refused = computed(() => mine.value.filter((one) => one.refused));
  /** Of whom else entries wait in this browser, and how many. */
  const others = computed(() => {
    const count = new Map<string, number>();
    for (const one of all.value) if (one.actor !== me.me?.name) count.set(one.actor, (count.get(one.actor) ?? 0) + 1);
    return count;
  });
  const ofCount = (number: string) => mine.value.filter((one) => one.about?.count === number);
  const ofTask = (id: number) => mine.value.find((one) => one.about?.task?.id === id);
  const ofLot = (line: { store?: string; item?: string; lot?: string }) =>
    mine.value.filter(({ about, body }) => !about && body.store === line.store && body.item === line.item && (!body.lot || body.lot === line.lot));
  /** Of the photographs that go with the entry that is being sent. */
  const uploading = ref<{ sent: number; of: number } | null>(null);
  /** How often entries that waited have left: what a page shows of them is older than that. */
  const left = ref(0);
  const windows = new BroadcastChannel(LOCK);
  let pause_ms = SOON_MS;
  let timer = 0;
  let next: Promise<void> | null = null; // a replay that has not begun

  async function load(tell = true): Promise<void> {
    const before = all.value;
    all.value = await (await store()).getAll("outbox");
    const now = new Set(all.value.map((one) => one.id));
    if (before.some((one) => !now.has(one.id))) left.value++;
    loaded.value = true;
    if (tell) windows.postMessage("");
  }

  /** Sends a write now; without a network, or with earlier ones waiting, it waits its turn. Throws Trouble. */
  async function post(path: string, body: Record<string, unknown>, key = onceKey(), more: More = {}): Promise<Sent> {
    const at = nowThere().toISOString();
    // the same from the first attempt on: under its key the service takes no other
    const told = JSON.parse(JSON.stringify({ ...body, occurred_at: body.occurred_at ?? at })) as Record<string, unknown>;
    const about = more.about && (JSON.parse(JSON.stringify(more.about)) as About);
    const one: Waiting = { actor: me.me!.name, path, body: told, key, at, ...(about && { about }), ...(more.photos && { photos: more.photos }) };
    const sent = await aloneNow(LOCK, () => first(one));
    if (sent) return sent;
    await (await store()).add("outbox", one).catch(full);
    await load();
    void replay();
    return { state: "waiting" };
  }

  /** Written down before it is sent, so that neither a crash nor a lost answer loses it. Null: it has to wait its turn. */
  async function first(one: Waiting): Promise<Sent | null> {
    const base = await store();
    const before = (await base.getAll("outbox")).filter((each) => each.actor === one.actor);
    const behind = heldBy(before);
    if (before.some((each) => !each.refused && !behind.has(each.id!)) || tooSoon(one, before, behind)) return null;
    one.id = await base.add("outbox", { ...one, tried: true }).catch(() => undefined); // a full disk: sent all the same
    try {
      const answer = await send(one);
      if (one.id !== undefined) await base.delete("outbox", one.id);
      return { state: "done", answer };
    } catch (cause) {
      if (one.id === undefined) throw refusal(cause) ?? full();
      if (refusal(cause)) {
        await base.delete("outbox", one.id); // whoever made it is looking at it, and hears why
        throw cause;
      }
      await load();
      later();
      return { state: "waiting" };
    }
  }

  /** Its files, each once, then itself. */
  async function send(one: Waiting): Promise<unknown> {
    const photos = one.photos ?? [];
    for (const [at, photo] of photos.entries()) {
      if (photo.id !== null) continue;
      uploading.value = { sent: at, of: photos.length };
      const form = new FormData();
      form.append("about", one.about!.task!.key);
      form.append("file", photo.file, photo.name);
      const params = { header: { "Idempotency-Key": photo.key } };
      const kept = api.POST("/api/v1/files", { params, body: form as never, bodySerializer: (body) => body as unknown as FormData, signal: AbortSignal.timeout(PHOTO_MS) });
      photo.id = (await got(kept).finally(() => (uploading.value = null))).id;
      if (one.id !== undefined) await (await store()).put("outbox", { ...one, tried: true });
    }
    const body = one.photos ? { ...one.body, evidence: one.photos.map((photo) => photo.id) } : one.body;
    const asked = { params: { header: { "Idempotency-Key": one.key } }, body, signal: AbortSignal.timeout(reached.value ? ENTRY_MS : AWAY_MS) };
    const answer = await got(api.POST(one.path as never, asked as never) as never);
    if (answer === undefined) throw new Trouble("", null, true); // of the service every entry has an answer with words
    return answer;
  }

  /** In order, by one window at a time; stops where there is no network, or a service that cannot now. */
  function replay(): Promise<void> {
    return (next ??= alone(LOCK, replayed).catch(() => {
      next = null;
      later();
    }));
  }

  async function replayed(): Promise<void> {
    next = null; // what is added from here on is of the one after
    clearTimeout(timer);
    const base = await store();
    const whose = me.me?.name;
    const own = (await base.getAll("outbox")).filter((one) => one.actor === whose);
    const gone = new Set<number>();
    for (const { id } of own) {
      const now = own.filter((one) => !gone.has(one.id!));
      const one = await base.get("outbox", id!); // a person may have decided meanwhile
      if (!one || one.refused || heldBy(now).has(id!) || me.me?.name !== whose) continue;
      going.value = { left: now.length, of: own.length };
      if (!one.tried) await base.put("outbox", { ...one, tried: true });
      try {
        await send(one);
        await base.delete("outbox", id!);
        gone.add(id!);
        all.value = all.value.filter((each) => each.id !== id);
        pause_ms = SOON_MS;
      } catch (cause) {
        const no = refusal(cause) ?? (await failed(one, cause));
        if (!no) {
          later();
          break;
        }
        const told = { ...one, tried: true, refused: wordsOf(no), code: no.problem?.code };
        await base.put("outbox", told);
        own[own.findIndex((each) => each.id === id)] = told;
      }
    }
    going.value = null;
    if (gone.size) left.value++; // once for all of them, and not before the last has an answer
    await load();
  }

  /** What the service fails on, or a proxy before it refuses, again and again must not hold up all the rest for ever. */
  async function failed(one: Waiting, cause: unknown): Promise<Trouble | null> {
    if (!(cause instanceof Trouble) || cause.offline || cause.status < 400 || [...TRY_LATER, 502, 503, 504].includes(cause.status)) return null;
    const failures = (one.failures ?? 0) + 1;
    await (await store()).put("outbox", { ...one, tried: true, failures });
    return failures < MOST_FAILURES ? null : cause;
  }

  /** Tried again by itself, less and less often. */
  function later(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => void replay(), pause_ms);
    pause_ms = Math.min(pause_ms * 2, LATE_MS);
  }
  function soon(): void {
    pause_ms = SOON_MS;
    if (waiting.value.length) void replay();
  }

  /** A person decided: as it is, under its own key, as nothing is kept of what was refused; or changed, as another entry. */
  async function again(one: Waiting, changed?: { body: Record<string, unknown>; photos?: Photo[] }): Promise<void> {
    const { refused: _, code: __, failures: ___, ...rest } = one;
    await (await store()).put("outbox", changed ? { ...rest, ...changed, key: onceKey() } : rest);
    await load();
    await replay();
  }

  async function goAlone(one: Waiting): Promise<void> {
    await (await store()).put("outbox", { ...one, alone: true });
    await load();
    await replay();
  }

  /** False: it is being sent at this moment, or may have been entered already. */
  async function drop(one: Waiting): Promise<boolean> {
    const base = await store();
    const done = await alone(LOCK, async () => {
      const now = await base.get("outbox", one.id!);
      if (now && !now.refused && now.tried) return false;
      await base.delete("outbox", one.id!);
      return true;
    });
    await load();
    void replay(); // what waited for this decision goes on
    return done;
  }

  function start(): void {
    windows.onmessage = () => void load(false);
    void load(false).then(soon);
    watch(() => me.me?.name, soon); // signed in again: what waited is sent
    watch(reached, (now) => now && soon());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  }

  return { loaded, left, mine, held, waiting, refused, others, going, uploading, ofCount, ofTask, ofLot, load, post, replay, again, goAlone, drop, start };
});
