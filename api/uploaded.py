"""A table that came over the network: read as `wuding import` reads it, and posted in the caller's transaction.

Bounded more tightly than a file on one's own disk: what takes long is a job.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from api.intake import faults_of_the_rest, named_faults, read_known
from api.kinds import Kind
from api.tables import OVERRIDES, Done, Frame, bring_in, known_ids
from inventory.database import one_at_a_time
from inventory.errors import BadTable, RowFault
from inventory.files import Table
from inventory.tables.forces import teams, vehicles
from inventory.tables.places import stores
from scenarios.tables import incidents

MOST_ROWS = 50_000
MOST_BYTES = 32 * 1024 * 1024
EVERYBODYS = (Kind.items, Kind.lots, Kind.packages, Kind.kits)  # of no place in particular


@dataclass(frozen=True)
class Reading:
    """A file as it was read: its table, or what is wrong with it."""

    path: Path
    kind: str
    known: dict[str, dict[str, str]]
    table: Table | None
    faults: list[RowFault]


def read_upload(connection: Connection, path: Path, kind: str, *, situation: str) -> Reading:
    known = known_ids(connection, kind, situation)
    table, faults = read_known(path, kind, known, max_rows=MOST_ROWS, max_bytes=MOST_BYTES)
    return Reading(path, kind, known, table, faults)


def post_upload(
    connection: Connection, read: Reading, frame: Frame, *, check: Callable[[str | None], None], dry_run: bool
) -> Done:
    """The rows into the database; `check` is asked about every division they touch, and raises.

    Raises BadTable with every fault of the file: of its cells, of what they name, of what the database can tell.
    """
    one_at_a_time(connection, "import")
    table, first = read.table, read.faults
    if table is not None:
        for place in sorted(places_touched(connection, table, frame), key=str):
            check(place)
        if not first:
            attempt = connection.begin_nested()
            try:
                done = bring_in(connection, table, frame)
            except BadTable as refused:
                attempt.rollback()
                if refused.source != read.kind:  # not about this file
                    raise
                first = list(refused.faults)
            else:
                (attempt.rollback if dry_run else attempt.commit)()
                return done
        late = faults_of_the_rest(connection, table, frame, {one.row for one in read.faults})
        first = named_faults(read.path, read.kind, read.known, late) or first
    raise BadTable(read.kind, first)


def places_touched(connection: Connection, table: Table, frame: Frame) -> set[str | None]:
    """Divisions of the rows of a file, and of what they change; None = of everybody, or of no place."""
    kind = table.name
    if kind in EVERYBODYS:
        return {None}
    if kind in OVERRIDES:
        return {frame.county}
    if kind == Kind.places:
        return set(table["code"]) - {None} | {parent for parent in table["parent_code"] if parent}
    if kind in (Kind.tasks, Kind.demands):
        return _of(connection, incidents, table["incident"], frame.situation)
    touched: set[str | None] = set()
    if kind in (Kind.stores, Kind.teams, Kind.incidents):
        touched = set(table["place"])
        there = {Kind.stores: stores, Kind.teams: teams, Kind.incidents: incidents}[Kind(kind)]
        touched |= _of(connection, there, table["id"], frame.situation)
    if kind == Kind.vehicles:
        homes = connection.execute(select(vehicles.c.code, stores.c.code).join(stores))
        at = {row[0]: row[1] for row in homes}
        touched |= _of(connection, stores, [at[code] for code in table["id"] if code in at], None)
    if "store" in table.columns:
        touched |= _of(connection, stores, table["store"], None)
    return touched


def _of(connection: Connection, where: "object", codes: Iterable[str | None], situation: str | None) -> set[str | None]:
    """The divisions of rows of a register by their codes; what is not there has none to ask about."""
    of = where.c  # type: ignore[attr-defined]
    wanted = {code for code in codes if code is not None}
    rows = select(of.code, of.place_code)
    if where is incidents:
        rows = rows.where(of.situation_code == situation)
    return {place for code, place in connection.execute(rows) if code in wanted}
