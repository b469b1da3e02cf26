"""The dated legs of a plan: every drive that the plan gives a departure and an arrival."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from optimizer.dispatch.plan import Plan, Shipment, TeamOrder
from optimizer.dispatch.problem import DispatchProblem
from optimizer.units import UNREACHABLE
from scenarios.exchange.roads import STORE_PROFILE

Kind = Literal["team", "vehicle", "goods"]
KINDS: tuple[Kind, ...] = ("team", "vehicle", "goods")


@dataclass(frozen=True, slots=True)
class Leg:
    """Who drives from where to which incident, in seconds from `as_of`.

    `origin`: the kind and id of a placed point (`Roads.points`): ("team", its base), ("en_route", where it is now),
    ("store", ...) or ("incident", the stop before).
    """

    kind: Kind
    id: str  # team or vehicle; of goods that go by whatever comes to hand: their store
    trip: int | None  # of a vehicle
    origin: tuple[str, str]
    incident: str
    profile: str
    depart_s: int
    arrive_s: int


def dated_legs(problem: DispatchProblem, plan: Plan) -> tuple[Leg, ...]:
    """Legs of teams, then of shipments. What a team takes along goes with the team; the way back is not dated."""
    teams = [leg for order in plan.team_orders for leg in team_legs(problem, order) if leg is not None]
    return (*teams, *_shipment_legs(problem, plan))


def team_legs(problem: DispatchProblem, order: TeamOrder) -> Iterator[Leg | None]:
    """One for each stop; None where nobody drives (the next task of the same incident), or from where is not known.

    A team that goes on as it was (T9) leaves from where it is at `as_of`; if these roads do not allow the arrival it
    has told, theirs stands here, so that only what comes later can make it late.
    """
    team = problem.team_index[order.team]
    profile = problem.teams[team].profile
    ways = problem.travel.en_route_to_incident_s
    started = problem.started_by.get(order.team)
    placed = started is not None and started.lat is not None and ways is not None
    origin = ("en_route" if placed else "team", order.team)
    stands = problem.teams[team].at_incident
    if started is None and stands is not None:
        origin = ("incident", stands)
    for stop in order.stops:
        here = ("incident", stop.incident)
        depart_s, arrive_s = stop.depart_s, stop.arrive_s
        if depart_s is None and placed and ways is not None and origin[0] == "en_route":
            depart_s, arrive_s = 0, max(arrive_s, int(ways[team, problem.incident_index[stop.incident]]))
        if depart_s is None or origin == here or arrive_s >= UNREACHABLE:
            yield None
        else:
            yield Leg("team", order.team, None, origin, stop.incident, profile, depart_s, arrive_s)
        origin = here


def _shipment_legs(problem: DispatchProblem, plan: Plan) -> Iterator[Leg]:
    """The rows of a vehicle's trip are one drive: to the incidents in order of arrival, each from the place before."""
    drives: dict[tuple[str, str, str, int], list[Shipment]] = {}
    for row in plan.shipments:
        if row.team is not None:
            continue
        alone = ("", row.incident, row.depart_s)  # without a vehicle every departure is a drive of its own
        key = alone if row.vehicle is None else (row.vehicle, "", row.trip or 0)
        drives.setdefault((row.store, *key), []).append(row)
    for _, rows in sorted(drives.items()):
        first = rows[0]
        kind: Kind = "goods" if first.vehicle is None else "vehicle"
        id, profile = first.vehicle or first.store, STORE_PROFILE
        if first.vehicle is not None:
            profile = problem.vehicles[problem.vehicle_index[first.vehicle]].profile
        origin, depart_s = ("store", first.store), min(row.depart_s for row in rows)
        for arrive_s, incident in sorted({(row.arrive_s, row.incident) for row in rows}):
            yield Leg(kind, id, first.trip, origin, incident, profile, depart_s, arrive_s)
            origin, depart_s = ("incident", incident), arrive_s
