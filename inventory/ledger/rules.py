"""The rules in force, as the database holds them: catalogue and periods, read once per version."""

import threading
import uuid
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from inventory.catalogue import Catalogue, Item, load_catalogue
from inventory.database import insert_rows
from inventory.errors import BadTable
from inventory.files.cells import fault
from inventory.five_fixed import (
    PRESETS,
    CheckOverride,
    MinimumOverride,
    RuleBook,
    RuleOverrides,
    WeightOverride,
    load_rule_book,
    load_rule_set,
)
from inventory.ledger.post import insert_into
from inventory.tables.care import rule_overrides
from inventory.tables.goods import items, lots
from inventory.tables.stock import settings

RULES = "rules"
REGISTERS = "registers"
_LOCK = threading.Lock()
_books: dict[tuple[str, str], RuleBook] = {}
MOST_BOOKS = 32
COUNTY_DIGITS = 6

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
    version = _new_version(connection, RULES)
    book = rule_book(connection, version, county=None)
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


def registers_changed(connection: Connection) -> None:
    """Stores, bins or custodians are others now: what was judged before is out of date."""
    _new_version(connection, REGISTERS)


def _new_version(connection: Connection, name: str) -> str:
    version = uuid.uuid4().hex
    statement = insert_into(connection.dialect.name)(settings).values(name=name, value=version)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": version}))
    return version


def rules_version(connection: Connection) -> str:
    return connection.execute(select(settings.c.value).where(settings.c.name == RULES)).scalar() or ""


def rule_book(connection: Connection, version: str | None = None, *, county: str | None) -> RuleBook:
    """The rules of a version (the one in force, if none is named), as they are in a county (any code of it), or
    everywhere else (None)."""
    version = rules_version(connection) if version is None else version
    key = (version, (county or "")[:COUNTY_DIGITS])
    book = _books.get(key)
    if book is None:
        book = load_rule_book(read_catalogue(connection), overrides=overrides_of(connection, county))
        with _LOCK:
            while len(_books) >= MOST_BOOKS:
                _books.pop(next(iter(_books)))
            _books[key] = book
    return book


def save_overrides(
    connection: Connection, overrides: RuleOverrides, *, actor: str, at: datetime, county: str | None = None
) -> None:
    """A county's own settings instead of those it had; without a county, those that hold everywhere else.

    Retirement is the same everywhere, since lots go from county to county. Raises BadTable for a setting that does
    not fit the catalogue, or a county's own retirement; then nothing has changed.
    """
    if county is not None:
        faults = [
            fault(number, "kind", "RETIRE_EVERYWHERE")
            for number, one in enumerate(overrides.checks, start=2)
            if one.kind == "RETIRE"
        ]
        if faults:
            raise BadTable("check_overrides", faults)
    load_rule_book(read_catalogue(connection), overrides=overrides)
    for preset in PRESETS:
        load_rule_set(preset, overrides=overrides)
    content = {
        "checks": [asdict(one) for one in overrides.checks],
        "weights": [{**asdict(one), "weight": str(one.weight)} for one in overrides.weights],
        "minima": [{**asdict(one), "minimum": str(one.minimum)} for one in overrides.minima],
    }
    place = None if county is None else f"{county[:COUNTY_DIGITS]:0<12}"
    row = {"place_code": place, "content": content, "actor": actor, "recorded_at": at}
    connection.execute(insert(rule_overrides), row)
    rules_changed(connection)


def counties_with_rules(connection: Connection) -> frozenset[str]:
    """The codes of the counties that have settings of their own."""
    rows = connection.execute(select(rule_overrides.c.place_code).where(rule_overrides.c.place_code.is_not(None)))
    return frozenset(rows.scalars())


def overrides_of(connection: Connection, county: str | None = None) -> RuleOverrides | None:
    """The settings in force in a county: its own, else those that hold everywhere, else None."""
    rows = connection.execute(
        select(rule_overrides.c.place_code, rule_overrides.c.content).order_by(rule_overrides.c.id)
    )
    latest = {row.place_code: row.content for row in rows}
    own = None if county is None else f"{county[:COUNTY_DIGITS]:0<12}"
    content = latest.get(own, latest.get(None))
    if content is None:
        return None
    checks = list(content["checks"])
    if own in latest and None in latest and own is not None:
        checks += [one for one in latest[None]["checks"] if one["kind"] == "RETIRE"]
    return RuleOverrides(
        checks=tuple(CheckOverride(**one) for one in checks),
        weights=tuple(WeightOverride(**{**one, "weight": Decimal(one["weight"])}) for one in content["weights"]),
        minima=tuple(MinimumOverride(**{**one, "minimum": Decimal(one["minimum"])}) for one in content["minima"]),
    )


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
