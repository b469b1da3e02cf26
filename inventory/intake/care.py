"""Custodians and checks done, into the database."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from inventory.database import insert_rows
from inventory.errors import BadTable
from inventory.files import Table
from inventory.files.cells import fault
from inventory.intake.registers import Imported, bin_ids, make_bins
from inventory.ledger.holds import hold_failed
from inventory.ledger.post import Act
from inventory.ledger.rules import registers_changed
from inventory.tables.care import maintenance
from inventory.tables.goods import items
from inventory.tables.places import custodianships, people, stores

FAR = date.max


def import_custodians(connection: Connection, table: Table) -> Imported:
    """Who keeps what, from when to when. A term that is there already (same scope, person, role and first day) gets
    the end and telephone the file states. Raises BadTable: unknown stores and items, two primaries at a time."""
    store_ids, item_ids = _stores_and_items(connection, table, "custodians")
    persons = _people(connection, table["person"])
    wanted = {
        (store_ids[store], code) for store, code in zip(table["store"], table["bin"], strict=True) if code is not None
    }
    there = bin_ids(connection, wanted)
    there |= make_bins(connection, sorted(wanted - set(there)))
    terms: dict[tuple[Any, ...], dict[str, Any]] = {
        tuple(row[name] for name in _TERM): dict(row) for row in connection.execute(select(custodianships)).mappings()
    }
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    numbers: dict[tuple[Any, ...], int] = {}
    for number, row in zip(table.row_numbers, table.rows(), strict=True):
        term = {
            "store_id": store_ids[row["store"]],
            "bin_id": None if row["bin"] is None else there[store_ids[row["store"]], row["bin"]],
            "item_id": None if row["item"] is None else item_ids[row["item"]],
            "person_id": persons[row["person"]],
            **{name: row[name] for name in ("role", "valid_from", "valid_to", "phone")},
        }
        key = tuple(term[name] for name in _TERM)
        numbers[key] = number
        old = terms.get(key)
        if old is None:
            new.append(term)
        elif (old["valid_to"], old["phone"]) != (term["valid_to"], term["phone"]):
            changed.append({"term": old["id"], "until": term["valid_to"], "number": term["phone"]})
        terms[key] = {**(old or {}), **term}
    registers_changed(connection)
    _check_one_primary(terms, numbers, {id_: code for code, id_ in store_ids.items()})
    if changed:
        connection.execute(
            update(custodianships)
            .where(custodianships.c.id == bindparam("term"))
            .values(valid_to=bindparam("until"), phone=bindparam("number")),
            changed,
        )
    if new:
        names = list(new[0])
        insert_rows(connection, custodianships, names, ([term[name] for name in names] for term in new))
    return Imported("custodians", len(new), len(changed), len(table) - len(new) - len(changed))


_TERM = ("store_id", "bin_id", "item_id", "person_id", "role", "valid_from")


def _check_one_primary(
    terms: dict[tuple[Any, ...], dict[str, Any]], numbers: dict[tuple[Any, ...], int], stores_by_id: dict[int, str]
) -> None:
    """One primary at a time for each scope; the database would refuse it as well, without naming the rows."""
    scopes: dict[tuple[Any, ...], list[tuple[date, date, tuple[Any, ...]]]] = {}
    for key, term in terms.items():
        if term["role"] == "primary":
            span = (term["valid_from"], term["valid_to"] or FAR, key)
            scopes.setdefault(key[:3], []).append(span)
    faults = []
    for scope, spans in scopes.items():
        spans.sort(key=lambda span: (span[0], span[1], str(span[2])))
        for (_, until, first), (start, _, second) in pairwise(spans):
            if start <= until and (first in numbers or second in numbers):
                number = numbers.get(second, numbers.get(first, 0))
                faults.append(fault(number, "valid_from", "TWO_PRIMARIES", store=stores_by_id[scope[0]], value=start))
    if faults:
        raise BadTable("custodians", sorted(faults, key=lambda found: found.row or 0))


def _people(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    known = _ids(connection, people)
    new = [code for code in dict.fromkeys(codes) if code not in known]
    if new:
        insert_rows(connection, people, ["code", "roles"], ((code, ["custodian"]) for code in new))
        known = _ids(connection, people)
    return known


def _stores_and_items(connection: Connection, table: Table, name: str) -> tuple[dict[str, int], dict[str, int]]:
    """Code -> id of all stores and items. Raises BadTable for codes in the table that are none."""
    store_ids, item_ids = _ids(connection, stores), _ids(connection, items)
    faults = []
    for column, known, target in (("store", store_ids, "stores"), ("item", item_ids, "items")):
        faults += [
            fault(number, column, "UNKNOWN_REFERENCE", value=code, target=target)
            for number, code in zip(table.row_numbers, table[column], strict=True)
            if code is not None and code not in known
        ]
    if faults:
        raise BadTable(name, faults)
    return store_ids, item_ids


def import_maintenance(connection: Connection, table: Table, *, act: Act) -> Imported:
    """Checks that were done; records that are there already are not written twice. Raises BadTable."""
    store_ids, item_ids = _stores_and_items(connection, table, "maintenance")
    columns = (
        list(map(store_ids.__getitem__, table["store"])),
        [None if code is None else item_ids[code] for code in table["item"]],
        table["lot"],
        table["kind"],
        table["last_done"],
        table["result"],
    )
    names = ["store_id", "item_id", "lot_code", "kind", "done_on", "result"]
    there = {tuple(row) for row in connection.execute(select(*(maintenance.c[name] for name in names)))}
    rows = (
        [row for row in zip(*columns, strict=True) if row not in there] if there else list(zip(*columns, strict=True))
    )
    insert_rows(
        connection,
        maintenance,
        [*names, "actor", "recorded_at"],
        ((*row, act.actor, act.at) for row in rows),
    )
    hold_failed(connection, pairs={(store, item) for store, item, *_ in rows if item is not None})
    return Imported("maintenance", len(rows), 0, len(table) - len(rows))


def _ids(connection: Connection, table: Any) -> dict[str, int]:
    return {row.code: row.id for row in connection.execute(select(table.c.code, table.c.id))}
