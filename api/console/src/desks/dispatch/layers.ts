// What the map is drawn of: colours and layers, lowest first.
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

export const COLOURS = {
  light: { ground: "#f2f4f0", major: "#c9913a", middle: "#c8b98f", minor: "#b4bcb7", route: "#1f5f99", edge: "#ffffff", closed: "#b3131b", draw: "#7a1fa2", team: "#1d8a4a", store: "#4f6d85" },
  dark: { ground: "#141a1e", major: "#9a7431", middle: "#6b6246", minor: "#3b454b", route: "#6fb4ee", edge: "#0b0f12", closed: "#ff6b6b", draw: "#d7a4f2", team: "#4cc27c", store: "#93aec4" },
};
export type Colours = (typeof COLOURS)["light"];
/** Of routes that somebody chose, one after the other. */
export const CHOSEN = {
  light: ["#1f5f99", "#8a3f9c", "#9a4d00", "#0b736e", "#a3244f", "#4f5b00"],
  dark: ["#6fb4ee", "#d79be6", "#f0a95a", "#5fd0c8", "#f58cb0", "#cbd95a"],
};
export const SOURCES = ["stores", "teams", "incidents", "routes", "closures", "sketch", "pull", "moving"];
/** What can be pointed at, the first counts. */
export const KINDS = ["incidents", "teams", "stores"] as const;
export const POINTED = ["incidents", "teams", "stores", "villages", "teams-far"];
const NEAR = 9.5;
/** Pixels by which a team stands right of its place, which mostly is that of a store. */
export const BESIDE = 14;

const wide = (near: number): ExpressionSpecification => ["interpolate", ["exponential", 1.5], ["zoom"], 7, near / 4, 11, near, 15, near * 4];
const village: ExpressionSpecification = ["==", ["get", "tier"], "village"];
const chosen: ExpressionSpecification = ["get", "chosen"];
const free = { "icon-allow-overlap": true, "icon-ignore-placement": true } as const;
const road = (id: string, filter: ExpressionSpecification, colour: string, near: number): LayerSpecification => ({ id, type: "line", source: "roads", "source-layer": "roads", filter, paint: { "line-color": colour, "line-width": wide(near) } });

export function layers(colour: Colours): LayerSpecification[] {
  return [
    { id: "ground", type: "background", paint: { "background-color": colour.ground } },
    road("minor", [">=", ["get", "rank"], 3], colour.minor, 0.7),
    road("middle", ["in", ["get", "rank"], ["literal", [1, 2]]], colour.middle, 1.2),
    road("major", ["==", ["get", "rank"], 0], colour.major, 2),
    { id: "closed-area", type: "fill", source: "closures", paint: { "fill-color": colour.closed, "fill-opacity": ["case", ["get", "shut"], 0.3, 0.08] } },
    { id: "closed-edge", type: "line", source: "closures", filter: ["get", "shut"], paint: { "line-color": colour.closed, "line-width": 3 } },
    { id: "slow-edge", type: "line", source: "closures", filter: ["!", ["get", "shut"]], paint: { "line-color": colour.closed, "line-width": 2, "line-dasharray": [2, 2] } },
    { id: "routes", type: "line", source: "routes", filter: ["!", chosen], layout: { "line-join": "round" }, paint: { "line-color": colour.route, "line-width": 2.5, "line-opacity": 0.6 } },
    { id: "routes-edge", type: "line", source: "routes", filter: chosen, layout: { "line-join": "round" }, paint: { "line-color": colour.edge, "line-width": 9 } },
    { id: "routes-chosen", type: "line", source: "routes", filter: chosen, layout: { "line-join": "round" }, paint: { "line-color": ["get", "colour"], "line-width": 5 } },
    // from afar thousands of pictures would cost a slow PC its frames: teams are rings, stores of villages appear nearer
    { id: "teams-far", type: "circle", source: "teams", maxzoom: NEAR, paint: { "circle-opacity": 0, "circle-stroke-color": colour.team, "circle-stroke-width": 1, "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 1, NEAR, 2.5] } },
    { id: "villages", type: "symbol", source: "stores", minzoom: NEAR, filter: village, layout: { "icon-image": "store-village", ...free } },
    { id: "stores", type: "symbol", source: "stores", filter: ["!", village], layout: { "icon-image": ["concat", "store-", ["get", "tier"]], ...free, "icon-size": ["interpolate", ["linear"], ["zoom"], 7, 0.6, 12, 1] } },
    { id: "teams", type: "symbol", source: "teams", minzoom: NEAR, layout: { "icon-image": "team", ...free, "icon-offset": [BESIDE, 0], "icon-size": ["interpolate", ["linear"], ["zoom"], NEAR, 0.7, 12, 1] } },
    { id: "rings", type: "symbol", source: "incidents", filter: ["has", "ring"], layout: { "icon-image": ["get", "ring"], ...free } },
    { id: "moving", type: "symbol", source: "moving", layout: { "icon-image": "moving", ...free } },
    { id: "incidents", type: "symbol", source: "incidents", layout: { "icon-image": ["concat", "incident-", ["get", "severity"]], ...free, "symbol-sort-key": ["get", "severity"], "icon-size": ["case", chosen, 1.7, 1.15] } },
    // minutes give way to one another where it is crowded; the gravest stay
    { id: "minutes", type: "symbol", source: "incidents", filter: ["has", "label"], layout: { "icon-image": ["get", "label"], "icon-offset": [0, 30], "icon-ignore-placement": false, "symbol-sort-key": ["case", chosen, -9, ["-", 0, ["get", "severity"]]] } },
    { id: "pull-line", type: "line", source: "pull", paint: { "line-color": colour.draw, "line-width": 4, "line-dasharray": [2, 1] } },
    { id: "pull-end", type: "circle", source: "pull", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour.draw, "circle-opacity": 0.25, "circle-radius": 26, "circle-stroke-color": colour.draw, "circle-stroke-width": 4 } },
    { id: "sketch-area", type: "fill", source: "sketch", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour.draw, "fill-opacity": 0.25 } },
    { id: "sketch-line", type: "line", source: "sketch", paint: { "line-color": colour.draw, "line-width": 3 } },
    { id: "sketch-point", type: "circle", source: "sketch", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour.draw, "circle-radius": 7, "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
  ];
}

/** What of the layers changes between light and dark. */
export const repainted = (colour: Colours): [string, string, string][] => [
  ["ground", "background-color", colour.ground], ["teams-far", "circle-stroke-color", colour.team], ["routes-edge", "line-color", colour.edge],
  ...Object.entries({ minor: colour.minor, middle: colour.middle, major: colour.major, "closed-edge": colour.closed, "slow-edge": colour.closed, routes: colour.route, "sketch-line": colour.draw, "pull-line": colour.draw })
    .map(([layer, value]) => [layer, "line-color", value] as [string, string, string]),
];
