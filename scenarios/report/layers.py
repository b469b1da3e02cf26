"""The ground of the map: roads by class, closed roads and places, in WGS-84 degrees, ready to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.network.graph import RoadNetwork
from optimizer.units import BoolArray, FloatArray, IntArray
from scenarios.report.labels import Label

ROAD_CLASSES = ("major", "middle", "minor", "path")
"""What a map distinguishes, most important first; OSM classes are folded into these by `ROAD_CLASS_OF`."""

ROAD_CLASS_OF = {
    "motorway": "major", "trunk": "major", "primary": "major", "national": "major", "provincial": "major",
    "secondary": "middle", "tertiary": "middle", "county": "middle", "township": "middle",
    "unclassified": "minor", "residential": "minor", "living_street": "minor", "service": "minor",
    "village": "minor", "road": "minor", "track": "path", "path": "path", "footway": "path", "steps": "path",
    "cycleway": "path", "pedestrian": "path", "bridleway": "path",
}  # fmt: skip

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A named place; level 3 county seat, 4 town, 5 village (as in the division tables)."""

    name: Label
    lon: float
    lat: float
    level: int = 4


@dataclass(frozen=True)
class MapLayers:
    """Road polylines by class, each an array (points, 2) of lon, lat; closed roads the same way."""

    roads: Mapping[str, tuple[FloatArray, ...]]
    closed: tuple[FloatArray, ...] = ()
    closures: tuple[Label, ...] = ()  # what is closed, in words
    places: tuple[MapPlace, ...] = ()
    extent: Bounds | None = None  # west, south, east, north


def network_layers(
    network: RoadNetwork, *, closures: Sequence[Label] = (), places: Sequence[MapPlace] = ()
) -> MapLayers:
    """Layers of a road network (with its closures applied: an edge of speed 0 is drawn as closed)."""
    nodes, segments = network.node_count, len(network.segment_id)
    inner = np.diff(network.shape_offset)
    # A segment of k inner points is k + 1 straight pieces over the nodes and, behind them, the shape points.
    owner = np.repeat(np.arange(segments), inner + 1)
    starts = np.cumsum(inner + 1) - (inner + 1)
    place = np.arange(len(owner)) - starts[owner]
    ends = network.segment_ends
    shape = nodes + network.shape_offset[:-1][owner] + place
    edge_from = np.where(place == 0, ends[owner, 0], shape - 1)
    edge_to = np.where(place == inner[owner], ends[owner, 1], shape)
    any_edge = network.segment_edges.max(axis=1)
    closed = np.zeros(segments, dtype=np.bool_)
    closed[network.segment[network.speed_kph == 0]] = True
    classes = [network.class_names[index] for index in network.road_class[any_edge].tolist()]
    return map_layers(
        node_lon=np.concatenate((network.lon, network.shape_lon)),
        node_lat=np.concatenate((network.lat, network.shape_lat)),
        edge_from=edge_from.astype(np.int64),
        edge_to=edge_to.astype(np.int64),
        edge_class=[classes[index] for index in owner.tolist()],
        edge_closed=closed[owner],
        closures=closures,
        places=places,
    )


def map_layers(
    *,
    node_lon: FloatArray,
    node_lat: FloatArray,
    edge_from: IntArray,
    edge_to: IntArray,
    edge_class: Sequence[str],
    edge_closed: BoolArray | None = None,
    closures: Sequence[Label] = (),
    places: Sequence[MapPlace] = (),
) -> MapLayers:
    """Layers from plain arrays: `edge_from` and `edge_to` are positions of nodes.

    The two directions of a road are drawn once; edges are chained into polylines where exactly two of the
    same class meet. A road counts as closed when any of its directions is.
    """
    low, high = np.minimum(edge_from, edge_to), np.maximum(edge_from, edge_to)
    ranks = {name: ROAD_CLASSES.index(ROAD_CLASS_OF.get(name, "minor")) for name in set(edge_class)}
    classes = np.array([ranks[name] for name in edge_class], dtype=np.int64)
    shut = np.zeros(len(low), dtype=np.bool_) if edge_closed is None else edge_closed
    order = np.lexsort((classes, ~shut, high, low))  # of a pair of nodes: closed first, then most important
    low, high, classes, shut = low[order], high[order], classes[order], shut[order]
    first = np.ones(len(low), dtype=np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    first &= low != high
    low, high, classes, shut = low[first], high[first], classes[first], shut[first]
    positions = np.column_stack((node_lon, node_lat))
    roads = {
        name: tuple(positions[chain] for chain in _chains(low[mask], high[mask]))
        for index, name in enumerate(ROAD_CLASSES)
        if (mask := (classes == index) & ~shut).any()
    }
    closed = tuple(positions[chain] for chain in _chains(low[shut], high[shut]))
    return MapLayers(
        roads=roads,
        closed=closed,
        closures=tuple(closures),
        places=tuple(places),
        extent=bounds(positions[np.union1d(low, high)]),
    )


def bounds(points: FloatArray) -> Bounds | None:
    """West, south, east, north of points (n, 2); None where there are none."""
    if not len(points):
        return None
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _chains(low: IntArray, high: IntArray) -> list[IntArray]:
    """Undirected edges joined into chains of nodes, broken where the degree is not two."""
    neighbours: dict[int, list[int]] = {}
    for a, b in zip(low.tolist(), high.tolist(), strict=True):
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    seen: set[tuple[int, int]] = set()
    chains: list[IntArray] = []

    def walk(start: int, after: int) -> None:
        chain = [start, after]
        seen.add((min(start, after), max(start, after)))
        while len(neighbours[chain[-1]]) == 2 and chain[-1] != start:
            one, two = neighbours[chain[-1]]
            following = two if one == chain[-2] else one
            edge = (min(chain[-1], following), max(chain[-1], following))
            if edge in seen:
                break
            seen.add(edge)
            chain.append(following)
        chains.append(np.array(chain, dtype=np.int64))

    ends_first = sorted(neighbours, key=lambda node: (len(neighbours[node]) == 2, node))
    for node in ends_first:  # what is left of degree two at the end are rings without a crossing
        for after in neighbours[node]:
            if (min(node, after), max(node, after)) not in seen:
                walk(node, after)
    return chains


def simplified(line: FloatArray, *, tolerance: float) -> FloatArray:
    """Douglas-Peucker simplification of a polyline (points, 2): no point moves by more than `tolerance`."""
    if len(line) < 3:
        return line
    keep = np.zeros(len(line), dtype=np.bool_)
    keep[0] = keep[-1] = True
    stack = [(0, len(line) - 1)]
    while stack:
        start, end = stack.pop()
        if end - start < 2:
            continue
        chord = line[end] - line[start]
        offsets = line[start + 1 : end] - line[start]
        length = float(np.hypot(chord[0], chord[1]))
        if length == 0.0:
            distance = np.hypot(offsets[:, 0], offsets[:, 1])
        else:
            distance = np.abs(offsets[:, 0] * chord[1] - offsets[:, 1] * chord[0]) / length
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            middle = start + 1 + farthest
            keep[middle] = True
            stack += [(start, middle), (middle, end)]
    return line[keep]
