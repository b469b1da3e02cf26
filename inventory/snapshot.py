"""The database as the tables that files have: for export, for the five-fixed rules, for a live World."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select, true, type_coerce

from inventory.files import Table
from inventory.files.columns import table_of
from inventory.kinds import ELSEWHERE
from inventory.ledger.stock_lines import sub_tree
from inventory.tables.base import Quantity
from inventory.tables.care import in_force
from inventory.tables.care import maintenance as checks_done
from inventory.tables.forces import teams, vehicles
from inventory.tables.goods import items, kit_items, kits, lots, packages
from inventory.tables.places import bins, custodianships, people, places, stores
from inventory.tables.stock import balances, reservations, stock_heads


def snapshot(connection: Connection, kind: str, *, place: str | None = None) -> Table:
    """One table of the data dictionary, of a division code and below or of everything. Raises KeyError for a kind
    that the database does not hold."""
    return _READERS[kind](connection, place)


def kinds() -> tuple[str, ...]:
    return tuple(_READERS)


def stock_table(
    connection: Connection, place: str | None = None, *, spare_at: datetime | None = None, mine: str | None = None
) -> Table:
    """Stock as a file has it: units in the store, issued ones and those in transit left out.

    With `spare_at` less the units reserved at that moment, but for those reserved under the reference `mine`.
    """
    code = case((lots.c.code == "", None), else_=lots.c.code)
    units: Any = balances.c.quantity
    if spare_at is not None:
        live = and_(
            reservations.c.balance_id == balances.c.id,
            reservations.c.quantity > 0,
            reservations.c.expires_at.is_(None) | (reservations.c.expires_at > spare_at),
            true() if mine is None else reservations.c.reference != mine,
        )
        kept = select(func.coalesce(func.sum(reservations.c.quantity), 0)).where(live).correlate(balances)
        # only lines with something reserved are worth the look
        taken = case((balances.c.reserved > 0, kept.scalar_subquery()), else_=0)
        units = type_coerce(balances.c.quantity - taken, Quantity)
    # the owner a file need not state is the tier of the store
    owner = case((lots.c.owner == stores.c.tier, None), else_=lots.c.owner)
    wanted = (
        select(
            stores.c.code, bins.c.code, items.c.code, code, units, balances.c.state, lots.c.made, lots.c.expires,
            balances.c.received, stock_heads.c.reserve_floor, owner, lots.c.unit_price,
        )
        .join(stores, stores.c.id == balances.c.store_id)
        .join(items, items.c.id == balances.c.item_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .join(stock_heads, and_(stock_heads.c.store_id == balances.c.store_id,
                                stock_heads.c.item_id == balances.c.item_id))
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(balances.c.quantity > 0, balances.c.state.not_in(list(ELSEWHERE)))
    )  # fmt: skip
    names = ("store", "bin", "item", "lot", "quantity", "state", "made", "expires", "received", "reserve_floor",
             "owner", "unit_price")  # fmt: skip
    return _table("stock", connection, _inside(wanted, place), names)


def _inside(wanted: Select[Any], place: str | None, code: Any = None) -> Select[Any]:
    column = stores.c.place_code if code is None else code
    return wanted if place is None else wanted.where(column.like(sub_tree(place)))


def _table(
    kind: str, connection: Connection, wanted: Select[Any], names: tuple[str, ...],
    **make: Callable[[Any], Any],
) -> Table:  # fmt: skip
    """Columns from rows; `make` turns a column's values into what a file holds."""
    # sorted here, because databases differ in the order of texts and of what is empty
    rows = sorted(map(tuple, connection.execute(wanted)), key=_order)
    columns = {name: [row[index] for row in rows] for index, name in enumerate(names)}
    for name, function in make.items():
        columns[name] = [function(value) for value in columns[name]]
    return table_of(kind, columns)


