"""Road networks to and from networkx graphs, networkx being the public graph type and the test oracle."""

import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

import networkx as nx
import numpy as np
import shapely
from shapely.errors import ShapelyError

from optimizer.errors import BadInput, Fault
from optimizer.network.crs import crs_name, to_wgs84
from optimizer.network.graph import PointOfInterest, RoadNetwork, build_network
from optimizer.network.profiles import CLASS_SPEED_KPH
from optimizer.network.snap import segment_lines
from optimizer.network.tags import DRIVE_ONLY, WALK_ONLY, limit_kph
from optimizer.units import FloatArray

POINTS_KEY: Final = "points_of_interest"


def to_networkx(network: RoadNetwork) -> nx.MultiDiGraph:
    """A MultiDiGraph: nodes by id with lat, lon (x, y too); edges keyed by edge id with length_m, speed_kph,
    road_class, name, drive, walk, and where known max_height_m, max_weight_t and geometry (WKT, in the
    edge's direction). Plain values only, so that it can be written as GraphML."""
    graph = nx.MultiDiGraph(crs="WGS-84")
    graph.graph[POINTS_KEY] = json.dumps([asdict(poi) for poi in network.pois], ensure_ascii=False)
    ids = network.node_id.tolist()
    for node, lat, lon in zip(ids, network.lat.tolist(), network.lon.tolist(), strict=True):
        graph.add_node(node, lat=lat, lon=lon, y=lat, x=lon)
    shaped = np.flatnonzero(np.diff(network.shape_offset)[network.segment])
    lines = segment_lines(network, network.segment[shaped].astype(np.int64))
    lines[network.against[shaped]] = shapely.reverse(lines[network.against[shaped]])
    wkt = shapely.to_wkt(lines, rounding_precision=-1)
    geometry = dict(zip(shaped.tolist(), np.atleast_1d(wkt).tolist(), strict=True))
    rows: Iterable[tuple[Any, ...]] = zip(
        network.tail.tolist(),
        network.head.tolist(),
        network.edge_id.tolist(),
        network.length_m.tolist(),
        network.speed_kph.tolist(),
        (network.class_names[code] for code in network.road_class.tolist()),
        (network.names[code] for code in network.name.tolist()),
        network.drive.tolist(),
        network.walk.tolist(),
        network.max_height_m.tolist(),
        network.max_weight_t.tolist(),
        range(network.edge_count),
        strict=True,
    )
    for tail, head, edge, length, speed, road_class, name, drive, walk, height, weight, index in rows:
        data = {
            "id": edge,
            "length_m": length,
            "speed_kph": speed,
            "road_class": road_class,
            "name": name,
            "drive": drive,
            "walk": walk,
        }
        if height == height:
            data["max_height_m"] = height
        if weight == weight:
            data["max_weight_t"] = weight
        if index in geometry:
            data["geometry"] = geometry[index]
        graph.add_edge(ids[tail], ids[head], key=edge, **data)
    return graph


def from_networkx(graph: nx.Graph, *, crs: str | None = None, source: str = "graph") -> RoadNetwork:
    """A network from any networkx graph with the attributes of `to_networkx` or of osmnx: nodes with lat/lon
    or y/x; edges with length_m or length (metres), speed_kph or maxspeed, road_class or highway (whose
    default speed serves where no speed is given). An undirected edge goes both ways.

    `crs` wins over the graph attribute `crs`; one of them must be there. Raises `BadInput` with every
    faulty node and edge.
    """
    system = crs_name(crs if crs is not None else _text(graph.graph.get("crs")), source=source)
    faults: list[Fault] = []
    nodes: dict[Hashable, int] = {node: index for index, node in enumerate(graph.nodes)}
    lat, lon = np.full(len(nodes), np.nan), np.full(len(nodes), np.nan)
    for index, (node, data) in enumerate(graph.nodes(data=True)):
        for column, names in ((lat, ("lat", "y")), (lon, ("lon", "x"))):
            value = _number(data, names)
            if value is None:
                faults.append(Fault(f"node {node}", "road_no_coordinate", {"field": names[0], "other": names[1]}))
            else:
                column[index] = value
    edges = _Edges()
    for tail, head, data in graph.edges(data=True):
        where = f"{tail}>{head}"
        faults += edges.add(nodes[tail], nodes[head], where, data)
        if not graph.is_directed():
            edges.add(nodes[head], nodes[tail], f"{head}>{tail}", {**data, "id": None, "geometry": None})
    if faults:
        raise BadInput(source, faults)
    lat, lon = to_wgs84(lat, lon, crs=system)
    segment_id, against = pair_opposites(edges.id, edges.tail, edges.head, edges.length_m)
    shapes: dict[str, FloatArray] = {}
    for segment, backward, points in zip(segment_id, against, edges.shape, strict=True):
        if points is not None and (not backward or segment not in shapes):
            inner = points[::-1] if backward else points
            shapes[segment] = np.column_stack(to_wgs84(inner[:, 1], inner[:, 0], crs=system))
    return build_network(
        node_id=[str(node) for node in nodes],
        lat=lat,
        lon=lon,
        tail=edges.tail,
        head=edges.head,
        length_m=edges.length_m,
        speed_kph=edges.speed_kph,
        segment_id=segment_id,
        against=against,
        road_class=edges.road_class,
        name=edges.name,
        max_height_m=edges.max_height_m,
        max_weight_t=edges.max_weight_t,
        drive=edges.drive,
        walk=edges.walk,
        shapes=shapes,
        pois=[PointOfInterest(**poi) for poi in json.loads(graph.graph.get(POINTS_KEY) or "[]")],
        source=source,
    )


