"""The short way from a World to a problem leads where the long one does, over a file of every lot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.usecases import Opened, open_world
from inventory.errors import BadTable
from inventory.five_fixed import RuleBook
from inventory.kinds import STATES
from optimizer.dispatch.problem import DispatchProblem
from optimizer.errors import BadInput
from scenarios.build import built_in, five_fixed, problem_document, problem_parts
from scenarios.exchange.canonical import canonical, sha256_of
from scenarios.exchange.json_text import dumps
from scenarios.exchange.load import load_problem, to_problem, with_estimated_demands
from scenarios.exchange.problem import ProblemFile, parse_problem
from scenarios.exchange.stock import Stock, items_that_matter, stock_of, stock_that_matters
from scenarios.registry import find_scenario
from scenarios.world import World, table_of
from scenarios.world_files import write_world


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "orders"))
        yield


@lru_cache(maxsize=1)
def panshi_world() -> World:
    return find_scenario("panshi-rainstorm").build(0)


@pytest.fixture
def panshi() -> World:
    return panshi_world()


def the_long_way(world: World) -> tuple[ProblemFile, Stock]:
    file = parse_problem(problem_document(world, five_fixed(world)), source="world")
    return file, stock_that_matters(file)


def decided_on(parts: tuple[ProblemFile, Stock]) -> tuple[Any, ...]:
    """All that a decision is made of, but for the roads."""
    file, notes = with_estimated_demands(*parts)
    stock = parts[1].of(items_that_matter(file))
    bare = file.model_copy(update={"stores": [row.model_copy(update={"stock": []}) for row in file.stores]})
    return bare, notes, stock, sha256_of(canonical(file, stock=stock))


def same(one: DispatchProblem, other: DispatchProblem) -> bool:
    for name, value in vars(one).items():
        if name not in ("travel", "service_s") and value != getattr(other, name):
            return False
    arrays = [(one.service_s, other.service_s)]
    arrays += [(value, getattr(other.travel, name)) for name, value in vars(one.travel).items()]
    return all(np.array_equal(a, b) for a, b in arrays)


@pytest.mark.parametrize("name", ["panshi-rainstorm", "county"])
def test_a_world_and_its_problem_file_are_one_problem(name: str, tmp_path: Path) -> None:
    world = find_scenario(name).build(2)
    write_world(world, tmp_path)
    from_file = load_problem(tmp_path / "problem.json").problem
    file, stock = problem_parts(world, source="world")
    direct = to_problem(file, folder=Path(), network=world.network, stock=stock).problem
    assert same(direct, from_file)
    assert direct.stock
    assert {line.item for line in direct.stock} <= {demand.item for demand in direct.demands}
    assert decided_on((file, stock)) == decided_on(the_long_way(world))


def altered(world: World, rng: Random) -> World:
    """The World with much of its stock changed, some of it into what a file would refuse."""
    columns = {name: list(values) for name, values in world.stock.columns.items()}
    day = world.as_of.date()
    changes: dict[str, list[Any]] = {
        "quantity": [Decimal(0), Decimal("2.50"), Decimal("1E+2"), Decimal(7)],
        "state": sorted(STATES),
        "bin": [None, "A-1", "B-2"],
        "lot": [None, "L", "L/1"],
        "expires": [None, *(day + timedelta(days=days) for days in (-1, 0, 1))],
        "made": [None, day - timedelta(days=9000)],
        "reserve_floor": [Decimal(0), Decimal(1), Decimal("3.0")],
    }
    for name in changes:
        for row in rng.sample(range(len(world.stock)), len(world.stock) // 6):
            columns[name][row] = rng.choice(changes[name])
    if rng.random() < 0.3:  # one thing that is refused
        name, value = rng.choice(
            [("quantity", Decimal("0.0000001")), ("quantity", Decimal(10) ** 9), ("quantity", Decimal(-1)),
             ("lot", "-"), ("lot", "L (held)"), ("lot", "L" * 190),
             ("lot", "L" * 1001),
             ("item", "M999"), ("store", "S999"), ("state", "fine"),
             ("reserve_floor", Decimal(-1))]
        )  # fmt: skip
        columns[name][rng.randrange(len(world.stock))] = value
    changed: dict[str, Any] = {"stock": table_of("stock", columns)}
    (incident,) = world.incidents.rows()
    if rng.random() < 0.5:
        asked = {"incident": [incident["id"]] * 2, "item": ["M003", "M013"], "quantity": [Decimal(5), Decimal("1.50")]}
        changed["demands"] = table_of("demands", asked)
    if rng.random() < 0.5:
        changed["delivered"] = {(incident["id"], item): Decimal(4) for item in ("M003", "M013")}
    if rng.random() < 0.3:
        general = built_in()[1]
        strict = {item: tuple(replace(one, tolerance_days=0) for one in of) for item, of in general.by_item.items()}
        changed["county_books"] = {(world.stores["place"][0] or "")[:6]: RuleBook(general.catalogue, strict)}
    return replace(world, **changed)


def outcome(way: Callable[[World], tuple[ProblemFile, Stock]], world: World) -> Any:
    try:
        return decided_on(way(world))
    except (BadInput, BadTable) as refused:
        return type(refused), refused.faults


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_the_stock_the_short_way_ends_where_the_long_one_does(seed: int) -> None:
    world = altered(panshi_world(), Random(seed))
    assert outcome(lambda world: problem_parts(world, source="world"), world) == outcome(the_long_way, world)


def test_the_short_way_is_the_usual_one(panshi: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.build.problem_document", None)
    assert outcome(lambda world: problem_parts(world, source="world"), altered(panshi, Random(1)))


def test_pages_show_every_lot(panshi: World) -> None:
    opened = open_world(panshi)
    shown = opened.with_every_lot(opened.loaded.problem)
    whole = stock_of(parse_problem(problem_document(panshi), source="world"))
    assert (shown.stock, shown.reserve_floor) == (whole.lines, whole.floors)
    assert len(shown.stock) > len(opened.loaded.problem.stock)
    file = parse_problem(problem_document(panshi), source="world")
    from_file = Opened(to_problem(file, folder=Path(), network=panshi.network))
    assert from_file.with_every_lot(from_file.loaded.problem).stock == whole.lines


def test_stock_that_nobody_asks_for_changes_nothing(panshi: World) -> None:
    document = problem_document(panshi)
    file = parse_problem(document, source="world")
    asked = items_that_matter(file)
    before = sha256_of(canonical(file))
    for store in document["stores"]:
        store["stock"] = [line for line in store["stock"] if line["item"] in asked]
    assert sha256_of(canonical(parse_problem(document, source="world"))) == before
    document["stores"][0]["stock"].pop()
    assert sha256_of(canonical(parse_problem(document, source="world"))) != before


def test_a_written_problem_still_lists_every_lot(panshi: World, tmp_path: Path) -> None:
    text = dumps(problem_document(panshi))
    assert all(f'"item": "{item}"' in text for item in set(panshi.stock["item"]))
