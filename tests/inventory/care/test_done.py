"""Tasks done: what passed, what failed, with evidence; and what that does to the stock at once."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory.care.done import AnotherWay, BadEvidence, DoneInFuture, UnknownTask, assign_task, finish_task
from inventory.care.evaluate import evaluate_stock
from inventory.care.views import list_findings
from inventory.ledger.choose import Override
from inventory.ledger.count import Counted, approve_count, close_count, enter_counts, open_count
from inventory.ledger.errors import NotDispatchable, OverrideIncomplete, WrongState
from inventory.ledger.issue import issue
from inventory.ledger.move import change_state
from inventory.ledger.pages import open_reservations
from inventory.ledger.reserve import reserve
from inventory.ledger.stock_lines import available
from inventory.tables.base import Quantity
from inventory.tables.care import attachments, maintenance, overrides
from inventory.tables.goods import lots
from inventory.tables.places import bins
from inventory.tables.stock import balances

BED, EXTINGUISHER = "M003", "M059"
TODAY = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
INSPECT = f"S0/{EXTINGUISHER}/E/INSPECT"


@pytest.fixture
def overdue(stock, checked, evaluated):
    """Thirty extinguishers whose inspection, which blocks, is 40 days late."""
    stock("S0", EXTINGUISHER, 30, lot="E", made=date(2025, 1, 1))
    checked("S0", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=70))
    evaluated()


def on_shelf(session, item, *, lot="L1"):
    rows = session.execute(
        select(balances.c.state, bins.c.code, func.sum(balances.c.quantity).cast(Quantity))
        .join(lots, lots.c.id == balances.c.lot_id)
        .outerjoin(bins, bins.c.id == balances.c.bin_id)
        .where(lots.c.code == lot, balances.c.quantity > 0)
        .group_by(balances.c.state, bins.c.code)
    )
    return {(state, bin_): units for state, bin_, units in rows}


def test_an_overdue_check_that_blocks_keeps_units_in_until_it_is_done(session, overdue, act):
    with pytest.raises(NotDispatchable) as refusal:
        issue(session, store="S0", item=EXTINGUISHER, quantity=Decimal(5), act=act(reason="RESCUE", key="k"))
    assert refusal.value.facts["tasks"] == [INSPECT]
    finish_task(session, task=INSPECT, act=act(reason="CORRECTION"))
    assert not issue(session, store="S0", item=EXTINGUISHER, quantity=Decimal(5), act=act(reason="RESCUE")).replayed


def test_the_gate_is_lifted_in_an_emergency_only_with_name_and_reason_and_that_is_on_record(session, overdue, act):
    what = {"store": "S0", "item": EXTINGUISHER, "quantity": Decimal(5)}
    with pytest.raises(OverrideIncomplete):
        issue(session, **what, act=act(reason="RESCUE"), override=Override(person="县长", reason=" "))
    issue(session, **what, act=act(reason="RESCUE"), override=Override(person="县长", reason="山火逼近"))
    row = session.execute(select(overrides)).one()
    assert (row.person, row.reason, row.quantity, row.blocked) == ("县长", "山火逼近", Decimal(5), [INSPECT])


def test_a_check_passed_is_on_record_and_its_clock_begins_anew_on_the_day_it_was_done(
    session, overdue, evaluated, act, states
):
    day = TODAY - timedelta(days=3)
    number = finish_task(session, task=INSPECT, act=act(actor="zhang", note="压力正常"), done_on=day)
    row = session.execute(select(maintenance).where(maintenance.c.id == number)).one()
    assert (row.lot_code, row.kind, row.done_on, row.result, row.actor, row.note) == (
        "E", "INSPECT", day, "PASSED", "zhang", "压力正常",
    )  # fmt: skip
    assert states(INSPECT) == ["done"]
    evaluated()
    assert not [row for row in list_findings(session, store="S0") if row.kind == "INSPECT"]
    evaluated(days=33)  # 36 days after it was done: one over the grace
    late = [row for row in list_findings(session, store="S0") if row.kind == "INSPECT"]
    assert [(row.code, row.due) for row in late] == [("OVERDUE", day + timedelta(days=30))]
    assert states(INSPECT) == ["done", "open"]


def test_a_check_that_failed_makes_the_lot_unserviceable_at_once_and_the_clock_runs_on(
    session, stock, checked, evaluated, act, states
):
    stock("S0", EXTINGUISHER, 30, lot="E")
    checked("S0", EXTINGUISHER, "INSPECT", TODAY - timedelta(days=28))
    evaluated()
    assert available(session, as_of=act().at)["S0", EXTINGUISHER] == 30
    finish_task(session, task=INSPECT, act=act(), passed=False)
    assert available(session, as_of=act().at)["S0", EXTINGUISHER] == 0
    with pytest.raises(NotDispatchable):
        issue(session, store="S0", item=EXTINGUISHER, quantity=Decimal(1), act=act(reason="RESCUE"))
    assert states(INSPECT) == ["failed", "open"]  # it must be mended and checked again
    evaluated(days=9)  # 37 days after the last pass: overdue, as if nobody had looked
    codes = {row.code for row in list_findings(session, store="S0") if row.kind == "INSPECT"}
    assert "CHECK_FAILED" in codes
    assert states(INSPECT) == ["failed", "open"]


def test_the_same_check_passed_on_a_later_day_makes_it_serviceable_again(session, overdue, evaluated, act):
    finish_task(session, task=INSPECT, act=act(), passed=False)
    evaluated(days=1)
    finish_task(session, task=INSPECT, act=act(at=act().at + timedelta(days=1)))
    assert available(session, as_of=act().at + timedelta(days=1))["S0", EXTINGUISHER] == 30


def test_nothing_is_done_tomorrow(session, overdue, act, states):
    with pytest.raises(DoneInFuture) as refusal:
        finish_task(session, task=INSPECT, act=act(), done_on=TODAY + timedelta(days=1))
    assert refusal.value.facts["day"] == TODAY + timedelta(days=1)
    assert states(INSPECT) == ["open"]


def test_today_is_the_day_in_shanghai(session, overdue, act):
    late = act(at=act().at.replace(hour=17))  # already the 16th there
    assert finish_task(session, task=INSPECT, act=late, done_on=TODAY + timedelta(days=1)) is not None


@pytest.mark.parametrize("key", [f"S0/{EXTINGUISHER}/E/SERVICE", "", "S9/M001/L/INSPECT"])
def test_a_task_there_is_not_cannot_be_done_or_assigned(session, overdue, act, key):
    with pytest.raises(UnknownTask):
        finish_task(session, task=key, act=act())
    with pytest.raises(UnknownTask):
        assign_task(session, task=key, assignee="zhang")


def test_a_task_is_done_once(session, overdue, act):
    finish_task(session, task=INSPECT, act=act())
    with pytest.raises(UnknownTask):
        finish_task(session, task=INSPECT, act=act())


def test_a_task_is_assigned_only_by_those_of_its_place(session, overdue, todo):
    with pytest.raises(UnknownTask):
        assign_task(session, task=INSPECT, assignee="zhang", at_place="520600100000")
    assign_task(session, task=INSPECT, assignee="zhang", at_place="520600000000")
    assert [(row.status, row.assignee) for row in todo(kind="INSPECT")] == [("assigned", "zhang")]


def test_evidence_is_kept_outside_the_rows_under_its_hash_and_once(session, overdue, act, tmp_path):
    photo = tmp_path / "仪表.JPG"
    photo.write_bytes(b"\xff\xd8 a gauge in the green")
    copy = tmp_path / "again.jpg"
    copy.write_bytes(photo.read_bytes())
    folder = tmp_path / "kept"
    finish_task(session, task=INSPECT, act=act(actor="zhang"), evidence=(photo, copy), folder=folder)
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [
        f"{digest[:2]}/{digest}"
    ]
    rows = session.execute(select(attachments).order_by(attachments.c.id)).all()
    assert [(row.sha256, row.name, row.media_type, row.about, row.actor) for row in rows] == [
        (digest, "仪表.JPG", "image/jpeg", INSPECT, "zhang"),
        (digest, "again.jpg", "image/jpeg", INSPECT, "zhang"),
    ]


@pytest.mark.parametrize("name", ["none.jpg", "empty.jpg", "macro.exe"])
def test_evidence_that_is_missing_empty_or_of_another_kind_is_refused(session, overdue, act, tmp_path, name, states):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "macro.exe").write_bytes(b"MZ")
    point = session.begin_nested()
    with pytest.raises(BadEvidence) as refusal:
        finish_task(session, task=INSPECT, act=act(), evidence=(tmp_path / name,), folder=tmp_path / "kept")
    point.rollback()
    assert name in refusal.value.facts["file"]
    assert states(INSPECT) == ["open"]


def test_units_that_stand_in_no_bin_are_put_away_by_naming_one(session, stock, evaluated, act, states):
    stock("S0", BED, 7, bin=None)
    evaluated()
    key = f"S0/{BED}/L1/PUT_AWAY"
    with pytest.raises(AnotherWay):
        finish_task(session, task=key, act=act())
    finish_task(session, task=key, act=act(), bin="B-2")
    assert on_shelf(session, BED) == {("serviceable", "B-2"): Decimal(7)}
    assert states(key) == ["done"]
    assert evaluated().tasks_opened == 0


@pytest.mark.parametrize(("state", "kind"), [("damaged", "REPAIR"), ("quarantined", "RELEASE")])
def test_units_that_were_mended_or_released_are_serviceable_again(session, stock, evaluated, act, states, state, kind):
    stock("S0", BED, 7)
    what = {"store": "S0", "item": BED, "quantity": Decimal(3), "state": "serviceable"}
    change_state(session, **what, to_state=state, act=act(reason="DAMAGE"))
    evaluated()
    key = f"S0/{BED}/L1/{kind}"
    finish_task(session, task=key, act=act())
    assert on_shelf(session, BED) == {("serviceable", "A-1"): Decimal(7)}
    assert states(key) == ["done"]


def test_a_repair_that_came_to_nothing_leaves_them_as_they_are(session, stock, evaluated, act, states):
    stock("S0", BED, 7)
    change_state(session, store="S0", item=BED, quantity=Decimal(3), state="serviceable", to_state="damaged",
                 act=act(reason="DAMAGE"))  # fmt: skip
    evaluated()
    finish_task(session, task=f"S0/{BED}/L1/REPAIR", act=act(), passed=False)
    assert on_shelf(session, BED)["damaged", "A-1"] == 3
    evaluated()
    assert states(f"S0/{BED}/L1/REPAIR") == ["failed", "open"]


def test_expired_units_are_written_off(session, stock, evaluated, act):
    stock("S0", "M013", 9, expires=TODAY - timedelta(days=1))
    stock("S0", "M013", 4, lot="L2", expires=TODAY)
    evaluated()
    key = "S0/M013/L1/WRITE_OFF"
    point = session.begin_nested()
    with pytest.raises(WrongState):
        finish_task(session, task=key, act=act(), passed=False)
    point.rollback()
    finish_task(session, task=key, act=act())
    assert on_shelf(session, "M013") == {}
    assert on_shelf(session, "M013", lot="L2") == {("serviceable", "A-1"): Decimal(4)}


def test_only_expired_units_are_written_off_though_some_are_reserved(session, stock, evaluated, act):
    for expires, units in ((TODAY + timedelta(days=5), 10), (TODAY + timedelta(days=900), 100)):
        stock("S0", "M013", units, lot="", expires=expires)
    reserve(session, store="S0", item="M013", quantity=Decimal(5), act=act(reason="PLAN"), reference="P1")
    later = AT + timedelta(days=10)
    evaluate_stock(session, as_of=later, at=later)
    finish_task(session, task="S0/M013/-/WRITE_OFF", act=act(at=later))
    assert on_shelf(session, "M013", lot="") == {("serviceable", "A-1"): Decimal(100)}
    assert open_reservations(session) == []


def test_units_past_retirement_leave_the_book_and_the_task_does_not_come_back(session, stock, evaluated, act, states):
    stock("S0", EXTINGUISHER, 3, lot="OLD", made=date(2012, 1, 1))
    stock("S0", EXTINGUISHER, 4, lot="NEW", made=date(2026, 1, 1))
    evaluated()
    key = f"S0/{EXTINGUISHER}/OLD/RETIRE"
    finish_task(session, task=key, act=act())
    assert on_shelf(session, EXTINGUISHER, lot="OLD") == {}
    assert on_shelf(session, EXTINGUISHER, lot="NEW") == {("serviceable", "A-1"): Decimal(4)}
    evaluated()
    assert states(key) == ["done"]


def test_what_was_mended_and_checked_again_the_same_day_may_go(session, overdue, act, states):
    finish_task(session, task=INSPECT, act=act(), passed=False)
    with pytest.raises(NotDispatchable):
        issue(session, store="S0", item=EXTINGUISHER, quantity=Decimal(1), act=act(reason="RESCUE", key="k"))
    assert available(session, as_of=AT).get(("S0", EXTINGUISHER)) == 0
    finish_task(session, task=INSPECT, act=act(at=AT + timedelta(hours=2)))
    assert states(INSPECT) == ["failed", "done"]
    assert available(session, as_of=AT)["S0", EXTINGUISHER] == 30
    issue(session, store="S0", item=EXTINGUISHER, quantity=Decimal(1), act=act(reason="RESCUE"))


def test_a_stocktake_that_is_approved_does_its_task(session, stock, evaluated, act, states):
    stock("S0", BED, 3)
    evaluated()
    assert states("S0/STOCKTAKE") == ["open"]
    number = open_count(session, store="S0", act=act(reason="COUNT"))
    enter_counts(session, number=number, counted=[Counted(item=BED, lot="L1", quantity=Decimal(3))], act=act())
    close_count(session, number=number, act=act())
    approve_count(session, number=number, act=act(actor="boss"))
    assert states("S0/STOCKTAKE") == ["done"]
