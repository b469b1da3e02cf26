// The map: our own roads as vector tiles, points and lines on top. Nothing is fetched from anywhere else, but for the
// tiles below them where the office has named a server.
import "maplibre-gl/dist/maplibre-gl.css";
import * as gl from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Arrival } from "./arrivals";
import { addIcons } from "./icons";
import { BESIDE, CHOSEN, COLOURS, KINDS, layers, POINTED, repainted, SOURCES } from "./layers";
import { pulling } from "./pull";
import { drawnRing, labelName, ringName } from "./rings";
import { type Background, type Closure, type Incident, type Plan, type Points, roadTile } from "./service";

gl.setWorkerUrl(worker);
gl.setWorkerCount(1); // old PCs; parsing tiles is no bottleneck
const PROTOCOL = "wuding-roads";
gl.addProtocol(PROTOCOL, async ({ url }) => {
  const [situation, zoom, column, row] = url.slice(PROTOCOL.length + 3).split("/");
  return { data: await roadTile(decodeURIComponent(situation!), Number(zoom), Number(column), Number(row)) };
});

export type Place = [number, number]; // lon, lat
export type Spot = { x: number; y: number };
type Kind = (typeof KINDS)[number];
type Shape = { type: "FeatureCollection"; features: object[] };
const collection = (features: object[]): Shape => ({ type: "FeatureCollection", features });
const point = (at: Place, properties: object): object => ({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties });
const REACH = 3; // pixels around the pointer
const MOST_PIXELS = 1.5; // of the canvas for one of the page: a wall screen is large

export interface Told {
  click: (place: Place) => void;
  incident: (code: string) => void;
  team: (code: string, at: Spot) => void;
  store: (code: string, at: Spot) => void;
  hover: (what: { kind: Kind; properties: Record<string, unknown> } | null, at: Spot) => void;
  /** A team was drawn onto an incident; where nobody may, none is. */
  drop?: (team: string, incident: string, at: Spot, forbid: boolean) => void;
}

/** Throws where the browser has no WebGL. */
export class Chart {
  private readonly map: gl.Map;
  private readonly ready: Promise<void>;
  private readonly filled = new Set<string>();
  plain = false; // a click means the place, whatever stands there
  private routed: [Plan | null, string | null, string | null] = [null, null, null];

  constructor(box: HTMLElement, situation: string, extent: Place[], private dark: boolean, locale: Record<string, string>, told: Told) {
    const sources = Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson" as const, data: collection([]) as never }]));
    this.map = new gl.Map({
      container: box,
      attributionControl: false,
      locale,
      fadeDuration: 0,
      maxPitch: 0,
      dragRotate: false,
      renderWorldCopies: false,
      pixelRatio: Math.min(devicePixelRatio, MOST_PIXELS),
      canvasContextAttributes: { antialias: false, preserveDrawingBuffer: false },
      style: {
        version: 8,
        sources: { roads: { type: "vector", tiles: [`${PROTOCOL}://${encodeURIComponent(situation)}/{z}/{x}/{y}`], minzoom: 5, maxzoom: 14 }, ...sources },
        layers: layers(COLOURS[dark ? "dark" : "light"]).map((one) => ("source" in one && SOURCES.includes(String(one.source)) ? { ...one, layout: { ...one.layout, visibility: "none" } } as typeof one : one)),
      },
      ...(extent.length ? { bounds: new gl.LngLatBounds(extent[0]!, extent[1]!), fitBoundsOptions: { padding: { top: 60, left: 40, right: 50, bottom: Math.min(100, box.clientHeight / 6) }, maxZoom: 13 } } : { center: [105, 35], zoom: 4 }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new gl.ScaleControl({}), "top-left");
    this.map.on("error", () => undefined); // tiles given up on the way; why there are no roads, the desk says itself
    this.map.on("style.load", () => addIcons(this.map));
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    if (told.drop) pulling(this.map, told.drop, (features) => this.put("pull", collection(features)));
    this.map.on("click", (event) => {
      const first = this.plain ? null : this.under(event.point);
      if (!first) return told.click([event.lngLat.lng, event.lngLat.lat]);
      const code = String(first.properties.code);
      if (first.kind === "incidents") told.incident(code);
      else if (first.kind === "teams") told.team(code, event.point);
      else told.store(code, event.point);
    });
    this.map.on("mousemove", (event) => {
      if (this.map.isMoving() || event.originalEvent.buttons) return;
      const found = this.under(event.point);
      this.map.getCanvas().style.cursor = found ? "pointer" : "";
      told.hover(found, event.point);
    });
    this.map.on("movestart", () => told.hover(null, { x: 0, y: 0 }));
  }

  /** What stands there: an incident, else the nearest team or store. */
  private under({ x, y }: Spot): { kind: Kind; properties: Record<string, unknown> } | null {
    const found = this.map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], { layers: POINTED });
    const away = (one: (typeof found)[number]): number => {
      if (one.source === KINDS[0]) return -1;
      const at = this.map.project((one.geometry as unknown as { coordinates: Place }).coordinates);
      return Math.hypot(at.x + (one.layer.id === "teams" ? BESIDE : 0) - x, at.y - y);
    };
    const one = found.sort((a, b) => away(a) - away(b))[0];
    return one ? { kind: one.source as Kind, properties: one.properties } : null;
  }

