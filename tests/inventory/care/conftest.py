"""A small county with somebody to keep its stores, and the means to evaluate it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select

from inventory.care.evaluate import Evaluated, evaluate_stock
from inventory.care.views import TaskRow, list_tasks
from inventory.database import transaction
from inventory.intake.care import import_custodians, import_maintenance
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.tables.care import tasks
from inventory.tables.places import places, stores

AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
COUNTY, TOWN, OTHER_TOWN, VILLAGE = "520600000000", "520600100000", "520600101000", "520600100201"


@pytest.fixture
def county(engine: Engine) -> Engine:
    """One county, two towns, one village; a county store S0, town stores S1 and S2, a village room S3."""
    rows = [
        (COUNTY, "甲县", "county", None),
        (TOWN, "一镇", "town", COUNTY),
        (OTHER_TOWN, "二镇", "town", COUNTY),
        (VILLAGE, "一村", "village", TOWN),
    ]
    with transaction(engine) as connection:
        connection.execute(
            insert(places),
            [{"code": code, "name": name, "level": level, "parent_code": up} for code, name, level, up in rows],
        )
        connection.execute(
            insert(stores),
            [
                {"code": f"S{number}", "name": f"{name}库", "tier": level, "place_code": code}
                for number, (code, name, level, _) in enumerate(rows)
            ],
        )
    return engine


@pytest.fixture
def session(county: Engine) -> Iterator[Connection]:
    """One transaction on that county, never committed."""
    with county.connect() as connection, connection.begin() as whole:
        yield connection
        whole.rollback()


@pytest.fixture
def act() -> Callable[..., Act]:
    def make(*, reason: str = "PURCHASE", at: datetime = AT, actor: str = "keeper", **more: object) -> Act:
        return Act(actor=actor, reason=reason, at=at, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def stock(session: Connection, act: Callable[..., Act]) -> Callable[..., None]:
    """`stock("S0", "M013", 10)`: units of lot L1 in bin A-1, received a year ago unless said otherwise."""

    def put(store: str, item: str, quantity: object, *, lot: str = "L1", made: date | None = date(2025, 1, 1),
            expires: date | None = None, bin: str | None = "A-1", days_ago: int = 365) -> None:  # fmt: skip
        came = act(at=AT - timedelta(days=days_ago))
        facts = LotFacts(code=lot, made=made, expires=expires)
        receive(session, store=store, item=item, quantity=Decimal(str(quantity)), act=came, lot=facts, bin=bin)

    return put


@pytest.fixture
def checked(session: Connection, act: Callable[..., Act]) -> Callable[..., None]:
    """`checked("S0", "M059", "INSPECT", date(2026, 6, 1))`: a check on record, of all lots unless one is named."""
    from inventory.files.columns import table_of

    def put(store: str, item: str | None, kind: str, day: date, *, lot: str | None = None, result: str = "PASSED",
            at: datetime = AT) -> None:  # fmt: skip
        row = {"store": store, "item": item, "lot": lot, "kind": kind, "last_done": day, "result": result}
        table = table_of("maintenance", {name: [value] for name, value in row.items()})
        import_maintenance(session, table, act=act(at=at))

    return put


@pytest.fixture
def keeps(session: Connection) -> Callable[..., None]:
    """`keeps("S0", "zhang")`: primary custodian of the whole store from this year on."""
    from inventory.files.columns import table_of

    def put(store: str, person: str, *, role: str = "primary", first: date = date(2026, 1, 1),
            last: date | None = None) -> None:  # fmt: skip
        row = {"store": store, "person": person, "role": role, "phone": "000", "valid_from": first, "valid_to": last}
        import_custodians(session, table_of("custodians", {name: [value] for name, value in row.items()}))

    return put


@pytest.fixture
def evaluated(session: Connection) -> Callable[..., Evaluated]:
    """`evaluated()`: judged now; `evaluated(days=3)`: three days later."""

    def run(*, days: int = 0, place: str | None = None, preset: str = "general") -> Evaluated:
        at = AT + timedelta(days=days)
        return evaluate_stock(session, as_of=at, at=at, place=place, preset=preset)

    return run


@pytest.fixture
def todo(session: Connection) -> Callable[..., list[TaskRow]]:
    """`todo(kind="INSPECT")`: the tasks still to do."""

    def read(*, kind: str | None = None, **more: Any) -> list[TaskRow]:
        return [row for row in list_tasks(session, limit=10_000, **more) if kind in (None, row.kind)]

    return read


@pytest.fixture
def states(session: Connection) -> Callable[[str], list[str]]:
    """The status of every task there ever was of a key, the oldest first."""

    def read(key: str) -> list[str]:
        wanted = select(tasks.c.status).where(tasks.c.key == key).order_by(tasks.c.id)
        return list(session.execute(wanted).scalars())

    return read
