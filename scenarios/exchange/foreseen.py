"""What a plan drives into: its legs measured with the closures that begin and end on the way (N2).

1. The roads change as the closures say that begin by the horizon; later ones are not looked at, here as in the
   cautious counting (N1), so that a cautious plan can never meet one.
2. Every dated leg is measured at the departure it has in the plan, however late the legs before it may be. Where
   roads are counted as they are at `as_of` and nothing changes before a leg's arrival, its arrival holds as it is.
3. A leg is late that arrives after the plan's time, or never. The closures named are those that its way as planned
   meets: shut while it is on that road, or slower when it enters. At least one does: nobody who meets none is late.
4. Leaving earlier by the longest of these overlaps gets it past them on the same way; and so on past the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.network.closures import Closure, apply_closures, holds, timeline
from optimizer.network.graph import RoadNetwork
from optimizer.network.profiles import access_ms, ceil_ms, edge_times_ms
from optimizer.units import UNREACHABLE, BoolArray, IntArray
from scenarios.exchange.legs import KINDS, Leg, dated_legs
from scenarios.exchange.roads import Roads


@dataclass(frozen=True, slots=True)
class Met:
    """A closure that a leg meets, and since when it holds then (seconds from `as_of`)."""

    closure: str
    road: str | None  # its name, where the closure names one
    from_s: int
    speed_factor: float


@dataclass(frozen=True, slots=True)
class LateLeg:
    """`arrives_s`: when it gets there; None: never. `leave_by_s`: the latest departure that keeps the time on the same
    way; None where that is before the report, or before the team or vehicle is free."""

    leg: Leg
    arrives_s: int | None
    met: tuple[Met, ...]
    leave_by_s: int | None

    @property
    def later_s(self) -> int | None:
        return None if self.arrives_s is None else self.arrives_s - self.leg.arrive_s


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`legs` had to be measured; `quicker` of them arrive sooner than the plan says, because a road is open then."""

    legs: int
    quicker: int
    late: tuple[LateLeg, ...]  # teams, vehicles, goods; of each who never arrives, then who loses most


def foresee(problem: DispatchProblem, plan: Plan, roads: Roads) -> Foreseen | None:
    """None where no closure begins or ends while somebody of the plan is on the way: then nothing is measured."""
    at, end = problem.as_of, problem.as_of + timedelta(seconds=problem.parameters.horizon_s)
    ahead = [closure for closure in roads.closures if holds(closure, at=at, until=end)]
    changes = [_ms(t, at) for closure in ahead for t in (closure.from_, closure.to) if t is not None and t > at]
    if not changes:
        return None
    legs = dated_legs(problem, plan)
    if roads.until is None:
        legs = tuple(leg for leg in legs if leg.arrive_s * 1000 > min(changes))
    if not legs:
        return None
    arrives = _measured(legs, roads, ahead, at)
    slow = [(leg, there) for leg, there in zip(legs, arrives, strict=True) if there > leg.arrive_s]
    beginnings = _beginnings(roads, ahead, at) if slow else []
    late = [_late(leg, there, problem, roads, beginnings) for leg, there in slow]
    return Foreseen(
        legs=len(legs),
        quicker=sum(there < leg.arrive_s for leg, there in zip(legs, arrives, strict=True)),
        late=tuple(sorted(late, key=_rank)),
    )


def _rank(late: LateLeg) -> tuple[Any, ...]:
    lost_s = UNREACHABLE if late.later_s is None else late.later_s
    leg = late.leg
    return KINDS.index(leg.kind), -lost_s, leg.depart_s, leg.id, leg.trip or 0, leg.incident


def _ms(instant: datetime, at: datetime) -> int:
    return (instant - at) // timedelta(milliseconds=1)


def _measured(legs: Sequence[Leg], roads: Roads, closures: Sequence[Closure], at: datetime) -> list[int]:
    """The arrival of each leg in seconds; `UNREACHABLE` for never."""
    from optimizer.network.timed import earliest_arrivals  # compiled: only where somebody asks

    found = [UNREACHABLE] * len(legs)
    groups: dict[tuple[str, str], list[int]] = {}
    for number, leg in enumerate(legs):
        groups.setdefault((leg.profile, leg.origin[0]), []).append(number)
    for (profile, kind), numbers in sorted(groups.items()):
        incidents = sorted({legs[number].incident for number in numbers})
        column = [incidents.index(legs[number].incident) for number in numbers]
        wanted: BoolArray = np.zeros((len(numbers), len(incidents)), np.bool_)
        wanted[np.arange(len(numbers)), column] = True
        arrivals = earliest_arrivals(
            roads.open_router(profile),
            origins=roads.points(profile, kind, [legs[number].origin[1] for number in numbers]),
            destinations=roads.points(profile, "incident", incidents),
            closures=closures,
            at=at,
            departs_s=[legs[number].depart_s for number in numbers],
            wanted=wanted,
        )
        for number, there in zip(numbers, arrivals.seconds[wanted].tolist(), strict=True):
            found[number] = there
    return found


