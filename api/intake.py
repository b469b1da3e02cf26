"""Tables in and out of the database: the use cases behind `wuding import` and `wuding export`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from api.kinds import Kind
from api.settings import database
from api.tables import (
    OF_INCIDENTS,
    OF_SITUATION,
    OVERRIDES,
    Done,
    Frame,
    bring_closures,
    bring_in,
    known_ids,
    picked,
    take_out,
)
from api.usecases import Phases, Tell, silent
from inventory.database import now, one_at_a_time, reading, transaction
from inventory.errors import BadTable, InventoryError, RowFault
from inventory.files import Table, read_table, write_mending, write_table
from inventory.files.cells import fault
from inventory.files.dictionary import columns_of
from inventory.files.write import Headers
from inventory.intake.registers import area_faults
from inventory.ledger.post import Act
from inventory.places import division_level
from inventory.tables.base import MOST, QuantityTooFine, to_micro
from inventory.tables.places import places
from optimizer.errors import BadInput, Fault
from scenarios.closures import checked, collection, read_collection
from scenarios.exchange.json_text import dumps, write_text
from scenarios.incidents import closures_of, find_situation
from scenarios.tables import LIVE
from scenarios.texts import both

MOST_INT = 2**31 - 1
SHORT_TEXTS = {("custodians", "phone"): 64, ("items", "unit_zh"): 64, ("items", "unit_en"): 64}
SUFFIXES = (".csv", ".xlsx")
DRAWN = (".geojson", ".json")


class ImportRefused(BadTable):
    """A file that cannot be taken as it is; `mend` is the workbook to mend it in, where one was written."""

    def __init__(self, error: BadTable, mend: Path | None) -> None:
        super().__init__(error.source, list(error.faults))
        self.mend = mend


class _DryRun(Exception):
    """Takes everything back."""


Keep = Callable[[Done], None]
Within = Callable[[Connection, Table | None], AbstractContextManager[Keep]]
"""Around the import, on its own connection; hears of the outcome."""


@contextmanager
def _alone(_: Connection, __: Table | None) -> Iterator[Keep]:
    yield lambda _: None


def _open(engine: Engine | None) -> AbstractContextManager[Engine]:
    return database() if engine is None else nullcontext(engine)


def import_file(
    kind: str,
    path: Path,
    *,
    actor: str,
    key: str | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
    situation: str = LIVE,
    county: str | None = None,
    dry_run: bool = False,
    mend: Path | None = None,
    lang: str = "zh",
    tell: Tell = silent,
    within: Within = _alone,
    engine: Engine | None = None,
) -> Done:
    """A file into the database, whole or not at all; with `dry_run` everything is done and taken back. `within`: what
    is done besides, in the same transaction; `engine`: a database that is open already.

    Raises ImportRefused with every fault of the file: of its cells, of what they name, and of what the database can
    tell; and writes the workbook to mend them in to `mend` (default: beside the file).
    """
    phases = Phases(tell)
    act = Act(actor=actor, reason="STATEMENT", at=now(), key=key, note=note, occurred_at=occurred_at,
              reference=path.name[:128])  # fmt: skip
    frame = Frame(act=act, situation=situation, county=county)
    if kind == Kind.closures:
        return _import_closures(path, situation, dry_run=dry_run, phases=phases, within=within, engine=engine)
    with _open(engine) as engine:
        with reading(engine) as connection:
            if kind in OF_INCIDENTS and situation != LIVE:
                find_situation(connection, situation)
            _check_place(connection, "--county", county if kind in OVERRIDES else None)
            known = known_ids(connection, kind, situation)
        with phases.phase("read"):
            table, found = read_known(path, kind, known)
            first = found
        if table is not None and not found:
            try:
                with phases.phase("post"):
                    return _post(engine, table, frame, dry_run=dry_run, within=within)
            except BadTable as refused:
                if refused.source != kind:  # not about this file
                    raise
                first = list(refused.faults)
        if table is not None:
            with phases.phase("faults"):
                late = _late(engine, table, frame, {one.row for one in found})
                found = named_faults(path, kind, known, late) or first
    error = BadTable(str(path), found)
    with phases.phase("mend"):
        raise ImportRefused(error, _mending(mend, path, error, kind, lang))


def _import_closures(
    path: Path, situation: str, *, dry_run: bool, phases: Phases, within: Within, engine: Engine | None
) -> Done:
    """Raises BadInput with every fault of every closure, UnknownSituation."""
    with phases.phase("read"):
        _check_suffix(path, Kind.closures)
        rows = checked(read_collection(path), source=str(path))
    done = Done(Kind.closures)
    try:
        with _open(engine) as opened, phases.phase("post"), transaction(opened) as connection:
            one_at_a_time(connection, "import")
            with within(connection, None) as keep:
                done = bring_closures(connection, rows, situation)
                keep(done)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return done


def _check_suffix(path: Path, kind: str) -> None:
    if kind == Kind.closures and path.suffix.lower() not in DRAWN:
        raise BadInput(str(path), [Fault("", "UnknownGeoSuffix", {"suffix": path.suffix})])
    if kind != Kind.closures and path.suffix.lower() not in SUFFIXES:
        raise BadInput(str(path), [Fault("", "UNKNOWN_SUFFIX", {"suffix": path.suffix})])


def read_known(
    path: Path, kind: str, known: dict[str, dict[str, str]], **bounds: int
) -> tuple[Table | None, list[RowFault]]:
    """The table, in which bad cells are None (none at all, where the header is no header), and its faults."""
    seen: list[Table] = []

    def extra(table: Table) -> Iterator[RowFault]:
        seen.append(table)
        return storable(table)

    try:
        return read_table(path, kind, references=known, extra=extra, **bounds), []
    except BadTable as error:
        return (seen[0] if seen else None), list(error.faults)


def _post(engine: Engine, table: Table, frame: Frame, *, dry_run: bool, within: Within) -> Done:
    done = Done(table.name)
    try:
        with transaction(engine) as connection:
            one_at_a_time(connection, "import")  # what one adds the other must find, not add again
            with within(connection, table) as keep:
                done = bring_in(connection, table, frame)
                keep(done)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return done


def _late(engine: Engine, table: Table, frame: Frame, bad: set[int | None]) -> list[RowFault]:
    """What the database has against the other rows; nothing of it stays."""
    late: list[RowFault] = []
    try:
        with transaction(engine) as connection:
            late = faults_of_the_rest(connection, table, frame, bad)
            raise _DryRun
    except _DryRun:
        return late


def named_faults(path: Path, kind: str, known: dict[str, dict[str, str]], late: list[RowFault]) -> list[RowFault]:
    """All faults of the file, those found late among them: in order, and with columns called as the file does."""

    def extra(table: Table) -> Iterator[RowFault]:
        yield from storable(table)
        yield from late

    try:
        read_table(path, kind, references=known, extra=extra)
    except BadTable as error:
        return list(error.faults)
    return []


def storable(table: Table) -> Iterator[RowFault]:
    """What can be seen of rows without the database, whatever else is wrong with them: numbers that no column can
    keep exactly, and stores under the least area of their tier."""
    for column in columns_of(table.name):
        values = table[column.name]
        for number, value in zip(table.row_numbers, values, strict=True):
            if value is None:
                continue
            if column.type in ("decimal", "quantities"):
                for amount in [value] if column.type == "decimal" else [units for _, units in value]:
                    if not _exact(amount):
                        yield fault(number, column.name, "TOO_FINE", value=amount, most=MOST)
            elif column.type == "int" and abs(value) > MOST_INT:
                yield fault(number, column.name, "TOO_LARGE", value=value, most=MOST_INT)
            elif len(str(value)) > SHORT_TEXTS.get((table.name, column.name), 10**9):
                most = SHORT_TEXTS[table.name, column.name]
                yield fault(number, column.name, "TOO_LONG", value=str(value)[:57] + "...", most=most)
    if table.name == "stores":
        columns = (table[name] for name in ("id", "tier", "area_m2"))
        for number, store, tier, area in zip(table.row_numbers, *columns, strict=True):
            yield from area_faults(number, store, tier, area)


def _exact(value: Any) -> bool:
    try:
        to_micro(value)
    except QuantityTooFine:
        return False
    return True


def faults_of_the_rest(connection: Connection, table: Table, frame: Frame, bad: set[int | None]) -> list[RowFault]:
    """What the database has against the rows that are not `bad`: tried again without each that is refused, until the
    rest would go in. The caller takes everything back."""
    frame = replace(frame, act=replace(frame.act, key=None))
    late: list[RowFault] = []
    out = set(bad)
    own = set(table["code"]) if table.name == "places" else set()
    while True:
        rest = picked(table, [index for index, number in enumerate(table.row_numbers) if number not in out])
        savepoint = connection.begin_nested()
        try:
            bring_in(connection, rest, frame)
            return late
        except BadTable as error:
            if error.source != table.name:
                return late
            refused = error.faults
        except InventoryError:
            return late  # nothing that a row of this file is to blame for
        finally:
            if savepoint.is_active:
                savepoint.rollback()
        rows = {one.row for one in refused if one.row is not None}
        # a row that is missing only because it was left out here is no fault of those that name it
        late += [one for one in refused if one.row is not None and one.facts.get("value") not in own]
        if not rows - out:
            if not out - {None}:
                late += [one for one in refused if one.row is None]
            return late
        out |= rows


def _mending(mend: Path | None, source: Path, error: BadTable, kind: str, lang: str) -> Path | None:
    """The workbook, where there are rows to mend; never over one that somebody may be working in."""
    if all(one.row is None for one in error.faults) or not source.is_file():
        return None
    target = mend or _free_name(source)
    write_mending(
        target, source=source, error=error, table=kind, lang="zh" if lang == "zh" else "en",
        say=lambda one: both(one.code, **one.facts),
    )  # fmt: skip
    return target


def _free_name(source: Path) -> Path:
    """stock.csv -> stock.mend.xlsx, or the next that is not there yet: stock.mend-2.xlsx."""
    stem = source.stem.partition(".mend")[0]
    names = (source.with_name(f"{stem}.mend{'' if number == 1 else f'-{number}'}.xlsx") for number in count(1))
    return next(name for name in names if not name.exists())


@dataclass(frozen=True)
class Exported:
    rows: int


def export_file(
    kind: str,
    path: Path,
    *,
    place: str | None = None,
    headers: Headers = "en",
    situation: str = LIVE,
    county: str | None = None,
    tell: Tell = silent,
) -> Exported:
    """A table into a .csv or .xlsx that imports again to the same. Raises BadInput for an unknown place."""
    phases = Phases(tell)
    _check_suffix(path, kind)
    with database() as engine, reading(engine) as connection, phases.phase("read"):
        if kind in OF_SITUATION:
            find_situation(connection, situation)
        _check_place(connection, "--place", place)
        _check_place(connection, "--county", county)
        closed = closures_of(connection, situation) if kind == Kind.closures else ()
        table = None if kind == Kind.closures else take_out(connection, kind, place=place, situation=situation,
                                                            county=county)  # fmt: skip
    with phases.phase("write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if table is None:
            write_text(path, dumps(collection(closed)))
            return Exported(len(closed))
        write_table(path, kind, table, headers=headers)
    return Exported(len(table))


def _check_place(connection: Connection, option: str, code: str | None) -> None:
    """Raises BadDivisionCode; BadInput for one that is not registered."""
    if code is None:
        return
    division_level(code)
    if connection.execute(select(places.c.code).where(places.c.code == code)).first() is None:
        raise BadInput(option, [Fault(option, "UNKNOWN_REFERENCE", {"value": code, "target": "places"})])
