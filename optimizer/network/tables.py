"""Road networks as a folder of CSV files that a county can fill in from its own survey.

nodes.csv   id, lat, lon
edges.csv   from, to, length_m; optional: speed_kph (empty: by class),
            oneway (yes: vehicles only from -> to; -1: only back), class, name, max_height_m,
            max_weight_t, id, drive (yes/no), walk (yes/no/oneway), shape ("lat lon;lat lon", the bends between)
points.csv  optional: kind, name, lat, lon, population
Columns of nodes.csv and edges.csv may go by the Chinese names of the data dictionary.
roads.json  {"crs": "WGS-84" | "GCJ-02" | "BD-09"}, unless the caller declares it
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from optimizer.errors import BadInput, Fault
from optimizer.network.convert import pair_opposites
from optimizer.network.crs import crs_name, to_wgs84
from optimizer.network.graph import PointOfInterest, RoadNetwork, StrArray, build_network, great_circle_m
from optimizer.network.profiles import CLASS_SPEED_KPH
from optimizer.network.sheet import Sheet
from optimizer.network.tags import DRIVE_ONLY, WALK_ONLY
from optimizer.units import BoolArray, FloatArray, IntArray

NODE_COLUMNS: Final = ("id", "lat", "lon")
EDGE_COLUMNS: Final = ("from", "to", "length_m")
EDGE_OPTIONAL: Final = (
    "speed_kph", "oneway", "class", "name", "max_height_m", "max_weight_t", "id", "drive", "walk", "shape",
)  # fmt: skip
POINT_COLUMNS: Final = ("kind", "name", "lat", "lon", "population")
CHINESE: Final = {
    "路口编号": "id", "纬度": "lat", "经度": "lon", "起点路口": "from", "终点路口": "to", "长度（米）": "length_m",
    "车速（千米/时）": "speed_kph", "单行": "oneway", "道路等级": "class", "道路名称": "name",
    "限高（米）": "max_height_m", "限重（吨）": "max_weight_t", "路段编号": "id",
}  # fmt: skip
"""As in the data dictionary (inventory/data/columns.csv)."""
CRS_FILE: Final = "roads.json"
POINTS_FILE: Final = "points.csv"

_YES: Final = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}
_ONEWAY: Final = _YES | {"-1": -1, "reverse": -1}
_WALK: Final = _YES | {"oneway": 2}
_SHORTER_SHARE: Final = 0.5  # below this share of the straight line a length is in another unit, or misplaced
_SHORTER_M: Final = 50.0


@dataclass(frozen=True)
class _Roads:
    """The rows of edges.csv, converted."""

    start: list[int]  # node rows
    end: list[int]
    ends: list[str]  # "from>to"
    length_m: FloatArray
    speed_kph: FloatArray
    max_height_m: FloatArray
    max_weight_t: FloatArray
    oneway: IntArray  # 1, 0, -1
    drive: BoolArray
    walk: IntArray  # 0 no, 1 both ways, 2 like a vehicle
    road_class: list[str]
    name: list[str]
    id: list[str]
    shape: dict[int, FloatArray]  # row -> (k, 2) lat, lon


def read_tables(folder: str | Path, *, crs: str | None = None) -> RoadNetwork:
    """A network from a folder with nodes.csv and edges.csv (see the module). `crs` wins over roads.json; one
    of them must declare it. Raises `BadInput` with every bad cell of both files.

    Checked beyond single cells: ids used twice, unknown nodes, a length under half of the straight line
    (metres and kilometres mixed up, or nodes in the wrong place), and what `check_network` checks.
    """
    folder = Path(folder)
    system = crs_name(crs if crs is not None else _declared(folder), source=str(folder))
    nodes = Sheet(folder / "nodes.csv", NODE_COLUMNS, chinese=CHINESE)
    edges = Sheet(folder / "edges.csv", EDGE_COLUMNS, EDGE_OPTIONAL, chinese=CHINESE)
    if nodes.faults or edges.faults:
        raise BadInput(str(folder), nodes.faults + edges.faults)
    lat, lon = nodes.coordinates()
    index: dict[str, int] = {}
    for row, node in enumerate(nodes.texts("id")):
        if node == "":
            nodes.fault(row, "id", "road_empty_cell")
        elif node in index:
            nodes.fault(row, "id", "road_duplicate_node", node=node, first_row=index[node] + 2)
        index.setdefault(node, row)
    roads = _roads(edges, index)
    points = Sheet(folder / POINTS_FILE, POINT_COLUMNS) if (folder / POINTS_FILE).exists() else None
    pois = _points(points, system) if points and not points.faults else []
    faults = nodes.faults + edges.faults + (points.faults if points else [])
    if not faults:
        lat, lon = to_wgs84(lat, lon, crs=system)
        _check_lengths(edges, roads, lat, lon)
        faults = edges.faults
    if faults:
        raise BadInput(str(folder), faults)
    return _network(list(index), lat, lon, roads, pois, system, source=str(folder))


def _declared(folder: Path) -> str | None:
    path = folder / CRS_FILE
    if not path.exists():
        return None
    try:
        declared = json.loads(path.read_text(encoding="utf-8-sig"))["crs"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(str(folder), [Fault(CRS_FILE, "road_not_a_crs_file", {"file": CRS_FILE})]) from error
    return str(declared)


def _roads(edges: Sheet, index: dict[str, int]) -> _Roads:
    ends: dict[str, list[int]] = {"from": [], "to": []}
    for column, found in ends.items():
        for row, node in enumerate(edges.texts(column)):
            found.append(index.get(node, -1))
            if found[-1] < 0:
                edges.fault(row, column, "road_unknown_node", node=node)
    road_class = [name or "road" for name in edges.texts("class", "road")]
    drive = edges.words("drive", _YES, [int(name not in WALK_ONLY) for name in road_class])
    walk = edges.words("walk", _WALK, [int(name not in DRIVE_ONLY) for name in road_class])
    for row, name in enumerate(edges.texts("id")):
        if name[-1:] in ("+", "-"):  # the signs tell the directions of an edge apart
            edges.fault(row, "id", "road_id_ends_in_sign", edge=name)
    length_m, speed_kph = edges.numbers("length_m"), edges.numbers("speed_kph", optional=True)
    by_class = np.array([CLASS_SPEED_KPH.get(name, 0.0) for name in edges.texts("class")])
    empty = np.array([not cell for cell in edges.texts("speed_kph")], bool)
    for row in np.flatnonzero(empty & (by_class == 0)).tolist():
        edges.fault(row, "speed_kph", "road_no_speed")
    shape: dict[int, FloatArray] = {}
    for row, cell in enumerate(edges.texts("shape")):
        if cell:
            try:
                shape[row] = np.array([[float(x) for x in point.split()] for point in cell.split(";")])
            except ValueError:
                shape[row] = np.empty((0, 0))
            if shape[row].shape[1:] != (2,) or not (np.abs(shape[row]) <= (90.0, 180.0)).all():
                edges.fault(row, "shape", "road_not_a_line")
    return _Roads(
        start=ends["from"],
        end=ends["to"],
        ends=[f"{a}>{b}" for a, b in zip(edges.texts("from"), edges.texts("to"), strict=True)],
        length_m=length_m,
        speed_kph=np.where(np.isnan(speed_kph), by_class, speed_kph),
        max_height_m=edges.numbers("max_height_m", optional=True),
        max_weight_t=edges.numbers("max_weight_t", optional=True),
        oneway=np.array(edges.words("oneway", _ONEWAY, [0] * edges.count), np.int64),
        drive=np.array(drive, bool),
        walk=np.array(walk, np.int64),
        road_class=road_class,
        name=edges.texts("name"),
        id=edges.texts("id"),
        shape=shape,
    )


def _check_lengths(edges: Sheet, roads: _Roads, lat: FloatArray, lon: FloatArray) -> None:
    straight_m = great_circle_m(lat[roads.start], lon[roads.start], lat[roads.end], lon[roads.end])
    short = roads.length_m < np.minimum(_SHORTER_SHARE * straight_m, straight_m - _SHORTER_M)
    for row in np.flatnonzero(short).tolist():
        edges.fault(row, "length_m", "road_shorter_than_straight", straight_m=round(float(straight_m[row])))


def _points(points: Sheet, system: str) -> list[PointOfInterest]:
    lat, lon = points.coordinates()
    population = points.numbers("population", optional=True)
    lat, lon = to_wgs84(lat, lon, crs=system)
    return [
        PointOfInterest(kind, name, at_lat, at_lon, int(people) if people == people else None)
        for kind, name, at_lat, at_lon, people in zip(
            points.texts("kind"),
            points.texts("name"),
            lat.tolist(),
            lon.tolist(),
            population.tolist(),
            strict=True,
        )
    ]


def _network(
    ids: list[str],
    lat: FloatArray,
    lon: FloatArray,
    roads: _Roads,
    pois: list[PointOfInterest],
    system: str,
    *,
    source: str,
) -> RoadNetwork:
    """Rows to directed edges: one along each row, one against it, where somebody may use them."""
    start, end = np.array(roads.start, np.int64), np.array(roads.end, np.int64)
    segment, flipped = _segments(roads)
    along_drive, back_drive = roads.drive & (roads.oneway >= 0), roads.drive & (roads.oneway <= 0)
    along_walk = (roads.walk == 1) | ((roads.walk == 2) & (roads.oneway >= 0))
    back_walk = (roads.walk == 1) | ((roads.walk == 2) & (roads.oneway <= 0))
    # Two one-way rows that are the two directions of one road: walkers are on either row's own direction.
    paired = np.isin(segment, segment[flipped])
    back_walk &= ~paired
    row = np.concatenate((np.flatnonzero(along_drive | along_walk), np.flatnonzero(back_drive | back_walk)))
    back = np.arange(len(row)) >= int((along_drive | along_walk).sum())
    shapes = {
        str(segment[index]): np.column_stack(to_wgs84(points[:, 0], points[:, 1], crs=system))
        for index, points in roads.shape.items()
        if not flipped[index]
    }
    return build_network(
        node_id=ids,
        lat=lat,
        lon=lon,
        tail=np.where(back, end[row], start[row]),
        head=np.where(back, start[row], end[row]),
        length_m=roads.length_m[row],
        speed_kph=roads.speed_kph[row],
        segment_id=segment[row],
        against=back ^ flipped[row],
        road_class=np.array(roads.road_class, np.str_)[row] if len(row) else [],
        name=np.array(roads.name, np.str_)[row] if len(row) else [],
        max_height_m=roads.max_height_m[row],
        max_weight_t=roads.max_weight_t[row],
        drive=np.where(back, back_drive[row], along_drive[row]),
        walk=np.where(back, back_walk[row], along_walk[row]),
        shapes=shapes,
        pois=pois,
        source=source,
    )


def _segments(roads: _Roads) -> tuple[StrArray, BoolArray]:
    """(segment id, flipped) of each row: its own id, or from>to with a number for parallel roads. Two one-way
    rows of equal length back and forth without ids are one road; the second is flipped."""
    ids = np.array(roads.id, dtype=object)
    free = np.flatnonzero(ids == "")
    # Only one-way rows may pair: every other row gets a length of its own that matches no other.
    lengths = np.where(roads.oneway == 1, roads.length_m, -1.0 - np.arange(len(ids)))
    ids[free], flipped_free = pair_opposites(
        [roads.ends[row] for row in free.tolist()],
        [roads.start[row] for row in free.tolist()],
        [roads.end[row] for row in free.tolist()],
        lengths[free].tolist(),
    )
    flipped = np.zeros(len(ids), bool)
    flipped[free] = flipped_free
    return ids.astype(np.str_), flipped


def write_tables(network: RoadNetwork, folder: str | Path) -> None:
    """Writes nodes.csv, edges.csv, points.csv (if there are any) and roads.json; `read_tables` gives the same
    network back. A road with two like directions is one row."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    nodes = zip(network.node_id.tolist(), network.lat.tolist(), network.lon.tolist(), strict=True)
    _write(folder / "nodes.csv", NODE_COLUMNS, nodes)
    _write(folder / "edges.csv", (*EDGE_COLUMNS, *EDGE_OPTIONAL), _edge_rows(network))
    (folder / POINTS_FILE).unlink(missing_ok=True)
    if network.pois:
        rows = ((p.kind, p.name, p.lat, p.lon, "" if p.population is None else p.population) for p in network.pois)
        _write(folder / POINTS_FILE, POINT_COLUMNS, rows)
    (folder / CRS_FILE).write_text(json.dumps({"crs": "WGS-84"}) + "\n", encoding="utf-8")


