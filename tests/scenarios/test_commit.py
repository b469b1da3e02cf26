"""Committing a plan: what it ships is reserved, a re-plan moves only the difference, and a stale plan moves nothing."""

from collections import Counter
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
from inventory.ledger.reserve import issue_reserved, reserve
from inventory.ledger.stock_lines import available
from inventory.ledger.verify import verify
from inventory.tables.goods import items, lots
from inventory.tables.places import stores
from inventory.tables.stock import balances, movements, reservations
from optimizer.dispatch.plan import Plan, Stop, TeamOrder
from scenarios.commit import Committed, NoRunningPlan, PlanOfOthers, PlanStale, cancel_plan, commit_plan, running_plan
from scenarios.deliveries import plan_reference
from scenarios.exchange.plan import dump_plan
from scenarios.incidents import UnknownSituation
from scenarios.tables import orders, plans, shipments
from scenarios.world import World

Key = tuple[str, str, str]
MakeAct = Callable[..., Act]
PlanOf = Callable[..., Plan]
Look = Callable[..., World]
ZERO = Decimal(0)


@pytest.fixture
def lines(look: Look) -> list[Key]:
    """Three lots of the county store of which at least ten may leave."""
    from scenarios.build import five_fixed

    found = [(one.store, one.item, one.lot) for one in five_fixed(look()).lots
             if one.store == "SC0001" and one.dispatchable >= 10]  # fmt: skip
    chosen = list({item: (store, item, lot) for store, item, lot in found}.values())[:3]
    assert len(chosen) == 3
    return chosen


@pytest.fixture
def commit(loaded: Engine, panshi: World, act: MakeAct) -> Callable[..., Committed]:
    def put_in_force(plan: Plan, *, until: datetime | None = None, **more: Any) -> Committed:
        with transaction(loaded) as connection:
            return commit_plan(connection, plan, act=act(**more), expires_at=until, as_of=panshi.as_of)

    return put_in_force


def held(engine: Engine) -> dict[Key, Decimal]:
    """What is reserved now, by lot."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(stores.c.code, items.c.code, lots.c.code, func.sum(reservations.c.quantity))
            .join(balances, balances.c.id == reservations.c.balance_id)
            .join(stores, stores.c.id == balances.c.store_id)
            .join(items, items.c.id == balances.c.item_id)
            .join(lots, lots.c.id == balances.c.lot_id)
            .where(reservations.c.quantity > ZERO)
            .group_by(stores.c.code, items.c.code, lots.c.code)
        )
        return {(store, item, lot): units for store, item, lot, units in rows}


def moved(engine: Engine) -> Counter[tuple[str, Decimal]]:
    """The RESERVE and RELEASE rows of the ledger, by kind and units."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(movements.c.kind, movements.c.quantity).where(movements.c.kind.in_(["RESERVE", "RELEASE"]))
        )
        return Counter((kind, units) for kind, units in rows)


def agrees(engine: Engine) -> None:
    with reading(engine) as connection:
        assert verify(connection).differences == ()


def test_exactly_the_lots_that_are_shipped_are_reserved(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed]
) -> None:
    plan = plan_of({lines[0]: 3, lines[1]: 5})
    done = commit(plan)
    assert dict(done.reserved) == {lines[0]: 3, lines[1]: 5}
    assert done.released == {}
    assert held(loaded) == {lines[0]: 3, lines[1]: 5}
    with reading(loaded) as connection:
        assert running_plan(connection) == dump_plan(plan)  # byte for byte
        assert connection.execute(select(func.count()).select_from(shipments)).scalar_one() == 2
        assert connection.execute(select(func.count()).select_from(orders)).scalar_one() == 0
    agrees(loaded)


@pytest.mark.parametrize("keys", [(None, None), ("k1", "k1"), ("k1", "k2")])
def test_committing_twice_reserves_nothing_new(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], keys: tuple[str | None, ...]
) -> None:
    plan = plan_of({lines[0]: 3, lines[1]: 5})
    commit(plan, key=keys[0])
    before = moved(loaded)
    again = commit(plan, key=keys[1])
    assert again.replayed is (keys == ("k1", "k1"))
    assert not again.reserved
    assert not again.released
    assert moved(loaded) == before
    assert held(loaded) == {lines[0]: 3, lines[1]: 5}


def test_what_has_left_for_the_plan_is_not_reserved_again(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], act: MakeAct, panshi: World
) -> None:
    plan = plan_of({lines[0]: 3, lines[1]: 5})
    commit(plan)
    store = lines[0][0]
    with transaction(loaded) as connection:
        issue_reserved(connection, reference=plan_reference("live"), act=act(at=panshi.as_of), store=store)
    assert held(loaded) == {}
    again = commit(plan)
    assert (dict(again.reserved), dict(again.released)) == ({}, {})
    assert held(loaded) == {}


