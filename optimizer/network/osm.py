"""OpenStreetMap extracts to road networks, offline.

Ways are cut at junctions and the points between become shapes. Turn restrictions with a node as via are kept
for vehicles by splitting that node; what is left out is counted in `RoadNetwork.omitted`:

restriction_via_way, restriction_conditional, restriction_unclear (no drivable road at the via node, none into
which an `only_` leads, or one that runs through the node), barrier (gates and bollards on a road are passed),
way_points_missing (points the extract does not hold; the way is cut there), reversible_ways (vehicles not let
on), area_pois (points of interest drawn as relations).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import osmium

from optimizer.errors import BadInput, Fault
from optimizer.network.graph import PointOfInterest, RoadNetwork, build_network, great_circle_m
from optimizer.network.tags import WayRules, vehicle_direction, way_rules
from optimizer.network.turns import DirectedEdges, Restriction, split_nodes
from optimizer.units import BoolArray, FloatArray, IntArray

AMENITIES: Final = frozenset({"fire_station", "hospital", "clinic", "school"})
PLACES: Final = frozenset({"city", "town", "village", "hamlet"})
_POI_KEYS: Final = ("amenity", "shop", "place")
_MISSING_SHARE: Final = 0.5
_MOTOR_KEYS: Final = ("restriction", "restriction:motor_vehicle", "restriction:motorcar")


def read_osm(path: str | Path) -> RoadNetwork:
    """A network of all drivable and walkable ways of an .osm.pbf, .osm.gz or .osm file, with points of
    interest (settlements, fire stations, hospitals, clinics, schools, shops; areas by the middle of their
    outline). Raises `BadInput`: unreadable or cut short, no roads, roads without their points."""
    source = str(path)
    try:
        scan = _scan(source)
    except RuntimeError as error:  # all that osmium says about a file it cannot decode
        fault = Fault(source, "road_osm_unreadable", {"file": Path(path).name, "reason": str(error)})
        raise BadInput(source, [fault]) from error
    if not scan.rules:
        raise BadInput(source, [Fault(source, "road_no_roads")])
    return _network(scan, source)


@dataclass
class _Scan:
    """What one pass over ways and relations and one over nodes bring."""

    way_id: list[int] = field(default_factory=list)
    rules: list[WayRules] = field(default_factory=list)
    refs: list[list[int]] = field(default_factory=list)  # node ids of each road
    areas: list[tuple[dict[str, str], list[int]]] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    pois: list[PointOfInterest] = field(default_factory=list)
    node: IntArray = field(default_factory=lambda: np.empty(0, np.int64))  # sorted ids of points found
    lat: FloatArray = field(default_factory=lambda: np.empty(0))
    lon: FloatArray = field(default_factory=lambda: np.empty(0))
    omitted: dict[str, int] = field(default_factory=dict)

    def omit(self, kind: str, count: int = 1) -> None:
        if count:
            self.omitted[kind] = self.omitted.get(kind, 0) + count


def _scan(source: str) -> _Scan:
    scan = _Scan()
    entities = osmium.osm.WAY | osmium.osm.RELATION
    keys = osmium.filter.KeyFilter("highway", "type", *_POI_KEYS)
    for entity in osmium.FileProcessor(source, entities).with_filter(keys):
        tags = {tag.k: tag.v for tag in entity.tags}
        if entity.is_way():
            rules = way_rules(tags) if "highway" in tags else None
            if rules is not None:
                scan.way_id.append(entity.id)
                scan.rules.append(rules)
                scan.refs.append([node.ref for node in entity.nodes])
                scan.omit("reversible_ways", int(vehicle_direction(tags, rules.road_class) == 2))
            elif _poi_kind(tags):
                scan.areas.append((tags, [node.ref for node in entity.nodes]))
        elif tags.get("type") == "restriction":
            _take_restriction(scan, tags, [(m.type, m.role, m.ref) for m in entity.members])
        elif _poi_kind(tags):
            scan.omit("area_pois")
    _take_points(scan, source)
    return scan


def _take_restriction(scan: _Scan, tags: dict[str, str], members: list[tuple[str, str, int]]) -> None:
    rule = next((tags[key] for key in _MOTOR_KEYS if key in tags), "")
    if any(key.startswith("restriction") and key.endswith(":conditional") for key in tags):
        scan.omit("restriction_conditional")
    exempt = {part.strip() for part in tags.get("except", "").split(";")}
    if not rule.startswith(("no_", "only_")) or exempt & {"motor_vehicle", "motorcar"}:
        return
    ways = {role: [ref for kind, r, ref in members if r == role and kind == "w"] for role in ("from", "to")}
    via = [(kind, ref) for kind, role, ref in members if role == "via"]
    if any(kind == "w" for kind, _ in via):
        scan.omit("restriction_via_way")
    elif len(via) != 1 or not ways["from"] or not ways["to"]:
        scan.omit("restriction_unclear")
    else:
        only = rule.startswith("only_")
        scan.restrictions.append(Restriction(tuple(ways["from"]), via[0][1], tuple(ways["to"]), only))


def _take_points(scan: _Scan, source: str) -> None:
    roads = {ref for refs in scan.refs for ref in refs}
    needed = roads.union(*(refs for _, refs in scan.areas)) if scan.areas else roads
    locations = osmium.index.create_map("flex_mem")
    keys = osmium.filter.KeyFilter("barrier", *_POI_KEYS)
    nodes = osmium.FileProcessor(source, osmium.osm.NODE).with_locations(locations)
    for node in nodes.with_filter(keys):  # the index takes in every node, the loop sees those with such tags
        tags = {tag.k: tag.v for tag in node.tags}
        scan.omit("barrier", int("barrier" in tags and node.id in roads))
        scan.pois += _poi(tags, node.lat, node.lon)
    ids, lat, lon = [], [], []
    for ref in sorted(needed):
        try:
            location = locations.get(ref)
        except KeyError:  # clipped off by the extract
            continue
        ids.append(ref)
        lat.append(location.lat)
        lon.append(location.lon)
    scan.node, scan.lat, scan.lon = np.array(ids, np.int64), np.array(lat), np.array(lon)
    for tags, refs in scan.areas:
        place = _find(scan.node, np.unique(np.array(refs, np.int64)))
        known = place[place >= 0]
        if len(known):
            # The middle of the outline's box: an outline has more points on its ragged side.
            at = [float(column[known].min() + column[known].max()) / 2 for column in (scan.lat, scan.lon)]
            scan.pois += _poi(tags, at[0], at[1])


def _poi_kind(tags: dict[str, str]) -> str:
    if tags.get("amenity") in AMENITIES:
        return tags["amenity"]
    if tags.get("place") in PLACES:
        return tags["place"]
    return "shop" if tags.get("shop", "no") not in ("no", "vacant") else ""


def _poi(tags: dict[str, str], lat: float, lon: float) -> list[PointOfInterest]:
    kind = _poi_kind(tags)
    if not kind:
        return []
    name = tags.get("name") or tags.get("name:zh") or tags.get("name:en") or ""
    people = tags.get("population", "")
    return [PointOfInterest(kind, name, lat, lon, int(people) if people.isdecimal() else None)]


def _find(sorted_ids: IntArray, wanted: IntArray) -> IntArray:
    """Positions in `sorted_ids`, -1 where an id is not there."""
    place = np.minimum(np.searchsorted(sorted_ids, wanted), max(0, len(sorted_ids) - 1))
    if len(sorted_ids) == 0:
        return np.full(len(wanted), -1)
    return np.where(sorted_ids[place] == wanted, place, -1)


def _network(scan: _Scan, source: str) -> RoadNetwork:
    counts = np.array([len(refs) for refs in scan.refs])
    refs = np.fromiter((ref for road in scan.refs for ref in road), np.int64, int(counts.sum()))
    way = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(refs)) - np.repeat(np.cumsum(counts) - counts, counts)
    point = _find(scan.node, refs)
    known = point >= 0
    if known.mean() < 1 - _MISSING_SHARE:
        facts = {"missing": int((~known).sum()), "points": len(refs)}
        raise BadInput(source, [Fault(source, "road_roads_without_points", facts)])
    scan.omit("way_points_missing", int((~known).sum()))

    joins = known[:-1] & known[1:] & (way[:-1] == way[1:])  # steps between neighbouring points of one way
    step_way, first, last = way[:-1][joins], point[:-1][joins], point[1:][joins]
    if len(first) == 0:
        raise BadInput(source, [Fault(source, "road_no_roads")])
    junction = _junctions(scan, way, point, known, joins)
    step_m = great_circle_m(scan.lat[first], scan.lon[first], scan.lat[last], scan.lon[last])
    starts = np.flatnonzero(_segment_starts(joins, junction, first))
    ends = np.append(starts[1:], len(first)) - 1
    length_m = np.add.reduceat(step_m, starts)
    rules = [scan.rules[index] for index in step_way[starts].tolist()]
    position = within[:-1][joins][starts].tolist()
    ways = [scan.way_id[index] for index in step_way[starts].tolist()]
    edges = _directed(rules, ways, position, first[starts], last[ends], length_m)
    shapes = {
        segment: np.column_stack((scan.lat[first[a + 1 : b + 1]], scan.lon[first[a + 1 : b + 1]]))
        for segment, a, b in zip(edges.segments, starts.tolist(), ends.tolist(), strict=True)
        if b > a
    }
    nodes, place = np.unique(np.concatenate((edges.tail, edges.head)), return_inverse=True)
    edges.tail, edges.head = place[: len(edges.tail)], place[len(edges.tail) :]
    via = {int(osm): index for index, osm in enumerate(scan.node[nodes].tolist())}
    split = split_nodes(edges, via, scan.restrictions)
    scan.omit("restriction_unclear", split.unclear)
    copied = nodes[split.copy_of]
    return build_network(
        node_id=[*(str(osm) for osm in scan.node[nodes].tolist()), *split.node_id],
        lat=np.concatenate((scan.lat[nodes], scan.lat[copied])),
        lon=np.concatenate((scan.lon[nodes], scan.lon[copied])),
        **edges.columns(),
        shapes=shapes,
        pois=scan.pois,
        omitted=scan.omitted,
        source=source,
    )


def _junctions(scan: _Scan, way: IntArray, point: IntArray, known: BoolArray, joins: BoolArray) -> BoolArray:
    """(points,) where ways meet or end, or a restriction turns."""
    uses = np.bincount(point[known], minlength=len(scan.node))
    junction: BoolArray = uses > 1
    end = np.ones(len(way), bool)  # the first and last point of a run of joined points
    end[1:-1] = ~(joins[:-1] & joins[1:])
    junction[point[end & known]] = True
    via = _find(scan.node, np.array([r.via for r in scan.restrictions], np.int64))
    junction[via[via >= 0]] = True
    return junction


def _segment_starts(joins: BoolArray, junction: BoolArray, first: IntArray) -> BoolArray:
    """(steps,) steps with which a segment begins: at a junction, or after a break."""
    step = np.flatnonzero(joins)
    begins: BoolArray = junction[first]
    begins[0] = True
    begins[1:] |= np.diff(step) > 1
    return begins


def _directed(
    rules: list[WayRules],
    ways: list[int],
    position: list[int],
    start: IntArray,
    end: IntArray,
    length_m: FloatArray,
) -> DirectedEdges:
    """Segments to the edges along and against them that somebody may use."""
    segments = [f"{way}.{at}" for way, at in zip(ways, position, strict=True)]

    def both(values: list[tuple[Any, Any]]) -> npt.NDArray[Any]:
        return np.array(values).T.reshape(-1)  # all along, then all against

    drive, walk = both([r.drive for r in rules]), both([(r.walk, r.walk) for r in rules])
    kept = np.flatnonzero(drive | walk)
    index = kept % len(rules)
    against = kept >= len(rules)
    return DirectedEdges(
        segments=segments,
        segment=index,
        against=against,
        way=np.array(ways, np.int64)[index],
        tail=np.where(against, end[index], start[index]),
        head=np.where(against, start[index], end[index]),
        length_m=length_m[index],
        speed_kph=both([r.kph for r in rules])[kept],
        road_class=[rules[i].road_class for i in index.tolist()],
        name=[rules[i].name for i in index.tolist()],
        max_height_m=np.array([rules[i].max_height_m for i in index.tolist()]),
        max_weight_t=np.array([rules[i].max_weight_t for i in index.tolist()]),
        drive=drive[kept],
        walk=walk[kept],
    )
