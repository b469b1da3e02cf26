"""Closed and slowed roads: a network with other speeds, and what each closure hit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from optimizer.errors import BadInput, Fault
from optimizer.network.graph import IndexArray, RoadNetwork
from optimizer.network.snap import segment_lines
from optimizer.units import FloatArray, IntArray

_FOREVER_MS: Final = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Roads closed (`speed_factor` 0) or slowed (0..1) from one instant up to, not including, another.

    Exactly one of `edges` (segment ids for both directions, or edge ids ending in + or - for one),
    `road_name` (exact) and `polygon` (GeoJSON geometry or Feature, WGS-84; every segment of which any part
    lies inside) says where. An absent `from_` has always held, an absent `to` holds without end.
    """

    id: str
    edges: tuple[str, ...] | None = None
    road_name: str | None = None
    polygon: dict[str, Any] | None = None
    from_: datetime | None = None
    to: datetime | None = None
    speed_factor: float = 0.0


@dataclass(frozen=True, slots=True)
class ClosureHit:
    """What a closure did: whether it holds at the asked instant (or in the span), how many directed edges it
    names (in force or not), and which edge ids it names that are not in the network."""

    id: str
    in_force: bool
    edges: int
    unknown_edges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosureReport:
    """`warnings` holds a fault for each closure that hits nothing or names unknown edges."""

    hits: tuple[ClosureHit, ...]
    closed_edges: IndexArray  # (k,) sorted edge indices with speed 0 now and not before
    slowed_edges: IndexArray
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """The closures over time: what changes when. T edges that any closure names, m instants of change."""

    changes_ms: IntArray  # (m,) sorted, milliseconds from the instant asked about
    edges: IntArray  # (T,) edge indices
    factor: FloatArray  # (T, m + 1) of their speed, before the first change, between changes, after the last


def timeline(network: RoadNetwork, closures: Sequence[Closure], *, at: datetime) -> Timeline:
    """What the closures do before and after `at`. Raises `BadInput` with every faulty closure."""
    _check(closures, at)

    def ms(instant: datetime) -> int:
        return (instant - at) // timedelta(milliseconds=1)

    spans = [
        (
            -_FOREVER_MS if closure.from_ is None else ms(closure.from_),
            _FOREVER_MS if closure.to is None else ms(closure.to),
        )
        for closure in closures
    ]
    hit = [_edges(network, closure)[0].astype(np.int64) for closure in closures]
    changes = np.unique(np.array([each for span in spans for each in span], np.int64))
    changes = changes[np.abs(changes) < _FOREVER_MS]
    edges = np.unique(np.concatenate([np.empty(0, np.int64), *hit]))
    factor = np.ones((len(edges), len(changes) + 1))
    for closure, (begin, end), own in zip(closures, spans, hit, strict=True):
        first, last = np.searchsorted(changes, [begin, end], side="right")
        # Without a beginning it holds in the first interval already.
        held = slice(int(first), int(last) if end < _FOREVER_MS else None)
        part = factor[np.searchsorted(edges, own), held]
        factor[np.searchsorted(edges, own), held] = np.minimum(part, closure.speed_factor)
    return Timeline(changes, edges, factor)


def holds(closure: Closure, *, at: datetime, until: datetime | None = None) -> bool:
    """Whether it holds at an instant; with `until` at any instant from `at` to `until`."""
    begun = closure.from_ is None or closure.from_ <= (at if until is None else until)
    return begun and (closure.to is None or at < closure.to)


def apply_closures(
    network: RoadNetwork, closures: Sequence[Closure], *, at: datetime, until: datetime | None = None
) -> tuple[RoadNetwork, ClosureReport]:
    """The network as it is `at` an instant (with offset), and a report; with `until` the network at its worst: what
    holds at any instant from `at` to `until` counts as if it held all the time. Overlapping factors: the lowest
    counts. Same nodes and edges, so that an order is kept. Raises `BadInput` with every faulty closure."""
    _check(closures, at)
    factor = np.ones(network.edge_count)
    hits, warnings = [], []
    for closure in closures:
        in_force = holds(closure, at=at, until=until)
        edges, unknown = _edges(network, closure)
        hits.append(ClosureHit(closure.id, in_force, len(edges), unknown))
        where = f"closure {closure.id}"
        if unknown:
            facts = {"edges": ", ".join(unknown[:10]), "count": len(unknown)}
            warnings.append(Fault(where, "closure_unknown_edges", facts))
        if len(edges) == 0:
            warnings.append(Fault(where, "closure_hits_nothing", {"closure": closure.id}))
        elif in_force:
            factor[edges] = np.minimum(factor[edges], closure.speed_factor)
    report = ClosureReport(
        tuple(hits),
        np.flatnonzero((factor == 0) & (network.speed_kph > 0)).astype(np.int32),
        np.flatnonzero((factor > 0) & (factor < 1)).astype(np.int32),
        tuple(warnings),
    )
    return replace(network, speed_kph=network.speed_kph * factor), report