def test_a_replan_moves_only_the_difference(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed]
) -> None:
    a, b, c = lines
    first = commit(plan_of({a: 3, b: 5}))
    before = moved(loaded)
    second = commit(plan_of({a: 3, b: 2, c: 4}))
    assert second.replaces == first.plan
    assert dict(second.released) == {b: 3}
    assert dict(second.reserved) == {c: 4}
    assert moved(loaded) - before == Counter({("RELEASE", Decimal(3)): 1, ("RESERVE", Decimal(4)): 1})
    assert held(loaded) == {a: 3, b: 2, c: 4}
    with reading(loaded) as connection:
        states = connection.execute(select(plans.c.status).order_by(plans.c.id)).scalars().all()
    assert states == ["superseded", "committed"]
    agrees(loaded)


def test_a_stale_plan_is_refused_with_every_line_and_nothing_changes(
    loaded: Engine, look: Look, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], act: MakeAct,
    panshi: World,
) -> None:  # fmt: skip
    a, b, c = lines
    free = {key: free_of(look(), key) for key in lines}
    commit(plan_of({c: 2}))
    with transaction(loaded) as connection:
        for store, item, lot in (a, b):  # meanwhile somebody takes all but one
            issue(connection, store=store, item=item, quantity=free[store, item, lot] - 1, lot=lot,
                  act=act("RESCUE", at=panshi.as_of))  # fmt: skip
    before, state = moved(loaded), held(loaded)
    with pytest.raises(PlanStale) as refused:
        commit(plan_of({a: 3, b: 4, c: 5}))
    changes = {(one.store, one.item, one.lot): (one.quantity, one.available) for one in refused.value.changes}
    assert changes == {a: (Decimal(3), Decimal(1)), b: (Decimal(4), Decimal(1))}
    assert refused.value.facts["lines"] == 2
    assert moved(loaded) == before
    assert held(loaded) == state == {c: 2}  # the plan before is still in force
    agrees(loaded)


def free_of(world: World, key: Key) -> Decimal:
    """The units of a lot that may leave, after the floor that its store keeps of the item."""
    from scenarios.build import five_fixed

    gates = [one for one in five_fixed(world).lots if (one.store, one.item) == key[:2]]
    floors = [floor or ZERO for store, item, floor in
              zip(*(world.stock[name] for name in ("store", "item", "reserve_floor")), strict=True)
              if (store, item) == key[:2]]  # fmt: skip
    mine = sum((one.dispatchable for one in gates if one.lot == key[2]), ZERO)
    return min(mine, sum((one.dispatchable for one in gates), ZERO) - max(floors))


def test_cancelling_sets_everything_free(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], act: MakeAct
) -> None:
    commit(plan_of({lines[0]: 3, lines[1]: 5}))
    with transaction(loaded) as connection:
        assert cancel_plan(connection, act=act("CANCELLED")) == {lines[0]: 3, lines[1]: 5}
    assert held(loaded) == {}
    with pytest.raises(NoRunningPlan), transaction(loaded) as connection:
        cancel_plan(connection, act=act("CANCELLED"))
    with pytest.raises(NoRunningPlan), reading(loaded) as connection:
        running_plan(connection)
    commit(plan_of({lines[0]: 3}))  # and it may start anew
    agrees(loaded)


def test_cancelling_sent_twice_is_answered_as_the_first_time(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], act: MakeAct
) -> None:
    commit(plan_of({lines[0]: 3, lines[1]: 5}))
    answers = []
    for _ in range(2):
        with transaction(loaded) as connection:
            answers.append(cancel_plan(connection, act=act("CANCELLED", key="c1")))
    assert answers == [{lines[0]: 3, lines[1]: 5}] * 2
    commit(plan_of({lines[0]: 1}))
    with transaction(loaded) as connection:  # even where there is another plan by now, which stays in force
        assert cancel_plan(connection, act=act("CANCELLED", key="c1")) == answers[0]
    assert held(loaded) == {lines[0]: 1}
    agrees(loaded)


def test_a_plan_for_later_leaves_alone_what_others_keep_until_then(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, act: MakeAct, panshi: World
) -> None:
    store, item, lot = lines[0]
    with transaction(loaded) as connection:
        hours = panshi.as_of + timedelta(hours=48)
        reserve(connection, store=store, item=item, quantity=Decimal(2), lot=lot, reference="convoy",
                act=act("RELIEF", at=panshi.as_of), expires_at=hours)  # fmt: skip
    with transaction(loaded) as connection:
        later = panshi.as_of + timedelta(days=3)
        commit_plan(connection, plan_of({lines[0]: 3}), act=act(at=panshi.as_of), as_of=later)
    assert held(loaded) == {lines[0]: 5}
    assert {kind for kind, _ in moved(loaded)} == {"RESERVE"}


