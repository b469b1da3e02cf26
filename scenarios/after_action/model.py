"""What an after-action report holds. Times are instants; a promise is the first plan's that made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from optimizer.dispatch.problem import Tier
from scenarios.report.labels import Label


@dataclass(frozen=True)
class Event:
    """Something that happened. `kind` is the key of its words, `facts` what they tell."""

    at: datetime
    kind: str
    actor: str
    incident: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StopRow:
    """A team ordered to a task: when it was to be there, and when it was. Of several plans with the same order, the
    times of the first: later ones are dated anew by what is already known."""

    plan: int
    team: str
    incident: str
    task: str
    ordered_at: datetime
    depart_planned: datetime | None  # under way before the plan: none
    arrive_planned: datetime
    status: str  # issued, withdrawn, or how far it has come
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    done_at: datetime | None = None

    @property
    def delay_s(self) -> int | None:
        """Later than promised; negative: sooner."""
        return None if self.arrived_at is None else _seconds(self.arrived_at - self.arrive_planned)


@dataclass(frozen=True)
class NeedRow:
    """An item an incident asked for. `planned`: by the last plan in force, with what had left under those before it.
    `received`: as somebody said; none where nobody did."""

    incident: str
    item: str
    asked: Decimal
    planned: Decimal
    issued: Decimal
    received: Decimal | None = None


@dataclass(frozen=True)
class ShipmentRow:
    """Goods of the last plan in force (or of one before, as far as they left under it)."""

    plan: int
    store: str
    incident: str
    item: str
    task: str | None  # equipment of it
    team: str | None  # that took it along
    planned: Decimal
    issued: Decimal
    depart_planned: datetime | None
    departed_at: datetime | None

    @property
    def delay_s(self) -> int | None:
        if self.depart_planned is None or self.departed_at is None:
            return None
        return _seconds(self.departed_at - self.depart_planned)


@dataclass(frozen=True)
class IncidentRow:
    """An incident: first arrival from its report on, as planned and as it was; fill rates are means over its items."""

    code: str
    kind: str
    severity: int
    place: str | None
    status: str
    merged_into: str | None
    people: int | None
    reported_at: datetime
    reported_by: str | None
    closed_at: datetime | None
    teams_needed: int
    teams_ordered: int
    teams_arrived: int
    arrive_planned: datetime | None  # the first team
    arrived_at: datetime | None
    tier_planned: str | None
    tier_actual: str | None
    fill_planned: Decimal | None
    fill_issued: Decimal | None

    @property
    def needs_teams(self) -> bool:
        return bool(self.teams_needed or self.teams_ordered)

    @property
    def planned_s(self) -> int | None:
        return None if self.arrive_planned is None else _seconds(self.arrive_planned - self.reported_at)

    @property
    def actual_s(self) -> int | None:
        return None if self.arrived_at is None else _seconds(self.arrived_at - self.reported_at)


@dataclass(frozen=True)
class TierRow:
    """Incidents that need teams, and how many of them saw the first one within the limit (exactly at it counts)."""

    id: str
    limit_s: int
    incidents: int
    planned: int
    actual: int


@dataclass(frozen=True)
class LevelRow:
    """A level of a plan beside practice: the same problem by nearest-first, under the same rules."""

    name: str
    value: float | tuple[float, ...]
    practice: float | tuple[float, ...]
    better: bool | None  # none: the same


@dataclass(frozen=True)
class PlanRow:
    number: int
    status: str
    recorded_at: datetime
    actor: str
    as_of: datetime
    same_as: int | None  # a roll-back to that one
    stops: int
    shipments: int
    unmet: int
    levels: tuple[LevelRow, ...]


@dataclass(frozen=True)
class Summary:
    incidents: int
    incidents_open: int
    people: int
    stops: int
    stops_arrived: int
    stops_done: int
    stops_late: int  # more than a minute after the promise
    delay_s: int | None  # mean of those that arrived
    first_planned_s: int | None  # mean over incidents
    first_actual_s: int | None
    fill_planned: Decimal | None  # mean over incidents with needs
    fill_issued: Decimal | None


@dataclass(frozen=True)
class Called:
    """What people call the codes of this report; a code without a name shows as itself."""

    incidents: Mapping[str, Label]
    teams: Mapping[str, Label]
    items: Mapping[str, Label]
    units: Mapping[str, Label]
    stores: Mapping[str, Label]
    places: Mapping[str, Label]

    def name(self, kind: str, code: str) -> Label:
        known: Mapping[str, Label] = getattr(self, kind)
        return known.get(code) or Label(code, code)


@dataclass(frozen=True)
class AfterAction:
    """`partial`: only what lies in the reader's divisions; plans as a whole are left out then."""

    situation: str
    kind: str
    title: Label
    partial: bool
    begins: datetime | None
    ends: datetime | None
    closed_at: datetime | None
    summary: Summary
    tiers: tuple[TierRow, ...]
    incidents: tuple[IncidentRow, ...]
    stops: tuple[StopRow, ...]
    needs: tuple[NeedRow, ...]
    shipments: tuple[ShipmentRow, ...]
    plans: tuple[PlanRow, ...]
    events: tuple[Event, ...]
    called: Called


def tier_of(tiers: tuple[Tier, ...], seconds: int | None) -> str | None:
    """The tightest tier whose limit holds the time. `tiers` by rising limit."""
    return None if seconds is None else next((one.id for one in tiers if seconds <= one.limit_s), None)


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
