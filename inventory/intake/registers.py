"""Registers into the database: places, stores, bins, people, teams, vehicles, packages and kits.

A row that is there already is brought up to date, a new one is added, and rows the file does not name stay. The
tables were read strictly before (inventory/files); what only the database can tell is refused here, all rows at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import Table as SqlTable

from inventory.database import insert_rows, take_ids
from inventory.errors import BadTable, RowFault
from inventory.files import Table
from inventory.files.cells import codes_in, fault
from inventory.kinds import VILLAGE_PROFILES
from inventory.ledger.kits import save_kit, save_package
from inventory.ledger.post import ids_by_code
from inventory.ledger.rules import registers_changed
from inventory.places import TIERS, StoreTooSmall, check_store_area, division_parent
from inventory.tables.forces import teams, vehicles
from inventory.tables.goods import items, kit_items, kits, packages
from inventory.tables.places import bins, places, stores, zones


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: rows that are new, changed, and as they were."""

    kind: str
    added: int = 0
    changed: int = 0
    same: int = 0


def import_places(connection: Connection, table: Table) -> Imported:
    """Places, parents before children. Raises BadTable for a parent that neither file nor database has."""
    known = set(connection.execute(select(places.c.code)).scalars())
    given = set(table["code"])
    parents = [_parent(code, stated) for code, stated in zip(table["code"], table["parent_code"], strict=True)]
    faults = [
        fault(number, "parent_code", "UNKNOWN_REFERENCE", value=parent, target="places")
        for number, parent in zip(table.row_numbers, parents, strict=True)
        if parent is not None and parent not in known and parent not in given
    ]
    if faults:
        raise BadTable("places", faults)
    rows = [{**row, "parent_code": parent} for row, parent in zip(table.rows(), parents, strict=True)]
    rows.sort(key=lambda row: ({"county": 0, "town": 1, "village": 2}[row["level"]], row["code"]))
    return _upsert(connection, places, "code", rows, "places")


def _parent(code: str, stated: str | None) -> str | None:
    return stated or division_parent(code)


def import_stores(connection: Connection, table: Table) -> Imported:
    """Stores. Raises BadTable: an unknown place, a floor area below that of the tier."""
    known = set(connection.execute(select(places.c.code)).scalars())
    faults: list[RowFault] = []
    rows: list[dict[str, Any]] = []
    for number, row in zip(table.row_numbers, table.rows(), strict=True):
        if row["place"] is not None and row["place"] not in known:
            faults.append(fault(number, "place", "UNKNOWN_REFERENCE", value=row["place"], target="places"))
        faults += area_faults(number, row["id"], row["tier"], row["area_m2"])
        faults += [
            fault(number, "profiles", "NOT_CHOICE", value=profile, choices=", ".join(VILLAGE_PROFILES))
            for profile in row["profiles"] or ()
            if profile not in VILLAGE_PROFILES
        ]
        rows.append(
            {
                "code": row["id"],
                "place_code": row["place"],
                "profiles": list(row["profiles"] or ()),
                **{name: row[name] for name in ("name", "name_en", "tier", "area_m2", "lat", "lon")},
            }
        )
    if faults:
        raise BadTable("stores", faults)
    registers_changed(connection)
    return _upsert(connection, stores, "code", rows, "stores")


def area_faults(number: int, store: str | None, tier: str | None, area_m2: Decimal | None) -> Iterator[RowFault]:
    """A store under the least area of its tier, as a fault of its row."""
    if tier in TIERS and area_m2 is not None:
        try:
            check_store_area(store=store or "?", tier=tier, area_m2=area_m2)
        except StoreTooSmall as small:
            yield RowFault(number, "area_m2", "StoreTooSmall", small.facts)


def import_bins(connection: Connection, table: Table) -> Imported:
    """Bins with the volume they hold. Raises BadTable for an unknown store."""
    store_ids = _known(connection, stores, table, "store", "stores")
    keys = [(store_ids[store], code) for store, code in zip(table["store"], table["bin"], strict=True)]
    there = bin_ids(connection, set(keys))
    volumes = dict(zip(keys, table["volume_m3"], strict=True))
    before: dict[int, Any] = {row.id: row.volume_m3 for row in connection.execute(select(bins.c.id, bins.c.volume_m3))}
    made = make_bins(connection, sorted(set(keys) - set(there)))
    registers_changed(connection)
    changed = [key for key in keys if volumes[key] is not None and before.get(there.get(key, -1)) != volumes[key]]
    ids = {**there, **made}
    if changed:
        statement = update(bins).where(bins.c.id == bindparam("bin")).values(volume_m3=bindparam("volume"))
        connection.execute(statement, [{"bin": ids[key], "volume": volumes[key]} for key in changed])
    altered = len([key for key in changed if key in there])
    return Imported("bins", len(made), altered, len(keys) - len(made) - altered)


