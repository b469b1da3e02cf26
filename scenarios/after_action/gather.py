"""The rows of the database that an after-action report is made of, and only those its reader may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from inventory.tables.forces import teams
from inventory.tables.goods import items
from inventory.tables.places import places, stores
from optimizer.dispatch.problem import DEFAULT_TIERS, Tier
from scenarios.after_action.figures import incident_rows, need_rows, shipment_rows, stop_rows, summary_of, tier_rows
from scenarios.after_action.model import AfterAction, Called, Event, LevelRow, PlanRow
from scenarios.after_action.timeline import events_of
from scenarios.deliveries import Sent, sent
from scenarios.exchange.json_text import parse_json
from scenarios.incidents import find_situation
from scenarios.receipts import came
from scenarios.report.labels import Label
from scenarios.report.wording import change
from scenarios.tables import LIVE, incident_demands, incident_tasks, incidents, orders, plans, progress


@dataclass(frozen=True)
class Logged:
    """What the audit log knows and no table keeps: an incident closed, reopened or merged, a road closed or opened."""

    at: datetime
    actor: str
    kind: str  # incident_closed, incident_reopened, incident_merged, road_closed, road_opened
    code: str  # of the incident or closure
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Reach:
    """The divisions somebody reads, as LIKE patterns; none = everything."""

    patterns: tuple[str, ...] | None

    def covers(self, place: str | None) -> bool:
        if self.patterns is None:
            return True
        return place is not None and any(place.startswith(one.removesuffix("%")) for one in self.patterns)


@dataclass(frozen=True)
class PlanKept:
    """A plan on record, and its plan.json."""

    row: Any
    content: Mapping[str, Any]
    as_of: datetime
    same_as: int | None

    def approved_at(self, head: Any) -> datetime:
        """By the clock of the situation: one that plays at a moment of its own stands still there."""
        return self.row.recorded_at if head.as_of is None else self.as_of

    @property
    def seconds(self) -> dict[str, tuple[int, int]]:
        """Shipment -> departure and arrival from `as_of`."""
        return {one["id"]: (one["depart_s"], one["arrive_s"]) for one in self.content.get("shipments", ())}


@dataclass(frozen=True)
class Gathered:
    """Everything, as far as the reader sees it."""

    head: Any
    whole: bool
    reach: Reach
    incidents: Sequence[Any]
    codes: frozenset[str]
    needed: Mapping[str, int]  # incident -> teams asked for
    asked: Mapping[tuple[str, str], Decimal]  # (incident, item)
    plans: Sequence[PlanKept]
    orders: Sequence[Any]
    progress: Sequence[Any]
    sent: Sequence[tuple[int, list[Sent]]]
    came: Mapping[tuple[str, str], Decimal]  # (digest of the plan, shipment)
    logged: Sequence[Logged]
    tiers: tuple[Tier, ...]


def after_action(
    connection: Connection, situation: str = LIVE, *, reach: tuple[str, ...] | None = None,
    logged: Sequence[Logged] = (),
) -> AfterAction:  # fmt: skip
    """The report of a situation for somebody who reads `reach` (patterns of divisions; none: everything). Raises
    UnknownSituation."""
    found = _gather(connection, situation, Reach(reach), logged)
    stops = stop_rows(found)
    needs = need_rows(found)
    rows = incident_rows(found, stops, needs)
    events = events_of(connection, found)
    times = [one.at for one in events] + [one.arrived_at for one in stops if one.arrived_at is not None]
    return AfterAction(
        situation=situation,
        kind=found.head.kind,
        title=Label(found.head.title_zh, found.head.title_en),
        partial=not found.whole,
        begins=min(times, default=None),
        ends=max(times, default=None),
        closed_at=found.head.closed_at,
        summary=summary_of(rows, stops),
        tiers=tier_rows(found.tiers, rows),
        incidents=rows,
        stops=stops,
        needs=needs,
        shipments=shipment_rows(found),
        plans=tuple(_plan_row(one) for one in found.plans) if found.whole else (),
        events=events,
        called=_called(connection, found, events),
    )


def _gather(connection: Connection, situation: str, reach: Reach, logged: Sequence[Logged]) -> Gathered:
    head = find_situation(connection, situation)
    whole = reach.covers(head.place_code)
    listed = connection.execute(
        select(incidents)
        .where(incidents.c.situation_code == situation)
        .order_by(incidents.c.reported_at, incidents.c.id)
    ).all()
    seen = [row for row in listed if whole or reach.covers(row.place_code)]
    codes = frozenset(row.code for row in seen)
    kept = _plans(connection, situation)
    mine = (plans.c.situation_code == situation,)
    ordered = connection.execute(
        select(orders)
        .join(plans, plans.c.id == orders.c.plan_id)
        .where(*mine)
        .order_by(orders.c.plan_id, orders.c.team, orders.c.position)
    )
    reported = connection.execute(
        select(progress).where(progress.c.situation_code == situation).order_by(progress.c.id)
    )
    return Gathered(
        head=head,
        whole=whole,
        reach=reach,
        incidents=seen,
        codes=codes,
        needed=_needed(connection, situation, codes),
        asked=_asked(connection, situation, codes, kept),
        plans=kept,
        orders=[row for row in ordered if row.incident in codes],
        progress=[row for row in reported if row.incident in codes],
        came=came(connection, situation),
        sent=[(plan, [one for one in rows if one.incident in codes]) for plan, rows in sent(connection, situation)],
        logged=[one for one in logged if one.kind.startswith("road_") or one.code in codes],
        tiers=_tiers(head.parameters),
    )


def _plans(connection: Connection, situation: str) -> list[PlanKept]:
    rows = connection.execute(
        select(plans).where(plans.c.situation_code == situation, plans.c.status != "draft").order_by(plans.c.id)
    )
    first: dict[str, int] = {}
    found = []
    for row in rows:
        same = first.setdefault(row.sha256, row.id)
        content = parse_json(row.content, source=f"plan {row.id}")
        found.append(PlanKept(row, content, row.as_of or row.recorded_at, None if same == row.id else same))
    return found


def _needed(connection: Connection, situation: str, codes: frozenset[str]) -> dict[str, int]:
    rows = connection.execute(
        select(incidents.c.code, incident_tasks.c.teams_needed)
        .join(incidents, incidents.c.id == incident_tasks.c.incident_id)
        .where(incidents.c.situation_code == situation)
    )
    needed: dict[str, int] = {}
    for row in rows:
        if row.code in codes:
            needed[row.code] = needed.get(row.code, 0) + row.teams_needed
    return needed


def _asked(
    connection: Connection, situation: str, codes: frozenset[str], kept: Sequence[PlanKept]
) -> dict[tuple[str, str], Decimal]:
    """What was asked for; where nobody said, what the first plan that knew of the incident reckoned with."""
    rows = connection.execute(
        select(incidents.c.code, items.c.code.label("item"), incident_demands.c.quantity)
        .join(incidents, incidents.c.id == incident_demands.c.incident_id)
        .join(items, items.c.id == incident_demands.c.item_id)
        .where(incidents.c.situation_code == situation)
    )
    asked = {(row.code, row.item): row.quantity for row in rows if row.code in codes}
    said = {incident for incident, _ in asked}
    for one in kept:
        reckoned: dict[tuple[str, str], Decimal] = {}
        for row in (*one.content.get("shipments", ()), *one.content.get("unmet", ())):
            key = row["incident"], row.get("item")
            if row.get("task") is None and key[0] in codes and key[0] not in said:
                reckoned[key] = reckoned.get(key, Decimal(0)) + Decimal(row["quantity"])
        asked |= reckoned
        said |= {incident for incident, _ in reckoned}
    return asked


def _tiers(parameters: Mapping[str, Any]) -> tuple[Tier, ...]:
    """The situation's own; by rising limit."""
    given = parameters.get("tiers")
    if not given:
        return DEFAULT_TIERS
    return tuple(sorted((Tier(str(one["id"]), int(one["limit_s"])) for one in given), key=lambda one: one.limit_s))


