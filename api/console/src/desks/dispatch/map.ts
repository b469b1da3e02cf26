// The map: our own roads as vector tiles, points and lines on top. Nothing is fetched from anywhere else.
import "maplibre-gl/dist/maplibre-gl.css";
import * as gl from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { addIcons } from "./icons";
import { type Closure, type Incident, type Plan, type Points, roadTile } from "./service";

gl.setWorkerUrl(worker);
gl.setWorkerCount(1); // old PCs; parsing tiles is no bottleneck
const PROTOCOL = "wuding-roads";
gl.addProtocol(PROTOCOL, async ({ url }) => {
  const [situation, zoom, column, row] = url.slice(PROTOCOL.length + 3).split("/");
  return { data: await roadTile(decodeURIComponent(situation!), Number(zoom), Number(column), Number(row)) };
});

export type Place = [number, number]; // lon, lat
type Shape = { type: "FeatureCollection"; features: object[] };
const none: Shape = { type: "FeatureCollection", features: [] };
const collection = (features: object[]): Shape => ({ type: "FeatureCollection", features });

const COLOURS = {
  light: { ground: "#f2f4f0", major: "#c9913a", middle: "#c8b98f", minor: "#b4bcb7", route: "#1f5f99", closed: "#b3131b", draw: "#7a1fa2" },
  dark: { ground: "#141a1e", major: "#9a7431", middle: "#6b6246", minor: "#3b454b", route: "#6fb4ee", closed: "#ff6b6b", draw: "#d7a4f2" },
};
const NEAR = 9.5;
const KINDS = ["incidents", "teams", "stores"] as const;
const LAYERS = ["incidents", "teams", "stores", "villages", "teams-far", "stores-far"];
type Kind = (typeof KINDS)[number];

export interface Told {
  click: (place: Place) => void;
  incident: (code: string) => void;
  team: (code: string) => void;
  store: (code: string) => void;
  hover: (what: { kind: Kind; properties: Record<string, unknown> } | null, at: { x: number; y: number }) => void;
}

/** Throws where the browser has no WebGL. */
export class Chart {
  private readonly map: gl.Map;
  private readonly ready: Promise<void>;

