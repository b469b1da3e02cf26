// What the desk asks of the service beyond plain JSON: points as GeoJSON, vector tiles, a solve as a stream of events.
import { api, got, type Schemas, Trouble } from "../../api/client";
import { i18n } from "../../i18n";

export type Draft = Schemas["DraftOut"];
export type Plan = Schemas["PlanFile"];
export type Incident = Schemas["IncidentsRow"];
export type Team = Schemas["TeamsRow"];
export type Order = Schemas["OrdersRow"];
export type Closure = Schemas["ClosureOut"];
export type Directive = Schemas["DirectivesRow"];
export type Background = Schemas["Background"];

export interface Points {
  type: "FeatureCollection";
  features: { type: "Feature"; geometry: { type: "Point"; coordinates: [number, number] } | null; properties: Record<string, unknown> }[];
  next?: string | null;
}

const GEOJSON = { Accept: "application/geo+json" };
const PAGE = 500;

type Asking = (cursor: string | undefined) => Promise<unknown>;

/** Every page of a list as points; rows that nobody has placed are left out. */
async function points(ask: Asking): Promise<Points> {
  const all: Points = { type: "FeatureCollection", features: [] };
  for (let cursor: string | undefined; ; ) {
    const page = (await ask(cursor)) as Points;
    all.features.push(...page.features.filter((one) => one.geometry));
    if (!page.next) return all;
    cursor = page.next;
  }
}

export const storePoints = (): Promise<Points> =>
  points((cursor) => got(api.GET("/api/v1/stores", { headers: GEOJSON, params: { query: { limit: PAGE, cursor, field: ["code", "tier"] } } })));
export const teamPoints = (): Promise<Points> =>
  points((cursor) => got(api.GET("/api/v1/teams", { headers: GEOJSON, params: { query: { limit: PAGE, cursor, field: ["code", "name", "name_en", "status", "capabilities"] } } })));

/** All rows of a list that comes in pages. */
export async function every<T>(ask: (cursor: string | undefined) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ask(cursor);
    all.push(...page.items);
    if (!page.next) return all;
    cursor = page.next;
  }
}

export const openIncidents = (situation: string): Promise<Incident[]> =>
  every((cursor) => got(api.GET("/api/v1/incidents", { params: { query: { situation: [situation], status: ["open"], sort: "-severity,reported_at", limit: PAGE, cursor } } })));

export async function roadTile(situation: string, zoom: number, column: number, row: number): Promise<ArrayBuffer> {
  const asked = api.GET("/api/v1/situations/{situation}/roads/{zoom}/{column}/{row}", {
    params: { path: { situation, zoom, column, row } },
    parseAs: "arrayBuffer",
  });
  return (await got(asked as Promise<{ data?: ArrayBuffer; response: Response }>)) ?? new ArrayBuffer(0);
}

/** The map that the office has set below the roads; null: none. */
export async function background(): Promise<Background | null> {
  const found = await got(api.GET("/api/v1/map-background")).catch(() => null);
  return found?.tiles.length ? found : null;
}

/** Where the situation has roads at all; else the service's words. */
export async function roadTrouble(situation: string): Promise<string> {
  try {
    await roadTile(situation, 0, 0, 0);
    return "";
  } catch (cause) {
    if (!(cause instanceof Trouble) || cause.offline) return "";
    return cause.problem?.code === "UnknownSituation" ? i18n.global.t("map.nothing_yet") : cause.message; // the first report opens it
  }
}

export interface Heard {
  phase: (name: string) => void;
  plan: (draft: Draft) => void;
}

/** Hears every event of an answer that comes as a stream. Throws Trouble, also where an event tells of one. */
export async function listen(asked: Promise<unknown>, heard: (name: string, content: unknown) => void): Promise<void> {
  const stream = (await got(asked as Promise<{ data?: ReadableStream<Uint8Array>; response: Response }>)) as ReadableStream<Uint8Array>;
  const reader = stream.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let kept = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (kept + value).split("\n\n");
    kept = events.pop()!;
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (!name || !data) continue;
      const content = JSON.parse(data);
      if (name === "problem") throw new Trouble(content.detail, content);
      heard(name, content);
    }
  }
}

/** Makes a plan and tells each better one as it is found. Aborting stops the solve. Throws Trouble. */
export async function solve(situation: string, body: { replan: boolean; limit_s?: number }, heard: Heard, signal: AbortSignal): Promise<void> {
  const asked = api.POST("/api/v1/situations/{situation}/solve", {
    params: { path: { situation } },
    body: body as Schemas["SolveIn"],
    headers: { Accept: "text/event-stream" },
    parseAs: "stream",
    signal,
  });
  await listen(asked, (name, content) => {
    if (name === "phase") heard.phase((content as { phase: string }).phase);
    else if (name === "plan") heard.plan(content as Draft);
  });
}
