"""The rules in force, as the database holds them: catalogue and periods, read once per version."""

import threading
import uuid
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from inventory.catalogue import Catalogue, Item, load_catalogue
from inventory.database import insert_rows
from inventory.five_fixed import RuleBook, load_rule_book
from inventory.ledger.post import insert_into
from inventory.tables.goods import items, lots
from inventory.tables.stock import settings

RULES = "rules"
_LOCK = threading.Lock()
_books: dict[str, RuleBook] = {}

ITEM_COLUMNS = [column.name for column in items.columns if column.name not in ("id", "code")]


def ensure_catalogue(connection: Connection) -> None:
    """The built-in catalogue, where the database has none yet."""
    if connection.execute(select(items.c.id).limit(1)).first() is None:
        save_items(connection, load_catalogue())


def save_items(connection: Connection, catalogue: Catalogue) -> None:
    """Add items, or bring those that are there up to date; items not named stay. Ends the version of the rules."""
    known = {code for (code,) in connection.execute(select(items.c.code))}
    new = [item for item in catalogue if item.id not in known]
    insert_rows(connection, items, ["code", *ITEM_COLUMNS], [[item.id, *_cells(item)] for item in new])
    changed = [item for item in catalogue if item.id in known]
    if changed:
        statement = update(items).where(items.c.code == bindparam("item_code"))
        rows = [dict(zip(["item_code", *ITEM_COLUMNS], [item.id, *_cells(item)], strict=True)) for item in changed]
        connection.execute(statement, rows)
    rules_changed(connection)


def _cells(item: Item) -> list[Any]:
    given = {
        "item_checks": [list(check) for check in item.item_checks] or None,
        "hazards": list(item.hazards),
        "gbt38565_major": item.major_class,
    }
    return [given[name] if name in given else getattr(item, name) for name in ITEM_COLUMNS]


def rules_changed(connection: Connection) -> None:
    """A new version of the rules; what depends on them (the last usable day of every lot) is worked out anew."""
    version = uuid.uuid4().hex
    statement = insert_into(connection.dialect.name)(settings).values(name=RULES, value=version)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": version}))
    book = rule_book(connection, version)
    changed = []
    for id_, item, made, expires, until in connection.execute(
        select(lots.c.id, items.c.code, lots.c.made, lots.c.expires, lots.c.usable_until).join(items)
    ):
        now_until = usable_until(book, item, made=made, expires=expires)
        if now_until != until:
            changed.append({"lot": id_, "until": now_until})
    if changed:
        connection.execute(update(lots).where(lots.c.id == bindparam("lot")).values(usable_until=bindparam("until")),
                           changed)  # fmt: skip


def rules_version(connection: Connection) -> str:
    return connection.execute(select(settings.c.value).where(settings.c.name == RULES)).scalar() or ""


def rule_book(connection: Connection, version: str | None = None) -> RuleBook:
    """The rules of a version (the one in force, if none is named)."""
    version = rules_version(connection) if version is None else version
    book = _books.get(version)
    if book is None:
        book = load_rule_book(read_catalogue(connection))
        with _LOCK:
            while len(_books) > 8:
                _books.pop(next(iter(_books)))
            _books[version] = book
    return book


def read_catalogue(connection: Connection) -> Catalogue:
    rows = connection.execute(select(items).order_by(items.c.code)).mappings()
    return Catalogue([_item(dict(row)) for row in rows])


def _item(row: dict[str, Any]) -> Item:
    row.pop("id")
    checks = tuple((kind, days) for kind, days in row.pop("item_checks") or ())
    hazards = tuple(row.pop("hazards"))
    return Item(id=row.pop("code"), major_class=row.pop("gbt38565_major"), item_checks=checks, hazards=hazards, **row)


def usable_until(book: RuleBook, item: str, *, made: date | None, expires: date | None) -> date | None:
    """The last day on which units of a lot count as available: expiry, or retirement where that comes first."""
    days = [expires] if expires is not None else []
    if made is not None:
        days += [
            made + timedelta(days=check.first_period_days + check.tolerance_days)
            for check in book.checks(item)
            if check.kind == "RETIRE" and check.anchor == "manufacture"
        ]
    return min(days, default=None)
