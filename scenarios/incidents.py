"""What happens, in the database: a situation with its incidents, tasks, needs and closures."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, not_, select, update

from inventory.errors import BadTable
from inventory.files import Table
from inventory.files.cells import cell_text, codes_in, fault
from inventory.files.columns import table_of
from inventory.intake.registers import Imported
from inventory.ledger.post import ids_by_code
from inventory.tables.goods import items
from inventory.tables.places import places
from optimizer.errors import OptimizerError
from scenarios.exchange.json_text import dumps, parse_json
from scenarios.tables import LIVE, closures, incident_demands, incident_tasks, incidents, situations


class UnknownSituation(OptimizerError):
    """No situation of that name. Facts: situation, known."""


class UnknownIncident(OptimizerError):
    """No incident of that code in the situation. Facts: incident, situation, known (some that are open)."""


class SituationClosed(OptimizerError):
    """Nothing is done any more in a situation that is over. Facts: situation."""


KNOWN_SHOWN = 20


def save_situation(
    connection: Connection, code: str = LIVE, *, title_zh: str, title_en: str, as_of: datetime | None,
    roads: str | None, roads_crs: str | None, parameters: Mapping[str, Any] | None = None, kind: str = "live",
) -> None:  # fmt: skip
    """A situation, or the new facts of one that is there. `as_of` None = it goes by the clock."""
    row = {
        "kind": kind,
        "title_zh": title_zh,
        "title_en": title_en,
        "as_of": as_of,
        "roads": roads,
        "roads_crs": roads_crs,
        "parameters": as_column(dict(parameters or {})),
    }
    done = connection.execute(update(situations).where(situations.c.code == code).values(**row))
    if not done.rowcount:
        connection.execute(insert(situations), {"code": code, **row})


def is_there(connection: Connection, situation: str) -> bool:
    return connection.execute(select(situations.c.code).where(situations.c.code == situation)).first() is not None


def ensure_live(connection: Connection, situation: str) -> None:
    """The live situation is there from the first thing that happens in it; its roads may come later."""
    if situation == LIVE and not is_there(connection, LIVE):
        save_situation(connection, title_zh="实时态势", title_en="Live situation", as_of=None, roads=None,
                       roads_crs=None)  # fmt: skip


def name_roads(connection: Connection, situation: str, roads: str) -> None:
    """Where its road network lies, in WGS-84. Raises UnknownSituation."""
    find_situation(connection, situation)
    row = {"roads": roads, "roads_crs": "WGS-84"}
    connection.execute(update(situations).where(situations.c.code == situation).values(**row))


def find_situation(connection: Connection, code: str = LIVE) -> Any:
    """Its row. Raises UnknownSituation."""
    row = connection.execute(select(situations).where(situations.c.code == code)).first()
    if row is None:
        known = connection.execute(select(situations.c.code).order_by(situations.c.code)).scalars()
        raise UnknownSituation(situation=code, known=", ".join(known) or "-")
    return row


def still_open(connection: Connection, code: str = LIVE, *, locked: bool = False) -> Any:
    """The row of a situation that goes on, at least until this transaction ends; `locked`: whoever comes second waits.
    Raises UnknownSituation, SituationClosed."""
    wanted = select(situations).where(situations.c.code == code)
    wanted = wanted.with_for_update() if locked else wanted.with_for_update(read=True, key_share=True)
    row = connection.execute(wanted).first() or find_situation(connection, code)
    if row.closed_at is not None:
        raise SituationClosed(situation=code)
    return row


def import_incidents(connection: Connection, table: Table, *, situation: str = LIVE) -> Imported:
    """Incidents of a situation; one that is there is brought up to date. Raises BadTable for an unknown place,
    SituationClosed."""
    still_open(connection, situation)
    known_places = set(connection.execute(select(places.c.code)).scalars())
    faults = [
        fault(number, "place", "UNKNOWN_REFERENCE", value=place, target="places")
        for number, place in zip(table.row_numbers, table["place"], strict=True)
        if place is not None and place not in known_places
    ]
    if faults:
        raise BadTable("incidents", faults)
    there = _incident_ids(connection, situation)
    added = 0
    for row in table.rows():
        code, place = row.pop("id"), row.pop("place")
        values = {**row, "place_code": place}
        if code in there:
            connection.execute(update(incidents).where(incidents.c.id == there[code]).values(**values))
        else:
            connection.execute(insert(incidents), {"situation_code": situation, "code": code, **values})
            added += 1
    return Imported("incidents", added, len(table) - added)


def import_tasks(connection: Connection, table: Table, *, situation: str = LIVE) -> Imported:
    """The tasks of incidents; those of the incidents the file names are replaced. Raises BadTable."""
    ids = _known(connection, table, situation)
    _known_items(connection, table, "equipment")
    connection.execute(delete(incident_tasks).where(incident_tasks.c.incident_id.in_(ids.values())))
    names = ("capability", "teams_needed", "service_s", "due_s", "latest_s", "synchronised")
    rows = [
        {
            "incident_id": ids[row["incident"]],
            "code": row["id"],
            "equipment": [[item, cell_text(units)] for item, units in row["equipment"] or ()] or None,
            **{name: row[name] for name in names},
        }
        for row in table.rows()
    ]
    if rows:
        connection.execute(insert(incident_tasks), rows)
    return Imported("tasks", len(rows))


def import_demands(connection: Connection, table: Table, *, situation: str = LIVE) -> Imported:
    """What incidents need; the needs of the incidents the file names are replaced. Raises BadTable."""
    ids = _known(connection, table, situation)
    item_ids = _known_items(connection, table, "item")
    connection.execute(delete(incident_demands).where(incident_demands.c.incident_id.in_(ids.values())))
    rows = [
        {"incident_id": ids[row["incident"]], "item_id": item_ids[row["item"]], "quantity": row["quantity"]}
        for row in table.rows()
    ]
    if rows:
        connection.execute(insert(incident_demands), rows)
    return Imported("demands", len(rows))


def save_closures(connection: Connection, content: Iterable[Mapping[str, Any]], *, situation: str = LIVE) -> None:
    """The closures of a situation, instead of those it had; as in problem.json. Raises SituationClosed."""
    still_open(connection, situation)
    connection.execute(delete(closures).where(closures.c.situation_code == situation))
    rows = [{"situation_code": situation, "code": one["id"], "content": as_column(dict(one))} for one in content]
    if rows:
        connection.execute(insert(closures), rows)


def closures_of(connection: Connection, situation: str = LIVE) -> tuple[dict[str, Any], ...]:
    rows = connection.execute(select(closures.c.content).where(closures.c.situation_code == situation))
    return tuple(sorted((exact(content) for content in rows.scalars()), key=lambda one: str(one["id"])))


def as_column(content: dict[str, Any]) -> Any:
    """As a JSON column takes it: no Decimals."""
    return json.loads(dumps(content))


def exact(content: Any) -> Any:
    """What a JSON column gives back as the product's own files are read: fractions are exact decimals."""
    return parse_json(json.dumps(content), source="database")


