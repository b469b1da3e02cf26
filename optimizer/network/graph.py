"""A road network as frozen arrays: what every reader produces and every travel-time question starts from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from optimizer.errors import BadInput, Fault
from optimizer.units import BoolArray, FloatArray

StrArray = npt.NDArray[np.str_]
IndexArray = npt.NDArray[np.int32]
Mode = Literal["drive", "walk"]

TURN_CLASS: Final = "turn"
"""Class of the zero-length edges that join the split halves of a node with turn restrictions."""
MAIN_COMPONENT_MINIMUM: Final = 0.5
EARTH_RADIUS_M: Final = 6_371_008.8


@dataclass(frozen=True, slots=True)
class PointOfInterest:
    """A settlement, fire station, hospital, school or shop. `kind` is the OSM value (town, fire_station …);
    every shop is of kind `shop`."""

    kind: str
    name: str
    lat: float
    lon: float
    population: int | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One connected piece of the network (road directions ignored), by its number of nodes."""

    nodes: int
    share: float
    lat: float  # of one of its nodes, to find it on a map
    lon: float


@dataclass(frozen=True, slots=True)
class Connectivity:
    """How much of the network hangs together. Shares are of all nodes; islands are every component but the
    main one, largest first. `strong_share`: nodes of the largest part in which every node reaches every
    other with the one-ways kept."""

    nodes: int
    edges: int
    main_share: float
    strong_share: float
    islands: tuple[Component, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class RoadNetwork:
    """Directed edges over nodes; arrays are read-only. N nodes, E edges, S segments (stretches of road).

    A segment is one stretch of road between two nodes; it has an edge along it, one against it, or both.
    Nodes are sorted by id, segments by id, edges by (tail, head, segment, against), so that the order in
    which a file lists things never matters. Build it with `build_network`, vary it with
    `dataclasses.replace`. WGS-84 throughout.
    """

    node_id: StrArray  # (N,)
    lat: FloatArray  # (N,) degrees
    lon: FloatArray  # (N,) degrees
    tail: IndexArray  # (E,) node index
    head: IndexArray  # (E,) node index
    length_m: FloatArray  # (E,)
    speed_kph: FloatArray  # (E,) free-flow speed; 0 is closed
    road_class: IndexArray  # (E,) index into class_names
    class_names: tuple[str, ...]
    name: IndexArray  # (E,) index into names
    names: tuple[str, ...]
    max_height_m: FloatArray  # (E,) nan where unknown
    max_weight_t: FloatArray  # (E,) nan where unknown
    drive: BoolArray  # (E,) open to motor vehicles
    walk: BoolArray  # (E,) open to people on foot
    segment: IndexArray  # (E,) segment index
    against: BoolArray  # (E,) runs against its segment's shape
    segment_id: StrArray  # (S,)
    shape_offset: npt.NDArray[np.int64]  # (S + 1,) intermediate points of a segment, its ends not included
    shape_lat: FloatArray
    shape_lon: FloatArray
    pois: tuple[PointOfInterest, ...] = ()
    omitted: dict[str, int] = field(default_factory=dict)  # what the reader left out, by kind -> how many

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def node_count(self) -> int:
        return len(self.node_id)

    @property
    def edge_count(self) -> int:
        return len(self.tail)

    @cached_property
    def edge_id(self) -> StrArray:
        """(E,) the segment's id with `+` (along it) or `-` (against it)."""
        return np.char.add(self.segment_id[self.segment], np.where(self.against, "-", "+"))

    @cached_property
    def node_index(self) -> dict[str, int]:
        return {node: index for index, node in enumerate(self.node_id.tolist())}

    @cached_property
    def segment_edges(self) -> IndexArray:
        """(S, 2) the edge along and the edge against each segment, -1 where there is none."""
        edges = np.full((len(self.segment_id), 2), -1, np.int32)
        edges[self.segment, self.against.astype(np.intp)] = np.arange(self.edge_count, dtype=np.int32)
        edges.setflags(write=False)
        return edges

    @cached_property
    def segment_ends(self) -> IndexArray:
        """(S, 2) start and end node of each segment; of a node split by turn restrictions either half."""
        ends = np.empty((len(self.segment_id), 2), np.int32)
        ends[self.segment, self.against.astype(np.intp)] = self.tail
        ends[self.segment, 1 - self.against.astype(np.intp)] = self.head
        ends.setflags(write=False)
        return ends

    @cached_property
    def topology_sha256(self) -> str:
        """Of nodes and edges without their weights: the key under which an order may be cached."""
        return _digest(self.tail, self.head, self.lat, self.lon)

    @cached_property
    def sha256(self) -> str:
        """Of the whole content: two networks with equal hashes answer every question alike."""
        values = (getattr(self, each.name) for each in fields(self))
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        return _digest(*arrays, self.class_names, self.names, self.pois)

    def mode_edges(self, mode: Mode) -> BoolArray:
        """(E,) edges a mode may use, closures not looked at."""
        return self.drive if mode == "drive" else self.walk

    def polyline(self, edge: int) -> tuple[FloatArray, FloatArray]:
        """(lat, lon) of an edge from its tail to its head, intermediate points included."""
        segment = self.segment[edge]
        part = slice(self.shape_offset[segment], self.shape_offset[segment + 1])
        step = -1 if self.against[edge] else 1
        ends = [self.tail[edge], self.head[edge]]
        lat, lon = self.lat[ends], self.lon[ends]
        return (
            np.concatenate((lat[:1], self.shape_lat[part][::step], lat[1:])),
            np.concatenate((lon[:1], self.shape_lon[part][::step], lon[1:])),
        )

    @cached_property
    def connectivity(self) -> Connectivity:
        return self.mode_connectivity(None)

    def mode_connectivity(self, mode: Mode | None) -> Connectivity:
        """Connectivity of all edges, or of the nodes and edges one mode may use."""
        used = np.ones(self.edge_count, bool) if mode is None else self.mode_edges(mode)
        nodes = np.arange(self.node_count)
        if mode is not None:
            nodes = np.unique(np.concatenate((self.tail[used], self.head[used])))
        if len(nodes) == 0:
            return Connectivity(0, 0, 0.0, 0.0, ())
        tail, head = np.searchsorted(nodes, self.tail[used]), np.searchsorted(nodes, self.head[used])
        ones = np.ones(len(tail), np.int8)
        matrix = coo_array((ones, (tail, head)), shape=(len(nodes), len(nodes))).tocsr()
        _, weak = connected_components(matrix, directed=True, connection="weak")
        _, strong = connected_components(matrix, directed=True, connection="strong")
        sizes = np.bincount(weak)
        first = np.full(len(sizes), len(nodes))
        np.minimum.at(first, weak, np.arange(len(nodes)))
        order = np.argsort(-sizes, kind="stable")
        islands = tuple(
            Component(
                int(sizes[c]),
                float(sizes[c] / len(nodes)),
                float(self.lat[nodes[first[c]]]),
                float(self.lon[nodes[first[c]]]),
            )
            for c in order[1:]
        )
        strong_share = float(np.bincount(strong).max() / len(nodes))
        return Connectivity(len(nodes), int(used.sum()), float(sizes.max() / len(nodes)), strong_share, islands)


def _digest(*values: Any) -> str:
    digest = sha256()
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()


def great_circle_m(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> FloatArray:
    """Haversine distance in metres on the mean sphere; arguments in degrees, any broadcastable shapes."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(np.subtract(lon2, lon1)) / 2) ** 2
    distance: FloatArray = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return distance


def build_network(
    *,
    node_id: Sequence[str] | StrArray,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    tail: npt.ArrayLike,
    head: npt.ArrayLike,
    length_m: npt.ArrayLike,
    speed_kph: npt.ArrayLike,
    segment_id: Sequence[str] | StrArray,
    against: npt.ArrayLike | None = None,
    road_class: Sequence[str] | StrArray | None = None,
    name: Sequence[str] | StrArray | None = None,
    max_height_m: npt.ArrayLike | None = None,
    max_weight_t: npt.ArrayLike | None = None,
    drive: npt.ArrayLike | None = None,
    walk: npt.ArrayLike | None = None,
    shapes: dict[str, npt.NDArray[np.float64]] | None = None,
    pois: Sequence[PointOfInterest] = (),
    omitted: dict[str, int] | None = None,
    source: str = "network",
) -> RoadNetwork:
    """Directed edges in any order to a `RoadNetwork` in its one canonical order.

    `tail` and `head` index `node_id`; `segment_id` (one per edge) is shared by at most two edges, one of
    them `against`; `shapes` maps a segment id to (k, 2) lat, lon between its ends. Raises `BadInput`
    (see `check_network`).
    """
    edges = len(np.asarray(tail))
    ids = np.asarray(node_id, dtype=np.str_)
    order = np.argsort(ids, kind="stable")
    new_index = np.empty(len(ids), np.int32)
    new_index[order] = np.arange(len(ids), dtype=np.int32)
    segment_ids, segment = np.unique(np.asarray(segment_id, dtype=np.str_), return_inverse=True)
    against_ = np.zeros(edges, bool) if against is None else np.asarray(against, bool)
    tail_, head_ = new_index[np.asarray(tail, np.int64)], new_index[np.asarray(head, np.int64)]
    rank = np.lexsort((against_, segment, head_, tail_))
    classes, class_code = np.unique(_texts(road_class, edges, "road"), return_inverse=True)
    names, name_code = np.unique(_texts(name, edges, ""), return_inverse=True)

    def column(values: npt.ArrayLike | None, default: float | bool, dtype: type) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.full(edges, default, dtype) if values is None else np.asarray(values, dtype)
        return array[rank]

    shapes = shapes or {}
    parts = [shapes.get(key, _NO_POINTS) for key in segment_ids.tolist()] if shapes else []
    offset = np.zeros(len(segment_ids) + 1, np.int64)
    if parts:
        np.cumsum([len(part) for part in parts], out=offset[1:])
    points = np.concatenate(parts) if parts else _NO_POINTS
    network = RoadNetwork(
        node_id=ids[order],
        lat=np.asarray(lat, np.float64)[order],
        lon=np.asarray(lon, np.float64)[order],
        tail=tail_[rank],
        head=head_[rank],
        length_m=column(length_m, 0.0, np.float64),
        speed_kph=column(speed_kph, 0.0, np.float64),
        road_class=class_code[rank].astype(np.int32),
        class_names=tuple(classes.tolist()),
        name=name_code[rank].astype(np.int32),
        names=tuple(names.tolist()),
        max_height_m=column(max_height_m, np.nan, np.float64),
        max_weight_t=column(max_weight_t, np.nan, np.float64),
        drive=column(drive, True, np.bool_),
        walk=column(walk, True, np.bool_),
        segment=segment[rank].astype(np.int32),
        against=against_[rank],
        segment_id=segment_ids,
        shape_offset=offset,
        shape_lat=np.ascontiguousarray(points[:, 0]),
        shape_lon=np.ascontiguousarray(points[:, 1]),
        pois=tuple(sorted(pois, key=lambda poi: (poi.kind, poi.name, poi.lat, poi.lon))),
        omitted=dict(omitted or {}),
    )
    check_network(network, source=source)
    return network


_NO_POINTS: Final = np.empty((0, 2), np.float64)


def _texts(values: Sequence[str] | StrArray | None, count: int, default: str) -> StrArray:
    return np.full(count, default) if values is None else np.asarray(values, dtype=np.str_)


def check_network(network: RoadNetwork, *, source: str) -> None:
    """Raises `BadInput` where a network cannot be used: no roads, a coordinate out of range or not a
    number, a length or speed that is negative or not a number, an id used twice, or a main component
    (directions ignored) under half of the nodes."""
    faults: list[Fault] = []
    if network.edge_count == 0:
        raise BadInput(source, [Fault(source, "road_no_roads")])
    for code, bad in (
        ("road_latitude_out_of_range", ~(np.abs(network.lat) <= 90)),
        ("road_longitude_out_of_range", ~(np.abs(network.lon) <= 180)),
    ):
        for index in np.flatnonzero(bad).tolist():
            facts = {"lat": float(network.lat[index]), "lon": float(network.lon[index])}
            faults.append(Fault(f"node {network.node_id[index]}", code, facts))
    for field_name, column in (("length_m", network.length_m), ("speed_kph", network.speed_kph)):
        for index in np.flatnonzero(~((column >= 0) & np.isfinite(column))).tolist():
            measure = {"field": field_name, "value": float(column[index])}
            faults.append(Fault(f"edge {network.edge_id[index]}", "road_not_a_measure", measure))
    if len(set(network.node_id.tolist())) < network.node_count:
        ids, counts = np.unique(network.node_id, return_counts=True)
        faults += [Fault(f"node {node}", "road_duplicate_node", {"node": node}) for node in ids[counts > 1].tolist()]
    directed = 2 * network.segment.astype(np.int64) + network.against
    values, counts = np.unique(directed, return_counts=True)
    for value in values[counts > 1].tolist():
        segment = str(network.segment_id[value // 2])
        faults.append(Fault(f"edge {segment}", "road_duplicate_edge", {"edge": segment}))
    if faults:
        raise BadInput(source, faults)
    share = network.connectivity.main_share
    if share < MAIN_COMPONENT_MINIMUM:
        facts = {"share": round(share, 3), "components": len(network.connectivity.islands) + 1}
        raise BadInput(source, [Fault(source, "road_main_component_too_small", facts)])
