// A plain map for pages that place things: our own roads as vector tiles, lines, and marks that are elements of the
// page, so that words on them need no fonts of a map and follow the look of the page.
import "maplibre-gl/dist/maplibre-gl.css";
import * as gl from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { api, got } from "../../api/client";

gl.setWorkerUrl(worker);
gl.setWorkerCount(1); // old PCs; parsing tiles is no bottleneck
const PROTOCOL = "wuding-ground";

async function roadTile(situation: string, zoom: number, column: number, row: number): Promise<ArrayBuffer> {
  const asked = api.GET("/api/v1/situations/{situation}/roads/{zoom}/{column}/{row}", { params: { path: { situation, zoom, column, row } }, parseAs: "arrayBuffer" });
  return (await got(asked as Promise<{ data?: ArrayBuffer; response: Response }>)) ?? new ArrayBuffer(0);
}

gl.addProtocol(PROTOCOL, async ({ url }) => {
  const [situation, zoom, column, row] = url.slice(PROTOCOL.length + 3).split("/");
  return { data: await roadTile(decodeURIComponent(situation!), Number(zoom), Number(column), Number(row)) };
});

export type Place = [number, number]; // lon, lat

export interface Mark {
  key: string;
  at: Place;
  /** what stands in it */
  text: string;
  /** what it says when pointed at */
  title: string;
  size: number;
  look: string;
}

export interface Line {
  key: string;
  places: Place[];
  light: string;
  dark: string;
  dash: number[];
}

const COLOURS = {
  light: { ground: "#f2f4f0", major: "#d9b67f", middle: "#d8cdb0", minor: "#c9cfcb" },
  dark: { ground: "#141a1e", major: "#7d6132", middle: "#57503b", minor: "#323b41" },
};
const PAPER = { width: "680px", height: "420px" };
type Roads = "major" | "middle" | "minor";
const RANKS: [Roads, gl.FilterSpecification, number][] = [
  ["minor", [">=", ["get", "rank"], 3], 0.7], ["middle", ["in", ["get", "rank"], ["literal", [1, 2]]], 1.2], ["major", ["==", ["get", "rank"], 0], 2],
];

/** Throws where the browser has no WebGL. */
export class Ground {
  private readonly map: gl.Map;
  private readonly ready: Promise<void>;
  private marks = new Map<string, { at: Place; element: HTMLElement }>();
  private readonly above = document.createElement("div");
  private lines: Line[] = [];
  private before: { center: gl.LngLat; zoom: number } | null = null;