  constructor(box: HTMLElement, situation: string, extent: Place[], dark: boolean, locale: Record<string, string>, told: Told) {
    const colour = COLOURS[dark ? "dark" : "light"];
    const wide = (near: number): gl.ExpressionSpecification => ["interpolate", ["exponential", 1.5], ["zoom"], 7, near / 4, 11, near, 15, near * 4];
    const village: gl.ExpressionSpecification = ["==", ["get", "tier"], "village"];
    const free = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
    const empty = { type: "geojson" as const, data: none as never };
    const sources = Object.fromEntries(["stores", "teams", "incidents", "routes", "closures", "sketch"].map((name) => [name, empty]));
    this.map = new gl.Map({
      container: box,
      attributionControl: false,
      locale,
      fadeDuration: 0,
      maxPitch: 0,
      dragRotate: false,
      style: {
        version: 8,
        sources: { roads: { type: "vector", tiles: [`${PROTOCOL}://${encodeURIComponent(situation)}/{z}/{x}/{y}`], minzoom: 5, maxzoom: 14 }, ...sources },
        layers: [
          { id: "ground", type: "background", paint: { "background-color": colour.ground } },
          { id: "minor", type: "line", source: "roads", "source-layer": "roads", filter: [">=", ["get", "rank"], 3], paint: { "line-color": colour.minor, "line-width": wide(0.7) } },
          { id: "middle", type: "line", source: "roads", "source-layer": "roads", filter: ["in", ["get", "rank"], ["literal", [1, 2]]], paint: { "line-color": colour.middle, "line-width": wide(1.2) } },
          { id: "major", type: "line", source: "roads", "source-layer": "roads", filter: ["==", ["get", "rank"], 0], paint: { "line-color": colour.major, "line-width": wide(2) } },
          { id: "closed-area", type: "fill", source: "closures", paint: { "fill-color": colour.closed, "fill-opacity": ["case", ["get", "shut"], 0.3, 0.08] } },
          { id: "closed-edge", type: "line", source: "closures", filter: ["get", "shut"], paint: { "line-color": colour.closed, "line-width": 3 } },
          { id: "slow-edge", type: "line", source: "closures", filter: ["!", ["get", "shut"]], paint: { "line-color": colour.closed, "line-width": 2, "line-dasharray": [2, 2] } },
          { id: "routes", type: "line", source: "routes", layout: { "line-join": "round" }, paint: { "line-color": colour.route, "line-width": ["case", ["get", "chosen"], 6, 3], "line-opacity": ["case", ["get", "chosen"], 1, 0.6] } },
          // from afar thousands of pictures would cost a slow PC its frames: plain dots, small ones
          { id: "teams-far", type: "circle", source: "teams", maxzoom: NEAR, paint: { "circle-color": "#1d8a4a", "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 1.2, NEAR, 2.4] } },
          { id: "stores-far", type: "circle", source: "stores", maxzoom: NEAR, filter: village, paint: { "circle-color": "#4f6d85", "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 1, NEAR, 2] } },
          { id: "villages", type: "symbol", source: "stores", minzoom: NEAR, filter: village, layout: { "icon-image": "store-village", ...free } },
          { id: "stores", type: "symbol", source: "stores", filter: ["!", village], layout: { "icon-image": ["concat", "store-", ["get", "tier"]], ...free, "icon-size": ["interpolate", ["linear"], ["zoom"], 7, 0.6, 12, 1] } },
          { id: "teams", type: "symbol", source: "teams", minzoom: NEAR, layout: { "icon-image": "team", ...free, "icon-offset": [14, 0], "icon-size": ["interpolate", ["linear"], ["zoom"], NEAR, 0.7, 12, 1] } },
          { id: "incidents", type: "symbol", source: "incidents", layout: { "icon-image": ["concat", "incident-", ["get", "severity"]], ...free, "symbol-sort-key": ["get", "severity"], "icon-size": ["case", ["get", "chosen"], 1.7, 1.15] } },
          { id: "sketch-area", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour.draw, "fill-opacity": 0.25 } },
          { id: "sketch-line", type: "line", source: "sketch", paint: { "line-color": colour.draw, "line-width": 3 } },
          { id: "sketch-point", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour.draw, "circle-radius": 7, "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
        ],
      },
      ...(extent.length ? { bounds: new gl.LngLatBounds(extent[0]!, extent[1]!), fitBoundsOptions: { padding: 40, maxZoom: 13 } } : { center: [105, 35], zoom: 4 }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new gl.ScaleControl({}), "top-left");
    this.map.on("error", () => undefined); // tiles given up on the way; why there are no roads, the desk says itself
    this.map.on("style.load", () => addIcons(this.map));
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    this.map.on("click", (event) => {
      const first = this.under(event.point);
      if (!first) return told.click([event.lngLat.lng, event.lngLat.lat]);
      const code = String(first.properties.code);
      if (first.kind === "incidents") told.incident(code);
      else if (first.kind === "teams") told.team(code);
      else told.store(code);
    });
    this.map.on("mousemove", (event) => {
      if (this.map.isMoving()) return;
      const found = this.under(event.point);
      this.map.getCanvas().style.cursor = found ? "pointer" : "";
      told.hover(found, event.point);
    });
  }

  /** What stands there: an incident before a team before a store. */
  private under(point: gl.Point): { kind: Kind; properties: Record<string, unknown> } | null {
    const found = this.map.queryRenderedFeatures(point, { layers: LAYERS });
    for (const kind of KINDS) {
      const one = found.find((feature) => feature.source === kind);
      if (one) return { kind, properties: one.properties };
    }
    return null;
  }

  private async put(source: string, data: unknown): Promise<void> {
    await this.ready;
    (this.map.getSource(source) as gl.GeoJSONSource | undefined)?.setData(data as never);
  }

  async points(kind: "stores" | "teams", found: Points): Promise<void> {
    await this.put(kind, found);
  }

  async incidents(found: Incident[], chosen: string | null): Promise<void> {
    const placed = found.filter((one) => one.lat != null && one.lon != null);
    await this.put("incidents", collection(placed.map((one) => ({
      type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] },
      properties: { code: one.code, name: one.name, kind: one.kind, severity: one.severity, chosen: one.code === chosen },
    }))));
  }

  async plan(plan: Plan | null, team: string | null): Promise<void> {
    const routes = (plan?.team_orders ?? []).flatMap((order) => order.stops.map((stop) => ({ order, stop }))).filter((one) => one.stop.route);
    await this.put("routes", collection(routes.map(({ order, stop }) => ({
      type: "Feature", geometry: stop.route, properties: { team: order.team, chosen: order.team === team },
    }))));
  }

  async closures(found: Closure[]): Promise<void> {
    await this.put("closures", collection(found.filter((one) => one.polygon).map((one) => ({ type: "Feature", geometry: one.polygon, properties: { id: one.id, shut: Number(one.speed_factor) === 0 } }))));
  }

  /** A place to report, or the corners of an area that is being drawn. */
  async sketch(corners: Place[]): Promise<void> {
    const features: object[] = corners.map((at) => ({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: {} }));
    if (corners.length > 2) features.push({ type: "Feature", geometry: { type: "Polygon", coordinates: [[...corners, corners[0]]] }, properties: {} });
    else if (corners.length === 2) features.push({ type: "Feature", geometry: { type: "LineString", coordinates: corners }, properties: {} });
    await this.put("sketch", collection(features));
  }

  go(to: Place): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.easeTo({ center: to, zoom: Math.max(this.map.getZoom(), 11), animate: !calm });
  }

  centre(): Place {
    const { lng, lat } = this.map.getCenter();
    return [lng, lat];
  }

  async paint(dark: boolean): Promise<void> {
    await this.ready;
    const colour = COLOURS[dark ? "dark" : "light"];
    this.map.setPaintProperty("ground", "background-color", colour.ground);
    for (const [layer, value] of Object.entries({ minor: colour.minor, middle: colour.middle, major: colour.major, "closed-edge": colour.closed, "slow-edge": colour.closed, routes: colour.route, "sketch-line": colour.draw }))
      this.map.setPaintProperty(layer, "line-color", value);
  }

  remove(): void {
    this.map.remove();
  }
}
