"""The plan as frozen data: what `solve` returns, what `check` verifies, what plan.json holds."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    OPTIMAL = "optimal"  # every level proven
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


class StoppedBy(StrEnum):
    PROOF = "proof"
    WORK = "work"
    TIME = "time"


class Reason(StrEnum):
    NO_STOCK = "NO_STOCK"
    BELOW_RESERVE_FLOOR = "BELOW_RESERVE_FLOOR"
    FIVE_FIXED = "FIVE_FIXED"
    UNREACHABLE = "UNREACHABLE"
    NO_CAPABLE_TEAM = "NO_CAPABLE_TEAM"
    TEAM_HOURS = "TEAM_HOURS"
    TOO_LATE = "TOO_LATE"
    VEHICLE_CAPACITY = "VEHICLE_CAPACITY"
    FORBIDDEN_BY_DISPATCHER = "FORBIDDEN_BY_DISPATCHER"


@dataclass(frozen=True, slots=True)
class Stop:
    """Seconds from as_of. depart (wheels rolling, after turnout) + travel = arrive; start is no sooner (it may wait for
    equipment, or for the other teams); start + service = finish."""

    incident: str
    task: str
    depart_s: int | None  # None: under way before as_of, departure unknown
    arrive_s: int
    start_s: int
    finish_s: int
    response_s: int | None  # arrive - max(reported_at, as_of, team free); None when under way before as_of
    tier_met: str | None  # tightest tier whose limit holds response_s
    route: dict[str, Any] | None = None  # GeoJSON LineString where a road network is known


@dataclass(frozen=True, slots=True)
class TeamOrder:
    team: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Shipment:
    id: str
    store: str
    incident: str
    item: str
    lot: str
    quantity: Decimal
    depart_s: int
    arrive_s: int
    vehicle: str | None = None
    trip: int | None = None  # 1, 2, ... of that vehicle
    task: str | None = None  # equipment for this task, not for a demand (E2)
    team: str | None = None  # that takes it along (E3)


@dataclass(frozen=True, slots=True)
class Unmet:
    """Either teams not provided to a task or units of an item not shipped to an incident."""

    incident: str
    quantity: Decimal
    reason: Reason
    facts: dict[str, Any]
    task: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """value, bound, practice: a number; for fairness the sorted vector of incident fill rates."""

    name: str
    value: float | tuple[float, ...]
    bound: float | tuple[float, ...] | None
    gap: float | None
    practice: float | tuple[float, ...]
    gini: float | None = None  # fairness only, of the plan's fill rates
    gini_practice: float | None = None


@dataclass(frozen=True, slots=True)
class Replans:
    """The plan that a re-plan was made from, and how far it departs from it."""

    plan_sha256: str
    changes: int  # (team, task) pairs and (store, incident, item) shipments added, dropped or of another quantity


@dataclass(frozen=True)
class Plan:
    problem_sha256: str
    status: Status
    seed: int
    limits: dict[str, Any]
    stopped_by: StoppedBy
    levels: tuple[Level, ...]
    team_orders: tuple[TeamOrder, ...]  # sorted by team, only teams with stops
    shipments: tuple[Shipment, ...]
    unmet: tuple[Unmet, ...]
    parameters: dict[str, Any] = field(default_factory=dict)  # level order and weights, tiers, as solved
    replans: Replans | None = None  # of a re-plan only
