"""Incidents as they are reported: numbered, with what is known, brought up to date, merged where two are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, true, update

from inventory.catalogue import UnknownItem
from inventory.files.cells import cell_text
from inventory.five_fixed import shanghai_day
from inventory.ledger.orders import next_number
from inventory.ledger.post import Act, ids_by_code
from inventory.tables.goods import items
from optimizer.errors import OptimizerError
from scenarios.incidents import UnknownIncident, find_situation, still_open
from scenarios.tables import LIVE, incident_demands, incident_tasks, incidents

EARTH_M = 6_371_000.0
NEAR_M, NEAR_S = 500.0, 3_600  # two reports of one kind that close are likely one incident (assumed)
FIELDS = ("kind", "name", "name_en", "severity", "lat", "lon", "place_code", "reported_at", "people_affected",
          "duration_h", "note")  # fmt: skip


class CannotMerge(OptimizerError):
    """An incident cannot be merged into itself, into one that is closed, or twice. Facts: incident, into."""


class TaskTaken(OptimizerError):
    """Two tasks of one code in a situation. Facts: task, incident."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A task for teams."""

    code: str
    capability: str
    teams_needed: int = 1
    service_s: int
    due_s: int | None = None
    latest_s: int | None = None
    synchronised: bool | None = None
    equipment: Sequence[tuple[str, Decimal]] = ()


def report_incident(
    connection: Connection, *, facts: Mapping[str, Any], tasks: Sequence[Work], demands: Mapping[str, Decimal] | None,
    act: Act, situation: str = LIVE, code: str | None = None, source: str | None = None,
) -> str:  # fmt: skip
    """Its code. `demands` None: they are estimated from people and duration when a plan is made. Raises
    UnknownSituation, SituationClosed, UnknownItem, TaskTaken."""
    drill = find_situation(connection, situation).kind == "exercise"
    still_open(connection, situation, locked=drill)  # of two drilled at once each would find the same last number
    code = code or (_next_drilled if drill else _next_code)(connection, act, situation)
    row = {name: facts.get(name) for name in FIELDS}
    made = {"situation_code": situation, "code": code, **row, "reported_by": act.actor, "source": source}
    number = connection.execute(insert(incidents).returning(incidents.c.id), made).scalar_one()
    _write_tasks(connection, number, code, tasks, situation)
    _write_demands(connection, number, demands)
    return code


def _next_code(connection: Connection, act: Act, situation: str) -> str:
    """`I-20261122-0003`: the day in Shanghai, and a number of its year's series that is never used twice."""
    number = next_number(connection, "I", act).rsplit("-", 1)[1]
    return f"I-{shanghai_day(act.at):%Y%m%d}-{number[-4:]}"


def _next_drilled(connection: Connection, act: Act, situation: str) -> str:
    """As in the live situation, in a series of the exercise's own: it uses up no number of the live one."""
    day = f"I-{shanghai_day(act.at):%Y%m%d}-"
    mine = incidents.c.situation_code == situation, incidents.c.code.startswith(day, autoescape=True)
    codes = connection.execute(select(incidents.c.code).where(*mine)).scalars()
    taken = [int(code.removeprefix(day)) for code in codes if code.removeprefix(day).isdecimal()]
    return f"{day}{max(taken, default=0) + 1:04d}"


def find_incident(connection: Connection, code: str, *, situation: str = LIVE, locked: bool = False) -> Any:
    """Its row. Raises UnknownSituation, UnknownIncident."""
    find_situation(connection, situation)
    wanted = select(incidents).where(incidents.c.situation_code == situation, incidents.c.code == code)
    row = connection.execute(wanted.with_for_update() if locked else wanted).first()
    if row is None:
        raise UnknownIncident(incident=code, situation=situation, known="-")
    return row


def edit_incident(
    connection: Connection, code: str, *, facts: Mapping[str, Any], tasks: Sequence[Work] | None,
    demands: Mapping[str, Decimal] | None, situation: str = LIVE,
) -> None:  # fmt: skip
    """Only what is given changes; tasks and demands are replaced whole. Raises UnknownIncident, UnknownItem,
    TaskTaken, SituationClosed."""
    still_open(connection, situation)
    row = find_incident(connection, code, situation=situation, locked=True)
    known = {name: value for name, value in facts.items() if name in FIELDS}
    if known:
        connection.execute(update(incidents).where(incidents.c.id == row.id).values(**known))
    if tasks is not None:
        connection.execute(delete(incident_tasks).where(incident_tasks.c.incident_id == row.id))
        _write_tasks(connection, row.id, code, tasks, situation)
    if demands is not None:
        connection.execute(delete(incident_demands).where(incident_demands.c.incident_id == row.id))
        _write_demands(connection, row.id, demands)


