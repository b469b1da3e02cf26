"""A stock file into the ledger: it says what is there, and the differences are posted.

A line that is new is received, a line whose quantity differs is adjusted, a line that agrees is left alone: sending
the same file twice changes nothing. Lines the file does not name stay. All rows that cannot be are told at once.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from inventory.database import insert_rows, take_ids
from inventory.errors import BadTable, RowFault
from inventory.files import Table
from inventory.files.cells import fault
from inventory.intake.redescribe import described_anew, move_to_new_lines, reserved_faults
from inventory.intake.registers import Imported, bin_ids, make_bins
from inventory.ledger.post import Act, begin, lock_all
from inventory.ledger.rules import rule_book, usable_until
from inventory.tables.base import MOST, QuantityTooFine, to_micro
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, stock_heads

LotKey = tuple[int, str, str, date | None, date | None, Decimal | None]
LineKey = tuple[int, int, int, int | None, str]  # store, item, lot, bin, state
ZERO = Decimal(0)


@dataclass(slots=True)
class _Ids:
    """The rows of the file as ids, column by column."""

    stores: list[int]
    items: list[int]
    lots: list[int]
    bins: list[int | None]


def import_stock(connection: Connection, table: Table, *, act: Act) -> Imported:
    """Post what the file says differently from the book.

    With a key the same file sent again is not even compared: what moved meanwhile stays as it is. Raises KeyReused;
    BadTable: unknown stores and items, quantities finer than a millionth, two rows for one line, recalled lots, lines
    below what is reserved on them.
    """
    if act.key is not None:
        sent = begin(connection, "ORDER", replace(act, reason="STATEMENT"), {"stock": _digest(table)})
        if sent.replayed:
            return Imported("stock", same=len(table))
        act = replace(act, key=None, reference=act.reference or act.key)
    lock_all(connection)
    store_rows = connection.execute(select(stores.c.code, stores.c.id, stores.c.tier)).all()
    store_ids = {row.code: row.id for row in store_rows}
    item_ids = {row.code: row.id for row in connection.execute(select(items.c.code, items.c.id))}
    faults = list(_faults(connection, table, store_ids, item_ids))
    if faults:
        raise BadTable("stock", faults)
    tiers = {row.code: row.tier for row in store_rows}
    owners = [owner or tiers[store] for owner, store in zip(table["owner"], table["store"], strict=True)]
    ids = _ids(connection, table, owners, store_ids, item_ids)
    keys: list[LineKey] = list(zip(ids.stores, ids.items, ids.lots, ids.bins, table["state"], strict=True))
    there = _book(connection, set(ids.stores))
    new = [index for index, key in enumerate(keys) if key not in there]
    anew = described_anew(connection, keys, new, there)
    new = [index for index in new if index not in anew]
    differs = [index for index, key in enumerate(keys) if key in there and there[key][1] != table["quantity"][index]]
    faults = [
        *_repeated(table, keys),
        *_recalled(connection, table, ids),
        *reserved_faults(table, anew, there),
        *(
            fault(table.row_numbers[index], "quantity", "BELOW_RESERVED", value=table["quantity"][index],
                  reserved=there[keys[index]][2])
            for index in differs
            if table["quantity"][index] < there[keys[index]][2]
        ),
    ]  # fmt: skip
    if faults:
        raise BadTable("stock", sorted(faults, key=lambda found: found.row or 0))
    _heads(connection, table, ids)
    _receive(connection, table, keys, new, ids, act)
    move_to_new_lines(connection, table, keys, anew, there, act)
    _adjust(connection, table, keys, differs, there, act)
    changed = len(differs) + len(anew)
    return Imported("stock", len(new), changed, len(keys) - len(new) - changed)


def _digest(table: Table) -> str:
    return hashlib.sha256(repr(sorted(table.columns.items())).encode()).hexdigest()


def _faults(
    connection: Connection, table: Table, store_ids: dict[str, int], item_ids: dict[str, int]
) -> Iterator[RowFault]:
    for column, known, target in (("store", store_ids, "stores"), ("item", item_ids, "items")):
        for number, code in zip(table.row_numbers, table[column], strict=True):
            if code not in known:
                yield fault(number, column, "UNKNOWN_REFERENCE", value=code, target=target)
    single = set(connection.execute(select(items.c.code).where(items.c.serialised)).scalars())
    for number, item, quantity in zip(table.row_numbers, table["item"], table["quantity"], strict=True):
        if item in single and quantity != quantity.to_integral_value():
            yield fault(number, "quantity", "NotWhole", item=item, quantity=quantity)
    for column in ("quantity", "unit_price", "reserve_floor"):
        bad = {value for value in set(table[column]) if value is not None and not _exact(value)}
        if bad:
            for number, value in zip(table.row_numbers, table[column], strict=True):
                if value in bad:
                    yield fault(number, column, "TOO_FINE", value=value, most=MOST)


def _repeated(table: Table, keys: Sequence[LineKey]) -> Iterator[RowFault]:
    """Rows that differ as written and mean one line: an owner left empty is the tier of the store."""
    if len(set(keys)) == len(keys):
        return
    first: dict[LineKey, int] = {}
    for number, key, store, item in zip(table.row_numbers, keys, table["store"], table["item"], strict=True):
        if key in first:
            yield fault(number, None, "SAME_LINE", first_row=first[key], store=store, item=item)
        first.setdefault(key, number)


def _exact(value: Decimal) -> bool:
    try:
        to_micro(value)
    except QuantityTooFine:
        return False
    return True


def _ids(
    connection: Connection, table: Table, owners: Sequence[str], store_ids: dict[str, int], item_ids: dict[str, int]
) -> _Ids:
    by_store = list(map(store_ids.__getitem__, table["store"]))
    by_item = list(map(item_ids.__getitem__, table["item"]))
    places = [None if code is None else (store, code) for store, code in zip(by_store, table["bin"], strict=True)]
    wanted = {place for place in places if place is not None}
    known_bins = bin_ids(connection, wanted)
    known_bins |= make_bins(connection, sorted(wanted - set(known_bins)))
    codes = [code or "" for code in table["lot"]]
    keys: list[LotKey] = list(
        zip(by_item, codes, owners, table["made"], table["expires"], table["unit_price"], strict=True)
    )
    lot_ids = lots_of(connection, keys)
    return _Ids(
        by_store,
        by_item,
        list(map(lot_ids.__getitem__, keys)),
        [None if place is None else known_bins[place] for place in places],
    )


def lots_of(connection: Connection, keys: Sequence[LotKey], suppliers: dict[LotKey, str] | None = None
            ) -> dict[LotKey, int]:  # fmt: skip
    """The ids of lots, those that are new made now."""
    columns = (lots.c.item_id, lots.c.code, lots.c.owner, lots.c.made, lots.c.expires, lots.c.unit_price)
    wanted = list(dict.fromkeys(keys))
    found: dict[LotKey, int] = {}
    rows = select(lots.c.id, *columns).where(lots.c.item_id.in_({key[0] for key in wanted}))
    for id_, *key in connection.execute(rows):
        found[tuple(key)] = id_
    new = [key for key in wanted if key not in found]
    if new:
        book = rule_book(connection, county=None)
        codes = {row.id: row.code for row in connection.execute(select(items.c.id, items.c.code))}
        ids = take_ids(connection, lots, len(new))
        until: dict[tuple[int, date | None, date | None], date | None] = {}
        for item, _, _, made, expires, _ in new:
            day = (item, made, expires)
            if day not in until:
                until[day] = usable_until(book, codes[item], made=made, expires=expires)
        names = ["id", "item_id", "code", "owner", "made", "expires", "unit_price", "supplier", "usable_until"]
        given = suppliers or {}
        insert_rows(
            connection,
            lots,
            names,
            ((id_, *key, given.get(key), until[key[0], key[3], key[4]]) for id_, key in zip(ids, new, strict=True)),
        )
        found |= dict(zip(new, ids, strict=True))
    return found


def _recalled(connection: Connection, table: Table, ids: _Ids) -> Iterator[RowFault]:
    """Rows that would take a recalled lot in."""
    rows = connection.execute(select(lots.c.item_id, lots.c.code).where(lots.c.recalled_at.is_not(None)))
    recalled = {(row.item_id, row.code) for row in rows}
    if not recalled:
        return
    for number, item, lot, state, item_id in zip(
        table.row_numbers, table["item"], table["lot"], table["state"], ids.items, strict=True
    ):
        if lot and state not in ("recalled", "retired") and (item_id, lot) in recalled:
            yield fault(number, "lot", "RecalledLot", item=item, lot=lot)


def _heads(connection: Connection, table: Table, ids: _Ids) -> None:
    """A head for every store and item, and the reserve floors the file states."""
    floors: dict[tuple[int, int], Decimal | None] = {}
    for store, item, floor in zip(ids.stores, ids.items, table["reserve_floor"], strict=True):
        if floor is not None:
            floors[store, item] = floor
        else:
            floors.setdefault((store, item), None)
    rows = connection.execute(select(stock_heads.c.store_id, stock_heads.c.item_id, stock_heads.c.reserve_floor))
    there = {(store, item): floor for store, item, floor in rows}
    insert_rows(
        connection,
        stock_heads,
        ["store_id", "item_id", "reserve_floor"],
        ((*pair, floor) for pair, floor in floors.items() if pair not in there),
    )
    changed = [
        {"store": pair[0], "item": pair[1], "floor": floor}
        for pair, floor in floors.items()
        if pair in there and floor is not None and there[pair] != floor
    ]
    if changed:
        statement = update(stock_heads).where(
            stock_heads.c.store_id == bindparam("store"), stock_heads.c.item_id == bindparam("item")
        )
        connection.execute(statement.values(reserve_floor=bindparam("floor")), changed)


def _book(connection: Connection, store_ids: set[int]) -> dict[LineKey, tuple[int, Decimal, Decimal]]:
    """The lines of these stores: id, quantity, reserved."""
    rows = select(
        balances.c.store_id, balances.c.item_id, balances.c.lot_id, balances.c.bin_id, balances.c.state,
        balances.c.id, balances.c.quantity, balances.c.reserved,
    )  # fmt: skip
    if len(store_ids) <= 500:
        rows = rows.where(balances.c.store_id.in_(store_ids))
    return {(s, i, lot, b, state): (id_, q, r) for s, i, lot, b, state, id_, q, r in connection.execute(rows)}


def _receive(
    connection: Connection, table: Table, keys: Sequence[LineKey], new: Sequence[int], ids: _Ids, act: Act
) -> None:
    if not new:
        return
    operation = begin(connection, "RECEIVE", replace(act, reason="OPENING"), {})
    line_ids = take_ids(connection, balances, len(new))
    quantities, received = table["quantity"], table["received"]
    columns = ["id", "store_id", "item_id", "lot_id", "bin_id", "state", "quantity", "reserved", "received"]
    insert_rows(
        connection,
        balances,
        columns,
        ((id_, *keys[index], quantities[index], ZERO, received[index])
         for id_, index in zip(line_ids, new, strict=True)),
    )  # fmt: skip
    filled = [(id_, index) for id_, index in zip(line_ids, new, strict=True) if quantities[index]]
    entry_ids = take_ids(connection, movements, len(filled))
    _entries(
        connection,
        (
            (entry, operation.id, "RECEIVE", quantities[index], None, id_)
            for entry, (id_, index) in zip(entry_ids, filled, strict=True)
        ),
    )


def _adjust(
    connection: Connection, table: Table, keys: Sequence[LineKey], differs: Sequence[int],
    there: dict[LineKey, tuple[int, Decimal, Decimal]], act: Act,
) -> None:  # fmt: skip
    if not differs:
        return
    operation = begin(connection, "ADJUST", replace(act, reason="STATEMENT"), {})
    entries: list[tuple[Any, ...]] = []
    changes: list[dict[str, Any]] = []
    entry_ids = take_ids(connection, movements, len(differs))
    for entry, index in zip(entry_ids, differs, strict=True):
        id_, quantity, _ = there[keys[index]]
        units = table["quantity"][index] - quantity
        changes.append({"line": id_, "units": table["quantity"][index]})
        legs = (None, id_) if units > 0 else (id_, None)
        entries.append((entry, operation.id, "ADJUST", abs(units), *legs))
    connection.execute(
        update(balances).where(balances.c.id == bindparam("line")).values(quantity=bindparam("units")), changes
    )
    _entries(connection, entries)


def _entries(connection: Connection, rows: Any) -> None:
    names = ["id", "operation_id", "kind", "quantity", "from_id", "to_id"]
    insert_rows(connection, movements, names, rows)


def import_lots(connection: Connection, table: Table) -> Imported:
    """Lots as they are described: those that are new are added, a supplier that is given is kept."""
    item_ids = {row.code: row.id for row in connection.execute(select(items.c.code, items.c.id))}
    faults = [
        fault(number, "item", "UNKNOWN_REFERENCE", value=item, target="items")
        for number, item in zip(table.row_numbers, table["item"], strict=True)
        if item not in item_ids
    ]
    if faults:
        raise BadTable("lots", faults)
    keys: list[LotKey] = [
        (item_ids[row["item"]], row["lot"], row["owner"], row["made"], row["expires"], row["unit_price"])
        for row in table.rows()
    ]
    given = {key: supplier for key, supplier in zip(keys, table["supplier"], strict=True) if supplier is not None}
    before = connection.execute(select(lots.c.id, lots.c.supplier)).all()
    suppliers: dict[int, str | None] = {row.id: row.supplier for row in before}
    ids = lots_of(connection, keys, given)
    changed = [
        {"lot": ids[key], "name": name}
        for key, name in given.items()
        if ids[key] in suppliers and suppliers[ids[key]] != name
    ]
    if changed:
        connection.execute(
            update(lots).where(lots.c.id == bindparam("lot")).values(supplier=bindparam("name")),
            changed,
        )
    added = len([key for key in dict.fromkeys(keys) if ids[key] not in suppliers])
    return Imported("lots", added, len(changed), len(keys) - added - len(changed))