def _plan_row(one: PlanKept) -> PlanRow:
    row = one.row
    levels = []
    for level in one.content.get("levels", ()):
        value, practice = _value(level["value"]), _value(level["practice"])
        levels.append(LevelRow(level["name"], value, practice, change(value, practice)[1]))
    stops = sum(len(order["stops"]) for order in one.content.get("team_orders", ()))
    return PlanRow(
        row.id, row.status, row.recorded_at, row.actor, one.as_of, one.same_as, stops,
        len(one.content.get("shipments", ())), len(one.content.get("unmet", ())), tuple(levels),
    )  # fmt: skip


def _value(value: Any) -> float | tuple[float, ...]:
    return tuple(float(one) for one in value) if isinstance(value, list) else float(value)


def _called(connection: Connection, found: Gathered, events: Sequence[Event]) -> Called:
    told = [one.facts for one in events]
    asked_of = {facts[name] for facts in told for name in ("from_place", "to_place") if name in facts}
    wanted = {one.lot[0] for _, rows in found.sent for one in rows} | {one["store"] for one in told if "store" in one}
    goods = (
        {item for one in told for item in one.get("goods", ())}
        | {item for _, item in found.asked}
        | {one.lot[1] for _, rows in found.sent for one in rows}
    )
    people = {row.team for row in found.orders}
    of = items.c
    named = connection.execute(
        select(of.code, of.name_zh, of.name_en, of.unit_zh, of.unit_en).where(of.code.in_(sorted(goods)))
    ).all()
    return Called(
        incidents={row.code: Label(row.name, row.name_en or row.name) for row in found.incidents if row.name},
        teams=_names(connection, teams, people),
        items={row.code: Label(row.name_zh, row.name_en or row.name_zh) for row in named},
        units={row.code: Label(row.unit_zh, row.unit_en or row.unit_zh) for row in named},
        stores=_names(connection, stores, wanted),
        places=_names(connection, places, asked_of),
    )


def _names(connection: Connection, table: Any, codes: set[str]) -> dict[str, Label]:
    rows = connection.execute(
        select(table.c.code, table.c.name, table.c.name_en).where(table.c.code.in_(sorted(codes)))
    )
    return {row.code: Label(row.name, row.name_en or row.name) for row in rows if row.name}