_PLACED = and_(incidents.c.lat.is_not(None), incidents.c.lon.is_not(None))


def unplaced(connection: Connection, situation: str = LIVE) -> tuple[str, ...]:
    """Open incidents of which nobody has said where they are: no plan reaches them until somebody does."""
    mine = (incidents.c.situation_code == situation, incidents.c.status == "open", not_(_PLACED))
    return tuple(connection.execute(select(incidents.c.code).where(*mine).order_by(incidents.c.code)).scalars())


def incident_tables(connection: Connection, situation: str = LIVE, *, placed: bool = False) -> dict[str, Table]:
    """The open incidents of a situation, or those of them that are somewhere, with their tasks and needs, as files
    have them."""
    mine = (incidents.c.situation_code == situation, incidents.c.status == "open", *((_PLACED,) if placed else ()))
    names = ("kind", "name", "name_en", "severity", "lat", "lon", "place_code", "reported_at", "people_affected",
             "duration_h")  # fmt: skip
    found = connection.execute(select(incidents.c.code, *(incidents.c[name] for name in names)).where(*mine)).all()
    work = ("capability", "teams_needed", "service_s", "due_s", "latest_s", "synchronised", "equipment")
    found_tasks = connection.execute(
        select(incident_tasks.c.code, incidents.c.code, *(incident_tasks.c[name] for name in work))
        .join(incidents, incidents.c.id == incident_tasks.c.incident_id)
        .where(*mine)
    )
    tasks = [(*facts, tuple((item, Decimal(units)) for item, units in gear) if gear else None)
             for *facts, gear in found_tasks]  # fmt: skip
    needs = connection.execute(
        select(incidents.c.code, items.c.code, incident_demands.c.quantity)
        .join(incidents, incidents.c.id == incident_demands.c.incident_id)
        .join(items, items.c.id == incident_demands.c.item_id)
        .where(*mine)
    ).all()
    columns = ("id", *("place" if name == "place_code" else name for name in names))
    return {
        "incidents": _table("incidents", columns, found),
        "tasks": _table("tasks", ("id", "incident", *work), tasks),
        "demands": _table("demands", ("incident", "item", "quantity"), needs),
    }