def _write(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _edge_rows(network: RoadNetwork) -> Iterable[list[Any]]:
    ids = network.node_id.tolist()
    tail, head, against = network.tail.tolist(), network.head.tolist(), network.against.tolist()
    segments, segment_ids = network.segment.tolist(), network.segment_id.tolist()
    length, speed = network.length_m.tolist(), network.speed_kph.tolist()
    height, weight = network.max_height_m.tolist(), network.max_weight_t.tolist()
    road_class, name = network.road_class.tolist(), network.name.tolist()
    drive, walk = network.drive.tolist(), network.walk.tolist()
    offset = network.shape_offset.tolist()
    shape = [
        f"{lat!r} {lon!r}" for lat, lon in zip(network.shape_lat.tolist(), network.shape_lon.tolist(), strict=True)
    ]

    def alike(a: int, b: int) -> bool:
        same = tail[a] == head[b] and head[a] == tail[b] and walk[a] and walk[b]
        same = same and length[a] == length[b] and speed[a] == speed[b]
        same = same and road_class[a] == road_class[b] and name[a] == name[b]
        return same and repr((height[a], weight[a])) == repr((height[b], weight[b]))

    def row(edge: int, oneway: str, walks: str) -> list[Any]:
        segment = segments[edge]
        ends = [ids[head[edge]], ids[tail[edge]]] if against[edge] else [ids[tail[edge]], ids[head[edge]]]
        limits = ["" if limit != limit else limit for limit in (height[edge], weight[edge])]
        kind, called = network.class_names[road_class[edge]], network.names[name[edge]]
        bends = ";".join(shape[offset[segment] : offset[segment + 1]])
        drives = "yes" if drive[edge] else "no"
        described = [*ends, length[edge], speed[edge], oneway, kind, called, *limits]
        return [*described, segment_ids[segment], drives, walks, bends]

    for forth, back in network.segment_edges.tolist():
        if forth >= 0 and back >= 0 and alike(forth, back):
            if drive[forth] == drive[back]:
                yield row(forth, "no", "yes")
            else:
                yield row(forth, "yes", "yes") if drive[forth] else row(back, "-1", "yes")
            continue
        for edge, oneway in ((forth, "yes"), (back, "-1")):
            if edge >= 0 and (drive[edge] or walk[edge]):
                yield row(edge, oneway, "oneway" if walk[edge] else "no")
