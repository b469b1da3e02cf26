"""The rows a report is made of: ids and words together, the same for HTML, XLSX, the map and the console."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from optimizer.dispatch.plan import Reason
from scenarios.report.foreseen_rows import ForeseenView
from scenarios.report.labels import Label, Names, say
from scenarios.report.trip_rows import TripRow


@dataclass(frozen=True, slots=True)
class RuleState:
    """How one of the five fixed rules stands over all stores."""

    rule: Label
    checked: int
    passed: int
    critical: int = 0
    major: int = 0
    minor: int = 0


@dataclass(frozen=True, slots=True)
class OverdueCheck:
    """A five-fixed task that is due; `units` is what it keeps from dispatch."""

    check: Label
    store: Label
    item: Label
    due: date | None
    blocks: bool
    units: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What the county looks like before the plan, in figures that the caller has counted."""

    title: Label
    summary: Label | None = None
    figures: tuple[tuple[Label, str], ...] = ()
    five_fixed: tuple[RuleState, ...] = ()
    overdue: tuple[OverdueCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure: what, how much, and what it is measured against."""

    label: Label
    value: Label
    note: Label
    good: bool | None = None  # better (True) or worse (False) than practice or need; None: neither


@dataclass(frozen=True, slots=True)
class StopRow:
    """One stop of one team. `order` counts the team's stops from 1; `number` is the incident's on the map."""

    team: str
    team_name: Label
    tier: str
    tier_name: Label
    order: int
    incident: str
    incident_name: Label
    number: int
    task: str
    task_name: Label
    depart_s: int | None
    arrive_s: int
    start_s: int  # later than arrive_s where the team waits for equipment or for others
    finish_s: int
    response_s: int | None
    depart: Label
    arrive: Label
    start: Label
    finish: Label
    response: Label
    tier_met: str | None
    tier_met_name: Label
    due_s: int | None  # latest arrival in time, from as_of; None: not bound
    late_s: int  # beyond due_s; 0 when in time or not bound
    started: bool
    takes: Label | None  # equipment it takes along to this stop

    @property
    def waits(self) -> Label | None:
        """When it begins, where it waits for equipment or for others."""
        return say("stop.waits", clock=self.start) if self.start_s > self.arrive_s else None


@dataclass(frozen=True, slots=True)
class SupplyRow:
    id: str
    store: str
    store_name: Label
    incident: str
    incident_name: Label
    number: int
    item: str
    item_name: Label
    unit: Label
    lot: str
    expires: date | None
    quantity: Decimal
    vehicle: str | None
    vehicle_name: Label
    trip: int | None
    depart_s: int
    arrive_s: int
    depart: Label
    arrive: Label
    task: str | None  # it is equipment for
    task_name: Label | None
    team: str | None  # that takes it along: no vehicle brings it

    @property
    def use(self) -> Label | None:
        """What it is for, where that is not a need of the incident."""
        return None if self.task_name is None else say("ship.equipment", task=self.task_name)


@dataclass(frozen=True, slots=True)
class UnmetRow:
    incident: str
    incident_name: Label
    number: int
    task: str | None
    item: str | None
    what: Label
    unit: Label
    quantity: Decimal
    reason: Reason
    reason_name: Label
    cure: Label


@dataclass(frozen=True, slots=True)
class IncidentCard:
    """An incident with everything that comes to it; `needed` and `provided` count teams."""

    number: int
    id: str
    name: Label
    kind: Label
    severity: int
    reported: Label
    people: int | None
    lon: float | None
    lat: float | None
    needed: int
    provided: int
    first_arrival: Label | None
    fill_rate: Decimal | None  # mean over its demands, None without demands
    stops: tuple[StopRow, ...]
    supplies: tuple[SupplyRow, ...]
    unmet: tuple[UnmetRow, ...]


@dataclass(frozen=True, slots=True)
class LevelRow:
    order: int
    name: str
    label: Label
    unit: Label
    value: Label
    bound: Label
    gap: Label
    practice: Label
    change: Label  # of the plan against practice
    better: bool | None


STOCK_COLUMNS = ("on_hand", "blocked", "expired", "kept", "dispatchable", "demanded", "shipped", "equipment")


@dataclass(frozen=True, slots=True)
class StockRow:
    """An item over all stores: on_hand = blocked + expired + kept back + dispatchable."""

    item: str
    name: Label
    unit: Label
    on_hand: Decimal
    blocked: Decimal
    expired: Decimal
    kept: Decimal
    dispatchable: Decimal
    demanded: Decimal
    shipped: Decimal  # for demands
    equipment: Decimal  # for tasks


@dataclass(frozen=True)
class ReportView:
    """The whole report in rows; only routes and positions are still read from the problem and the plan."""

    as_of: datetime
    names: Names
    title: Label
    status: Label
    stopped_by: Label
    figures: tuple[Figure, ...]
    incidents: tuple[IncidentCard, ...]
    teams: tuple[StopRow, ...]
    supplies: tuple[SupplyRow, ...]
    trips: tuple[TripRow, ...]
    unmet: tuple[UnmetRow, ...]
    levels: tuple[LevelRow, ...]
    stock: tuple[StockRow, ...]
    situation: Situation
    footer: tuple[tuple[Label, str], ...]
    foreseen: ForeseenView | None = None  # None: no road changes while the plan runs
