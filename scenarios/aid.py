"""Requests for aid: what is short goes up one level at a time, village -> town -> county; each level meets it, refuses
it, or passes it on. And the notes with which a shift hands over to the next."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from inventory.ledger.orders import next_number
from inventory.ledger.post import Act
from inventory.ledger.stock_lines import sub_tree
from inventory.places import division_parent
from inventory.tables.places import places
from optimizer.dispatch.plan import Plan
from optimizer.errors import OptimizerError
from scenarios.exchange.plan import parse_plan_text
from scenarios.incidents import still_open
from scenarios.relief_tables import aid_events, aid_requests, handovers
from scenarios.tables import LIVE, incidents, orders, plans

PREFIX = "ZY"  # 支援
DRILL_PREFIX = "YL"  # 演练: an exercise uses up no number of the live series
# whose turn it is: the level above answers, whoever asked may withdraw
ANSWERS = ("accepted", "refused", "met", "passed_on")
NEXT: Mapping[str, tuple[str, ...]] = {
    "asked": ("accepted", "refused", "passed_on", "met", "withdrawn"),
    "accepted": ("met", "refused", "passed_on", "withdrawn"),
    "passed_on": ("met", "refused", "withdrawn"),
}


class NoLevelAbove(OptimizerError):
    """A county's request goes to the city's own system, not to a level of this one. Facts: place."""


class NothingShort(OptimizerError):
    """A request for nothing. Facts: place, situation."""


class UnknownAid(OptimizerError):
    """No request for aid of that number. Facts: number."""


class AidNotNext(OptimizerError):
    """An answer that does not follow on the last. Facts: number, status, asked, allowed."""


class UnknownHandover(OptimizerError):
    """No hand-over note of that number, or it was taken over before. Facts: handover."""


def ask_aid(
    connection: Connection, *, place: str, short: Sequence[Mapping[str, Any]], act: Act, situation: str = LIVE,
    incident: str | None = None,
) -> str:  # fmt: skip
    """The number of a request to the level above `place`. `short`: rows of item or capability, quantity, reason.
    Raises UnknownSituation, NoLevelAbove, NothingShort, UnknownPlace."""
    drill = still_open(connection, situation).kind == "exercise"
    above = division_parent(place)
    if above is None or connection.execute(select(places.c.code).where(places.c.code == above)).first() is None:
        raise NoLevelAbove(place=place)
    if not short:
        raise NothingShort(place=place, situation=situation)
    number = next_number(connection, DRILL_PREFIX if drill else PREFIX, act)
    row = {
        "number": number, "situation_code": situation, "from_place": place, "to_place": above, "incident": incident,
        "short": [dict(one) for one in short], "status": "asked", "note": act.note, "actor": act.actor,
        "recorded_at": act.at,
    }  # fmt: skip
    key = connection.execute(insert(aid_requests).returning(aid_requests.c.id), row).scalar_one()
    _event(connection, key, "asked", act)
    return number


def find_aid(connection: Connection, number: str, *, locked: bool = False) -> Any:
    """Its row. Raises UnknownAid."""
    wanted = select(aid_requests).where(aid_requests.c.number == number)
    row = connection.execute(wanted.with_for_update() if locked else wanted).first()
    if row is None:
        raise UnknownAid(number=number)
    return row


def answer_aid(connection: Connection, number: str, *, status: str, act: Act) -> str | None:
    """Accept, refuse, meet, withdraw, or pass on: then the number of the request one level up. What a higher level
    met or refused is told to every level below. Raises UnknownAid, AidNotNext, NoLevelAbove, SituationClosed."""
    row = find_aid(connection, number, locked=True)
    still_open(connection, row.situation_code)
    if status not in NEXT.get(row.status, ()):
        allowed = ", ".join(NEXT.get(row.status, ())) or "-"
        raise AidNotNext(number=number, status=row.status, asked=status, allowed=allowed)
    above = None
    if status == "passed_on":
        above = ask_aid(connection, place=row.to_place, short=row.short, act=act, situation=row.situation_code,
                        incident=row.incident)  # fmt: skip
    values = {"status": status} | ({"passed_on_as": above} if above else {})
    connection.execute(update(aid_requests).where(aid_requests.c.id == row.id).values(**values))
    _event(connection, row.id, status, act)
    if status in ("met", "refused"):
        below = connection.execute(
            select(aid_requests.c.number).where(
                aid_requests.c.passed_on_as == number, aid_requests.c.status == "passed_on"
            )
        ).scalar()
        if below is not None:
            answer_aid(connection, below, status=status, act=act)
    return above


def _event(connection: Connection, request: int, status: str, act: Act) -> None:
    row = {"request_id": request, "status": status, "actor": act.actor, "note": act.note, "recorded_at": act.at}
    connection.execute(insert(aid_events), row)


def aid_history(connection: Connection, request: int) -> list[dict[str, Any]]:
    names = ("status", "actor", "note", "recorded_at")
    rows = connection.execute(
        select(*(aid_events.c[name] for name in names))
        .where(aid_events.c.request_id == request)
        .order_by(aid_events.c.id)
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def short_of(connection: Connection, *, place: str, situation: str = LIVE) -> list[dict[str, Any]]:
    """What the plan in force cannot give the incidents of a division: teams by capability and units by item."""
    row = connection.execute(
        select(plans.c.content).where(plans.c.situation_code == situation, plans.c.status == "committed")
    ).first()
    if row is None:
        return []
    plan = parse_plan_text(row.content, source=situation)
    inside = set(
        connection.execute(
            select(incidents.c.code).where(
                incidents.c.situation_code == situation, incidents.c.place_code.like(sub_tree(place))
            )
        ).scalars()
    )
    return _short_rows(plan, inside)


def _short_rows(plan: Plan, inside: set[str]) -> list[dict[str, Any]]:
    """Item by item; of tasks, each with its teams."""
    units: dict[tuple[str, str], Decimal] = {}
    rows = []
    for one in plan.unmet:
        if one.incident not in inside:
            continue
        if one.item is not None:
            key = one.item, str(one.reason.value)
            units[key] = units.get(key, Decimal(0)) + one.quantity
        else:
            rows.append({"task": one.task, "quantity": format(one.quantity, "f"), "reason": str(one.reason.value)})
    goods = [
        {"item": item, "quantity": format(total, "f"), "reason": reason}
        for (item, reason), total in sorted(units.items())
    ]
    return [*goods, *sorted(rows, key=lambda row: str(row["task"]))]


def hand_over(
    connection: Connection, *, content: str, open_points: Sequence[str], act: Act, situation: str = LIVE,
    place: str | None = None,
) -> int:  # fmt: skip
    """The number of a note for the next shift, with how things stood at that moment. Raises UnknownSituation,
    SituationClosed."""
    still_open(connection, situation)
    row = {
        "situation_code": situation, "place_code": place, "content": content, "open_points": list(open_points),
        "state": state_of(connection, situation), "actor": act.actor, "recorded_at": act.at,
    }  # fmt: skip
    return int(connection.execute(insert(handovers).returning(handovers.c.id), row).scalar_one())


def take_over(connection: Connection, number: int, *, act: Act, situation: str = LIVE) -> None:
    """Somebody else has read it and goes on. Raises UnknownHandover, UnknownSituation,
    SituationClosed."""
    still_open(connection, situation)
    mine = (handovers.c.id == number, handovers.c.situation_code == situation, handovers.c.taken_at.is_(None),
            handovers.c.actor != act.actor)  # fmt: skip
    done = connection.execute(update(handovers).where(*mine).values(taken_by=act.actor, taken_at=act.at))
    if not done.rowcount:
        raise UnknownHandover(handover=number)


def state_of(connection: Connection, situation: str = LIVE) -> dict[str, int]:
    """Counts for a note: open incidents, stops of the plan in force by how far they have come, open requests."""
    open_ = (incidents.c.situation_code == situation, incidents.c.status == "open")
    stops = connection.execute(
        select(orders.c.status, func.count())
        .join(plans, plans.c.id == orders.c.plan_id)
        .where(plans.c.situation_code == situation, plans.c.status == "committed")
        .group_by(orders.c.status)
    )
    aid = (aid_requests.c.situation_code == situation, aid_requests.c.status.in_(["asked", "accepted", "passed_on"]))

    def count(table: Any, *where: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    return {
        "incidents_open": count(incidents, *open_),
        **{f"stops_{status}": int(number) for status, number in sorted(tuple(row) for row in stops)},
        "aid_open": count(aid_requests, *aid),
    }
