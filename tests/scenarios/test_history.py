"""Plans on record and the way back to them, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from inventory.database import reading, transaction
from inventory.ledger.issue import issue
from inventory.ledger.post import Act
from inventory.ledger.reserve import issue_reserved
from inventory.ledger.stock_lines import available
from inventory.ledger.verify import verify
from inventory.tables.stock import reservations
from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from scenarios.build import five_fixed, problem_document
from scenarios.commit import Committed, InForceAlready, PlanStale, commit_plan, running_plan
from scenarios.deliveries import delivered, plan_reference
from scenarios.exchange.plan import dump_plan
from scenarios.history import UnknownPlan, list_plans, plan_on_record, roll_back
from scenarios.progress import NotOrdered, report_progress, standing
from scenarios.tables import orders, plans
from scenarios.tables import progress as reports
from scenarios.world import World

Key = tuple[str, str, str]
MakeAct = Callable[..., Act]
PlanOf = Callable[..., Plan]
Look = Callable[..., World]
ZERO = Decimal(0)


@pytest.fixture
def lines(look: Look) -> list[Key]:
    """Two lots of the county store of which at least ten may leave."""
    found = [(one.store, one.item, one.lot) for one in five_fixed(look()).lots
             if one.store == "SC0001" and one.dispatchable >= 10]  # fmt: skip
    return list({item: (store, item, lot) for store, item, lot in found}.values())[:2]


def commit(engine: Engine, plan: Plan, act: Act, world: World) -> Committed:
    with transaction(engine) as connection:
        return commit_plan(connection, plan, act=act, as_of=world.as_of)


def back(engine: Engine, number: int, act: Act, world: World) -> Committed:
    with transaction(engine) as connection:
        return roll_back(connection, number, act=act, as_of=world.as_of)[1]


def reserved(engine: Engine) -> Decimal:
    with reading(engine) as connection:
        assert verify(connection).differences == ()
        return Decimal(connection.execute(select(func.coalesce(func.sum(reservations.c.quantity), 0))).scalar_one())


def test_an_earlier_plan_comes_back_as_a_new_row_and_history_stays(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    first, second = plan_of({lines[0]: 3}), plan_of({lines[1]: 5})
    one, two = (commit(loaded, plan, act(), panshi) for plan in (first, second))
    with reading(loaded) as connection:
        before = connection.execute(select(plans.c.id, plans.c.content, plans.c.recorded_at)).all()
    done = back(loaded, one.plan, act(), panshi)
    assert done.replaces == two.plan
    assert dict(done.reserved) == {lines[0]: 3}
    assert dict(done.released) == {lines[1]: 5}
    with reading(loaded) as connection:
        assert running_plan(connection) == dump_plan(first)
        listed = list_plans(connection)
        assert [(row.status, row.same_as) for row in listed] == [
            ("superseded", None), ("superseded", None), ("committed", one.plan),
        ]  # fmt: skip
        assert listed[-1].as_of == panshi.as_of
        assert plan_on_record(connection, two.plan)[1] == dump_plan(second)
        after = connection.execute(select(plans.c.id, plans.c.content, plans.c.recorded_at)).all()
        assert after[:2] == before
        with pytest.raises(UnknownPlan) as unknown:
            plan_on_record(connection, 99)
    assert str(one.plan) in unknown.value.facts["known"]
    with pytest.raises(InForceAlready):
        back(loaded, done.plan, act(), panshi)
    assert reserved(loaded) == 3


def test_where_stock_has_gone_every_line_is_named_and_nothing_changes(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    one = commit(loaded, plan_of({lines[0]: 3, lines[1]: 4}), act(), panshi)
    second = plan_of({lines[1]: 5})
    commit(loaded, second, act(), panshi)
    store, item, lot = lines[0]
    with transaction(loaded) as connection:
        left = available(connection, as_of=panshi.as_of, store=store)[store, item]
        issue(connection, store=store, item=item, lot=lot, quantity=left - 1, act=act("RESCUE", key="gone"))
    with pytest.raises(PlanStale) as stale:
        back(loaded, one.plan, act(), panshi)
    assert [(change.store, change.item, change.lot, change.quantity) for change in stale.value.changes] == [
        (store, item, lot, 3)
    ]
    with reading(loaded) as connection:
        assert running_plan(connection) == dump_plan(second)
        assert len(list_plans(connection)) == 2
    assert reserved(loaded) == 5


def test_what_left_under_the_plan_that_comes_back_does_not_leave_again(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    one = commit(loaded, plan_of({lines[0]: 3}), act(), panshi)
    with transaction(loaded) as connection:
        issue_reserved(connection, reference=plan_reference("live"), act=act("RESCUE"))
    commit(loaded, plan_of({lines[1]: 5}), act(), panshi)
    back(loaded, one.plan, act(), panshi)
    assert reserved(loaded) == 0
    with reading(loaded) as connection:
        assert delivered(connection) == {("I001", lines[0][1]): 3}


def test_of_two_at_once_one_waits_and_both_are_on_record(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    one = commit(loaded, plan_of({lines[0]: 3}), act(), panshi)
    commit(loaded, plan_of({lines[1]: 5}), act(), panshi)
    third = plan_of({lines[0]: 2, lines[1]: 2})
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(back, loaded, one.plan, act(), panshi),
            pool.submit(commit, loaded, third, act(), panshi),
        ]
        done = [job.result() for job in jobs]
    with reading(loaded) as connection:
        listed = list_plans(connection)
        assert [row.status for row in listed] == ["superseded"] * 3 + ["committed"]
        assert {row.number for row in listed[2:]} == {result.plan for result in done}
        last = listed[-1].number
    assert reserved(loaded) == (3 if last == done[0].plan else 4)


def test_the_same_plan_twice_at_once_is_rolled_back_once(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    one = commit(loaded, plan_of({lines[0]: 3}), act(), panshi)
    commit(loaded, plan_of({lines[1]: 5}), act(), panshi)

    def attempt() -> Any:
        try:
            return back(loaded, one.plan, act(), panshi)
        except InForceAlready as refused:
            return refused

    with ThreadPoolExecutor(2) as pool:
        results = [job.result() for job in [pool.submit(attempt) for _ in range(2)]]
    assert sorted(type(result).__name__ for result in results) == ["Committed", "InForceAlready"]
    assert reserved(loaded) == 3


def test_reports_freeze_finish_and_are_never_changed(
    loaded: Engine, plan_of: PlanOf, act: MakeAct, panshi: World, look: Look
) -> None:
    task = next(row for row in panshi.tasks.rows())
    team = next(row["id"] for row in panshi.teams.rows() if task["capability"] in row["capabilities"])
    stop = Stop(task["incident"], task["id"], 60, 360, 360, 360 + task["service_s"], 360, "10")
    plan = replace(plan_of({}), team_orders=(TeamOrder(team, (stop,)),))
    commit(loaded, plan, act(), panshi)

    def report(state: str, **more: Any) -> None:
        with transaction(loaded) as connection:
            report_progress(connection, team=team, task=task["id"], state=state, act=act(), at=panshi.as_of, **more)

    def seen() -> tuple[list[Any], int]:
        document = problem_document(look())
        needed = [
            one["teams_needed"] for row in document["incidents"] for one in row["tasks"] if one["id"] == task["id"]
        ]
        return document.get("started", []), sum(needed)

    with pytest.raises(NotOrdered), transaction(loaded) as connection:
        report_progress(connection, team=team, task="K?", state="done", act=act())
    report("en_route", lat=27.9, lon=109.1)
    report("en_route", lat=27.9, lon=109.1)
    started, needed = seen()
    assert [(row["state"], row["lat"], row["task"]) for row in started] == [("en_route", 27.9, task["id"])]
    assert datetime.fromisoformat(started[0]["arrives_at"]) == panshi.as_of + timedelta(seconds=300)
    assert needed == task["teams_needed"]
    report("on_scene")
    assert [row["state"] for row in seen()[0]] == ["on_scene"]
    report("done")
    assert seen() == ([], task["teams_needed"] - 1)
    report("home")
    assert seen() == ([], task["teams_needed"] - 1)
    with reading(loaded) as connection:
        assert connection.execute(select(func.count()).select_from(reports)).scalar_one() == 4
        assert connection.execute(select(orders.c.status)).scalar_one() == "home"
        assert standing(connection).done == {(team, task["id"])}
