"""A plan becomes binding: its lots are reserved in one transaction, and a re-plan moves only the difference. Of an
exercise they are kept in its own book (`scenarios/books.py`) and the real stock is left alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from inventory.ledger.post import Act, ids_by_code
from inventory.tables.forces import teams
from inventory.tables.goods import items
from inventory.tables.places import stores
from optimizer.dispatch.plan import Plan
from optimizer.errors import OptimizerError
from scenarios.books import Change, Key, PlanStale, books_of
from scenarios.deliveries import gone_under
from scenarios.exchange.plan import dump_plan
from scenarios.incidents import still_open
from scenarios.tables import LIVE, incident_tasks, incidents, orders, plans, shipments

__all__ = [
    "Change", "Committed", "InForceAlready", "NoRunningPlan", "PlanOfOthers", "PlanStale", "cancel_plan",
    "commit_plan", "running_plan",
]  # fmt: skip
ZERO = Decimal(0)


class PlanOfOthers(OptimizerError):
    """A plan that orders to incidents, tasks or teams that the situation does not have: one of another problem. Facts:
    situation, count, names (the first few)."""


class InForceAlready(OptimizerError):
    """A roll-back to the plan that is in force. Facts: plan."""


class NoRunningPlan(OptimizerError):
    """A situation without a plan in force. Facts: situation."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What committing came to: the plan's number, and units reserved and released by (store, item, lot)."""

    plan: int
    replaces: int | None
    reserved: Mapping[Key, Decimal]
    released: Mapping[Key, Decimal]
    replayed: bool = False


def commit_plan(
    connection: Connection, plan: Plan, *, act: Act, situation: str = LIVE, expires_at: datetime | None = None,
    as_of: datetime | None = None, plan_as_of: datetime | None = None, unless_in_force: bool = False,
) -> Committed:  # fmt: skip
    """Reserve what the plan ships, lot by lot, until `expires_at`, and put its orders on record; a plan in force
    before is replaced and only the difference is reserved or released. Stock is judged as it stands at `as_of`, the
    moment the plan is for (`act.at`, if none is given); the plan's own seconds count from `plan_as_of`, if that is
    another. A plan that was in force before does not ship again what left under it.

    Raises PlanStale with every line that can no longer be kept, and PlanOfOthers, and then nothing has changed;
    UnknownSituation, SituationClosed; with `unless_in_force` InForceAlready for the very plan that is in force.
    """
    books = books_of(connection, still_open(connection, situation, locked=True))
    content = dump_plan(plan)
    digest = hashlib.sha256(content.encode()).hexdigest()
    replayed = books.begin("RESERVE", act, {"plan": digest, "situation": situation})
    running = connection.execute(
        select(plans.c.id, plans.c.sha256).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).first()
    if replayed:
        number = (
            connection.execute(select(plans.c.id).where(plans.c.sha256 == digest, plans.c.situation_code == situation))
            .scalars()
            .first()
        )
        return Committed(number or 0, None, {}, {}, True)
    _of_this_situation(connection, plan, situation)
    wanted: dict[Key, Decimal] = {}
    for one in plan.shipments:
        key = (one.store, one.item, one.lot)
        wanted[key] = wanted.get(key, ZERO) + one.quantity
    if unless_in_force and running is not None and running.sha256 == digest:
        raise InForceAlready(plan=running.id)
    for key, units in gone_under(connection, digest, situation).items():  # what has left need not be kept anew
        wanted[key] = max(wanted.get(key, ZERO) - units, ZERO)
    reserved, released = books.turn(wanted, act, expires_at=expires_at, judged_at=as_of)
    if running is not None:
        connection.execute(update(plans).where(plans.c.id == running.id).values(status="superseded"))
    row = {
        "situation_code": situation,
        "sha256": digest,
        "problem_sha256": plan.problem_sha256,
        "status": "committed",
        "content": content,
        "operation_id": books.operation,
        "recorded_at": act.at,
        "actor": act.actor,
        "as_of": plan_as_of or as_of or act.at,
    }
    number = connection.execute(insert(plans).returning(plans.c.id), row).scalar_one()
    books.put_in_force(number)
    _keep_orders(connection, number, plan)
    return Committed(number, None if running is None else running.id, reserved, released)


def cancel_plan(connection: Connection, *, act: Act, situation: str = LIVE) -> dict[Key, Decimal]:
    """The plan in force is given up and its stock is free again; the units released (by the same request sent twice:
    those of the first time). Raises NoRunningPlan, UnknownSituation, SituationClosed."""
    books = books_of(connection, still_open(connection, situation, locked=True))
    if books.begin("RELEASE", act, {"cancel": situation}):
        return books.freed()
    running = connection.execute(
        select(plans.c.id).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).scalar()
    if running is None:
        raise NoRunningPlan(situation=situation)
    released = books.empty()
    connection.execute(update(plans).where(plans.c.id == running).values(status="cancelled"))
    return released


def running_plan(connection: Connection, situation: str = LIVE) -> str:
    """plan.json of the plan in force, byte for byte. Raises NoRunningPlan."""
    content = connection.execute(
        select(plans.c.content).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).scalar()
    if content is None:
        raise NoRunningPlan(situation=situation)
    return str(content)


def _of_this_situation(connection: Connection, plan: Plan, situation: str) -> None:
    """A plan of another problem would set free everything that is reserved, and send nobody."""
    own = incidents.c.situation_code == situation
    known: set[tuple[str, str | None]] = set()
    rows = connection.execute(
        select(incidents.c.code, incident_tasks.c.code)
        .join(incident_tasks, incident_tasks.c.incident_id == incidents.c.id, isouter=True)
        .where(own)
    )
    for incident, task in rows:
        known |= {(incident, None), (incident, task)}
    asked: dict[tuple[str, str | None], None] = {}
    for order in plan.team_orders:
        asked |= dict.fromkeys((stop.incident, stop.task) for stop in order.stops)
    asked |= dict.fromkeys((one.incident, None) for one in plan.shipments)
    asked |= dict.fromkeys((row.incident, row.task) for row in plan.unmet)
    foreign = [task or incident for incident, task in asked if (incident, task) not in known]
    there = set(connection.execute(select(teams.c.code)).scalars())
    foreign += [order.team for order in plan.team_orders if order.team not in there]
    if foreign:
        names = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise PlanOfOthers(situation=situation, count=len(foreign), names=names)


def _keep_orders(connection: Connection, number: int, plan: Plan) -> None:
    store_ids = ids_by_code(connection, stores, [one.store for one in plan.shipments])
    item_ids = ids_by_code(connection, items, [one.item for one in plan.shipments])
    goods: list[dict[str, Any]] = [
        {
            "plan_id": number,
            "code": one.id,
            "store_id": store_ids[one.store],
            "incident": one.incident,
            "item_id": item_ids[one.item],
            "lot_code": one.lot,
            "quantity": one.quantity,
            "task": one.task,
            "team": one.team,
        }
        for one in plan.shipments
    ]
    if goods:
        connection.execute(insert(shipments), goods)
    stops = [
        {
            "plan_id": number,
            "team": order.team,
            "position": position,
            "incident": stop.incident,
            "task": stop.task,
            "depart_s": stop.depart_s,
            "arrive_s": stop.arrive_s,
        }
        for order in plan.team_orders
        for position, stop in enumerate(order.stops, start=1)
    ]
    if stops:
        connection.execute(insert(orders), stops)