  constructor(box: HTMLElement, private dark: boolean, locale: Record<string, string>, private readonly told: { pick: (key: string) => void; point: (key: string | null) => void }) {
    this.map = new gl.Map({
      container: box, attributionControl: false, locale, fadeDuration: 0, maxPitch: 0, dragRotate: false,
      cooperativeGestures: true, // the page scrolls on under the pointer and the finger
      canvasContextAttributes: { preserveDrawingBuffer: true }, // printed as well
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": COLOURS[dark ? "dark" : "light"].ground } }] },
      center: [105, 35], zoom: 4,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new gl.ScaleControl({}), "top-left");
    this.map.on("error", () => undefined); // tiles given up on the way
    this.map.getCanvasContainer().append(this.above);
    this.map.on("move", () => this.place());
    this.map.on("resize", () => this.place());
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
  }

  /** The roads of a situation below everything; none where it has none or they are not for this account. */
  async roads(situation: string): Promise<void> {
    try {
      await roadTile(situation, 0, 0, 0);
    } catch {
      return;
    }
    await this.ready;
    this.map.addSource("roads", { type: "vector", tiles: [`${PROTOCOL}://${encodeURIComponent(situation)}/{z}/{x}/{y}`], minzoom: 5, maxzoom: 14 });
    const first = this.map.getStyle().layers[1]?.id;
    for (const [name, filter, near] of RANKS)
      this.map.addLayer({
        id: name, type: "line", source: "roads", "source-layer": "roads", filter,
        paint: { "line-color": COLOURS[this.dark ? "dark" : "light"][name], "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 7, near / 4, 11, near, 15, near * 4] },
      }, first);
  }

  /** What is there already keeps its element. */
  put(marks: Mark[]): void {
    const before = this.marks;
    this.marks = new Map();
    for (const one of marks) {
      const element = before.get(one.key)?.element ?? this.made(one.key);
      before.delete(one.key);
      element.textContent = one.text;
      element.title = one.title;
      element.className = `ground-mark ${one.look}`;
      element.style.width = element.style.height = `${one.size}px`;
      this.above.append(element); // later ones on top
      this.marks.set(one.key, { at: one.at, element });
    }
    for (const gone of before.values()) gone.element.remove();
    this.place();
  }

  private place(): void {
    for (const { at, element } of this.marks.values()) {
      const { x, y } = this.map.project(at);
      element.style.transform = `translate(-50%, -50%) translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    }
  }

  private made(key: string): HTMLElement {
    const element = document.createElement("div");
    element.dataset.mark = key;
    element.setAttribute("aria-hidden", "true"); // the list beside says the same, by keyboard too
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      this.told.pick(key);
    });
    element.addEventListener("mouseenter", () => this.told.point(key));
    element.addEventListener("mouseleave", () => this.told.point(null));
    return element;
  }

  high(key: string | null): void {
    for (const [name, one] of this.marks) one.element.classList.toggle("high", name === key);
  }

  async draw(lines: Line[]): Promise<void> {
    await this.ready;
    for (const one of this.lines) {
      this.map.removeLayer(`line ${one.key}`);
      this.map.removeSource(`line ${one.key}`);
    }
    this.lines = lines;
    for (const one of lines) {
      const data = { type: "Feature" as const, properties: {}, geometry: { type: "LineString" as const, coordinates: one.places } };
      this.map.addSource(`line ${one.key}`, { type: "geojson", data });
      this.map.addLayer({
        id: `line ${one.key}`, type: "line", source: `line ${one.key}`, layout: { "line-join": "round" },
        paint: { "line-color": this.dark ? one.dark : one.light, "line-width": 3, ...(one.dash.length ? { "line-dasharray": one.dash } : {}) },
      });
    }
  }

  fit(places: Place[]): void {
    if (!places.length) return;
    const bounds = new gl.LngLatBounds(places[0]!, places[0]!);
    for (const one of places) bounds.extend(one);
    this.map.fitBounds(bounds, { padding: 50, maxZoom: 13, animate: false });
  }

  /** On paper at the width of paper, with all that it shows; back again afterwards. */
  paper(on: boolean): void {
    const box = this.map.getContainer();
    if (on) this.before = { center: this.map.getCenter(), zoom: this.map.getZoom() };
    box.style.width = on ? PAPER.width : "";
    box.style.height = on ? PAPER.height : "";
    this.map.resize();
    if (on) this.fit([...[...this.marks.values()].map((one) => one.at), ...this.lines.flatMap((one) => one.places)]);
    else if (this.before) this.map.jumpTo(this.before);
    this.map.redraw(); // at once: the printer does not wait for the next frame
  }

  go(to: Place): void {
    if (this.map.getBounds().contains(to)) return;
    this.map.easeTo({ center: to, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  async paint(dark: boolean): Promise<void> {
    this.dark = dark;
    await this.ready;
    const colour = COLOURS[dark ? "dark" : "light"];
    this.map.setPaintProperty("ground", "background-color", colour.ground);
    for (const [name] of RANKS) if (this.map.getLayer(name)) this.map.setPaintProperty(name, "line-color", colour[name]);
    for (const one of this.lines) this.map.setPaintProperty(`line ${one.key}`, "line-color", dark ? one.dark : one.light);
  }

  remove(): void {
    this.map.remove();
  }
}
