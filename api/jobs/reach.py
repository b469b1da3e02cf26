"""Whether a table that is imported stays inside the divisions its sender reaches."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from api.access.scope import OutsideScope, Scope
from inventory.tables.places import stores

# table -> its columns of stores, its columns of divisions, and whether its own key names a store or a division.
# What is not listed is shared by every division (catalogue, kits, rules, incidents): only who reaches all may.
_ROWS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "places": ((), ("code",)),
    "stores": (("id",), ("place",)),
    "bins": (("store",), ()),
    "stock": (("store",), ()),
    "custodians": (("store",), ()),
    "maintenance": (("store",), ()),
}


def check_table(connection: Connection, table: Any, *, reach: tuple[str, ...] | None, permission: str) -> None:
    """Raises OutsideScope, NoSuchPerson."""
    if reach is None:
        return
    scope = Scope(permission, False, reach)
    if table is None or table.name not in _ROWS:
        scope.check(None)
    if table.name == "custodians":
        from api.routes.reach import check_persons

        check_persons(connection, scope, table["person"])
    of_stores, of_places = _ROWS[table.name]
    for column in of_places:
        for place in dict.fromkeys(table[column]):
            scope.check(place)
    for column in of_stores:
        _check_stores(connection, scope, dict.fromkeys(table[column]))


def _check_stores(connection: Connection, scope: Scope, codes: Iterable[str]) -> None:
    """Stores that are there already; one that is not is the import's own to refuse or to add."""
    wanted = [code for code in codes if code]
    for start in range(0, len(wanted), 500):
        part = stores.c.code.in_(wanted[start : start + 500])
        for code, place in connection.execute(select(stores.c.code, stores.c.place_code).where(part)):
            if not scope.covers(place):
                raise OutsideScope(permission=scope.permission, place=f"{place or '-'} ({code})")
