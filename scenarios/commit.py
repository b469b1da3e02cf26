"""A plan becomes binding: its lots are reserved in one transaction, and a re-plan moves only the difference."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from inventory.errors import InventoryError
from inventory.ledger.choose import choose
from inventory.ledger.post import Act, Head, Operation, begin, ids_by_code, lock
from inventory.ledger.release import Held, free_some, release_expired
from inventory.ledger.reserve import hold
from inventory.tables.forces import teams
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations
from optimizer.dispatch.plan import Plan
from optimizer.errors import OptimizerError
from scenarios.deliveries import gone_under, plan_reference
from scenarios.exchange.plan import dump_plan
from scenarios.incidents import find_situation
from scenarios.tables import LIVE, incident_tasks, incidents, orders, plans, shipments, situations

ZERO = Decimal(0)
Key = tuple[str, str, str]  # store, item, lot ("" = none)


class PlanStale(OptimizerError):
    """Stock a plan draws on has changed since it was made. Facts: lines (count), first; `changes` lists all."""

    def __init__(self, changes: Sequence["Change"]) -> None:
        self.changes = tuple(changes)
        one = self.changes[0]
        super().__init__(
            lines=len(self.changes), store=one.store, item=one.item, lot=one.lot or "-", needed=one.quantity,
            now=one.available,
        )  # fmt: skip


class PlanOfOthers(OptimizerError):
    """A plan that orders to incidents, tasks or teams that the situation does not have: one of another problem. Facts:
    situation, count, names (the first few)."""


class InForceAlready(OptimizerError):
    """A roll-back to the plan that is in force. Facts: plan."""


class NoRunningPlan(OptimizerError):
    """A situation without a plan in force. Facts: situation."""


@dataclass(frozen=True, slots=True)
class Change:
    """A lot of which a plan takes more than there is now."""

    store: str
    item: str
    lot: str
    quantity: Decimal  # the plan takes
    available: Decimal  # it could take now


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
    UnknownSituation; with `unless_in_force` InForceAlready for the very plan that is in force.
    """
    _lock_situation(connection, situation)
    content = dump_plan(plan)
    digest = hashlib.sha256(content.encode()).hexdigest()
    reference = plan_reference(situation)
    operation = begin(connection, "RESERVE", act, {"plan": digest, "situation": situation})
    running = connection.execute(
        select(plans.c.id, plans.c.sha256).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).first()
    if operation.replayed:
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
    before = _held(connection, reference)
    heads = lock(connection, {(store, item) for store, item, _ in (*wanted, *before)})
    for pair in sorted(heads):
        release_expired(connection, heads[pair], at=act.at)
    held = _held(connection, reference)  # only now it is sure what is still kept
    released = _release(connection, operation, held, wanted)
    reserved = _reserve(connection, operation, heads, held, wanted, act, reference, expires_at, judged_at=as_of)
    connection.execute(
        update(reservations)
        .where(reservations.c.reference == reference, reservations.c.quantity > ZERO)
        .values(expires_at=expires_at)
    )
    if running is not None:
        connection.execute(update(plans).where(plans.c.id == running.id).values(status="superseded"))
    row = {
        "situation_code": situation,
        "sha256": digest,
        "problem_sha256": plan.problem_sha256,
        "status": "committed",
        "content": content,
        "operation_id": operation.id,
        "recorded_at": act.at,
        "actor": act.actor,
        "as_of": plan_as_of or as_of or act.at,
    }
    number = connection.execute(insert(plans).returning(plans.c.id), row).scalar_one()
    _keep_orders(connection, number, plan)
    return Committed(number, None if running is None else running.id, reserved, released)


