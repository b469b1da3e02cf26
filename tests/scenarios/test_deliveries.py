"""What has left under a plan is not planned again: the needs it left for are less by it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from inventory.database import reading, transaction
from inventory.ledger.errors import UnknownOrder
from inventory.ledger.issue import give_back
from inventory.ledger.post import Act
from inventory.ledger.reserve import issue_reserved
from inventory.ledger.reverse import reverse
from inventory.tables.goods import items
from inventory.tables.stock import operations
from optimizer.dispatch.plan import Plan
from scenarios.build import problem_document
from scenarios.commit import cancel_plan, commit_plan
from scenarios.deliveries import delivered, plan_reference
from scenarios.tables import LIVE, incident_demands, incidents
from scenarios.world import World

MakeAct = Callable[..., Act]
PlanOf = Callable[..., Plan]
Look = Callable[..., World]
Key = tuple[str, str, str]


@pytest.fixture
def lots(look: Look) -> list[Key]:
    """Lots of two items in the county store, and of one in another, of which at least ten may leave."""
    from scenarios.build import five_fixed

    found = [(one.store, one.item, one.lot) for one in five_fixed(look()).lots if one.dispatchable >= 10]
    here = list({item: (store, item, lot) for store, item, lot in found if store == "SC0001"}.values())[:2]
    return [*here, next(key for key in found if key[0] != "SC0001")]


@pytest.fixture
def commit(loaded: Engine, panshi: World, act: MakeAct) -> Callable[[Plan], None]:
    def put_in_force(plan: Plan) -> None:
        with transaction(loaded) as connection:
            commit_plan(connection, plan, act=act(), as_of=panshi.as_of)

    return put_in_force


@pytest.fixture
def second(loaded: Engine) -> None:
    """Another incident of the situation, I7."""
    with transaction(loaded) as connection:
        row = dict(connection.execute(select(incidents)).mappings().first() or {})
        connection.execute(insert(incidents), {name: row[name] for name in row if name != "id"} | {"code": "I7"})


@pytest.fixture
def send(loaded: Engine, panshi: World, act: MakeAct) -> Callable[..., int]:
    """What is kept for the plan leaves, of one store or of all."""

    def leave(store: str | None = None) -> int:
        with transaction(loaded) as connection:
            return issue_reserved(
                connection, reference=plan_reference(LIVE), act=act(at=panshi.as_of), store=store
            ).id  # fmt: skip

    return leave


@pytest.fixture
def sent(loaded: Engine) -> Callable[[], dict[tuple[str, str], Decimal]]:
    def read() -> dict[tuple[str, str], Decimal]:
        with reading(loaded) as connection:
            return delivered(connection)

    return read


def to(plan: Plan, *whither: str) -> Plan:
    """The same shipments to these incidents."""
    goods = [replace(one, incident=incident) for one, incident in zip(plan.shipments, whither, strict=True)]
    return replace(plan, shipments=tuple(goods))


def total(plan: Plan) -> Decimal:
    return sum((one.quantity for one in plan.shipments), Decimal(0))


def solve(world: World) -> Plan:
    from api.usecases import open_world, solve_loaded

    return solve_loaded(open_world(world).loaded).plan


def state_needs(engine: Engine, needs: Mapping[str, int]) -> None:
    """Somebody asked what the people of I001 need."""
    with transaction(engine) as connection:
        one = connection.execute(select(incidents.c.id).where(incidents.c.code == "I001")).scalar_one()
        for item, units in needs.items():
            which = connection.execute(select(items.c.id).where(items.c.code == item)).scalar_one()
            row = {"incident_id": one, "item_id": which, "quantity": Decimal(units)}
            connection.execute(insert(incident_demands), row)


def needs_of(world: World) -> Any:
    (incident,) = problem_document(world)["incidents"]
    return {row["item"]: row["quantity"] for row in incident["demands"]} if "demands" in incident else None


@pytest.mark.parametrize("stated", [True, False], ids=["needs stated", "needs estimated"])
def test_a_replan_ships_only_what_has_not_left_yet(
    loaded: Engine, look: Look, commit: Callable[..., None], send: Callable[..., int], stated: bool
) -> None:
    with reading(loaded) as connection:
        asked = connection.execute(select(func.count()).select_from(incident_demands)).scalar_one()
    assert not asked  # else the other half tests nothing
    if stated:
        state_needs(loaded, {"M003": 5, "M013": 12})
    first = solve(look())
    stores = sorted({one.store for one in first.shipments})
    assert first.shipments
    commit(first)
    send(stores[0])
    gone = sum((one.quantity for one in first.shipments if one.store == stores[0]), Decimal(0))
    second = solve(look())
    assert total(second) == total(first) - gone
    if second.shipments:
        commit(second)
        send()
    third = solve(look())
    assert not third.shipments
    assert third.unmet == second.unmet
    assert needs_of(look()) is not None  # an explicit list, empty or not


def test_needs_that_are_met_are_not_estimated_anew(
    loaded: Engine, look: Look, lots: list[Key], plan_of: PlanOf, commit: Callable[..., None],
    send: Callable[..., int],
) -> None:  # fmt: skip
    a, b, _ = lots
    state_needs(loaded, {a[1]: 3, b[1]: 9})
    commit(plan_of({a: 3, b: 5}))
    assert needs_of(look()) == {a[1]: 3, b[1]: 9}  # kept is not sent
    send()
    assert needs_of(look()) == {b[1]: 4}
    commit(plan_of({b: 4}))
    send()
    assert needs_of(look()) == {}


def test_another_kind_of_the_same_food_is_not_asked_for_instead(look: Look) -> None:
    """What is estimated turns to what there is most of: here to another item once the first has left."""
    world = look()
    (row,) = world.incidents.rows()
    from scenarios.exchange.load import with_estimated_demands
    from scenarios.exchange.problem import parse_problem

    file, _ = with_estimated_demands(parse_problem(problem_document(world), source="world"))
    first = {one.item: one.quantity for one in file.incidents[0].demands or ()}
    met = replace(world, delivered={(row["id"], item): units for item, units in first.items()})
    columns = dict(met.stock.columns)
    columns["quantity"] = [Decimal(0) if item in first else units for item, units in
                           zip(columns["item"], columns["quantity"], strict=True)]  # fmt: skip
    assert needs_of(replace(met, stock=replace(met.stock, columns=columns))) == {}


@pytest.mark.usefixtures("second")
def test_a_lot_for_several_incidents_goes_to_them_in_the_order_of_the_shipments(
    loaded: Engine, lots: list[Key], plan_of: PlanOf, commit: Callable[..., None], send: Callable[..., int],
    sent: Callable[..., Any],
) -> None:  # fmt: skip
    a, _, far = lots
    one = plan_of({a: 3, far: 2})
    again = replace(one.shipments[0], id="S9", incident="I7", quantity=Decimal(4))
    plan = replace(to(one, "I001", "I7"), shipments=(*to(one, "I001", "I7").shipments, again))
    commit(plan)
    assert sent() == {}
    send(a[0])
    assert sent() == {("I001", a[1]): 3, ("I7", a[1]): 4}
    commit(plan)  # the same again: nothing of it twice
    send()
    expected = {("I001", a[1]): Decimal(3), ("I7", a[1]): Decimal(4)}
    expected["I7", far[1]] = expected.get(("I7", far[1]), Decimal(0)) + 2
    assert sent() == expected
    commit(plan)
    with pytest.raises(UnknownOrder):  # nor the third time
        send()


@pytest.mark.usefixtures("second")
def test_what_left_under_an_earlier_plan_stays_where_that_plan_sent_it(
    loaded: Engine, lots: list[Key], plan_of: PlanOf, commit: Callable[..., None], send: Callable[..., int],
    sent: Callable[..., Any], act: MakeAct,
) -> None:  # fmt: skip
    a, b, _ = lots
    commit(plan_of({a: 3}))
    send()
    commit(to(plan_of({a: 2, b: 1}), "I7", "I7"))
    send()
    assert sent() == {("I001", a[1]): 3, ("I7", a[1]): 2, ("I7", b[1]): 1}
    with transaction(loaded) as connection:
        cancel_plan(connection, act=act("CANCELLED"))
    assert len(sent()) == 3  # cancelled after it had left


def test_units_that_come_back_were_there_but_a_mistake_never_was(
    loaded: Engine, lots: list[Key], plan_of: PlanOf, commit: Callable[..., None], send: Callable[..., int],
    sent: Callable[..., Any], act: MakeAct, panshi: World,
) -> None:  # fmt: skip
    a, _, far = lots
    commit(plan_of({a: 3, far: 2}))
    send(a[0])
    other = send()
    store, item, lot = a
    with transaction(loaded) as connection:
        give_back(connection, store=store, item=item, quantity=Decimal(3), lot=lot or None,
                  act=act("GIVE_BACK", at=panshi.as_of))  # fmt: skip
        reverse(connection, operation=other, act=act("CORRECTION", at=panshi.as_of))
        assert connection.execute(select(operations.c.reverses_id).where(operations.c.reverses_id == other)).all()
    assert sent() == {("I001", a[1]): 3}
