"""One way through the network: nodes, edges, time, length and a line that follows the real road."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.network.graph import TURN_CLASS, RoadNetwork
from optimizer.units import FloatArray


@dataclass(frozen=True, slots=True)
class Route:
    """The fastest way between two points. `edges` (indices) include the partly driven first and last one;
    `length_m` is on the road, `access_m` the straight legs between the points and the road."""

    seconds: int
    milliseconds: int
    length_m: float
    access_m: float
    nodes: tuple[int, ...]  # passed, as indices
    edges: tuple[int, ...]
    node_ids: tuple[str, ...]
    edge_ids: tuple[str, ...]
    lat: tuple[float, ...]  # the line, from point to point
    lon: tuple[float, ...]

    def geojson(self) -> dict[str, Any]:
        """A GeoJSON LineString (lon, lat; a route of no length repeats its point)."""
        line = [[round(lon, 7), round(lat, 7)] for lat, lon in zip(self.lat, self.lon, strict=True)]
        return {"type": "LineString", "coordinates": line if len(line) > 1 else line * 2}


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of one edge, from `start` to `end` as fractions along the edge in its own direction."""

    edge: int
    start: float = 0.0
    end: float = 1.0


def assemble(
    network: RoadNetwork,
    legs: list[Leg],
    *,
    milliseconds: int,
    access_m: float,
    line_ends: tuple[tuple[float, float], tuple[float, float]],
) -> Route:
    """Legs in driving order to a `Route`; the zero-length edges of split nodes are left out."""
    turn = network.class_names.index(TURN_CLASS) if TURN_CLASS in network.class_names else -1
    kept = [leg for leg in legs if network.road_class[leg.edge] != turn]
    length_m = float(sum(network.length_m[leg.edge] * (leg.end - leg.start) for leg in kept))
    nodes: list[int] = []
    for leg in kept:
        if leg.start == 0.0:
            nodes.append(int(network.tail[leg.edge]))
        if leg.end == 1.0:
            nodes.append(int(network.head[leg.edge]))
    # The halves of a split node are one place, and named once.
    place = list(zip(network.lat[nodes].tolist(), network.lon[nodes].tolist(), strict=True))
    nodes = [node for i, node in enumerate(nodes) if i == 0 or place[i] != place[i - 1]]
    (start_lat, start_lon), (end_lat, end_lon) = line_ends
    lat, lon = [np.array([start_lat])], [np.array([start_lon])]
    for leg in kept:
        part_lat, part_lon = _part(*network.polyline(leg.edge), leg.start, leg.end)
        lat.append(part_lat)
        lon.append(part_lon)
    line_lat, line_lon = np.concatenate((*lat, [end_lat])), np.concatenate((*lon, [end_lon]))
    moved = np.ones(len(line_lat), bool)
    moved[1:] = (np.diff(line_lat) != 0) | (np.diff(line_lon) != 0)
    edges = [leg.edge for leg in kept]
    return Route(
        seconds=-(-milliseconds // 1000),
        milliseconds=milliseconds,
        length_m=length_m,
        access_m=access_m,
        nodes=tuple(nodes),
        edges=tuple(edges),
        node_ids=tuple(network.node_id[nodes].tolist()),
        edge_ids=tuple(network.edge_id[edges].tolist()),
        lat=tuple(line_lat[moved].tolist()),
        lon=tuple(line_lon[moved].tolist()),
    )


def _part(lat: FloatArray, lon: FloatArray, start: float, end: float) -> tuple[FloatArray, FloatArray]:
    """The stretch of a line between two fractions of its length (locally metric)."""
    if start == 0.0 and end == 1.0:
        return lat, lon
    step = np.hypot(np.diff(lat), np.diff(lon) * np.cos(np.radians(lat[0])))
    along = np.concatenate(([0.0], np.cumsum(step)))
    if along[-1] == 0.0:
        return lat[:1], lon[:1]
    along /= along[-1]
    inside = (along > start) & (along < end)
    at = np.concatenate(([start], along[inside], [end]))
    return np.interp(at, along, lat), np.interp(at, along, lon)
