import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { api, got, type Schemas, Trouble } from "../../api/client";
import { i18n, lang } from "../../i18n";
import { worded } from "../../parts/vocabulary";
import { type Closure, every, type Incident, openIncidents, type Order, type Plan, type Points, storePoints, teamPoints } from "./service";

const EVERY_MS = 5_000;
const KEPT_SOUND = "wuding.sound";
const EMPTY: Points = { type: "FeatureCollection", features: [] };

/** What somebody may not see, or what is not there yet, is none; what was not answered is not. */
function none(cause: unknown): null {
  if (cause instanceof Trouble && [403, 404].includes(cause.status)) return null;
  throw cause;
}

/** What goes on in one situation, asked for anew every few seconds while a desk or a wall shows it. */
export const useSituation = defineStore("situation", () => {
  const situations = shallowRef<Schemas["SituationsRow"][]>([]);
  const code = ref("live");
  const incidents = shallowRef<Incident[]>([]);
  const stores = shallowRef<Points>(EMPTY);
  const teams = shallowRef<Points>(EMPTY);
  const orders = shallowRef<Order[]>([]);
  const closures = shallowRef<Closure[]>([]);
  const inForce = shallowRef<Plan | null>(null);
  const shown = shallowRef<Plan | null>(null); // the plan on the map: a draft that is looked at, else the one in force
  const directed = ref(0); // pins and bans made or lifted on the map
  const loaded = ref(false);
  const away = ref(false);
  const begun = new Map<string, object>(); // what was typed about an incident and not yet saved
  const fresh = ref<Incident[]>([]); // came while somebody was looking, and not yet seen
  const sound = ref(localStorage.getItem(KEPT_SOUND) !== "0");
  let known: Set<string> | null = null;
  let running: number | undefined;
  let looking = 0;
  let tell = (): void => {};
  const told = new Promise<void>((done) => (tell = done)); // stores and incidents are there, so that a map knows its frame

  const here = computed(() => situations.value.find((one) => one.code === code.value));
  const asOf = computed(() => (here.value?.as_of ? Date.parse(here.value.as_of) : null));
  const title = computed(() => (lang() === "zh" ? here.value?.title_zh : here.value?.title_en) ?? (code.value === "live" ? i18n.global.t("dispatch.live") : code.value));
  const named = (points: Points) => new Map(points.features.map((one) => [String(one.properties.code), one.properties]));
  const capabilities = computed(() => new Set(teams.value.features.flatMap((one) => (one.properties.capabilities as string[] | null) ?? [])));
  const teamProperties = computed(() => named(teams.value));
  const incidentByCode = computed(() => new Map(incidents.value.map((one) => [one.code!, one])));
  const name = (found: Record<string, unknown> | undefined, other: string) =>
    String((lang() === "en" ? found?.name_en : null) ?? found?.name ?? other);
  const teamName = (team: string) => name(teamProperties.value.get(team), team);
  /** Of an incident without a name: its kind and its code. */
  function incidentName(incident: string): string {
    const found = incidentByCode.value.get(incident);
    return name(found, found?.kind ? `${worded("disaster", found.kind)} ${incident}` : incident);
  }

  /** South-west and north-east of everything that has a place; empty where nothing has. */
  function extent(): [number, number][] {
    const all = stores.value.features.map((one) => one.geometry!.coordinates);
    for (const one of incidents.value) if (one.lat != null && one.lon != null) all.push([one.lon, one.lat]);
    if (!all.length) return [];
    const [lon, lat] = [0, 1].map((axis) => all.map((one) => one[axis]!).sort((a, b) => a - b));
    return [[lon![0]!, lat![0]!], [lon!.at(-1)!, lat!.at(-1)!]];
  }

  async function choose(wanted: string): Promise<void> {
    code.value = wanted;
    known = null;
    incidents.value = fresh.value = [];
    orders.value = [];
    closures.value = [];
    shown.value = inForce.value = null;
    loaded.value = false;
    await refresh();
  }

  async function start(): Promise<void> {
    looking++;
    if (looking > 1) return;
    const placed = storePoints().then((found) => (stores.value = found), () => (away.value = true));
    void teamPoints().then((found) => (teams.value = found), () => (away.value = true));
    await refresh();
    await placed;
    tell();
    const again = async (): Promise<void> => {
      if (!document.hidden || sound.value) await refresh();
      if (looking) running = window.setTimeout(again, EVERY_MS);
    };
    running = window.setTimeout(again, EVERY_MS);
  }

  function stop(): void {
    looking--;
    if (!looking) window.clearTimeout(running);
  }

  async function refresh(): Promise<void> {
    try {
      if (!situations.value.length) situations.value = (await got(api.GET("/api/v1/situations", { params: { query: { limit: 100 } } }))).items;
      const asked = code.value;
      const [found, closed, sent] = await Promise.all([
        openIncidents(asked),
        got(api.GET("/api/v1/situations/{situation}/closures", { params: { path: { situation: asked } } })).catch(none),
        every((cursor) => got(api.GET("/api/v1/orders", { params: { query: { situation: [asked], plan_status: ["committed"], limit: 500, cursor } } }))).catch(none),
      ]);
      const ordered = sent ?? [];
      const changed = JSON.stringify(ordered) !== JSON.stringify(orders.value);
      const plan = !ordered.length ? null : changed || !inForce.value
        ? await got(api.GET("/api/v1/situations/{situation}/plan", { params: { path: { situation: asked } } })).catch(none) : inForce.value;
      if (asked !== code.value) return;
      notice(found);
      if (JSON.stringify(found) !== JSON.stringify(incidents.value)) incidents.value = found;
      if (JSON.stringify(closed ?? []) !== JSON.stringify(closures.value)) closures.value = closed ?? [];
      if (changed) orders.value = ordered;
      inForce.value = plan;
      away.value = false;
    } catch {
      away.value = true;
    }
    loaded.value = true;
  }

  function notice(found: Incident[]): void {
    const before = known;
    known = new Set(found.map((one) => one.code!));
    if (!before) return;
    const came = found.filter((one) => !before.has(one.code!));
    if (!came.length) return;
    fresh.value = [...came, ...fresh.value];
    if (sound.value) ring(Math.max(...came.map((one) => one.severity!)));
  }

  function hear(on: boolean): void {
    sound.value = on;
    localStorage.setItem(KEPT_SOUND, on ? "1" : "0");
    if (on) ring(1);
  }

  return {
    situations, code, incidents, stores, teams, orders, closures, inForce, shown, directed, loaded, away, begun, fresh, sound, here, asOf, title,
    told, extent, capabilities, incidentByCode, teamName, incidentName, choose, start, stop, refresh, hear,
  };
});

let speaker: AudioContext | null = null;

/** As many tones as the incident is grave. Silent until somebody has touched the page, as browsers want it. */
function ring(tones: number): void {
  speaker ??= new AudioContext();
  const begin = speaker.currentTime + 0.05;
  for (let number = 0; number < tones; number++) {
    const tone = speaker.createOscillator();
    const loud = speaker.createGain();
    tone.frequency.value = 880;
    loud.gain.setValueAtTime(0.15, begin + number * 0.25);
    loud.gain.exponentialRampToValueAtTime(0.001, begin + number * 0.25 + 0.2);
    tone.connect(loud).connect(speaker.destination);
    tone.start(begin + number * 0.25);
    tone.stop(begin + number * 0.25 + 0.2);
  }
}
