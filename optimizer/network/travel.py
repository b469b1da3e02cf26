"""Travel times and routes between points, for one profile on one network, before and after closures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from optimizer.network.endpoints import Ends, Joiner, Points, combine, same_segment
from optimizer.network.graph import RoadNetwork
from optimizer.network.hierarchy import Hierarchy, Metric, engine_weights
from optimizer.network.profiles import LONGEST_MS, Profile, edge_times_ms, find_profile
from optimizer.network.routes import Leg, Route, assemble
from optimizer.network.snap import MAX_SNAP_M, SnappedPoints, snap
from optimizer.units import UNREACHABLE, IntArray, seconds_from_ms

if TYPE_CHECKING:
    from optimizer.network.nearest import Nearest
    from optimizer.network.sweep import CustomizedSweep

_SWEEP_FROM: Final = 1_000_000  # nodes x smaller side of a matrix, from which a sweep beats single searches

_orders: WeakKeyDictionary[RoadNetwork, dict[Path | None, Hierarchy]] = WeakKeyDictionary()


class Router:
    """Times, routes and lengths for one profile. Immutable; `with_closures` gives a sibling that shares the
    order and the customized engine, so that a closure costs milliseconds."""

    def __init__(
        self,
        network: RoadNetwork,
        *,
        profile: str | Profile,
        profiles: Mapping[str, Profile] | None = None,
        weather_factor: float = 1.0,
        cache: Path | None = None,
        hierarchy: Hierarchy | None = None,
    ) -> None:
        """`profiles`: custom ones by name. `hierarchy`: share the order of another router of this topology
        (`other.hierarchy`). Raises `UnknownProfile`, `TravelTimeOverflow`."""
        self.network = network
        self.profile = find_profile(profile, profiles)
        self.weather_factor = weather_factor
        self.hierarchy = hierarchy or _order_of(network, cache)
        if self.hierarchy.edge_count != network.edge_count:
            raise ValueError("the hierarchy is of another network")
        self._metric = Metric(self.hierarchy)
        # The sweep last customized by this router or a sibling, by whether it has lengths: the next one starts there.
        self._latest: dict[bool, CustomizedSweep] = {}
        self._set_times(edge_times_ms(network, self.profile, weather_factor=weather_factor))

    def _set_times(self, times: IntArray) -> None:
        self.edge_ms: IntArray = times
        self.edge_ms.setflags(write=False)
        self._weights = engine_weights(times)
        self._swept: dict[bool, CustomizedSweep] = {}
        self.joiner = Joiner(self.network, self.profile, self.edge_ms)

    def with_closures(self, network: RoadNetwork) -> Router:
        """A router on a network of the same topology with other speeds (see `apply_closures`). Few changed
        edges are taken in by a partial customization; nothing is ordered again."""
        if network.topology_sha256 != self.network.topology_sha256:
            raise ValueError("a network with closures has the nodes and edges of the one it came from")
        sibling = object.__new__(Router)
        sibling.network, sibling.profile = network, self.profile
        sibling.weather_factor, sibling.hierarchy = self.weather_factor, self.hierarchy
        sibling._metric, sibling._latest = self._metric, self._latest
        sibling._set_times(self._times_on(network))
        return sibling

    def _times_on(self, network: RoadNetwork) -> IntArray:
        """`edge_times_ms` on a network of this topology: where only speeds differ, those edges alone."""
        others = (f.name for f in fields(network) if f.name not in ("speed_kph", "pois", "omitted"))
        if any(getattr(network, name) is not getattr(self.network, name) for name in others):
            return edge_times_ms(network, self.profile, weather_factor=self.weather_factor)
        times = self.edge_ms.copy()
        edges = np.flatnonzero(network.speed_kph != self.network.speed_kph)
        times[edges] = edge_times_ms(network, self.profile, weather_factor=self.weather_factor, edges=edges)
        return times

    def for_profile(
        self,
        profile: str | Profile,
        *,
        profiles: Mapping[str, Profile] | None = None,
        weather_factor: float | None = None,
    ) -> Router:
        """A router for another profile on the same network; the order is shared."""
        return Router(
            self.network,
            profile=profile,
            profiles=profiles,
            weather_factor=self.weather_factor if weather_factor is None else weather_factor,
            hierarchy=self.hierarchy,
        )

    def snap(self, lat: npt.ArrayLike, lon: npt.ArrayLike, *, max_snap_m: float = MAX_SNAP_M) -> SnappedPoints:
        """Points to the roads of this profile (see `snap`)."""
        return snap(self.network, lat=lat, lon=lon, profile=self.profile, max_snap_m=max_snap_m)

    def times(self, *, origins: Points, destinations: Points) -> IntArray:
        """(len(origins), len(destinations)) whole seconds, milliseconds rounded up; `UNREACHABLE` where
        there is no way or a point is unsnapped. Access legs at both ends are counted."""
        return seconds_from_ms(self.times_ms(origins=origins, destinations=destinations))

    def times_ms(self, *, origins: Points, destinations: Points) -> IntArray:
        """Like `times`, in milliseconds."""
        out, into = self.joiner.leaving(origins), self.joiner.arriving(destinations)
        smaller = min(out.node.size, into.node.size)
        swept = smaller * self.network.node_count >= _SWEEP_FROM
        between = self.swept(lengths=False).matrix if swept else self._node_ms
        times = combine(between, (out.node, out.ms), (into.node, into.ms), none=UNREACHABLE)
        times[times >= LONGEST_MS] = UNREACHABLE
        row, column = same_segment(origins, destinations)
        if len(row):
            direct, _, _ = self.joiner.direct(origins, destinations, row, column)  # type: ignore[arg-type]
            times[row, column] = np.minimum(times[row, column], direct)
        return times

    def lengths(self, *, origins: Points, destinations: Points) -> IntArray:
        """(len(origins), len(destinations)) metres on the road along the fastest way (of equally fast ones the
        shortest), rounded up, access legs not included; `UNREACHABLE` where there is no way."""
        return self.times_and_lengths(origins=origins, destinations=destinations)[1]

    def times_and_lengths(self, *, origins: Points, destinations: Points) -> tuple[IntArray, IntArray]:
        """(`times`, `lengths`) in one pass."""
        out, into = self.joiner.leaving(origins), self.joiner.arriving(destinations)
        ms, cm = self._costs(origins, destinations, out, into)
        metres = np.where(ms >= UNREACHABLE, UNREACHABLE, -(-cm // 100))
        return seconds_from_ms(ms), metres

    def nearest(self, *, origins: Points, destinations: Points, k: int, searched_nodes: int | None = None) -> Nearest:
        """The k origins that are first at each destination (see `optimizer.network.nearest`)."""
        from optimizer.network.nearest import SEARCHED_NODES, nearest

        limit = SEARCHED_NODES if searched_nodes is None else searched_nodes
        return nearest(self, origins=origins, destinations=destinations, k=k, searched_nodes=limit)

    @cached_property
    def roads_into(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], IntArray]:
        """(first, tail, ms) of the edges into every node, for searches from the end."""
        from optimizer.network.chordal import lists

        kept = self.hierarchy.kept
        if "into" not in kept:
            first, edges = lists(self.hierarchy.head.astype(np.int32), self.network.node_count)
            kept["into"] = first, edges, self.hierarchy.tail[edges].astype(np.int32)
        first, edges, tail = kept["into"]
        return first, tail, self.edge_ms[edges]

    def swept(self, *, lengths: bool) -> CustomizedSweep:
        """The sweep customized for the times of this router, alone or with the lengths of its edges."""
        # Compiled code that takes a while to load: only where it is needed.
        from optimizer.network.sweep import pack, sweep_of, times_only

        if lengths not in self._swept:
            if lengths:
                cm = np.rint(self.network.length_m * 100.0).astype(np.int64)
                cost = pack(self.edge_ms, cm, shut=self.edge_ms >= LONGEST_MS)
            else:
                cost = times_only(self.edge_ms)
            near = self._latest.get(lengths)
            self._swept[lengths] = near.changed(cost) if near else sweep_of(self.hierarchy).customize(cost)
            self._latest[lengths] = self._swept[lengths]
        return self._swept[lengths]

    def _node_ms(self, sources: IntArray, targets: IntArray) -> IntArray:
        ms = self._metric.distances(self._weights, sources=sources, targets=targets)
        ms[ms >= LONGEST_MS] = UNREACHABLE
        return ms

    def _costs(self, origins: Points, destinations: Points, out: Ends, into: Ends) -> tuple[IntArray, IntArray]:
        """(milliseconds, centimetres) by a sweep over the hierarchy."""
        from optimizer.network.sweep import NO_COST, pack, unpack

        found = combine(
            self.swept(lengths=True).matrix,
            (out.node, pack(out.ms, out.cm, shut=out.ms >= LONGEST_MS)),
            (into.node, pack(into.ms, into.cm, shut=into.ms >= LONGEST_MS)),
            none=NO_COST,
        )
        row, column = same_segment(origins, destinations)
        if len(row):
            ms, cm, _ = self.joiner.direct(origins, destinations, row, column)  # type: ignore[arg-type]
            found[row, column] = np.minimum(found[row, column], pack(ms, cm, shut=ms >= LONGEST_MS))
        ms, cm = unpack(found)
        ms[(found >= NO_COST) | (ms >= LONGEST_MS)] = UNREACHABLE
        return ms, cm

    def route(self, origin: SnappedPoints | int, destination: SnappedPoints | int) -> Route | None:
        """The fastest way between two points (one snapped point each, `points[i]`, or a node index); None
        where there is none."""
        start: Points = [origin] if isinstance(origin, int) else origin
        end: Points = [destination] if isinstance(destination, int) else destination
        if len(start) != 1 or len(end) != 1:
            raise ValueError("a route joins one point with one point")
        milliseconds, legs = self.legs(start, end)
        if milliseconds >= UNREACHABLE:
            return None
        places = self._place(start), self._place(end)
        access_m = sum(float(p.access_m[0]) for p in (start, end) if isinstance(p, SnappedPoints))
        return assemble(
            self.network,
            legs,
            milliseconds=milliseconds,
            access_m=0.0 if places[0] == places[1] else access_m,
            line_ends=places,
        )

    def legs(self, start: Points, end: Points) -> tuple[int, list[Leg]]:
        """(milliseconds, edges driven in turn) between one point and another; (`UNREACHABLE`, []) without a way."""
        out, into = self.joiner.leaving(start), self.joiner.arriving(end)
        total = out.ms[0][:, None] + self._node_ms(out.node[0], into.node[0]) + into.ms[0]
        a, b = np.unravel_index(np.argmin(total), total.shape)
        best = int(total[a, b]) if total[a, b] < LONGEST_MS else UNREACHABLE
        if isinstance(start, SnappedPoints) and isinstance(end, SnappedPoints) and len(same_segment(start, end)[0]):
            zero = np.zeros(1, np.int64)
            direct, _, edges = self.joiner.direct(start, end, zero, zero)
            if direct[0] <= best:
                return int(direct[0]), self._direct_leg(start, end, int(edges[0]))
        if best >= UNREACHABLE:
            return UNREACHABLE, []
        pair = np.array([[out.node[0, a], into.node[0, b]]], np.int64)
        (path,) = self._metric.paths(self._weights, pairs=pair)
        legs = [Leg(edge) for edge in path or ()]
        if out.edge[0, a] >= 0:
            legs.insert(0, Leg(int(out.edge[0, a]), start=float(out.fraction[0, a])))
        if into.edge[0, b] >= 0:
            legs.append(Leg(int(into.edge[0, b]), end=float(into.fraction[0, b])))
        return best, legs

    def _direct_leg(self, start: SnappedPoints, end: SnappedPoints, edge: int) -> list[Leg]:
        if edge < 0:
            return []
        from_, to = float(start.fraction[0]), float(end.fraction[0])
        return [Leg(edge, 1 - from_, 1 - to) if self.network.against[edge] else Leg(edge, from_, to)]

    def _place(self, point: Points) -> tuple[float, float]:
        if isinstance(point, SnappedPoints):
            return float(point.lat[0]), float(point.lon[0])
        return float(self.network.lat[point[0]]), float(self.network.lon[point[0]])


def _order_of(network: RoadNetwork, cache: Path | None) -> Hierarchy:
    """The order of a network, read or made once for as long as this network lives."""
    kept = _orders.setdefault(network, {})
    if cache not in kept:
        kept[cache] = Hierarchy(tail=network.tail, head=network.head, lat=network.lat, lon=network.lon, cache=cache)
    order: Hierarchy = kept[cache]
    return order


def travel_times(
    network: RoadNetwork,
    *,
    origins: Points,
    destinations: Points,
    profile: str | Profile,
    profiles: Mapping[str, Profile] | None = None,
    weather_factor: float = 1.0,
    cache: Path | None = None,
) -> IntArray:
    """(len(origins), len(destinations)) whole seconds for a profile; `UNREACHABLE` where there is no way.

    Origins and destinations are snapped points (access legs and partial edges counted) or node indices. For
    more than one question on a network keep a `Router`. Raises `UnknownProfile`, `TravelTimeOverflow`.
    """
    router = Router(network, profile=profile, profiles=profiles, weather_factor=weather_factor, cache=cache)
    return router.times(origins=origins, destinations=destinations)
