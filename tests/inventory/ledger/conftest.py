"""A small county to keep stock in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from inventory.database import transaction
from inventory.ledger.holds import hold_failed
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.stock_lines import available
from inventory.ledger.transfer import (
    approve_transfer,
    end_transfer,
    pick_transfer,
    receive_transfer,
    request_transfer,
    ship_transfer,
    view_transfer,
)
from inventory.tables import Quantity
from inventory.tables.care import maintenance
from inventory.tables.goods import items, lots
from inventory.tables.places import bins, places, stores
from inventory.tables.stock import balances, movements, operations

AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
BED, WATER, EXTINGUISHER = "M003", "M013", "M059"
TRANSFER_STEPS = {
    "approve": lambda session, number, act: approve_transfer(session, number=number, act=act),
    "pick": lambda session, number, act: pick_transfer(session, number=number, act=act),
    "ship": lambda session, number, act: ship_transfer(session, number=number, act=act),
    "receive": lambda session, number, act: receive_transfer(session, number=number, act=act, bin="B-1"),
    "refuse": lambda session, number, act: end_transfer(session, number=number, act=act, refuse=True),
    "cancel": lambda session, number, act: end_transfer(session, number=number, act=act),
}


def build_county(connection: Connection) -> None:
    rows = [
        ("520600000000", "甲县", "county", None),
        ("520600100000", "一镇", "town", "520600000000"),
        ("520600101000", "二镇", "town", "520600000000"),
        ("520600100201", "一村", "village", "520600100000"),
    ]
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


@pytest.fixture
def county(engine: Engine) -> Engine:
    """One county, two towns, one village; a county store S0, town stores S1 and S2, a village room S3."""
    with transaction(engine) as connection:
        build_county(connection)
    return engine


@pytest.fixture
def session(
    request: pytest.FixtureRequest, database_kind: str, shared_engines: Callable[[str], Engine]
) -> Iterator[Connection]:
    """One transaction on that county, never committed."""
    own = {"county", "engine"} & set(request.fixturenames)
    engine = request.getfixturevalue("county") if own else shared_engines(database_kind)
    with engine.connect() as connection, connection.begin() as whole:
        if not own:
            build_county(connection)
        yield connection
        whole.rollback()


@pytest.fixture
def act() -> Callable[..., Act]:
    """`act()`, `act(key="k1")`, `act(reason="RESCUE")`."""

    def make(*, reason: str = "PURCHASE", at: datetime = AT, actor: str = "keeper", **more: object) -> Act:
        return Act(actor=actor, reason=reason, at=at, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def stock(session: Connection, act: Callable[..., Act]) -> Callable[..., None]:
    """`stock("S0", 10)`: units received, put away in a bin, made this year."""

    def put(store: str, quantity: object, *, item: str = BED, lot: str = "L1", expires: date | None = None,
            bin: str | None = "A-1-1-1", owner: str | None = None) -> None:  # fmt: skip
        facts = LotFacts(code=lot, made=date(2026, 1, 1), expires=expires, owner=owner)
        amount = Decimal(str(quantity))
        receive(session, store=store, item=item, quantity=amount, act=act(), lot=facts, bin=bin)

    return put


@pytest.fixture
def lines(session: Connection) -> Callable[..., dict[tuple[str, str | None, str], Decimal]]:
    """`lines("S0")`: (lot, bin, state) -> units, of every line that holds any."""

    def read(store: str, *, item: str = BED) -> dict[tuple[str, str | None, str], Decimal]:
        query = (
            select(lots.c.code, bins.c.code, balances.c.state, func.sum(balances.c.quantity).cast(Quantity))
            .select_from(balances)
            .join(lots, lots.c.id == balances.c.lot_id)
            .join(items, items.c.id == balances.c.item_id)
            .join(stores, stores.c.id == balances.c.store_id)
            .outerjoin(bins, bins.c.id == balances.c.bin_id)
            .where(stores.c.code == store, items.c.code == item, balances.c.quantity > 0)
            .group_by(lots.c.code, bins.c.code, balances.c.state)
        )
        return {(lot, bin_, state): units for lot, bin_, state, units in session.execute(query)}

    return read


@pytest.fixture
def left(session: Connection) -> Callable[..., Decimal]:
    """`left("S0")`: the available units."""

    def read(store: str, *, item: str = BED, at: datetime = AT) -> Decimal:
        return available(session, as_of=at).get((store, item), Decimal(0))

    return read


@pytest.fixture
def entries(session: Connection) -> Callable[[], int]:
    """How many operations and movements there are."""

    def read() -> int:
        return sum(session.execute(select(func.count()).select_from(table)).scalar_one() for table in
                   (operations, movements))  # fmt: skip

    return read


@pytest.fixture
def refused(session: Connection) -> Callable[..., Any]:
    """`with refused(Error) as refusal`: as pytest.raises, and the transaction is as it was before."""

    @contextmanager
    def attempt(error: type[Exception], match: str | None = None) -> Iterator[pytest.ExceptionInfo[Any]]:
        point = session.begin_nested()
        with pytest.raises(error, match=match) as refusal:
            yield refusal
        point.rollback()

    return attempt


@pytest.fixture
def ask(session, act):
    """`ask(4)`: four beds from S0 to S1; the number of the order."""

    def request(quantity=4, **more):
        asked = {"from_store": "S0", "to_store": "S1", "act": act(reason="REPLENISH")}
        return request_transfer(session, lines=[(BED, Decimal(str(quantity)))], **(asked | more))

    return request


@pytest.fixture
def go(session, act):
    """`go(number, "approve", "ship")`: steps of an order, one after the other."""

    def steps(number, *names):
        for name in names:
            TRANSFER_STEPS[name](session, number, act(reason="REPLENISH", actor=name))
        return view_transfer(session, number)

    return steps


@pytest.fixture
def checked(session, act):
    """`checked("S0", "INSPECT", "FAILED")`: a check of lot L1 today, with what follows from it."""

    def record(store, kind, result, *, day=date(2026, 6, 15), lot="L1"):
        store_id = session.execute(select(stores.c.id).where(stores.c.code == store)).scalar_one()
        item_id = session.execute(select(items.c.id).where(items.c.code == BED)).scalar_one()
        row = {"store_id": store_id, "item_id": item_id, "lot_code": lot, "kind": kind, "done_on": day}
        session.execute(insert(maintenance), row | {"result": result, "actor": "keeper", "recorded_at": AT})
        hold_failed(session, pairs={(store_id, item_id)})

    return record


@pytest.fixture
def steps():
    """Step of a transfer -> `step(session, number, act)`."""
    return TRANSFER_STEPS