def _check(closures: Sequence[Closure], at: datetime) -> None:
    faults = []
    if at.tzinfo is None:
        faults.append(Fault("at", "road_instant_without_offset", {"field": "at", "value": str(at)}))
    seen: set[str] = set()
    for closure in closures:
        where = f"closure {closure.id}"
        if closure.id in seen:
            faults.append(Fault(where, "road_duplicate_closure", {"closure": closure.id}))
        seen.add(closure.id)
        if sum(part is not None for part in (closure.edges, closure.road_name, closure.polygon)) != 1:
            faults.append(Fault(where, "closure_needs_one_place", {"closure": closure.id}))
        if not 0 <= closure.speed_factor <= 1:
            facts = {"closure": closure.id, "value": closure.speed_factor}
            faults.append(Fault(f"{where}.speed_factor", "road_speed_factor_out_of_range", facts))
        naive = [
            Fault(f"{where}.{name}", "road_instant_without_offset", {"field": name, "value": str(instant)})
            for name, instant in (("from", closure.from_), ("to", closure.to))
            if instant is not None and instant.tzinfo is None
        ]
        faults += naive
        if not naive and closure.from_ and closure.to and closure.to <= closure.from_:
            facts = {"from_": closure.from_.isoformat(), "to": closure.to.isoformat()}
            faults.append(Fault(where, "closure_ends_before_it_starts", facts))
        if closure.polygon is not None:
            faults += polygon_faults(closure.polygon, f"{where}.polygon")
    if faults:
        raise BadInput("closures", faults)


def polygon_faults(polygon: dict[str, Any], where: str) -> list[Fault]:
    """Why no roads can be found in an area; nothing where they can."""
    try:
        area = _area(polygon)
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return [Fault(where, "road_not_a_polygon")]
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty:
        return [Fault(where, "road_not_a_polygon")]
    if not area.is_valid:
        return [Fault(where, "road_polygon_crosses_itself", {"reason": shapely.is_valid_reason(area)})]
    west, south, east, north = area.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        facts = {"west": west, "south": south, "east": east, "north": north}
        return [Fault(where, "road_polygon_out_of_range", facts)]
    return []


def _area(polygon: dict[str, Any]) -> Any:
    return shape(polygon["geometry"] if polygon.get("type") == "Feature" else polygon)


def _edges(network: RoadNetwork, closure: Closure) -> tuple[IndexArray, tuple[str, ...]]:
    """Edge indices a closure names, and the ids it names in vain."""
    if closure.polygon is not None:
        area = _area(closure.polygon)
        west, south, east, north = area.bounds
        # The box of a segment against that of the area first: few lines have to be built.
        ends = network.segment_ends
        low_lat, high_lat = (f(network.lat[ends], axis=1) for f in (np.min, np.max))
        low_lon, high_lon = (f(network.lon[ends], axis=1) for f in (np.min, np.max))
        if len(network.shape_lat):
            owner = np.repeat(np.arange(len(ends)), np.diff(network.shape_offset))
            np.minimum.at(low_lat, owner, network.shape_lat)
            np.maximum.at(high_lat, owner, network.shape_lat)
            np.minimum.at(low_lon, owner, network.shape_lon)
            np.maximum.at(high_lon, owner, network.shape_lon)
        boxed = (low_lat <= north) & (high_lat >= south) & (low_lon <= east) & (high_lon >= west)
        segments = np.flatnonzero(boxed)
        shapely.prepare(area)
        segments = segments[shapely.intersects(area, segment_lines(network, segments))]
        found = np.isin(network.segment, segments)
        return np.flatnonzero(found).astype(np.int32), ()
    if closure.road_name is not None:
        if closure.road_name == "" or closure.road_name not in network.names:
            return np.empty(0, np.int32), ()
        code = network.names.index(closure.road_name)
        return np.flatnonzero(network.name == code).astype(np.int32), ()
    return _named_edges(network, closure.edges or ())


def _named_edges(network: RoadNetwork, names: tuple[str, ...]) -> tuple[IndexArray, tuple[str, ...]]:
    segments = network.segment_id
    edges: list[int] = []
    unknown = []
    for name in names:
        place = int(np.searchsorted(segments, name))
        if place < len(segments) and segments[place] == name:
            both = network.segment_edges[place]
        else:
            place = int(np.searchsorted(segments, name[:-1]))
            known = name[-1:] in ("+", "-") and place < len(segments) and segments[place] == name[:-1]
            both = network.segment_edges[place, [int(name[-1:] == "-")]] if known else np.array([-1])
        found = [int(edge) for edge in both if edge >= 0]
        edges += found
        if not found:
            unknown.append(name)
    return np.unique(np.asarray(edges, np.int32)), tuple(unknown)
