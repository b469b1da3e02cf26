"""The dispatch problem as frozen data. Times are whole seconds from `as_of`; quantities are exact decimals.

Every tuple is sorted by id (the door sorts), so the order in which a file lists things never matters.
`travel` arrays follow the order of those tuples.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

import numpy as np

from optimizer.units import IntArray

LEVELS = (
    "unserved",
    "critical_unmet",
    "completion",
    "other_unmet",
    "fairness",
    "deprivation",
    "cost",
)


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    mass_kg: Decimal  # per unit
    volume_m3: Decimal  # per unit
    life_critical: bool


@dataclass(frozen=True, slots=True)
class Incident:
    id: str
    kind: str
    severity: int  # 1..5
    reported_s: int  # from as_of; negative when reported earlier
    lat: float | None = None
    lon: float | None = None
    people_affected: int | None = None
    duration_h: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """So much of an item for every team on a task, and what was sent for the task before (E1, E2)."""

    item: str
    quantity: Decimal  # > 0
    sent: Decimal = Decimal(0)  # for all its teams but those at work there
    there_s: int | None = None  # from as_of: when the last of what was sent is there; None: it is


@dataclass(frozen=True, slots=True)
class Task:
    """`due_s` (soft) and `latest_s` (hard) count from the incident's `reported_s` and bind the arrival."""

    id: str
    incident: str
    capability: str
    teams_needed: int
    service_s: int
    due_s: int | None = None
    latest_s: int | None = None
    equipment: tuple[Need, ...] = ()  # what a team must have there before its service begins, by item (E1)
    synchronised: bool = False  # all its teams begin together (Y1)


@dataclass(frozen=True, slots=True)
class Demand:
    incident: str
    item: str
    quantity: Decimal  # > 0


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    tier: str
    capabilities: tuple[str, ...]
    headcount: int
    profile: str
    turnout_s: int
    available_from_s: int = 0  # from as_of, never negative
    available_until_s: int | None = None  # a stop must finish by then
    lat: float | None = None
    lon: float | None = None
    carries: tuple[str, ...] = ()  # items of which it has its own wherever it goes (E1)
    store: str | None = None  # at its base; it takes along from there what it needs (E3)
    at_incident: str | None = None  # where it worked last and still stands (T3)


@dataclass(frozen=True, slots=True)
class Store:
    id: str
    tier: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class StockLine:
    """One lot of one item in one store, as far as it is serviceable; sorted by (store, item, lot)."""

    store: str
    item: str
    lot: str
    quantity: Decimal  # >= 0, reservations already taken off
    expires: date | None = None  # the last Shanghai day on which it may be issued
    blocked: tuple[str, ...] = ()  # five-fixed tasks that stop its dispatch


@dataclass(frozen=True, slots=True)
class Vehicle:
    id: str
    store: str
    payload_kg: Decimal
    volume_m3: Decimal
    profile: str
    available_from_s: int = 0  # from as_of, never negative; until then it is out or in the workshop


@dataclass(frozen=True, slots=True)
class Pin:
    """This team must serve this task."""

    team: str
    task: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Either (team, task): never this team there; or (store, incident[, item]): nothing (of it) from there."""

    team: str | None = None
    task: str | None = None
    store: str | None = None
    incident: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A team already under way: its first stop is this task (T9), unless it is on its way and may turn (R1)."""

    team: str
    task: str
    state: Literal["en_route", "on_scene"]
    arrives_s: int  # from as_of; negative (or 0) when on scene
    lat: float | None = None  # where it is now; on its way only
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    id: str
    limit_s: int