  /** Layers of nothing are not shown: each would cost a slow PC a pass over the whole picture. */
  private async put(source: string, data: Shape): Promise<void> {
    await this.ready;
    (this.map.getSource(source) as gl.GeoJSONSource | undefined)?.setData(data as never);
    const there = data.features.length > 0;
    if (this.filled.has(source) === there) return;
    this.filled[there ? "add" : "delete"](source);
    for (const { id } of this.map.getStyle().layers.filter((one) => "source" in one && one.source === source)) this.map.setLayoutProperty(id, "visibility", there ? "visible" : "none");
  }

  /** Once everything that is in sight is drawn. */
  async drawn(): Promise<void> {
    await this.ready;
    await new Promise<void>((resolve) => void this.map.once("idle", () => resolve()).triggerRepaint());
  }

  async points(kind: "stores" | "teams", found: Points): Promise<void> {
    await this.put(kind, found as Shape);
  }

  /** With rings of when help comes, where there is a plan; `said` is what stands beside one. */
  async incidents(found: Incident[], chosen: string | null, coming: Arrival[], said: (one: Arrival) => string): Promise<void> {
    await this.ready;
    const rings = new Map(coming.map((one) => [one.incident.code, { ring: ringName(one), label: labelName(one, said(one)) }]));
    for (const name of new Set([...rings.values()].flatMap((one) => [one.ring, one.label])))
      if (!this.map.hasImage(name)) this.map.addImage(name, drawnRing(name), { pixelRatio: 2 });
    const placed = found.filter((one) => one.lat != null && one.lon != null);
    await this.put("incidents", collection(placed.map((one) => point([one.lon!, one.lat!], { code: one.code, severity: one.severity, chosen: one.code === chosen, ...rings.get(one.code) }))));
  }

  /** Routes of the team or to the incident that somebody chose stand out, each team in a colour of its own. */
  async plan(plan: Plan | null, team: string | null, incident: string | null): Promise<void> {
    this.routed = [plan, team, incident];
    const palette = CHOSEN[this.dark ? "dark" : "light"];
    const routes = (plan?.team_orders ?? []).flatMap((order) => order.stops.map((stop) => ({ order, stop }))).filter((one) => one.stop.route);
    const meant = (one: (typeof routes)[number]): boolean => (team ? one.order.team === team : one.stop.incident === incident);
    const teams = [...new Set(routes.filter(meant).map((one) => one.order.team))];
    await this.put("routes", collection(routes.map((one) => ({
      type: "Feature", geometry: one.stop.route,
      properties: { chosen: meant(one), colour: palette[Math.max(0, teams.indexOf(one.order.team)) % palette.length] },
    }))));
  }

  /** Teams on their way, at a moment of the plan. */
  async moving(places: Place[]): Promise<void> {
    await this.put("moving", collection(places.map((at) => point(at, {}))));
  }

  async closures(found: Closure[]): Promise<void> {
    await this.put("closures", collection(found.filter((one) => one.polygon).map((one) => ({ type: "Feature", geometry: one.polygon, properties: { id: one.id, shut: Number(one.speed_factor) === 0 } }))));
  }

  /** A place to report, or the corners of an area that is being drawn. */
  async sketch(corners: Place[]): Promise<void> {
    const features = corners.map((at) => point(at, {}));
    if (corners.length > 2) features.push({ type: "Feature", geometry: { type: "Polygon", coordinates: [[...corners, corners[0]]] }, properties: {} });
    else if (corners.length === 2) features.push({ type: "Feature", geometry: { type: "LineString", coordinates: corners }, properties: {} });
    await this.put("sketch", collection(features));
  }

  /** Tiles of a server elsewhere, below everything of ours; none: they go. */
  async background(below: Background | null): Promise<void> {
    await this.ready;
    for (const { id } of this.map.getStyle().layers.filter((one) => one.id.startsWith("below-"))) {
      this.map.removeLayer(id);
      this.map.removeSource(id);
    }
    below?.tiles.forEach((tiles, number) => {
      const id = `below-${number}`;
      this.map.addSource(id, { type: "raster", tiles: [tiles], tileSize: 256, maxzoom: 18 });
      this.map.addLayer({ id, type: "raster", source: id, paint: { "raster-fade-duration": 0, "raster-opacity": this.dark ? 0.55 : 1 } }, "minor");
    });
  }

  go(to: Place): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map[calm ? "jumpTo" : "easeTo"]({ center: to, zoom: Math.max(this.map.getZoom(), 11) });
  }

  /** Where on the map something stands. */
  spot(place: Place): Spot {
    return this.map.project(place);
  }

  centre(): Place {
    return this.map.getCenter().toArray();
  }

  async paint(dark: boolean): Promise<void> {
    this.dark = dark;
    await this.ready;
    this.colour(dark);
    await this.plan(...this.routed);
  }

  private colour(dark: boolean): void {
    for (const [layer, name, value] of repainted(COLOURS[dark ? "dark" : "light"])) this.map.setPaintProperty(layer, name as never, value as never);
  }

  /** As it is seen now, for paper: on white. */
  copyTo(sheet: HTMLCanvasElement): void {
    if (this.dark) this.colour(false);
    this.map.redraw(); // what was drawn before is not kept
    const seen = this.map.getCanvas();
    sheet.width = seen.width;
    sheet.height = seen.height;
    sheet.getContext("2d")!.drawImage(seen, 0, 0);
    if (this.dark) this.colour(true);
  }

  remove(): void {
    this.map.remove();
  }
}