def _order(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(["" if value is None else str(value) for value in row])


def _listed(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if value else None


def _places(connection: Connection, place: str | None) -> Table:
    names = ("code", "name", "name_en", "level", "parent_code", "lat", "lon", "population", "households")
    wanted = select(*(places.c[name] for name in names))
    return _table("places", connection, _inside(wanted, place, places.c.code), names)


def _stores(connection: Connection, place: str | None) -> Table:
    names = ("id", "name", "name_en", "tier", "place", "area_m2", "lat", "lon", "profiles")
    columns = {"id": stores.c.code, "place": stores.c.place_code}
    wanted = select(*(columns[name] if name in columns else stores.c[name] for name in names))
    return _table("stores", connection, _inside(wanted, place), names, profiles=_listed)


def _items(connection: Connection, place: str | None) -> Table:
    names = [column.name for column in items.columns if column.name not in ("id", "code")]
    wanted = select(items.c.code, *(items.c[name] for name in names))

    def checks(value: Any) -> Any:
        return tuple((kind, days) for kind, days in value) if value else None

    return _table("items", connection, wanted, ("item_id", *names), item_checks=checks, hazards=_listed)


def _lots(connection: Connection, place: str | None) -> Table:
    names = ("item", "lot", "owner", "made", "expires", "unit_price", "supplier")
    wanted = (
        select(items.c.code, lots.c.code, lots.c.owner, lots.c.made, lots.c.expires, lots.c.unit_price, lots.c.supplier)
        .join(items, items.c.id == lots.c.item_id)
        .where(lots.c.code != "")
    )
    if place is not None:
        held = select(balances.c.lot_id).join(stores, stores.c.id == balances.c.store_id)
        wanted = wanted.where(lots.c.id.in_(_inside(held, place)))
    return _table("lots", connection, wanted, names)


def _bins(connection: Connection, place: str | None) -> Table:
    wanted = select(stores.c.code, bins.c.code, bins.c.volume_m3).join(stores, stores.c.id == bins.c.store_id)
    return _table("bins", connection, _inside(wanted, place), ("store", "bin", "volume_m3"))


def _custodians(connection: Connection, place: str | None) -> Table:
    kept = custodianships.c
    wanted = (
        select(stores.c.code, bins.c.code, items.c.code, people.c.code, func.coalesce(kept.phone, people.c.phone),
               kept.role, kept.valid_from, kept.valid_to)
        .join(stores, stores.c.id == kept.store_id)
        .join(people, people.c.id == kept.person_id)
        .outerjoin(bins, bins.c.id == kept.bin_id)
        .outerjoin(items, items.c.id == kept.item_id)
    )  # fmt: skip
    names = ("store", "bin", "item", "person", "phone", "role", "valid_from", "valid_to")
    return _table("custodians", connection, _inside(wanted, place), names)


def _maintenance(connection: Connection, place: str | None) -> Table:
    done = checks_done.c
    wanted = (
        select(stores.c.code, items.c.code, done.lot_code, done.kind, done.done_on, done.result)
        .join(stores, stores.c.id == done.store_id)
        .outerjoin(items, items.c.id == done.item_id)
        .where(in_force)
        .group_by(stores.c.code, items.c.code, done.lot_code, done.kind, done.done_on, done.result)
    )
    names = ("store", "item", "lot", "kind", "last_done", "result")
    return _table("maintenance", connection, _inside(wanted, place), names)


def _teams(connection: Connection, place: str | None) -> Table:
    names = ("id", "name", "name_en", "tier", "place", "lat", "lon", "capabilities", "headcount", "profile",
             "turnout_s", "available_from", "available_until", "carries", "store")  # fmt: skip
    columns = {"id": teams.c.code, "place": teams.c.place_code, "store": stores.c.code}
    wanted = (
        select(*(columns[name] if name in columns else teams.c[name] for name in names))
        .outerjoin(stores, stores.c.id == teams.c.store_id)
        .where(teams.c.status != "disbanded")
    )
    inside = _inside(wanted, place, teams.c.place_code)
    return _table("teams", connection, inside, names, capabilities=tuple, carries=_listed)


def _vehicles(connection: Connection, place: str | None) -> Table:
    wanted = (
        select(vehicles.c.code, stores.c.code, vehicles.c.payload_kg, vehicles.c.volume_m3, vehicles.c.profile,
               vehicles.c.available_from)
        .join(stores, stores.c.id == vehicles.c.store_id)
        .where(vehicles.c.status != "retired")
    )  # fmt: skip
    names = ("id", "store", "payload_kg", "volume_m3", "profile", "available_from")
    return _table("vehicles", connection, _inside(wanted, place), names)


def _packages(connection: Connection, place: str | None) -> Table:
    wanted = select(items.c.code, packages.c.name, packages.c.units).join(items, items.c.id == packages.c.item_id)
    return _table("packages", connection, wanted, ("item", "package", "units"))


def _kits(connection: Connection, place: str | None) -> Table:
    wanted = (
        select(kits.c.code, kits.c.name, kits.c.name_en, items.c.code, kit_items.c.quantity)
        .join(kit_items, kit_items.c.kit_code == kits.c.code)
        .join(items, items.c.id == kit_items.c.item_id)
    )
    return _table("kits", connection, wanted, ("kit", "name", "name_en", "item", "quantity"))


_READERS: dict[str, Callable[[Connection, str | None], Table]] = {
    "places": _places,
    "stores": _stores,
    "items": _items,
    "lots": _lots,
    "bins": _bins,
    "stock": stock_table,
    "custodians": _custodians,
    "maintenance": _maintenance,
    "teams": _teams,
    "vehicles": _vehicles,
    "packages": _packages,
    "kits": _kits,
}
