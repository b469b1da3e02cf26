"""What should be topped up, and from where: the store above, then peers with a surplus, then purchase.

A store needs an item when what it has and what is on its way lie below the minimum; it is filled up to the target.
The store above gives down to its own minimum, peers (stores of the same tier below the same place) down to their
target, and none below the units it always keeps. Targets are whole units. Stores are served in the order of their
codes; assumed.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import Connection, func, select

from inventory.ledger.rules import rule_book
from inventory.ledger.stock_lines import available, codes_by_id, sub_tree
from inventory.places import division_parent
from inventory.tables.base import Quantity
from inventory.tables.goods import items
from inventory.tables.orders import transfer_lines, transfers
from inventory.tables.places import stores
from inventory.tables.stock import stock_heads

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`source` None = to be bought or allocated from outside."""

    store: str
    item: str
    have: Decimal  # available, and on its way
    minimum: Decimal
    target: Decimal
    quantity: Decimal
    source: str | None
    kind: str  # vertical, peer, purchase


def suggestions(connection: Connection, *, as_of: datetime, place: str | None = None) -> list[Suggestion]:
    """For every store of a division code and below (or of all), by store and item."""
    rows = connection.execute(select(stores.c.code, stores.c.tier, stores.c.place_code, stores.c.profiles)).all()
    tiers = {row.code: row.tier for row in rows}
    profiles = {row.code: tuple(row.profiles or ()) for row in rows}
    books = {row.code: rule_book(connection, county=row.place_code) for row in rows}
    places: dict[str, str] = {row.code: row.place_code or "" for row in rows}
    stores_at: dict[str, list[str]] = {}
    for code, at in places.items():
        stores_at.setdefault(at, []).append(code)
    children: dict[str, list[str]] = {}
    for code, at in places.items():
        above = division_parent(at) if at else None
        children.setdefault(above or "", []).append(code)
    floors = _floors(connection)
    spare = available(connection, as_of=as_of)
    coming = _coming(connection)

    def least(store: str, item: str) -> Decimal:
        return books[store].minimum(item, tiers[store], profiles[store])

    def target(store: str, item: str) -> Decimal:
        return (least(store, item) * books[store].catalogue[item].target_factor).to_integral_value(ROUND_CEILING)

    prefix = None if place is None else sub_tree(place).rstrip("%")
    found: list[Suggestion] = []
    for store in sorted(places):
        if prefix is not None and not places[store].startswith(prefix):
            continue
        above = division_parent(places[store]) if places[store] else None
        for item in books[store].catalogue:
            minimum = least(store, item.id)
            have = spare.get((store, item.id), ZERO) + coming.get((store, item.id), ZERO)
            if not minimum or have >= minimum:
                continue
            need = goal = target(store, item.id)
            need -= have
            sources = [(code, "vertical", least(code, item.id)) for code in stores_at.get(above or "-", ())]
            peers = [code for code in children.get(above or "-", ()) if code != store and tiers[code] == tiers[store]]
            sources += [(code, "peer", target(code, item.id)) for code in sorted(peers)]
            for source, kind, keeps in sources:
                keeps = max(keeps, floors.get((source, item.id), ZERO))
                units = min(need, spare.get((source, item.id), ZERO) - keeps)
                if units > 0:
                    found.append(Suggestion(store, item.id, have, minimum, goal, units, source, kind))
                    spare[source, item.id] -= units
                    need -= units
                if not need:
                    break
            if need:
                found.append(Suggestion(store, item.id, have, minimum, goal, need, None, "purchase"))
    return found


def _floors(connection: Connection) -> dict[tuple[str, str], Decimal]:
    """(store, item) -> units the store always keeps."""
    rows = connection.execute(
        select(stores.c.code, items.c.code, stock_heads.c.reserve_floor)
        .join(stores, stores.c.id == stock_heads.c.store_id)
        .join(items, items.c.id == stock_heads.c.item_id)
        .where(stock_heads.c.reserve_floor.is_not(None))
    )
    return {(store, item): floor for store, item, floor in rows}


def _coming(connection: Connection) -> dict[tuple[str, str], Decimal]:
    """Units of transfers that are under way to a store: requested, or as many as were approved."""
    store_codes, item_codes = codes_by_id(connection, stores), codes_by_id(connection, items)
    units = func.sum(func.coalesce(transfer_lines.c.approved, transfer_lines.c.requested)).cast(Quantity)
    rows = connection.execute(
        select(transfers.c.to_store_id, transfer_lines.c.item_id, units)
        .join(transfers, transfers.c.id == transfer_lines.c.transfer_id)
        .where(transfers.c.status.in_(["requested", "approved", "picked", "in_transit"]))
        .group_by(transfers.c.to_store_id, transfer_lines.c.item_id)
    )
    return {(store_codes[store], item_codes[item]): total for store, item, total in rows}
