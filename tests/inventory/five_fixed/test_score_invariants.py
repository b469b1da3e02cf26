"""The score of any store: between 0 and 1, and never better for anything that got worse."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import load_catalogue
from inventory.five_fixed import (
    PRESETS,
    CustodianRecord,
    MaintenanceRecord,
    StockLine,
    StoreRecord,
    evaluate,
    load_rule_book,
    load_rule_set,
    scores,
)
from inventory.kinds import KINDS, STATES, STORE_WIDE

DAY = date(2024, 6, 15)
BOOK = load_rule_book(load_catalogue())
STORES = [StoreRecord("S1", "county"), StoreRecord("S2", "village")]
ITEMS = ["M013", "M022", "M026", "M030", "M059"]  # M022: disinfected
LOTS = [None, "L1", "L2"]

ages = st.sampled_from([0, 1, 20, 29, 30, 35, 36, 65, 66, 100, 400, 3650, 4000]).map(
    lambda ago: DAY - timedelta(days=ago)
)
expiries = st.none() | st.integers(-3, 40).map(lambda ahead: DAY + timedelta(days=ahead))
lines = st.builds(
    StockLine,
    store=st.just("S1"),
    bin=st.sampled_from([None, "A-1", "B-2"]),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from(LOTS),
    quantity=st.integers(0, 60),
    state=st.sampled_from(["serviceable", "serviceable", *sorted(STATES)]),
    made=st.none() | ages,
    expires=expiries,
    received=st.none() | ages,
)
unit_checks = st.builds(
    MaintenanceRecord,
    store=st.just("S1"),
    item=st.sampled_from(ITEMS),
    lot=st.sampled_from(LOTS),
    kind=st.sampled_from(sorted(KINDS)),
    last_done=ages,
    result=st.sampled_from(["PASSED", "PASSED", "FAILED"]),
)
rounds = st.builds(
    MaintenanceRecord,
    store=st.just("S1"),
    item=st.none(),
    lot=st.none(),
    kind=st.sampled_from(sorted(STORE_WIDE)),
    last_done=ages,
    result=st.sampled_from(["PASSED", "FAILED"]),
)
LONG_AGO = DAY - timedelta(days=4000)
pair = (
    CustodianRecord("S1", None, None, "P1", "1001", "primary", LONG_AGO),
    CustodianRecord("S1", None, None, "P2", "1002", "deputy", LONG_AGO),
)
keepers = st.builds(
    CustodianRecord,
    store=st.just("S1"),
    bin=st.sampled_from([None, "A-1"]),
    item=st.sampled_from(["M026", "M030", "M053"]),
    person=st.sampled_from(["P3", "P4"]),
    phone=st.just("1003"),
    role=st.sampled_from(["primary", "deputy"]),
    valid_from=st.just(LONG_AGO),
)
stocks = st.lists(lines, max_size=8)
histories = st.lists(unit_checks | rounds, max_size=8)
presets = st.sampled_from(PRESETS)


def score(preset, stock, maintenance=(), people=pair, day=DAY):
    report = evaluate(as_of=day, book=BOOK, stores=STORES, stock=stock, maintenance=maintenance, custodians=people)
    found = scores(report, stores=STORES, stock=stock, book=BOOK, rule_set=load_rule_set(preset))
    return found[0], report


@given(preset=presets, stock=stocks, maintenance=histories, people=st.lists(keepers, max_size=4))
def test_scores_and_shares_lie_between_0_and_1(preset, stock, maintenance, people):
    found, report = score(preset, stock, maintenance, people)
    assert 0 <= found.score <= 1
    assert all(0 <= rule.share <= 1 for rule in found.rules)
    assert found.serviceable_share is None or 0 <= found.serviceable_share <= 1
    mine = [each for each in report.findings if each.store == "S1"]
    assert found.critical + found.major + found.minor == sum(rule.findings for rule in found.rules) == len(mine)
    assert found.failed == any(each.severity == "critical" for each in mine)


@given(preset=presets, stock=stocks, maintenance=histories, days=st.sampled_from([1, 2, 7, 30, 60, 400]))
def test_the_score_never_rises_when_days_pass_and_tasks_become_overdue(preset, stock, maintenance, days):
    today, _ = score(preset, stock, maintenance)
    later, _ = score(preset, stock, maintenance, day=DAY + timedelta(days=days))
    assert later.score <= today.score
    for before, after in zip(today.rules, later.rules, strict=True):
        assert after.share <= before.share
        assert after.judged == before.judged


@given(preset=presets, stock=stocks, maintenance=histories, failed=unit_checks | rounds)
def test_the_score_never_rises_when_a_check_fails_today(preset, stock, maintenance, failed):
    record = MaintenanceRecord("S1", failed.item, failed.lot, failed.kind, DAY, "FAILED")
    before, _ = score(preset, stock, maintenance)
    after, _ = score(preset, stock, [*maintenance, record])
    assert after.score <= before.score


@given(preset=presets, stock=stocks, people=st.lists(keepers, max_size=4), data=st.data())
def test_the_score_never_rises_when_a_custodian_goes_unless_that_mends_a_finding(preset, stock, people, data):
    everyone = [*pair, *people]
    gone = data.draw(st.integers(0, len(everyone) - 1))
    before, findings = score(preset, stock, people=everyone)
    after, left = score(preset, stock, people=[*everyone[:gone], *everyone[gone + 1 :]])
    mended = {str(each) for each in findings.findings} - {str(each) for each in left.findings}
    assert after.score <= before.score or mended
    if gone < len(pair):  # the store's own pair is in order
        assert after.score <= before.score


@pytest.mark.parametrize("state", ["quarantined", "recalled", "expired"])
@given(preset=presets, stock=stocks, data=st.data())
def test_units_going_bad_never_make_a_checks_share_better(state, preset, stock, data):
    good = [index for index, line in enumerate(stock) if line.state == "serviceable"]
    if not good:
        return
    index = data.draw(st.sampled_from(good))
    line = stock[index]
    bad = StockLine(
        line.store, line.bin, line.item, line.lot, line.quantity, state, line.made, line.expires, line.received
    )
    whole = [other for other in stock if (other.item, other.lot) == (line.item, line.lot) and other.quantity > 0]
    if len(whole) != 1:
        return  # a lot has one day of manufacture; which of several counts is another matter
    before, _ = score("general", stock)
    after, _ = score("general", [*stock[:index], bad, *stock[index + 1 :]])
    assert after.rules[4].share <= before.rules[4].share
    assert after.rules[4].judged == before.rules[4].judged


@given(preset=presets, stock=stocks, maintenance=histories, data=st.data())
def test_the_order_of_the_records_changes_no_score(preset, stock, maintenance, data):
    shuffled = [data.draw(st.permutations(records)) for records in (stock, maintenance)]
    assert score(preset, *shuffled) == score(preset, stock, maintenance)


@given(preset=presets, stock=stocks, maintenance=histories)
def test_findings_due_soon_lower_nothing(preset, stock, maintenance):
    found, report = score(preset, stock, maintenance)
    soon = [each for each in report.findings if each.code in ("DUE_SOON", "ROUND_DUE_SOON")]
    bare = type(report)(
        report.day, tuple(each for each in report.findings if each not in soon), report.lots, report.available, 0
    )
    without = scores(bare, stores=STORES, stock=stock, book=BOOK, rule_set=load_rule_set(preset))[0]
    assert (without.score, without.overdue, without.due_soon) == (found.score, found.overdue, 0)
