"""The database as a World: what goes in comes out as the same problem."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, insert, update

from inventory.database import reading, transaction
from inventory.five_fixed import CheckOverride, RuleOverrides
from inventory.ledger.post import Act
from inventory.ledger.reserve import reserve
from inventory.ledger.rules import save_overrides
from inventory.tables.forces import teams
from inventory.tables.places import places
from scenarios.incidents import UnknownSituation, close_incident
from scenarios.live import NotEmpty, live_world, load_world
from scenarios.world import World

MakeAct = Callable[..., Act]
Look = Callable[..., World]


def test_a_scenario_comes_back_as_the_same_problem(
    look: Look, panshi: World, problem_sha: Callable[[World], str]
) -> None:
    live = look()
    assert problem_sha(live) == problem_sha(panshi)
    assert (live.title_zh, live.as_of) == (panshi.title_zh, panshi.as_of)
    assert len(live.stock) == len(panshi.stock)


def test_the_problem_tells_a_single_unit_apart(look: Look, panshi: World, problem_sha: Callable[[World], str]) -> None:
    """Else the test above could not fail."""
    live = look()
    columns = dict(live.stock.columns)
    row = next(
        index for index, state in enumerate(columns["state"]) if state == "serviceable" and columns["bin"][index]
    )
    columns["quantity"] = [*columns["quantity"]]
    columns["quantity"][row] += 1
    assert problem_sha(replace(live, stock=replace(live.stock, columns=columns))) != problem_sha(panshi)


def test_loading_it_again_with_add_changes_nothing(
    loaded: Engine, look: Look, panshi: World, act: MakeAct, problem_sha: Callable[[World], str]
) -> None:
    with transaction(loaded) as connection:
        done = load_world(connection, panshi, act=act("OPENING"), roads="roads/live", add=True)
    by_kind = {one.kind: one for one in done}
    assert (by_kind["stock"].added, by_kind["stock"].changed) == (0, 0)
    assert problem_sha(look()) == problem_sha(panshi)


def test_a_database_with_stores_is_not_loaded_over(loaded: Engine, panshi: World, act: MakeAct) -> None:
    with pytest.raises(NotEmpty), transaction(loaded) as connection:
        load_world(connection, panshi, act=act("OPENING"), roads=None)


def test_another_situation_stands_beside_the_live_one(loaded: Engine, look: Look, panshi: World, act: MakeAct) -> None:
    with transaction(loaded) as connection:
        load_world(connection, panshi, act=act("OPENING"), roads=None, situation="drill", add=True)
        close_incident(connection, "I001", situation="drill")
    assert len(look(situation="drill").incidents) == 0
    assert len(look().incidents) == 1
    with pytest.raises(UnknownSituation) as refused:
        look(situation="none")
    assert refused.value.facts["known"] == "drill, live"


def test_units_kept_for_others_are_not_in_it(loaded: Engine, look: Look, act: MakeAct) -> None:
    lot, had = max((lot, units) for lot, units in of_item(look()).items() if units > 5)
    at = look().as_of
    with transaction(loaded) as connection:
        reserve(connection, store="SC0001", item="M003", quantity=Decimal(2), lot=lot, reference="transfer:1",
                act=act("REPLENISH", at=at), expires_at=at + timedelta(hours=2))  # fmt: skip
    assert of_item(look())[lot] == had - 2
    assert of_item(look(as_of=at + timedelta(hours=2)))[lot] == had  # the time of the reservation is over


def of_item(world: World) -> dict[str, Decimal]:
    """The folding beds of the county store, by lot."""
    columns = (world.stock[name] for name in ("store", "item", "lot", "quantity"))
    return {lot: units for store, item, lot, units in zip(*columns, strict=True) if (store, item) == ("SC0001", "M003")}


def test_only_teams_that_are_ready_are_in_it(loaded: Engine, look: Look) -> None:
    first = look().teams["id"][0]
    with transaction(loaded) as connection:
        connection.execute(update(teams).where(teams.c.code == first).values(status="resting"))
    assert first not in look().teams["id"]


def test_a_part_of_the_county_plans_with_what_it_has(loaded: Engine, panshi: World) -> None:
    town = next(code for code, level in zip(panshi.places["code"], panshi.places["level"], strict=True)
                if level == "town")  # fmt: skip
    with reading(loaded) as connection:
        part = live_world(connection, as_of=panshi.as_of, network=panshi.network, place=town)
    assert 0 < len(part.stores) < len(panshi.stores)
    assert set(part.stock["store"]) <= set(part.stores["id"])
    assert len(part.incidents) == len(panshi.incidents)  # help may be needed next door


def test_each_county_is_judged_by_its_own_rules(loaded: Engine, look: Look, panshi: World, act: MakeAct) -> None:
    """As the gate does that lets the units out: else a plan would be stale when it is made, or miss stock."""
    from scenarios.build import five_fixed

    strict = CheckOverride("RUN", item="M013", period_days=1, tolerance_days=0, active=True)
    home = next(place for place in panshi.stores["place"] if place)[:6]

    def may_leave() -> Decimal:
        report = five_fixed(look())
        return sum((one.dispatchable for one in report.lots if one.item == "M013"), Decimal(0))

    before, order = may_leave(), [(one.store, one.item, one.lot) for one in five_fixed(look()).lots]
    assert before
    with transaction(loaded) as connection:
        connection.execute(insert(places), {"code": "110101000000", "name": "邻县", "level": "county"})
        overrides = RuleOverrides(checks=(strict,))
        save_overrides(connection, overrides, actor="boss", at=act().at, county="110101000000")
    assert may_leave() == before  # another county's
    with transaction(loaded) as connection:
        save_overrides(connection, overrides, actor="boss", at=act().at, county=f"{home}000000")
    assert may_leave() < before
    assert [(one.store, one.item, one.lot) for one in five_fixed(look()).lots] == order
