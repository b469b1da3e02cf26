"""How a use case meets the database: one transaction for each, the server's clock read once, who acts on record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from inventory.errors import InventoryError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from inventory.ledger.post import Act

T = TypeVar("T")


class UnknownPlace(InventoryError):
    """No place of that division code, nor any below it. Facts: place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What people say of an entry they make; the moment is added by the server."""

    actor: str
    reason: str
    key: str | None = None
    note: str | None = None
    occurred_at: datetime | None = None
    reference: str | None = None

    def act(self, at: datetime) -> "Act":
        from inventory.ledger.post import Act

        return Act(
            actor=self.actor, reason=self.reason, at=at, key=self.key, note=self.note, occurred_at=self.occurred_at,
            reference=self.reference,
        )  # fmt: skip


def record(entry: Entry, step: Callable[..., T], /, **facts: Any) -> T:
    """One step of the ledger (`issue`, `receive`, …) in a transaction of its own. Raises what the step raises."""
    from inventory.database import now

    with writing() as connection:
        return step(connection, act=entry.act(now()), **facts)


def look(read: Callable[..., T], /, **facts: Any) -> T:
    """One look, at a state of the database that stays the same while it is read."""
    with viewing() as connection:
        return read(connection, **facts)


def known(
    connection: "Connection", *, place: str | None = None, store: str | None = None, item: str | None = None
) -> None:
    """What a look is narrowed down to is there: a mistyped code would find nothing, without a word.

    Raises BadDivisionCode, UnknownPlace, UnknownStore, UnknownItem.
    """
    from sqlalchemy import select

    from inventory.catalogue import UnknownItem
    from inventory.ledger.errors import UnknownStore
    from inventory.ledger.post import ids_by_code
    from inventory.ledger.stock_lines import sub_tree
    from inventory.places import division_level
    from inventory.tables.goods import items
    from inventory.tables.places import places, stores

    if place is not None:
        division_level(place)
        inside = select(places.c.code).where(places.c.code.like(sub_tree(place))).limit(1)
        if connection.execute(inside).first() is None:
            raise UnknownPlace(place=place)
    if store is not None and not ids_by_code(connection, stores, [store]):
        raise UnknownStore(store=store)
    if item is not None and not ids_by_code(connection, items, [item]):
        raise UnknownItem(item=item)


@contextmanager
def writing() -> "Iterator[Connection]":
    """A transaction: all of it or nothing. Raises DatabaseNotReady, NoDatabase."""
    from api.settings import database
    from inventory.database import transaction

    with database() as engine, transaction(engine) as connection:
        yield connection


@contextmanager
def viewing() -> "Iterator[Connection]":
    from api.settings import database
    from inventory.database import reading

    with database() as engine, reading(engine) as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class Names:
    """Chinese and English names of stores and items, and the units of items, by code."""

    stores: Mapping[str, tuple[str, str]]
    items: Mapping[str, tuple[str, str]]
    units: Mapping[str, tuple[str, str]]

    def store(self, code: str | None, lang: str) -> str:
        return _named(self.stores, code, lang)

    def item(self, code: str | None, lang: str) -> str:
        return _named(self.items, code, lang)

    def unit(self, code: str | None, lang: str) -> str:
        return self.units.get(code or "", ("", ""))[lang == "en"]


def names_of(connection: "Connection", *, stores: Sequence[str | None] = (), items: Sequence[str | None] = ()) -> Names:
    """The names of these stores and items; of codes that are not there, none."""
    from sqlalchemy import select

    from inventory.tables.goods import items as goods
    from inventory.tables.places import stores as places

    named: dict[str, tuple[str, str]] = {}
    wanted = sorted({code for code in stores if code})
    for start in range(0, len(wanted), 500):
        rows = select(places.c.code, places.c.name, places.c.name_en)
        for code, zh, en in connection.execute(rows.where(places.c.code.in_(wanted[start : start + 500]))):
            named[code] = (zh, en or zh)
    goods_named: dict[str, tuple[str, str]] = {}
    units: dict[str, tuple[str, str]] = {}
    of = goods.c
    if any(items):
        for code, zh, en, unit_zh, unit_en in connection.execute(
            select(of.code, of.name_zh, of.name_en, of.unit_zh, of.unit_en).where(
                of.code.in_(sorted(set(items) - {None}))
            )
        ):
            goods_named[code], units[code] = (zh, en), (unit_zh, unit_en)
    return Names(named, goods_named, units)


def _named(known: Mapping[str, tuple[str, str]], code: str | None, lang: str) -> str:
    """`S001 一镇库`: the code people type, and the name they know."""
    if code is None:
        return ""
    name = known.get(code, ("", ""))[lang == "en"]
    return f"{code} {name}".rstrip()


def plain(value: Any) -> Any:
    """As JSON holds it: exact quantities as texts, days and instants as ISO 8601, records as objects."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
