// A team is drawn onto an incident by mouse or finger: a line follows the pointer, and a ring says where it would land.
// From afar, where rings of teams are everywhere, the map is moved instead.
import type { Map as GlMap, MapMouseEvent, MapTouchEvent, PointLike } from "maplibre-gl";

const REACH = 4; // pixels around the pointer in which a team is meant
const FINGER = 14; // and around a finger
const LEAST = 8; // so far it has to be drawn
const LANDS = 24;
const ENDS = ["mouseup", "touchend", "touchcancel"] as const;
type Found = { code: string; place: [number, number] };
type Dropped = (team: string, incident: string, at: { x: number; y: number }, forbid: boolean) => void;

export function pulling(map: GlMap, dropped: Dropped, show: (features: object[]) => unknown): void {
  let team: Found | null = null;
  function near(at: { x: number; y: number }, reach: number, layers: string[]): Found | null {
    const box: [PointLike, PointLike] = [[at.x - reach, at.y - reach], [at.x + reach, at.y + reach]];
    const away = (place: [number, number]): number => {
      const point = map.project(place);
      return Math.hypot(point.x - at.x, point.y - at.y);
    };
    return map.queryRenderedFeatures(box, { layers })
      .map((one) => ({ code: String(one.properties.code), place: (one.geometry as unknown as { coordinates: [number, number] }).coordinates }))
      .sort((a, b) => away(a.place) - away(b.place))[0] ?? null;
  }

  function end(): void {
    team = null;
    show([]);
    map.getCanvas().style.cursor = "";
    for (const name of ENDS) removeEventListener(name, release);
    removeEventListener("keydown", leave);
  }
  function release(): void {
    setTimeout(end); // the map's own end of it comes first, if it ends on the map
  }
  function leave(event: KeyboardEvent): void {
    if (event.key === "Escape") end();
  }

  function take(event: MapMouseEvent | MapTouchEvent, reach: number): void {
    if (near(event.point, REACH, ["incidents"])) return;
    team = near(event.point, reach, ["teams"]);
    if (!team) return;
    event.preventDefault(); // the map stays where it is
    for (const name of ENDS) addEventListener(name, release);
    addEventListener("keydown", leave);
  }
  function draw(event: MapMouseEvent | MapTouchEvent): void {
    if (!team) return;
    map.getCanvas().style.cursor = "grabbing";
    const to = near(event.point, LANDS, ["incidents"]);
    const tip = to?.place ?? event.lngLat.toArray();
    const line = { type: "Feature", geometry: { type: "LineString", coordinates: [team.place, tip] }, properties: {} };
    show(to ? [line, { type: "Feature", geometry: { type: "Point", coordinates: tip }, properties: {} }] : [line]);
  }
  function drop(event: MapMouseEvent | MapTouchEvent): void {
    const from = team;
    if (!from) return;
    end();
    const to = near(event.point, LANDS, ["incidents"]);
    const start = map.project(from.place);
    if (to && Math.hypot(start.x - event.point.x, start.y - event.point.y) > LEAST) dropped(from.code, to.code, event.point, event.originalEvent.shiftKey);
  }

  map.on("mousedown", (event: MapMouseEvent) => event.originalEvent.button === 0 && take(event, REACH));
  map.on("mousemove", draw);
  map.on("mouseup", drop);
  // two fingers move the map
  map.on("touchstart", (event: MapTouchEvent) => (event.points.length === 1 ? take(event, FINGER) : end()));
  map.on("touchmove", draw);
  map.on("touchend", drop);
}
