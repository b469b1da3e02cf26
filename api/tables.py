"""What `import` and `export` know: every kind of table, how it goes into the database and how it comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from api.kinds import Kind
from api.office import known
from inventory.catalogue import Catalogue, Item
from inventory.errors import BadTable, RowFault
from inventory.files import Table
from inventory.files.columns import table_of
from inventory.files.dictionary import columns_of
from inventory.five_fixed import CheckOverride, MinimumOverride, RuleOverrides, WeightOverride
from inventory.intake.care import import_custodians, import_maintenance
from inventory.intake.registers import (
    Imported,
    import_bins,
    import_kits,
    import_packages,
    import_places,
    import_stores,
    import_teams,
    import_vehicles,
)
from inventory.intake.stock import import_lots, import_stock
from inventory.ledger.post import Act
from inventory.ledger.rules import overrides_of, save_items, save_overrides
from inventory.ledger.stock_lines import sub_tree
from inventory.snapshot import snapshot
from inventory.tables.goods import items
from inventory.tables.places import places, stores
from scenarios.incidents import (
    closures_of,
    ensure_live,
    find_situation,
    import_demands,
    import_incidents,
    import_tasks,
    incident_tables,
    save_closures,
)
from scenarios.tables import LIVE, incidents


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What an import is about, beside its rows."""

    act: Act
    situation: str = LIVE
    county: str | None = None


@dataclass(frozen=True)
class Done:
    """Rows of a file that were new, altered what was there, or were there already; and rows it put an end to."""

    kind: str
    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.added or self.changed or self.removed)


OVERRIDES: dict[str, tuple[str, type[Any]]] = {  # table -> its part of RuleOverrides
    Kind.check_overrides: ("checks", CheckOverride),
    Kind.weight_overrides: ("weights", WeightOverride),
    Kind.minimum_overrides: ("minima", MinimumOverride),
}
OF_INCIDENTS = (Kind.incidents, Kind.tasks, Kind.demands)
OF_SITUATION = (*OF_INCIDENTS, Kind.closures)
_WHOLE = ("tasks", "demands")  # a file states all rows of the incidents it names


def bring_in(connection: Connection, table: Table, frame: Frame) -> Done:
    """The rows into the database. Raises BadTable with the rows that cannot be, and what the intake raises."""
    kind = table.name
    if kind in _PLAIN:
        return _counted(_PLAIN[kind](connection, table))
    if kind in _WITH_ACT:
        return _counted(_WITH_ACT[kind](connection, table, act=frame.act))
    if kind in OF_INCIDENTS:
        return _bring_incidents(connection, table, frame.situation)
    if kind == Kind.items:
        before = snapshot(connection, kind)
        _save_items(connection, table)
        return tally(table, before)
    return _bring_overrides(connection, table, frame)


def take_out(
    connection: Connection, kind: str, *, place: str | None = None, situation: str = LIVE, county: str | None = None
) -> Table:
    """A table as its file has it; `place`: only that division and what lies below it."""
    if kind in OVERRIDES:
        return _overrides_table(kind, overrides_of(connection, county))
    if kind not in OF_INCIDENTS:
        return snapshot(connection, kind, place=place)
    tables = incident_tables(connection, situation)
    if place is None:
        return tables[kind]
    inside = sub_tree(place).rstrip("%")
    happening = tables["incidents"]
    mine = {code for code, at in zip(happening["id"], happening["place"], strict=True) if at and at.startswith(inside)}
    column = "id" if kind == Kind.incidents else "incident"
    return picked(tables[kind], [index for index, code in enumerate(tables[kind][column]) if code in mine])


def picked(table: Table, indices: Sequence[int]) -> Table:
    """Some rows of a table, at their own row numbers."""
    columns = {name: [values[index] for index in indices] for name, values in table.columns.items()}
    return Table(table.name, columns, [table.row_numbers[index] for index in indices])


def known_ids(connection: Connection, kind: str, situation: str = LIVE) -> dict[str, dict[str, str]]:
    """What the columns of a kind may point to, as `read_table` takes it: "stores.id" -> id -> name."""
    asked: dict[str, Any] = {
        "places.code": select(places.c.code, places.c.name),
        "stores.id": select(stores.c.code, stores.c.name),
        "items.item_id": select(items.c.code, items.c.name_zh),
        "incidents.id": select(incidents.c.code, incidents.c.name).where(incidents.c.situation_code == situation),
    }
    wanted = {column.ref for column in columns_of(kind) if column.ref in asked}
    return {ref: {code: name or "" for code, name in connection.execute(asked[ref])} for ref in sorted(wanted) if ref}


