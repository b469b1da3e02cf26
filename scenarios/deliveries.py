"""What has left for whom: units issued out of the reservations of a situation's plans, and the incident or, of
equipment, the task of each."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations
from scenarios import exercise
from scenarios.tables import LIVE, PLAN_REFERENCE, plans, shipments

ZERO = Decimal(0)
Key = tuple[str, str, str]  # store, item, lot ("" = none)
Left = tuple[Decimal, datetime]  # units, when they left


def plan_reference(situation: str) -> str:
    """Under this reference the stock of a situation's plan is reserved and issued."""
    return f"{PLAN_REFERENCE}{situation}"


@dataclass(frozen=True)
class Departed:
    """Units that left under any plan of a situation, in force or not any more. Those that came back later count: they
    were there when they were needed."""

    demands: Mapping[tuple[str, str], Decimal]  # (incident, item)
    equipment: Mapping[tuple[str, str], Decimal]  # (task, item): it lessens no demand of the incident
    arrives: Mapping[tuple[str, str], datetime]  # (task, item): when the last of this equipment is there
    along: frozenset[tuple[str, str, str]]  # (team, task, item) where all of it left that the team was to take along


@dataclass(frozen=True, slots=True)
class Sent:
    """A shipment of a plan, and what of it has left."""

    code: str
    lot: Key
    incident: str
    task: str | None
    team: str | None
    asked: Decimal
    gone: Decimal
    left_at: datetime  # the last of them; nothing has left: datetime.min


def sent(connection: Connection, situation: str = LIVE) -> list[tuple[int, list[Sent]]]:
    """(plan, its shipments) of every plan that was in force, as they last were; one that came back counts once.

    A lot that a plan ships to several goes to tasks first, as their equipment leaves before anything else, and then
    in the order of the shipments' codes, because a movement does not name whom it is for."""
    runs = _runs(connection, situation)
    starts = [operation for operation, _, _ in runs]
    last = {content: (operation, plan) for operation, plan, content in runs}
    gone: dict[str, dict[Key, list[Left]]] = {}  # under one content, however often it was put in force
    for operation, key, units, at in _issues(connection, situation):
        run = bisect_right(starts, operation) - 1
        if run >= 0:  # else it left before there was any plan
            gone.setdefault(runs[run][2], {}).setdefault(key, []).append((units, at))
    found = []
    for content, (_, plan) in sorted(last.items(), key=lambda one: one[1]):
        left = gone.get(content, {})
        rows = []
        for code, key, incident, task, team, asked in _shipments(connection, plan):
            part, at = _take(left.get(key, []), asked)
            rows.append(Sent(code, key, incident, task, team, asked, part, at))
        found.append((plan, rows))
    return found


def departed(connection: Connection, situation: str = LIVE) -> Departed:
    """What has left, for which incident or, of equipment, which task."""
    demands: dict[tuple[str, str], Decimal] = {}
    equipment: dict[tuple[str, str], Decimal] = {}
    arrives: dict[tuple[str, str], datetime] = {}
    along: set[tuple[str, str, str]] = set()
    for plan, rows in sent(connection, situation):
        taken: dict[tuple[str, str, str], list[Decimal]] = {}  # units that left, units still there
        legs = _Legs(connection, plan) if any(one.task is not None and one.gone for one in rows) else None
        for one in rows:
            item, part, asked, task, team = one.lot[1], one.gone, one.asked, one.task, one.team
            if legs is not None and task is not None and part > 0 and (team is None or part < asked):
                there = legs.arrival(one.code, one.left_at)
                arrives[task, item] = max(there, arrives.get((task, item), there))
            if task is not None and team is not None:
                sums = taken.setdefault((team, task, item), [ZERO, ZERO])
                sums[0], sums[1] = sums[0] + part, sums[1] + asked - part
            elif part > 0:
                found, whom = (demands, one.incident) if task is None else (equipment, task)
                found[whom, item] = found.get((whom, item), ZERO) + part
        for (team, task, item), (part, rest) in taken.items():
            if not rest:
                along.add((team, task, item))
            elif part > 0:  # somebody brings it after the team, or the team waits for the rest
                equipment[task, item] = equipment.get((task, item), ZERO) + part
    return Departed(demands, equipment, {key: arrives[key] for key in equipment}, frozenset(along))


def _take(left: list[Left], asked: Decimal) -> tuple[Decimal, datetime]:
    """Units off the list, what left first first, and when the last of them left."""
    part, at = ZERO, datetime.min
    while left and part < asked:
        units, at = left.pop(0)
        if units > asked - part:
            left.insert(0, (units - (asked - part), at))
            units = asked - part
        part += units
    return part, at


