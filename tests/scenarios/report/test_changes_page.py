"""The page that tells what a re-plan changes."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from optimizer.dispatch.plan import Plan, Replans, TeamOrder
from optimizer.dispatch.replanning import diff
from scenarios.report import Label, Names, view_of
from scenarios.report.changes_page import changes_html
from scenarios.report.labels import Lang

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def running(case: Any) -> Plan:
    """The plan of the case as it was before: its first order on the second's team and that one's on none, one load
    less, one from elsewhere, one later."""
    plan: Plan = case.plan
    first, second, *others = plan.team_orders
    loads = list(plan.shipments)
    store = next(one.id for one in case.problem.stores if one.id not in {load.store for load in loads})
    loads[0] = replace(loads[0], store=store)
    loads[1] = replace(loads[1], arrive_s=loads[1].arrive_s + 600)
    orders = (TeamOrder(second.team, first.stops), *others)
    return replace(plan, team_orders=orders, shipments=tuple(loads[:-1]))


def page_of(case: Any, running: Plan, names: Names, lang: Lang = "zh") -> str:
    plan = replace(case.plan, replans=Replans("ab" * 32, 3))
    view = view_of(case.problem, plan, names=names, situation=case.situation)
    return changes_html(view, diff(running, plan), problem=case.problem, plan=plan, lang=lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_whole_says_both_languages_and_loads_nothing(case: Any, running: Plan, lang: Lang) -> None:
    page = page_of(case, running, case.names, lang)
    assert page == page_of(case, running, case.names, lang)
    assert f'data-lang="{lang}"' in page
    assert "default-src 'none'" in page
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page)) == {"plan.html"}
    for words in ("谁的任务变了", "whose orders change", "abababababab"):
        assert words in page


def test_what_moves_stands_with_both_and_what_stays_is_counted(case: Any, running: Plan) -> None:
    page = page_of(case, running, case.names)
    moved = case.plan.team_orders[0]
    was = running.team_orders[0].team
    called = case.names.name("teams", was)
    assert page.count(f"接替 {called.zh}") == len(moved.stops)
    assert page.count(f"交给 {case.names.name('teams', moved.team).zh}") == len(moved.stops)
    found = diff(running, case.plan)
    kept = sum(row.kind == "kept" for row in found.assignments)
    assert f"另有 {kept} 项照旧" in page
    assert "只是抵达时间有变" in page


def test_nothing_is_said_where_nothing_changes(case: Any) -> None:
    page = page_of(case, case.plan, case.names)
    assert page.count("没有变化。") == 2
    assert "没有增减" in page


def test_names_stay_text_and_what_is_gone_has_its_id(case: Any, running: Plan) -> None:
    order = running.team_orders[1]
    stop = replace(order.stops[0], task="gone-task", incident="gone-incident")
    before = replace(running, team_orders=(*running.team_orders, TeamOrder("gone-team", (stop,))))
    names = replace(case.names, stores={one.id: Label(HOSTILE, HOSTILE) for one in case.problem.stores})
    page = page_of(case, before, names)
    assert "<script>alert" not in page
    for gone in ("gone-team（已不可用）", "gone-task", "gone-incident"):
        assert gone in page


def test_missing_more_is_told_from_missing_less(case: Any, running: Plan) -> None:
    first, *rest = case.plan.unmet
    more = replace(case.plan, unmet=(replace(first, quantity=first.quantity + Decimal(5)), *rest[1:]))
    page = page_of(case, replace(running, unmet=more.unmet), case.names)
    section = page.split('id="unmet"')[1].split("</section>")[0]
    assert 'class="n strong good"' in section
    assert 'class="n strong bad"' in section