class _Edges:
    """Columns of directed edges, filled one edge at a time."""

    def __init__(self) -> None:
        self.id: list[str] = []
        self.tail: list[int] = []
        self.head: list[int] = []
        self.length_m: list[float] = []
        self.speed_kph: list[float] = []
        self.road_class: list[str] = []
        self.name: list[str] = []
        self.max_height_m: list[float] = []
        self.max_weight_t: list[float] = []
        self.drive: list[bool] = []
        self.walk: list[bool] = []
        self.shape: list[FloatArray | None] = []

    def add(self, tail: int, head: int, name: str, data: dict[str, Any]) -> list[Fault]:
        """Appends the edge, or says what is wrong with it."""
        where, faults = f"edge {name}", []
        length_m = _number(data, ("length_m", "length"))
        if length_m is None or length_m < 0:
            facts = {"field": "length_m", "value": data.get("length_m", data.get("length"))}
            faults.append(Fault(where, "road_not_a_measure", facts))
        road_class = _first_text(data, ("road_class", "highway", "class"))
        speed_kph = _number(data, ("speed_kph",))
        if speed_kph is None:
            speed_kph = limit_kph(_joined(data.get("maxspeed"))) or CLASS_SPEED_KPH.get(road_class)
        if speed_kph is None or speed_kph < 0:
            facts = {"field": "speed_kph", "value": data.get("speed_kph", data.get("maxspeed"))}
            faults.append(Fault(where, "road_no_speed", facts))
        shape = None
        if data.get("geometry") is not None:
            try:
                shape = _inner_points(data["geometry"])
            except (ShapelyError, ValueError, TypeError):
                faults.append(Fault(where, "road_not_a_line", {"field": "geometry"}))
        if faults:
            return faults
        given = str(data.get("id") or "")  # only ours ends in a sign; GraphML puts a running number there
        self.id.append(given if given[-1:] in ("+", "-") else name)
        self.tail.append(tail)
        self.head.append(head)
        self.length_m.append(length_m or 0.0)
        self.speed_kph.append(speed_kph or 0.0)
        self.road_class.append(road_class or "road")
        self.name.append(_first_text(data, ("name",)))
        for column, key in ((self.max_height_m, "max_height_m"), (self.max_weight_t, "max_weight_t")):
            limit = _number(data, (key,))
            column.append(float("nan") if limit is None else limit)
        self.drive.append(_flag(data.get("drive"), road_class not in WALK_ONLY))
        self.walk.append(_flag(data.get("walk"), road_class not in DRIVE_ONLY))
        self.shape.append(shape)
        return []


def pair_opposites(
    ids: list[str], tail: Sequence[int], head: Sequence[int], length_m: Sequence[float]
) -> tuple[list[str], list[bool]]:
    """(segment id, against) of each directed edge. Ids ending in + or - say it themselves; of the others, an
    edge and one that runs back between the same nodes at the same length are one segment."""
    segments, against = [], []
    waiting: dict[tuple[int, int, int], list[str]] = {}
    used = {name[:-1] for name in ids if name[-1:] in ("+", "-")}
    for name, start, end, length in zip(ids, tail, head, length_m, strict=True):
        if name[-1:] in ("+", "-"):
            segments.append(name[:-1])
            against.append(name[-1] == "-")
            continue
        key = round(length * 1000)
        back = waiting.get((end, start, key))
        if back:
            segments.append(back.pop(0))
            against.append(True)
            continue
        segment, count = name, 1
        while segment in used:  # parallel roads
            count += 1
            segment = f"{name}#{count}"
        used.add(segment)
        waiting.setdefault((start, end, key), []).append(segment)
        segments.append(segment)
        against.append(False)
    return segments, against


def _inner_points(geometry: Any) -> FloatArray:
    line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    if shapely.get_type_id(line) != 1:
        raise ValueError("not a LineString")
    points: FloatArray = shapely.get_coordinates(line)[1:-1]
    return points


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _joined(value: Any) -> str:
    """osmnx keeps several values of one edge as a list, and writes that list as text."""
    if isinstance(value, list | tuple):
        return ";".join(str(part) for part in value)
    text = "" if value is None else str(value)
    return text.strip("[]").replace("'", "").replace('"', "").replace(",", ";")


def _first_text(data: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = data.get(name)
        if isinstance(value, list | tuple):
            return str(value[0]) if value else ""
        if value is not None:
            text = str(value)
            return text.strip("[]").split(",")[0].strip("' \"") if text.startswith("[") else text
    return ""


def _number(data: dict[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        if name in data:
            try:
                value = float(data[name])
            except (TypeError, ValueError):
                return None
            return value if np.isfinite(value) else None
    return None


def _flag(value: Any, default: bool) -> bool:
    if value is None:
        return default
    return value if isinstance(value, bool) else str(value).lower() in ("true", "yes", "1")