class _Legs:
    """When the shipments of a plan are there, by what it says of them."""

    def __init__(self, connection: Connection, plan: int) -> None:
        row = connection.execute(select(plans.c.as_of, plans.c.content).where(plans.c.id == plan)).one()
        self.as_of: datetime | None = row.as_of
        found = json.loads(row.content).get("shipments", ())
        self.seconds = {one["id"]: (one["depart_s"], one["arrive_s"]) for one in found}

    def arrival(self, code: str, left_at: datetime) -> datetime:
        """As late as planned, or, where it left late, as long after that as the way takes."""
        depart_s, arrive_s = self.seconds.get(code, (0, 0))
        there = left_at + timedelta(seconds=arrive_s - depart_s)
        return there if self.as_of is None else max(there, self.as_of + timedelta(seconds=arrive_s))


def delivered(connection: Connection, situation: str = LIVE) -> Mapping[tuple[str, str], Decimal]:
    """(incident, item) -> units that left for what it asks for; the equipment of its tasks is not among them."""
    return departed(connection, situation).demands


def gone_under(connection: Connection, sha256: str, situation: str = LIVE) -> dict[Key, Decimal]:
    """Units issued by lot while the plan of that content was in force, whenever that was: what has left under it is
    not to leave again when it comes back."""
    gone: dict[Key, Decimal] = {}
    runs = _runs(connection, situation)
    starts = [operation for operation, _, _ in runs]
    for operation, key, units, _ in _issues(connection, situation):
        run = bisect_right(starts, operation) - 1
        if run >= 0 and runs[run][2] == sha256:
            gone[key] = gone.get(key, ZERO) + units
    return gone


def _runs(connection: Connection, situation: str) -> Sequence[tuple[int, int, str]]:
    """The plans of a situation, oldest first, as (operation that put it in force, plan, digest of its content). A
    plan that was committed several times in a row is one. Of an exercise: entries of its own book."""
    rows: Iterable[Any]
    if exercise.is_exercise(connection, situation):
        rows = exercise.runs_of(connection, situation)
    else:
        rows = connection.execute(
            select(plans.c.operation_id, plans.c.id, plans.c.sha256)
            .where(plans.c.situation_code == situation, plans.c.status != "draft")
            .order_by(plans.c.operation_id)
        )
    runs: list[tuple[int, int, str]] = []
    before = None
    for entry, number, sha256 in rows:
        if sha256 != before:
            runs.append((entry, number, sha256))
        before = sha256
    return runs


def _issues(connection: Connection, situation: str) -> Iterable[tuple[int, Key, Decimal, datetime]]:
    """(operation, lot, units, when) of all that was issued for the situation and not taken back as a mistake. Of an
    exercise: entries of its own book."""
    if exercise.is_exercise(connection, situation):
        yield from exercise.issues_of(connection, situation)
        return
    mistakes = select(operations.c.reverses_id).where(operations.c.reverses_id.is_not(None))
    rows = connection.execute(
        select(operations.c.id, stores.c.code, items.c.code, lots.c.code, movements.c.quantity,
               operations.c.occurred_at, operations.c.recorded_at)
        .join(operations, operations.c.id == movements.c.operation_id)
        .join(balances, balances.c.id == movements.c.from_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(
            operations.c.reference == plan_reference(situation),
            movements.c.kind == "ISSUE",
            operations.c.id.not_in(mistakes),
        )
        .order_by(movements.c.id)
    )  # fmt: skip
    for operation, store, item, lot, units, said, recorded in rows:
        yield operation, (store, item, lot), units, said or recorded


def _shipments(connection: Connection, plan: int) -> list[tuple[str, Key, str, str | None, str | None, Decimal]]:
    rows: Iterable[Any] = connection.execute(
        select(shipments.c.code, stores.c.code, items.c.code, shipments.c.lot_code, shipments.c.incident,
               shipments.c.task, shipments.c.team, shipments.c.quantity)
        .join(stores, stores.c.id == shipments.c.store_id)
        .join(items, items.c.id == shipments.c.item_id)
        .where(shipments.c.plan_id == plan)
    )  # fmt: skip
    # here, because databases differ in the order of texts
    listed = sorted(rows, key=lambda row: (row.task is None, row[0]))
    return [(code, (store, item, lot), *rest) for code, store, item, lot, *rest in listed]
