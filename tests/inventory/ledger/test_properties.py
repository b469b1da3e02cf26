"""Any sequence of steps: nothing is lost or made, and the book is what the ledger, replayed, says it is."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from inventory.fefo import InsufficientStock
from inventory.five_fixed import MaintenanceRecord, StockLine, StoreRecord, evaluate, shanghai_day
from inventory.ledger.errors import CannotReverse, NotDispatchable, UnknownLot, UnknownOrder
from inventory.ledger.holds import hold_failed
from inventory.ledger.issue import give_back, issue
from inventory.ledger.move import change_state, move
from inventory.ledger.post import Act
from inventory.ledger.receive import LotFacts, receive
from inventory.ledger.release import release
from inventory.ledger.reserve import reserve
from inventory.ledger.reverse import reverse
from inventory.ledger.stock_lines import available
from inventory.ledger.verify import verify
from inventory.tables.care import in_force, maintenance
from inventory.tables.goods import items, lots
from inventory.tables.places import bins, stores
from inventory.tables.stock import balances, movements, operations, reservations

BED = "M003"
START = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
EXPIRES = {"L1": date(2026, 6, 18), "L2": date(2026, 9, 1), "L3": None}
HERE = ("serviceable", "damaged", "quarantined")
REFUSED = (InsufficientStock, NotDispatchable, UnknownLot, UnknownOrder, CannotReverse)

store = st.sampled_from(["S0", "S1"])
units = st.integers(1, 60).map(lambda tenths: Decimal(tenths) / 10)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), store, st.sampled_from(sorted(EXPIRES)), units),
        st.tuples(st.just("receive"), store, st.sampled_from(sorted(EXPIRES)), units),
        st.tuples(st.just("issue"), store, units),
        st.tuples(st.just("back"), store, units, st.booleans()),
        st.tuples(st.just("turn"), store, units, st.permutations(HERE)),
        st.tuples(st.just("keep"), store, units, st.sampled_from([None, 1, 40])),
        st.tuples(st.just("release"), st.integers(0, 5)),
        st.tuples(st.just("move"), store, units, st.sampled_from(["A", "B"])),
        st.tuples(st.just("undo"), st.integers(0, 30)),
        st.tuples(st.just("check"), store, st.sampled_from(sorted(EXPIRES)), st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([2, 24, 48])),
    ),
    min_size=8,
    max_size=30,
)


@dataclass
class Kept:
    store: str
    lot: str
    units: Decimal
    reference: str
    until: datetime | None


@dataclass
class Model:
    """What should be where, by plain dictionaries: (store, lot, state) -> units; bins do not matter to it."""

    at: datetime = START
    held: Counter = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)  # the oldest first
    checks: dict = field(default_factory=dict)  # (store, lot) -> instant and outcome of each
    came: Decimal = Decimal(0)
    done: list = field(default_factory=list)  # (operation id, what it changed)

    def fit(self, store, lot):
        """A failure ends with a pass on a later day, or one put on record later that day."""
        unexpired = EXPIRES[lot] is None or EXPIRES[lot] >= shanghai_day(self.at)
        checks = self.checks.get((store, lot), [])
        passed = [at for at, good in checks if good]
        failed = [
            shanghai_day(at)
            for at, good in checks
            if not good and not any(later > at and shanghai_day(later) == shanghai_day(at) for later in passed)
        ]
        return unexpired and (not failed or max(failed) < max(map(shanghai_day, passed), default=date.min))

    def live(self, kept):
        return kept.until is None or kept.until > self.at

    def free(self, store, lot, *, live_only):
        taken = [each.units for each in self.kept if (each.store, each.lot) == (store, lot)
                 and (self.live(each) or not live_only)]  # fmt: skip
        return self.held[store, lot, "serviceable"] - sum(taken)

    def available(self, store):
        return sum(self.free(store, lot, live_only=True) for lot in EXPIRES if self.fit(store, lot))

    def first_expired(self, store, units, spare):
        """lot -> units taken, where `spare` says what each lot could give; None where that is too little."""
        taken = {}
        for lot in sorted(spare, key=lambda lot: (EXPIRES[lot] or date.max, lot)):
            part = min(units, spare[lot])
            if part:
                taken[lot] = part
            units -= part
        return None if units else taken

    def choose(self, store, units):
        spare = {lot: self.free(store, lot, live_only=True) for lot in EXPIRES if self.fit(store, lot)}
        taken = self.first_expired(store, units, spare)
        if taken is not None:  # who chooses gives up what ran out
            self.kept = [each for each in self.kept if each.store != store or self.live(each)]
        return taken

    def change(self, operation, changes):
        for key, delta in changes.items():
            self.held[key] += delta
            assert self.held[key] >= 0
        self.done.append((operation.id, changes))


class Run:
    """One sequence of steps on the database and on the model; each step is taken by both or refused by both."""

    def __init__(self, connection):
        self.connection, self.model = connection, Model()
        self.stores = dict(map(tuple, connection.execute(select(stores.c.code, stores.c.id))))
        self.item = connection.execute(select(items.c.id).where(items.c.code == BED)).scalar_one()

    def act(self, reason):
        return Act(actor="keeper", reason=reason, at=self.model.at)

    def attempt(self, use_case, **arguments):
        point = self.connection.begin_nested()
        try:
            return use_case(self.connection, **arguments)
        except REFUSED:
            point.rollback()
            return None

    def at(self, store, units, reason):
        return {"store": store, "item": BED, "quantity": units, "act": self.act(reason)}

    def receive(self, store, lot, units):
        facts = LotFacts(code=lot, expires=EXPIRES[lot], made=date(2026, 1, 1))
        done = self.attempt(receive, **self.at(store, units, "PURCHASE"), lot=facts, bin="A")
        self.model.came += units
        self.model.change(done, {(store, lot, "serviceable"): units})

    def issue(self, store, units):
        taken = self.model.choose(store, units)
        done = self.attempt(issue, **self.at(store, units, "RESCUE"))
        assert (done is None) == (taken is None)
        if done:
            changes = {}
            for lot, part in taken.items():
                changes |= {(store, lot, "serviceable"): -part, (store, lot, "issued"): part}
            self.model.change(done, changes)

    def back(self, store, units, damaged):
        spare = {lot: self.model.held[store, lot, "issued"] for lot in EXPIRES}
        taken = self.model.first_expired(store, units, spare)
        broken = units if damaged else Decimal(0)
        done = self.attempt(give_back, **self.at(store, units, "GIVE_BACK"), bin="A", damaged=broken)
        assert (done is None) == (taken is None)
        if done:
            state = "damaged" if damaged else "serviceable"
            changes = {}
            for lot, part in taken.items():
                changes |= {(store, lot, "issued"): -part, (store, lot, state): part}
            self.model.change(done, changes)

    def turn(self, store, units, states):
        state, to_state = states[:2]
        model = self.model
        there = sum(model.held[store, lot, state] for lot in EXPIRES)
        done = self.attempt(change_state, **self.at(store, units, "DAMAGE"), state=state, to_state=to_state)
        assert (done is None) == (units > there)
        if done is None:
            return
        if state == "serviceable":
            needed = units - sum(model.free(store, lot, live_only=False) for lot in EXPIRES)
            for each in reversed([each for each in model.kept if each.store == store]):
                part = min(max(needed, Decimal(0)), each.units)
                each.units -= part
                needed -= part
            spare = {lot: model.free(store, lot, live_only=False) for lot in EXPIRES}
        else:
            spare = {lot: model.held[store, lot, state] for lot in EXPIRES}
        changes = {}
        for lot, part in model.first_expired(store, units, spare).items():
            changes |= {(store, lot, state): -part, (store, lot, to_state): part}
        model.change(done, changes)

    def keep(self, store, units, hours):
        until = None if hours is None else self.model.at + timedelta(hours=hours)
        taken = self.model.choose(store, units)
        reference = f"P{len(self.model.done) % 6}"
        done = self.attempt(reserve, **self.at(store, units, "PLAN"), reference=reference, expires_at=until)
        assert (done is None) == (taken is None)
        if done:
            self.model.kept += [Kept(store, lot, part, reference, until) for lot, part in taken.items()]
            self.model.done.append((done.id, {}))

    def release(self, number):
        reference = f"P{number}"
        mine = [each for each in self.model.kept if each.reference == reference and each.units]
        done = self.attempt(release, reference=reference, act=self.act("CANCELLED"))
        assert (done is None) == (not mine)
        self.model.kept = [each for each in self.model.kept if each.reference != reference]

    def move(self, store, units, to_bin):
        self.attempt(move, **self.at(store, units, "REARRANGE"), to_bin=to_bin)

    def undo(self, number):
        if number < len(self.model.done):
            operation, changes = self.model.done[number]
            done = self.attempt(reverse, operation=operation, act=self.act("CORRECTION"))
            if done:
                self.model.came -= sum(changes.values())
                self.model.change(done, {key: -delta for key, delta in changes.items()})
                self.model.done[number] = (operation, {})

    def check(self, store, lot, good):
        day = shanghai_day(self.model.at)
        where = {"store_id": self.stores[store], "item_id": self.item, "lot_code": lot, "kind": "INSPECT"}
        result = "PASSED" if good else "FAILED"
        row = where | {"done_on": day, "result": result, "actor": "keeper", "recorded_at": self.model.at}
        self.connection.execute(insert(maintenance), row)
        self.model.checks.setdefault((store, lot), []).append((self.model.at, good))
        hold_failed(self.connection, pairs={(self.stores[store], self.item)})

    def wait(self, hours):
        self.model.at += timedelta(hours=hours)


def lines_of(connection):
    query = (
        select(balances, stores.c.code.label("store"), lots.c.code.label("lot"), lots.c.made, lots.c.expires,
               bins.c.code.label("bin"))
        .join(stores, stores.c.id == balances.c.store_id)
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
    )  # fmt: skip
    return connection.execute(query).all()


def check_book(run):
    connection, model = run.connection, run.model
    lines = lines_of(connection)
    there = Counter()
    for line in lines:
        there[line.store, line.lot, line.state] += line.quantity
    assert +there == +model.held

    # conservation: what came in is in the stores or was issued
    assert sum(there.values()) == model.came

    # the ledger, replayed in plain Python
    quantity, reserved = Counter(), Counter()
    for row in connection.execute(select(movements).order_by(movements.c.id)):
        if row.kind in ("RESERVE", "RELEASE"):
            reserved[row.to_id] += row.quantity if row.kind == "RESERVE" else -row.quantity
            continue
        if row.from_id is not None:
            quantity[row.from_id] -= row.quantity
            assert quantity[row.from_id] >= 0, "below zero on the way"
        if row.to_id is not None:
            quantity[row.to_id] += row.quantity
    assert {line.id: line.quantity for line in lines} == {line.id: quantity[line.id] for line in lines}
    assert {line.id: line.reserved for line in lines} == {line.id: reserved[line.id] for line in lines}
    assert verify(connection).differences == ()

    # what is reserved is what the live reservations hold
    kept = Counter()
    for row in connection.execute(select(reservations)):
        kept[row.balance_id] += row.quantity
    assert +kept == +reserved
    references = Counter()
    for row in connection.execute(select(reservations)):
        references[row.reference] += row.quantity
    assert +references == +sum((Counter({each.reference: each.units}) for each in model.kept), Counter())


def check_available(run, book):
    """`available` by SQL = by the pure rules over the same records, less live reservations on those units = by the
    model."""
    connection, at = run.connection, run.model.at
    lines = [line for line in lines_of(connection) if line.state not in ("issued", "in_transit")]
    stock = [
        StockLine(
            line.store, line.bin, BED, line.lot, line.quantity, line.state, line.made, line.expires, line.received
        )
        for line in lines
    ]
    names = {number: code for code, number in run.stores.items()}
    records = [
        MaintenanceRecord(names[row.store_id], BED, row.lot_code, row.kind, row.done_on, row.result)
        for row in connection.execute(select(maintenance).where(in_force))
    ]
    tiers = [StoreRecord("S0", "county"), StoreRecord("S1", "town")]

    def fit_units(chosen):
        return evaluate(as_of=at, book=book, stores=tiers, stock=chosen, maintenance=records).available

    expected = dict(fit_units(stock))
    live = connection.execute(select(reservations).where(reservations.c.quantity > 0)).all()
    by_id = dict(zip((line.id for line in lines), stock, strict=True))
    for row in live:
        if row.expires_at is None or row.expires_at > at:
            line = by_id[row.balance_id]
            if fit_units([line]).get((line.store, BED)):
                expected[line.store, BED] -= row.quantity
    found = available(connection, as_of=at)
    for code in ("S0", "S1"):
        assert found.get((code, BED), 0) == expected.get((code, BED), 0) == run.model.available(code)


@pytest.fixture
def run_steps(county, book):
    def run(steps):
        with county.connect() as connection, connection.begin() as whole:
            running = Run(connection)
            for name, *arguments in steps:
                getattr(running, name)(*arguments)
            check_book(running)
            check_available(running, book)
            whole.rollback()

    return run


COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


# passed again later on the day of the failure
MENDED = [
    ("receive", "S0", "L1", Decimal(1)), ("check", "S0", "L1", False), ("wait", 2), ("check", "S0", "L1", True),
    ("issue", "S0", Decimal(1)),
]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@example(steps=MENDED)
@settings(max_examples=150, **COMMON)
@given(steps=STEPS)
def test_whatever_is_done_the_book_is_right(run_steps, steps):
    run_steps(steps)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@settings(max_examples=25, phases=[Phase.generate], **COMMON)
@given(steps=STEPS)
def test_whatever_is_done_the_book_is_right_on_postgresql(run_steps, steps):
    run_steps(steps)


def test_a_long_day(run_steps):
    """One fixed sequence that meets every step, so that a step nobody can take is seen."""
    two, five = Decimal("2.5"), Decimal(5)
    run_steps(
        [("receive", "S0", lot, five) for lot in ("L3", "L1", "L2")]
        + [("keep", "S0", five, 40), ("keep", "S0", two, 1), ("issue", "S0", two), ("wait", 2), ("issue", "S0", two)]
        + [("back", "S0", Decimal("0.5"), False), ("back", "S0", Decimal("0.5"), True), ("move", "S0", two, "B")]
        + [("turn", "S0", Decimal(8), ["serviceable", "damaged"]), ("check", "S0", "L2", False), ("undo", 5)]
        + [("turn", "S0", Decimal(8), ["damaged", "serviceable"]), ("release", 3), ("wait", 48), ("wait", 48)]
        + [("check", "S0", "L2", True), ("issue", "S0", five), ("receive", "S1", "L2", two), ("undo", 12)]
    )


def test_the_ledger_keeps_every_operation_of_a_sequence(county, book):
    with county.connect() as connection, connection.begin() as whole:
        running = Run(connection)
        for _ in range(5):
            running.receive("S0", "L3", Decimal("0.1"))
            running.issue("S0", Decimal("0.1"))
        kinds = connection.execute(select(operations.c.kind).order_by(operations.c.id)).scalars().all()
        whole.rollback()
    assert kinds == ["RECEIVE", "ISSUE"] * 5
