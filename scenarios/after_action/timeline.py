"""What happened, in the order of time: reports, alerts, plans, orders, teams, stock, roads, aid, shifts."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from inventory.tables.goods import items
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, operations
from scenarios.after_action.figures import DASH
from scenarios.after_action.model import Event
from scenarios.deliveries import plan_reference
from scenarios.relief_tables import aid_events, aid_requests, handovers
from scenarios.tables import alerts, drafts

if TYPE_CHECKING:
    from scenarios.after_action.gather import Gathered


def events_of(connection: Connection, found: "Gathered") -> tuple[Event, ...]:
    """Equal times in the order of this list."""
    parts = (
        _reported(found),
        _alerts(connection, found),
        _logged(found),
        _drafts(connection, found),
        _plans(found),
        _orders(found),
        _stock(connection, found),
        _progress(found),
        _aid(connection, found),
        _handovers(connection, found),
    )
    return tuple(sorted((one for part in parts for one in part), key=lambda one: one.at))


def _reported(found: "Gathered") -> Iterator[Event]:
    for row in found.incidents:
        facts = {"kind": row.kind, "severity": row.severity, "people": row.people_affected or 0}
        yield Event(row.reported_at, "incident_reported", row.reported_by or "", row.code, facts)


def _alerts(connection: Connection, found: "Gathered") -> Iterator[Event]:
    rows = connection.execute(select(alerts).where(alerts.c.situation_code == found.head.code).order_by(alerts.c.id))
    for row in rows:
        if found.whole or found.reach.covers(row.place_code):
            facts = {"event": row.headline or row.event, "sender": row.sender, "type": row.msg_type}
            yield Event(
                row.recorded_at, "alert", row.actor, row.incident if row.incident in found.codes else None, facts
            )


def _logged(found: "Gathered") -> Iterator[Event]:
    for one in found.logged:
        incident = None if one.kind.startswith("road_") else one.code
        facts = dict(one.facts)
        if facts.get("into", "") not in (*found.codes, ""):
            facts["into"] = DASH
        yield Event(one.at, one.kind, one.actor, incident, facts)


def _drafts(connection: Connection, found: "Gathered") -> Iterator[Event]:
    """A solve keeps each better plan; together they are one thing that somebody did."""
    if not found.whole:
        return
    rows = connection.execute(
        select(drafts.c.id, drafts.c.as_of, drafts.c.recorded_at, drafts.c.actor, drafts.c.replans_id)
        .where(drafts.c.situation_code == found.head.code)
        .order_by(drafts.c.id)
    )
    solves: list[list[Any]] = []
    for row in rows:
        before = solves[-1][-1] if solves else None
        if before is not None and (before.actor, before.as_of, before.replans_id) == (
            row.actor, row.as_of, row.replans_id
        ):  # fmt: skip
            solves[-1].append(row)
        else:
            solves.append([row])
    for solve in solves:
        facts = {"draft": solve[-1].id, "count": len(solve)}
        at = solve[-1].recorded_at if found.head.as_of is None else solve[-1].as_of
        yield Event(at, "plan_drafted", solve[-1].actor, None, facts)


def _plans(found: "Gathered") -> Iterator[Event]:
    if not found.whole:
        return
    before = None
    for one in found.plans:
        facts = {"plan": one.row.id, "of": one.same_as, "replaces": before}
        kind = "plan_rolled_back" if one.same_as else "plan_replaced" if before else "plan_approved"
        yield Event(one.approved_at(found.head), kind, one.row.actor, None, facts)
        before = None if one.row.status == "cancelled" else one.row.id


def _orders(found: "Gathered") -> Iterator[Event]:
    """The orders a plan adds to those of the plan before, and those it takes back, by incident."""
    done = {(row.team, row.task) for row in found.progress if row.state == "done"}
    before: dict[tuple[str, str], str] = {}
    for one in found.plans:
        now = {(row.team, row.task): row.incident for row in found.orders if row.plan_id == one.row.id}
        parts = (("orders_issued", now.keys() - before.keys(), now),
                 ("orders_withdrawn", before.keys() - now.keys() - done, before))  # fmt: skip
        for kind, pairs, where in parts:
            teams_of: dict[str, set[str]] = {}
            for team, task in pairs:
                teams_of.setdefault(where[team, task], set()).add(team)
            for incident in sorted(teams_of):
                facts = {"plan": one.row.id, "teams": sorted(teams_of[incident])}
                yield Event(one.approved_at(found.head), kind, one.row.actor, incident, facts)
        before = {} if one.row.status == "cancelled" else now


def _stock(connection: Connection, found: "Gathered") -> Iterator[Event]:
    """Entries under the plan's reference; who reads a part sees those of the stores there. What an exercise issues is
    no entry of the ledger: it is told as it went to the incidents."""
    if found.head.kind == "exercise":
        yield from _drawn(found)
        return
    rows = connection.execute(
        select(operations.c.id, operations.c.kind, operations.c.reason, operations.c.actor, operations.c.occurred_at,
               operations.c.recorded_at)
        .where(operations.c.reference == plan_reference(found.head.code),
               operations.c.kind.in_(["ISSUE", "RETURN", "RELEASE"]))
        .order_by(operations.c.id)
    ).all()  # fmt: skip
    lines = connection.execute(
        select(movements.c.operation_id, stores.c.code.label("store"), stores.c.place_code, items.c.code.label("item"),
               movements.c.quantity)
        .join(operations, operations.c.id == movements.c.operation_id)
        .join(balances, balances.c.id == movements.c.from_id)
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .where(operations.c.reference == plan_reference(found.head.code), movements.c.kind.in_(["ISSUE", "RETURN"]))
        .order_by(movements.c.id)
    )  # fmt: skip
    goods: dict[int, dict[str, dict[str, Any]]] = {}
    for row in lines:
        if found.whole or found.reach.covers(row.place_code):
            units = goods.setdefault(row.operation_id, {}).setdefault(row.store, {})
            units[row.item] = units.get(row.item, 0) + row.quantity
    for row in rows:
        at = row.occurred_at or row.recorded_at
        for store, units in sorted(goods.get(row.id, {}).items()):
            kind = "stock_issued" if row.kind == "ISSUE" else "stock_returned"
            yield Event(at, kind, row.actor, None, {"store": store, "goods": dict(sorted(units.items()))})
        if row.kind == "RELEASE" and found.whole:
            kind = "hold_ran_out" if row.reason == "EXPIRED_HOLD" else "plan_cancelled"
            yield Event(at, kind, row.actor, None, {})


def _drawn(found: "Gathered") -> Iterator[Event]:
    loads: dict[tuple[datetime, str, str], dict[str, Decimal]] = {}
    for _, rows in found.sent:
        for one in rows:
            if one.gone:
                units = loads.setdefault((one.left_at, one.lot[0], one.incident), {})
                units[one.lot[1]] = units.get(one.lot[1], Decimal(0)) + one.gone
    for (at, store, incident), units in sorted(loads.items()):
        yield Event(at, "stock_issued", "", incident, {"store": store, "goods": dict(sorted(units.items()))})


def _progress(found: "Gathered") -> Iterator[Event]:
    for row in found.progress:
        facts = {"team": row.team, "task": row.task}
        yield Event(row.at, f"team_{row.state}", row.actor, row.incident, facts)


def _aid(connection: Connection, found: "Gathered") -> Iterator[Event]:
    rows = connection.execute(
        select(aid_events.c.status, aid_events.c.actor, aid_events.c.recorded_at, aid_requests.c.number,
               aid_requests.c.from_place, aid_requests.c.to_place, aid_requests.c.incident, aid_requests.c.short)
        .join(aid_requests, aid_requests.c.id == aid_events.c.request_id)
        .where(aid_requests.c.situation_code == found.head.code)
        .order_by(aid_events.c.id)
    )  # fmt: skip
    for row in rows:
        if found.whole or found.reach.covers(row.from_place) or found.reach.covers(row.to_place):
            facts = {
                "number": row.number,
                "from_place": row.from_place,
                "to_place": row.to_place,
                "lines": len(row.short),
            }
            incident = row.incident if row.incident in found.codes else None
            yield Event(row.recorded_at, f"aid_{row.status}", row.actor, incident, facts)


def _handovers(connection: Connection, found: "Gathered") -> Iterator[Event]:
    rows = connection.execute(
        select(handovers).where(handovers.c.situation_code == found.head.code).order_by(handovers.c.id)
    )
    for row in rows:
        if not (found.whole or found.reach.covers(row.place_code)):
            continue
        yield Event(row.recorded_at, "handed_over", row.actor, None, {"points": len(row.open_points)})
        if row.taken_at is not None:
            yield Event(row.taken_at, "taken_over", row.taken_by or "", None, {"from": row.actor})