def close_incident(connection: Connection, code: str, *, situation: str = LIVE, reopen: bool = False) -> bool:
    """It is over, and no plan counts it any more, or (`reopen`) not over after all; whether that changes anything.
    Raises UnknownSituation, UnknownIncident, SituationClosed."""
    still_open(connection, situation)
    then = "open" if reopen else "closed"
    mine = incidents.c.situation_code == situation
    status = connection.execute(select(incidents.c.status).where(mine, incidents.c.code == code)).scalar()
    if status is None:
        still = select(incidents.c.code).where(mine, incidents.c.status == "open").order_by(incidents.c.code)
        known = list(connection.execute(still.limit(KNOWN_SHOWN)).scalars())
        raise UnknownIncident(incident=code, situation=situation, known=", ".join(known) or "-")
    connection.execute(update(incidents).where(mine, incidents.c.code == code).values(status=then))
    return str(status) != then


def _table(name: str, columns: tuple[str, ...], rows: Iterable[Any]) -> Table:
    listed = sorted(map(tuple, rows), key=lambda row: (str(row[0]), str(row[1])))
    return table_of(name, {column: [row[index] for row in listed] for index, column in enumerate(columns)})


def _incident_ids(connection: Connection, situation: str) -> dict[str, int]:
    rows = connection.execute(select(incidents.c.code, incidents.c.id).where(incidents.c.situation_code == situation))
    return {row.code: row.id for row in rows}


def _known_items(connection: Connection, table: Table, column: str) -> dict[str, int]:
    ids = ids_by_code(connection, items, [code for value in table[column] for code in codes_in(value)])
    faults = [
        fault(number, column, "UNKNOWN_REFERENCE", value=code, target="items")
        for number, value in zip(table.row_numbers, table[column], strict=True)
        for code in codes_in(value)
        if code not in ids
    ]
    if faults:
        raise BadTable(table.name, faults)
    return ids


def _known(connection: Connection, table: Table, situation: str) -> dict[str, int]:
    still_open(connection, situation)
    ids = _incident_ids(connection, situation)
    faults = [
        fault(number, "incident", "UNKNOWN_REFERENCE", value=code, target="incidents")
        for number, code in zip(table.row_numbers, table["incident"], strict=True)
        if code not in ids
    ]
    if faults:
        raise BadTable(table.name, faults)
    return {code: ids[code] for code in dict.fromkeys(table["incident"])}