DEFAULT_TIERS = (Tier("1", 60), Tier("3", 180), Tier("5", 300), Tier("10", 600))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a county may set. Defaults of `trip_cost_m` and `store_cost_m` are assumed."""

    levels: tuple[str, ...] = LEVELS  # order of importance
    tiers: tuple[Tier, ...] = DEFAULT_TIERS  # rising limit
    horizon_s: int = 72 * 3600
    due_penalty_s: int = 600  # per team, times severity, when it arrives after due_s
    trip_cost_m: int = 1000  # one more trip is worth this many vehicle-metres
    store_cost_m: int = 2000  # one more store opened is worth this many vehicle-metres
    deprivation_tolerance: Decimal = Decimal("0.01")  # share of level 6 that may go for level 7
    redispatch: tuple[tuple[int, tuple[int, ...]], ...] = ()  # from severity -> to severities
    closures: Literal["as_of", "cautious"] = "as_of"  # how `travel` counts them (N1)


@dataclass(frozen=True)
class Travel:
    """Whole seconds (int64), `UNREACHABLE` where there is no way. Read-only arrays.

    team_to_incident_s      (teams, incidents)            from the base, turnout not included
    incident_to_incident_s  (groups, incidents, incidents)  diagonal 0
    team_group              (teams,)                      which matrix of the above a team uses
    store_to_incident_s     (stores, incidents)           by the transport a store without vehicles uses
    vehicle_to_incident_s   (vehicles, incidents)         from the vehicle's store; the way back takes as long
    en_route_to_incident_s  (teams, incidents)            from where a team on its way is now; UNREACHABLE for others
    store_to_incident_m     (stores, incidents) metres, or None where only times are known; likewise vehicles
    vehicle_between_s       (groups, incidents, incidents)  from incident to incident on a round (S9), diagonal 0;
                            None: no rounds; likewise vehicle_between_m
    vehicle_group           (vehicles,)                   which matrix of the above a vehicle uses
    """

    team_to_incident_s: IntArray
    incident_to_incident_s: IntArray
    team_group: IntArray
    store_to_incident_s: IntArray
    vehicle_to_incident_s: IntArray
    store_to_incident_m: IntArray | None = None
    vehicle_to_incident_m: IntArray | None = None
    en_route_to_incident_s: IntArray | None = None
    vehicle_between_s: IntArray | None = None
    vehicle_between_m: IntArray | None = None
    vehicle_group: IntArray | None = None

    def __post_init__(self) -> None:
        for array in vars(self).values():
            if array is not None:
                array.setflags(write=False)


@dataclass(frozen=True)
class DispatchProblem:
    """Everything the decision depends on. Variants by `dataclasses.replace`."""

    as_of: datetime  # with offset
    items: tuple[Item, ...]
    incidents: tuple[Incident, ...]
    tasks: tuple[Task, ...]
    demands: tuple[Demand, ...]  # sorted by (incident, item)
    teams: tuple[Team, ...]
    stores: tuple[Store, ...]
    stock: tuple[StockLine, ...]
    reserve_floor: dict[tuple[str, str], Decimal]  # (store, item) -> units kept back; absent is 0
    vehicles: tuple[Vehicle, ...]
    travel: Travel
    service_s: IntArray  # (tasks, teams) seconds on scene, overrides applied
    pins: tuple[Pin, ...] = ()
    bans: tuple[Ban, ...] = ()
    started: tuple[Started, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    sha256: str = ""  # of the canonical problem file, for the plan to name

    def __post_init__(self) -> None:
        self.service_s.setflags(write=False)

    @cached_property
    def team_index(self) -> dict[str, int]:
        return {team.id: index for index, team in enumerate(self.teams)}

    @cached_property
    def task_index(self) -> dict[str, int]:
        return {task.id: index for index, task in enumerate(self.tasks)}

    @cached_property
    def known_from_s(self) -> IntArray:
        """(incidents,) max(0, reported): nobody and nothing leaves for an incident sooner."""
        return np.array([max(0, incident.reported_s) for incident in self.incidents], np.int64)

    @cached_property
    def started_by(self) -> dict[str, Started]:
        """What each team that is under way has started."""
        return {started.team: started for started in self.started}

    @cached_property
    def coupled(self) -> bool:
        """Whether some task waits for equipment, or its teams for each other."""
        return any(task.equipment or task.synchronised for task in self.tasks)

    @cached_property
    def incident_index(self) -> dict[str, int]:
        return {incident.id: index for index, incident in enumerate(self.incidents)}

    @cached_property
    def store_index(self) -> dict[str, int]:
        return {store.id: index for index, store in enumerate(self.stores)}

    @cached_property
    def item_index(self) -> dict[str, int]:
        return {item.id: index for index, item in enumerate(self.items)}

    @cached_property
    def vehicle_index(self) -> dict[str, int]:
        return {vehicle.id: index for index, vehicle in enumerate(self.vehicles)}