def cancel_plan(connection: Connection, *, act: Act, situation: str = LIVE) -> dict[Key, Decimal]:
    """The plan in force is given up and its stock is free again; the units released (by the same request sent twice:
    those of the first time). Raises NoRunningPlan, UnknownSituation."""
    _lock_situation(connection, situation)
    operation = begin(connection, "RELEASE", act, {"cancel": situation})
    if operation.replayed:
        return _released_by(connection, operation)
    running = connection.execute(
        select(plans.c.id).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).scalar()
    if running is None:
        raise NoRunningPlan(situation=situation)
    held = _held(connection, plan_reference(situation))
    lock(connection, {(store, item) for store, item, _ in held})
    released = _release(connection, operation, held, {})
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


def _lock_situation(connection: Connection, situation: str) -> None:
    """One plan at a time: whoever comes second waits. Raises UnknownSituation."""
    find_situation(connection, situation)
    connection.execute(select(situations.c.code).where(situations.c.code == situation).with_for_update())


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


def _held(connection: Connection, reference: str) -> dict[Key, list[Held]]:
    """What is reserved under the reference now, by lot; the newest reservation first, so that it goes first."""
    rows = connection.execute(
        select(stores.c.code, items.c.code, lots.c.code, reservations.c.id, reservations.c.balance_id,
               reservations.c.quantity)
        .join(balances, balances.c.id == reservations.c.balance_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(reservations.c.reference == reference, reservations.c.quantity > ZERO)
        .order_by(reservations.c.id.desc())
    )  # fmt: skip
    found: dict[Key, list[Held]] = {}
    for store, item, lot, id_, line, units in rows:
        found.setdefault((store, item, lot), []).append(Held(id_, line, units))
    return found


def _release(
    connection: Connection, operation: Operation, held: Mapping[Key, Iterable[Held]], wanted: Mapping[Key, Decimal]
) -> dict[Key, Decimal]:
    released: dict[Key, Decimal] = {}
    for key in sorted(held):
        over = sum((one.quantity for one in held[key]), ZERO) - wanted.get(key, ZERO)
        if over > 0:
            released[key] = over
        free_some(connection, operation, held[key], over)
    return released


def _released_by(connection: Connection, operation: Operation) -> dict[Key, Decimal]:
    rows = connection.execute(
        select(stores.c.code, items.c.code, lots.c.code, movements.c.quantity)
        .join(balances, balances.c.id == movements.c.from_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .where(movements.c.operation_id == operation.id, movements.c.kind == "RELEASE")
    )
    released: dict[Key, Decimal] = {}
    for store, item, lot, units in rows:
        released[store, item, lot] = released.get((store, item, lot), ZERO) + units
    return released


def _reserve(
    connection: Connection, operation: Operation, heads: Mapping[tuple[str, str], Head],
    held: Mapping[Key, Iterable[Held]], wanted: Mapping[Key, Decimal], act: Act, reference: str,
    expires_at: datetime | None, *, judged_at: datetime | None,
) -> dict[Key, Decimal]:  # fmt: skip
    """Every line that can no longer be kept is found before anybody hears of one."""
    reserved: dict[Key, Decimal] = {}
    stale: list[Change] = []
    for key in sorted(wanted):
        store, item, lot = key
        head = heads[store, item]
        have = sum((one.quantity for one in held.get(key, ())), ZERO)
        more = wanted[key] - have
        if more <= 0:
            continue
        try:
            hold(connection, operation, head, more, act=act, reference=reference, expires_at=expires_at, lot=lot,
                 judged_at=judged_at)  # fmt: skip
            reserved[key] = more
        except InventoryError:
            most = _most(connection, head, lot, act, judged_at=judged_at)
            stale.append(Change(store, item, lot, wanted[key], have + most))
    if stale:
        raise PlanStale(stale)
    return reserved


def _most(connection: Connection, head: Head, lot: str, act: Act, *, judged_at: datetime | None) -> Decimal:
    """The most that could be taken of a lot now."""
    try:
        choose(connection, head, Decimal(10) ** 9, act=act, lot=lot, judged_at=judged_at)
    except InventoryError as short:
        return Decimal(short.facts.get("free", short.facts.get("available", ZERO)))
    return Decimal(10) ** 9


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