def merge_incident(connection: Connection, code: str, *, into: str, situation: str = LIVE) -> None:
    """A duplicate: closed, with a mark of the one that stays; people and needs of that one are the larger of both.
    Raises UnknownIncident, CannotMerge, SituationClosed."""
    still_open(connection, situation)
    first, second = sorted((code, into))  # locked in one order for everybody
    rows = {one: find_incident(connection, one, situation=situation, locked=True) for one in (first, second)}
    gone, stays = rows[code], rows[into]
    if code == into or stays.status != "open" or gone.merged_into is not None:
        raise CannotMerge(incident=code, into=into)
    connection.execute(update(incidents).where(incidents.c.id == gone.id).values(status="closed", merged_into=into))
    people = [one for one in (gone.people_affected, stays.people_affected) if one is not None]
    more = {
        "severity": max(gone.severity, stays.severity),
        "people_affected": max(people, default=None),
        "reported_at": min(gone.reported_at, stays.reported_at),
    }
    connection.execute(update(incidents).where(incidents.c.id == stays.id).values(**more))
    theirs, ours = _demands(connection, gone.id), _demands(connection, stays.id)
    both = {item: max(theirs.get(item, Decimal(0)), ours.get(item, Decimal(0))) for item in theirs.keys() | ours.keys()}
    connection.execute(delete(incident_demands).where(incident_demands.c.incident_id == stays.id))
    rows_ = [{"incident_id": stays.id, "item_id": item, "quantity": both[item]} for item in sorted(both)]
    if rows_:
        connection.execute(insert(incident_demands), rows_)


def _demands(connection: Connection, incident: int) -> dict[int, Decimal]:
    mine = incident_demands.c.incident_id == incident
    rows = connection.execute(select(incident_demands.c.item_id, incident_demands.c.quantity).where(mine))
    return {row.item_id: row.quantity for row in rows}


def likely_same(
    connection: Connection, *, kind: str, lat: float | None, lon: float | None, reported_at: datetime,
    situation: str = LIVE, other_than: str | None = None, among: ColumnElement[bool] | None = None,
) -> list[tuple[str, int]]:  # fmt: skip
    """Open incidents of the kind within 500 m and an hour, the nearest first: (code, metres). `among`: of those that
    whoever asks may see."""
    if lat is None or lon is None:
        return []
    rows = connection.execute(
        select(incidents.c.code, incidents.c.lat, incidents.c.lon, incidents.c.reported_at).where(
            incidents.c.situation_code == situation, incidents.c.status == "open", incidents.c.kind == kind,
            incidents.c.lat.between(lat - 0.01, lat + 0.01), incidents.c.code != (other_than or ""),
            true() if among is None else among,
        )
    )  # fmt: skip
    near = []
    for row in rows:
        metres = _apart(lat, lon, row.lat, row.lon)
        if metres <= NEAR_M and abs((row.reported_at - reported_at).total_seconds()) <= NEAR_S:
            near.append((round(metres), str(row.code)))
    return [(code, metres) for metres, code in sorted(near)]


def _apart(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres on the sphere (haversine)."""
    a, b = radians(lat), radians(other_lat)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def _write_tasks(connection: Connection, incident: int, code: str, tasks: Sequence[Work], situation: str) -> None:
    if not tasks:
        return
    gear = {item for task in tasks for item, _ in task.equipment}
    known = ids_by_code(connection, items, sorted(gear))
    for item in sorted(gear - known.keys()):
        raise UnknownItem(item=item)
    codes = [task.code for task in tasks]
    taken = connection.execute(
        select(incident_tasks.c.code, incidents.c.code.label("incident"))
        .join(incidents, incidents.c.id == incident_tasks.c.incident_id)
        .where(incidents.c.situation_code == situation, incident_tasks.c.code.in_(codes))
    ).first()
    twice = next((one for one in codes if codes.count(one) > 1), None)
    if taken is not None or twice is not None:
        raise TaskTaken(task=twice or taken.code, incident=code if taken is None else taken.incident)  # type: ignore[union-attr]
    names = ("code", "capability", "teams_needed", "service_s", "due_s", "latest_s", "synchronised")
    rows = [
        {
            "incident_id": incident,
            "equipment": [[item, cell_text(units)] for item, units in task.equipment] or None,
            **{name: getattr(task, name) for name in names},
        }
        for task in tasks
    ]
    connection.execute(insert(incident_tasks), rows)


def _write_demands(connection: Connection, incident: int, demands: Mapping[str, Decimal] | None) -> None:
    if not demands:
        return
    known = ids_by_code(connection, items, sorted(demands))
    for item in sorted(demands.keys() - known.keys()):
        raise UnknownItem(item=item)
    connection.execute(
        insert(incident_demands),
        [{"incident_id": incident, "item_id": known[item], "quantity": demands[item]} for item in sorted(demands)],
    )