def bin_ids(connection: Connection, keys: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """(store id, code) -> id of the bins that are there."""
    there = _in_stores(connection, bins, {store for store, _ in keys})
    return {key: id_ for key, id_ in there.items() if key in keys}


def _in_stores(connection: Connection, table: Any, wanted: set[int]) -> dict[tuple[int, str], int]:
    """(store id, code) -> id of the bins or zones of at least these stores."""
    rows = select(table.c.store_id, table.c.code, table.c.id)
    if len(wanted) <= 500:
        rows = rows.where(table.c.store_id.in_(wanted))
    return {(store, code): id_ for store, code, id_ in connection.execute(rows)}


def make_bins(connection: Connection, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """New bins, and the zones they stand in (the part of the code before the first dash)."""
    wanted = sorted({(store, code.partition("-")[0]) for store, code in keys})
    known = _in_stores(connection, zones, {store for store, _ in wanted})
    new_zones = [key for key in wanted if key not in known]
    zone_ids = take_ids(connection, zones, len(new_zones))
    zone_rows = [(id_, store, code) for id_, (store, code) in zip(zone_ids, new_zones, strict=True)]
    insert_rows(connection, zones, ["id", "store_id", "code"], zone_rows)
    known.update(zip(new_zones, zone_ids, strict=True))
    ids = take_ids(connection, bins, len(keys))
    insert_rows(
        connection,
        bins,
        ["id", "store_id", "zone_id", "code"],
        (
            (id_, store, known[store, code.partition("-")[0]], code)
            for id_, (store, code) in zip(ids, keys, strict=True)
        ),
    )
    return dict(zip(keys, ids, strict=True))


def import_teams(connection: Connection, table: Table) -> Imported:
    """Teams. Raises BadTable for an unknown place, an unknown store, an unknown item."""
    _check_places(connection, table)
    store_ids = _known(connection, stores, table, "store", "stores")
    _known(connection, items, table, "carries", "items")
    rows = [
        {
            "code": row.pop("id"),
            "place_code": row.pop("place"),
            "capabilities": list(row.pop("capabilities")),
            "carries": list(row.pop("carries") or ()) or None,
            "store_id": store_ids.get(row.pop("store")),
            **row,
        }
        for row in table.rows()
    ]
    return _upsert(connection, teams, "code", rows, "teams")


def import_vehicles(connection: Connection, table: Table) -> Imported:
    """Vehicles. Raises BadTable for an unknown store."""
    store_ids = _known(connection, stores, table, "store", "stores")
    rows = [{"code": row.pop("id"), "store_id": store_ids[row.pop("store")], **row} for row in table.rows()]
    return _upsert(connection, vehicles, "code", rows, "vehicles")


def import_packages(connection: Connection, table: Table) -> Imported:
    """Package conversions. Raises BadTable for an unknown item."""
    item_ids = _known(connection, items, table, "item", "items")
    stored = {
        (row.item_id, row.name): row.units
        for row in connection.execute(select(packages.c.item_id, packages.c.name, packages.c.units))
    }
    added = changed = 0
    for row in table.rows():
        key = (item_ids[row["item"]], row["package"])
        if stored.get(key) != row["units"]:
            save_package(connection, item=row["item"], name=row["package"], units=row["units"])
            added, changed = added + (key not in stored), changed + (key in stored)
    return Imported("packages", added, changed, len(table) - added - changed)


def import_kits(connection: Connection, table: Table) -> Imported:
    """Kits: all rows of one kit are what it holds. Raises BadTable for an unknown item."""
    _known(connection, items, table, "item", "items")
    content: dict[str, dict[str, Decimal]] = {}
    names: dict[str, tuple[str, str | None]] = {}
    for row in table.rows():
        content.setdefault(row["kit"], {})[row["item"]] = row["quantity"]
        names[row["kit"]] = (row["name"], row["name_en"])
    stored = _kits(connection)
    differing = [kit for kit in sorted(content) if stored.get(kit) != (*names[kit], content[kit])]
    for kit in differing:
        save_kit(connection, kit=kit, name=names[kit][0], name_en=names[kit][1], content=content[kit])
    changed = len([kit for kit in differing if kit in stored])
    return Imported("kits", len(differing) - changed, changed, len(content) - len(differing))


def _kits(connection: Connection) -> dict[str, tuple[str, str | None, dict[str, Decimal]]]:
    """kit -> its name, its name in English, and what it holds."""
    stored: dict[str, tuple[str, str | None, dict[str, Decimal]]] = {
        row.code: (row.name, row.name_en, {}) for row in connection.execute(select(kits))
    }
    held = select(kit_items.c.kit_code, items.c.code, kit_items.c.quantity).join(items)
    for kit, item, quantity in connection.execute(held):
        stored[kit][2][item] = quantity
    return stored


def _check_places(connection: Connection, table: Table) -> None:
    known = set(connection.execute(select(places.c.code)).scalars())
    faults = [
        fault(number, "place", "UNKNOWN_REFERENCE", value=place, target="places")
        for number, place in zip(table.row_numbers, table["place"], strict=True)
        if place is not None and place not in known
    ]
    if faults:
        raise BadTable(table.name, faults)


def _known(connection: Connection, target: SqlTable, table: Table, column: str, name: str) -> dict[str, int]:
    """code -> id of what a column names. Raises BadTable with every row that names what is not there."""
    ids = ids_by_code(connection, target, [code for value in table[column] for code in codes_in(value)])
    faults = [
        fault(number, column, "UNKNOWN_REFERENCE", value=code, target=name)
        for number, value in zip(table.row_numbers, table[column], strict=True)
        for code in codes_in(value)
        if code not in ids
    ]
    if faults:
        raise BadTable(table.name, faults)
    return ids


def _upsert(
    connection: Connection, target: SqlTable, key: str, rows: Sequence[Mapping[str, Any]], kind: str
) -> Imported:
    """Add what is new, change what differs, count the rest."""
    if not rows:
        return Imported(kind)
    columns = list(rows[0])
    stored = {row[key]: row for row in connection.execute(select(*(target.c[name] for name in columns))).mappings()}
    new = [row for row in rows if row[key] not in stored]
    changed = [
        row for row in rows if row[key] in stored and any(row[name] != stored[row[key]][name] for name in columns)
    ]
    if new:
        connection.execute(insert(target), [dict(row) for row in new])
    if changed:
        statement = update(target).where(target.c[key] == bindparam("old_key"))
        connection.execute(statement, [{**row, "old_key": row[key]} for row in changed])
    return Imported(kind, len(new), len(changed), len(rows) - len(new) - len(changed))