@dataclass(frozen=True, eq=False, slots=True)
class _Beginning:
    """A closure that begins after `as_of`."""

    closure: Closure
    begins_ms: int
    ends_ms: int | None
    edges: IntArray
    network: RoadNetwork  # with this closure alone


def _beginnings(roads: Roads, closures: Sequence[Closure], at: datetime) -> list[_Beginning]:
    found = []
    for one in closures:
        if one.from_ is None or one.from_ <= at:
            continue
        edges = timeline(roads.network, [one], at=at).edges
        ends_ms = None if one.to is None else _ms(one.to, at)
        network, _ = apply_closures(roads.network, [one], at=one.from_)
        found.append(_Beginning(one, _ms(one.from_, at), ends_ms, edges, network))
    return found


def _late(leg: Leg, there: int, problem: DispatchProblem, roads: Roads, beginnings: Sequence[_Beginning]) -> LateLeg:
    way = _way(leg, roads)
    meets = _meetings(leg, way, 0, roads, beginnings)
    met = [
        Met(one.closure.id, one.closure.road_name, -(-one.begins_ms // 1000), one.closure.speed_factor)
        for one, _ in meets
    ]
    earlier_s = 0
    while meets:  # whoever leaves earlier may meet one that would have been over
        earlier_s += -(-max(over_ms for _, over_ms in meets) // 1000)
        meets = _meetings(leg, way, earlier_s, roads, beginnings)
    leave_by_s = leg.depart_s - earlier_s
    free_s = int(problem.known_from_s[problem.incident_index[leg.incident]])
    if leg.kind == "team":
        free_s = max(free_s, problem.teams[problem.team_index[leg.id]].available_from_s)
    if leg.kind == "vehicle":
        free_s = max(free_s, problem.vehicles[problem.vehicle_index[leg.id]].available_from_s)
    return LateLeg(
        leg=leg,
        arrives_s=None if there >= UNREACHABLE else there,
        met=tuple(sorted(met, key=lambda one: (one.from_s, one.closure))),
        leave_by_s=leave_by_s if leave_by_s >= free_s and leg.origin[0] != "en_route" else None,
    )


def _meetings(
    leg: Leg, way: tuple[IntArray, IntArray, IntArray], earlier_s: int, roads: Roads, beginnings: Sequence[_Beginning]
) -> list[tuple[_Beginning, int]]:
    """3 and 4: each closure that its way meets if it leaves so much earlier, and by how many milliseconds it would
    have to leave earlier still."""
    router = roads.router(leg.profile)
    edges, entered, left = way[0], way[1] - earlier_s * 1000, way[2] - earlier_s * 1000
    found = []
    for one in beginnings:
        on_it = np.isin(edges, one.edges)
        if one.ends_ms is not None:
            on_it &= entered < one.ends_ms
        if one.closure.speed_factor == 0:
            over = left - one.begins_ms
        else:
            then_ms = edge_times_ms(one.network, router.profile, weather_factor=router.weather_factor, edges=edges)
            on_it &= then_ms > router.edge_ms[edges]
            over = entered - one.begins_ms + 1
        over = over[on_it & (over > 0)]
        if len(over):
            found.append((one, int(over.max())))
    return found


def _way(leg: Leg, roads: Roads) -> tuple[IntArray, IntArray, IntArray]:
    """(edges, when each is entered, when it is left), milliseconds, of the way that the plan counts on."""
    router = roads.router(leg.profile)
    start = roads.points(leg.profile, leg.origin[0], [leg.origin[1]])
    _, parts = router.legs(start, roads.points(leg.profile, "incident", [leg.incident]))
    edges = np.array([part.edge for part in parts], np.int64)
    share = np.array([part.end - part.start for part in parts], np.float64)
    ms = ceil_ms(router.edge_ms[edges] * share)
    left = leg.depart_s * 1000 + int(access_ms(start.access_m, router.profile)[0]) + np.cumsum(ms)
    return edges, left - ms, left
