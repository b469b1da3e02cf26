"""The trips of a plan's shipments: where each vehicle goes in which order, when it is back, how far it drives (S6, S9).

The checker has its own copy of this arithmetic.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from optimizer.dispatch.plan import Shipment
from optimizer.dispatch.problem import DispatchProblem, Travel
from optimizer.units import UNREACHABLE


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip of a vehicle: home, incidents in order, home. Seconds from `as_of`."""

    vehicle: str
    number: int  # 1, 2, ... of that vehicle
    depart_s: int
    stops: tuple[tuple[str, int], ...]  # (incident, arrival)
    back_s: int
    metres: int  # 0 where only times are known

    @property
    def is_round(self) -> bool:
        return len(self.stops) > 1


def leg_s(travel: Travel, vehicle: int, before: int, after: int) -> int:
    """Seconds from one incident to the next on a round (S9); UNREACHABLE where the vehicle does not go on.

    No less than the straight ways differ by: nothing is sooner by way of another incident, so that what bounds first
    trips bounds rounds.
    """
    if before == after:
        return 0
    if travel.vehicle_between_s is None or travel.vehicle_group is None:
        return UNREACHABLE
    way = int(travel.vehicle_between_s[travel.vehicle_group[vehicle], before, after])
    straight = travel.vehicle_to_incident_s[vehicle]
    if way >= UNREACHABLE or straight[after] >= UNREACHABLE:
        return UNREACHABLE
    return max(way, int(straight[after]) - int(straight[before]))


def round_m(travel: Travel, vehicle: int, stops: tuple[int, ...]) -> int:
    """Metres of a round over these incidents: out, on, and back as far as the way out to the last; 0 if not known."""
    if travel.vehicle_to_incident_m is None:
        return 0
    straight = travel.vehicle_to_incident_m[vehicle]
    metres = int(straight[stops[0]]) + int(straight[stops[-1]])
    if len(stops) > 1 and travel.vehicle_between_m is not None and travel.vehicle_group is not None:
        between = travel.vehicle_between_m[travel.vehicle_group[vehicle]]
        metres += sum(int(between[a, b]) for a, b in pairwise(stops))
    return metres


def trips_of(problem: DispatchProblem, rows: Iterable[Shipment]) -> tuple[Trip, ...]:
    """The trips of all vehicles, by vehicle and number; incidents in order of arrival, then id."""
    seen: dict[tuple[str, int], dict[str, int]] = {}
    depart: dict[tuple[str, int], int] = {}
    for row in rows:
        if row.vehicle is not None and row.trip is not None:
            key = row.vehicle, row.trip
            seen.setdefault(key, {})[row.incident] = row.arrive_s
            depart[key] = row.depart_s
    trips = []
    for (vehicle, number), arrive in sorted(seen.items()):
        stops = sorted(arrive.items(), key=lambda stop: (stop[1], stop[0]))
        at = problem.vehicle_index[vehicle]
        order = tuple(problem.incident_index[incident] for incident, _ in stops)
        back = stops[-1][1] + int(problem.travel.vehicle_to_incident_s[at, order[-1]])
        metres = round_m(problem.travel, at, order)
        trips.append(Trip(vehicle, number, depart[vehicle, number], tuple(stops), back, metres))
    return tuple(trips)
