"""A county, and tables as files have them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from inventory.errors import BadTable
from inventory.files import Table
from inventory.files.columns import table_of
from inventory.ledger.post import Act
from inventory.ledger.stock_lines import available
from inventory.tables.places import places, stores
from inventory.tables.stock import movements, operations

AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
PLACES = [
    ("520600000000", "甲县", "county", None),
    ("520600100000", "一镇", "town", "520600000000"),
    ("520600100201", "一村", "village", "520600100000"),
]


@pytest.fixture
def empty(engine: Engine) -> Iterator[Connection]:
    """One transaction on a database with nothing but the catalogue, never committed."""
    with engine.connect() as connection, connection.begin() as whole:
        yield connection
        whole.rollback()


@pytest.fixture
def session(empty: Connection) -> Connection:
    """The same with a county, a town and a village, and their stores S0, S1 and S2."""
    empty.execute(
        insert(places),
        [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in PLACES],
    )
    empty.execute(
        insert(stores),
        [
            {"code": f"S{number}", "name": f"{name}库", "tier": level, "place_code": code}
            for number, (code, name, level, _) in enumerate(PLACES)
        ],
    )
    return empty


@pytest.fixture
def act() -> Callable[..., Act]:
    def make(*, reason: str = "STATEMENT", at: datetime = AT, actor: str = "keeper", **more: object) -> Act:
        return Act(actor=actor, reason=reason, at=at, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def rows() -> Callable[..., Table]:
    """`rows("stock", {"store": "S0", ...}, ...)`: a table of these rows; what is left out is empty."""

    def make(kind: str, *given: dict[str, Any]) -> Table:
        names = {name: None for row in given for name in row}
        return table_of(kind, {name: [row.get(name) for row in given] for name in names})

    return make


@pytest.fixture
def faults(empty: Connection) -> Callable[..., Any]:
    """`with faults() as found`: the import is refused, and nothing of it remains; found: (row, column, code)."""

    @contextmanager
    def attempt() -> Iterator[list[tuple[int | None, str | None, str]]]:
        point = empty.begin_nested()
        found: list[tuple[int | None, str | None, str]] = []
        with pytest.raises(BadTable) as refusal:
            yield found
        point.rollback()
        found += [(fault.row, fault.column, fault.code) for fault in refusal.value.faults]

    return attempt


@pytest.fixture
def left(session: Connection) -> Callable[..., Decimal]:
    def read(store: str, item: str, *, at: datetime = AT) -> Decimal:
        return available(session, as_of=at).get((store, item), Decimal(0))

    return read


@pytest.fixture
def entries(empty: Connection) -> Callable[[], int]:
    """How many operations and movements there are."""

    def read() -> int:
        return sum(empty.execute(select(func.count()).select_from(table)).scalar_one() for table in
                   (operations, movements))  # fmt: skip

    return read