def test_reserved_units_are_gone_for_others_and_there_for_the_replan(
    loaded: Engine, look: Look, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], panshi: World,
    problem_sha: Callable[[World], str], act: MakeAct,
) -> None:  # fmt: skip
    store, item, _ = lines[0]

    def spare() -> Decimal:
        with reading(loaded) as connection:
            return available(connection, as_of=panshi.as_of, store=store)[store, item]

    before = spare()
    commit(plan_of({lines[0]: 3}))
    assert spare() == before - 3
    assert problem_sha(look()) == problem_sha(panshi)  # the re-plan may move them elsewhere
    with transaction(loaded) as connection:
        from scenarios.live import load_world

        load_world(connection, panshi, act=act("OPENING"), roads=None, situation="drill", add=True)
    assert problem_sha(look(situation="drill")) != problem_sha(panshi)  # another situation has to do without


def test_a_reservation_that_ran_out_is_made_anew(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed], act: MakeAct
) -> None:
    now = act().at
    plan = plan_of({lines[0]: 3})
    commit(plan, until=now + timedelta(hours=1))
    later = now + timedelta(hours=2)
    done = commit(plan, at=later, until=later + timedelta(hours=1))
    assert dict(done.reserved) == {lines[0]: 3}
    assert held(loaded) == {lines[0]: 3}
    kept = commit(plan, at=later)  # and one that is kept goes on as long as the new commit says
    assert not kept.reserved
    with reading(loaded) as connection:
        until = connection.execute(select(reservations.c.expires_at).where(reservations.c.quantity > ZERO)).scalars()
        assert set(until) == {None}
    agrees(loaded)


def test_a_plan_of_the_solver_is_committed_as_it_is(
    loaded: Engine, look: Look, commit: Callable[..., Committed]
) -> None:
    from api.usecases import open_world, solve_loaded

    solved = solve_loaded(open_world(look()).loaded)
    plan = solved.plan
    commit(plan)
    wanted: dict[Key, Decimal] = {}
    for one in plan.shipments:
        wanted[one.store, one.item, one.lot] = wanted.get((one.store, one.item, one.lot), ZERO) + one.quantity
    assert held(loaded) == wanted
    again = solve_loaded(open_world(look()).loaded)
    assert dump_plan(again.plan) == dump_plan(plan)  # its own reservations do not disturb the re-plan
    assert not commit(again.plan).reserved
    with reading(loaded) as connection:
        stops = sum(len(order.stops) for order in plan.team_orders)
        number = select(func.max(plans.c.id)).scalar_subquery()
        assert connection.execute(select(func.count()).where(orders.c.plan_id == number)).scalar_one() == stops > 0
    agrees(loaded)


def test_a_plan_for_a_situation_that_is_not_there_is_refused(loaded: Engine, plan_of: PlanOf, act: MakeAct) -> None:
    with pytest.raises(UnknownSituation), transaction(loaded) as connection:
        commit_plan(connection, plan_of({}), act=act(), situation="none")


def test_two_commits_at_once_wait_for_each_other(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed]
) -> None:
    """The first of a situation has no plan before it to wait at."""
    wanted = [plan_of({lines[0]: units}) for units in (1, 2, 3, 4)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        done = list(pool.map(commit, wanted))
    last = max(done, key=lambda one: one.plan)
    assert sorted(one.replaces is None for one in done) == [False, False, False, True]
    with reading(loaded) as connection:
        assert running_plan(connection) == dump_plan(wanted[done.index(last)])
    assert held(loaded) == {lines[0]: done.index(last) + 1}
    agrees(loaded)


def test_the_plan_of_another_problem_sets_nothing_free(
    loaded: Engine, lines: list[Key], plan_of: PlanOf, commit: Callable[..., Committed]
) -> None:
    commit(plan_of({lines[0]: 3}))
    before = moved(loaded)
    foreign = (
        replace(plan_of({}), team_orders=(TeamOrder("T1", (Stop("I9", "K9", 0, 60, 60, 120, 60, None),)),)),
        replace(plan_of({lines[0]: 3}), shipments=tuple(
            replace(one, incident="I9") for one in plan_of({lines[0]: 3}).shipments)),
    )  # fmt: skip
    for plan in foreign:
        with pytest.raises(PlanOfOthers, match="9"):
            commit(plan)
    assert moved(loaded) == before
    assert held(loaded) == {lines[0]: 3}