def tally(table: Table, before: Table, *, gone: int = 0) -> Done:
    """The rows of a file against those that were there, by the key columns."""
    keys = [column.name for column in columns_of(table.name) if column.key]
    there = {tuple(row[key] for key in keys): row for row in before.rows()}
    added = same = 0
    for row in table.rows():
        old = there.get(tuple(row[key] for key in keys))
        added += old is None
        same += old == row
    return Done(table.name, added, len(table) - added - same, same, gone)


def _counted(done: Imported) -> Done:
    return Done(done.kind, done.added, done.changed, done.same)


_PLAIN: dict[str, Callable[[Connection, Table], Imported]] = {
    Kind.places: import_places,
    Kind.stores: import_stores,
    Kind.bins: import_bins,
    Kind.lots: import_lots,
    Kind.custodians: import_custodians,
    Kind.packages: import_packages,
    Kind.kits: import_kits,
    Kind.teams: import_teams,
    Kind.vehicles: import_vehicles,
}
_WITH_ACT: dict[str, Callable[..., Imported]] = {Kind.stock: import_stock, Kind.maintenance: import_maintenance}


def bring_closures(connection: Connection, rows: Sequence[Mapping[str, Any]], situation: str) -> Done:
    """The closures of a situation instead of those it had. Raises UnknownSituation."""
    ensure_live(connection, situation)
    find_situation(connection, situation)
    before = {one["id"]: one for one in closures_of(connection, situation)}
    save_closures(connection, rows, situation=situation)
    after = {one["id"]: one for one in closures_of(connection, situation)}
    same = sum(before.get(code) == one for code, one in after.items())
    added = len(after.keys() - before.keys())
    return Done(Kind.closures, added, len(after) - added - same, same, len(before.keys() - after.keys()))


def _bring_incidents(connection: Connection, table: Table, situation: str) -> Done:
    kind = table.name
    ensure_live(connection, situation)
    before = take_out(connection, kind, situation=situation)
    {"incidents": import_incidents, "tasks": import_tasks, "demands": import_demands}[kind](
        connection, table, situation=situation
    )
    if kind not in _WHOLE:
        return tally(table, before)
    keys = [column.name for column in columns_of(kind) if column.key]
    stated, named = set(zip(*(table[key] for key in keys), strict=True)), set(table["incident"])
    gone = [row for row in before.rows() if row["incident"] in named and tuple(row[k] for k in keys) not in stated]
    return tally(table, before, gone=len(gone))


def _save_items(connection: Connection, table: Table) -> None:
    """Raises BadTable: an equipment class without periods, at the row of its item."""
    rows = []
    for row in table.rows():
        checks, code, major = row.pop("item_checks") or (), row.pop("item_id"), row.pop("gbt38565_major")
        rows.append(Item(id=code, item_checks=tuple(checks), major_class=major,
                         **{**row, "hazards": tuple(row["hazards"])}))  # fmt: skip
    try:
        save_items(connection, Catalogue(rows))
    except BadTable as error:
        if error.source in OVERRIDES:  # a county's own rules that no longer fit
            raise
        at = dict(zip(table["item_id"], table.row_numbers, strict=True))
        raise BadTable(
            table.name, [replace(one, row=at.get(str(one.facts.get("item")), one.row)) for one in error.faults]
        ) from error


def _bring_overrides(connection: Connection, table: Table, frame: Frame) -> Done:
    """The table instead of the one there was; the other two stay as they are in force."""
    part, record = OVERRIDES[table.name]
    if frame.county is not None:
        known(connection, place=frame.county)
    there = overrides_of(connection, frame.county)
    before = _overrides_table(table.name, there)
    stated = tuple(record(**row) for row in table.rows())
    keys = [column.name for column in columns_of(table.name) if column.key]
    left = {tuple(row[key] for key in keys) for row in before.rows()}
    done = tally(table, before, gone=len(left - set(zip(*(table[key] for key in keys), strict=True))))
    if done.nothing:
        return done
    try:
        save_overrides(
            connection,
            replace(there or RuleOverrides(), **{part: stated}),
            actor=frame.act.actor,
            at=frame.act.at,
            county=frame.county,
        )
    except BadTable as error:
        if error.source != table.name:
            raise
        raise BadTable(table.name, [_at_file_row(one, table.row_numbers) for one in error.faults]) from error
    return done


def _at_file_row(found: RowFault, numbers: Sequence[int]) -> RowFault:
    """Record i of the rules is called row i + 2; here it is called by its row of the file."""
    return found if found.row is None else replace(found, row=numbers[found.row - 2])


def _overrides_table(kind: str, overrides: RuleOverrides | None) -> Table:
    part, _ = OVERRIDES[kind]
    rows: list[Mapping[str, Any]] = [asdict(one) for one in getattr(overrides or RuleOverrides(), part)]
    return table_of(kind, {column.name: [row[column.name] for row in rows] for column in columns_of(kind)})
