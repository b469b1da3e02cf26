"""The named scenarios: their sizes, that a seed means one World, and that a folder gives the same World back."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.five_fixed import shanghai_day
from optimizer.dispatch.check import check
from optimizer.dispatch.pipeline import SolveLimits, solve
from optimizer.errors import BadInput
from scenarios.build import built_in, five_fixed, problem_document
from scenarios.exchange.canonical import canonical, sha256_of
from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.generate.names import place_names
from scenarios.osm_world import world_from_roads
from scenarios.registry import SCENARIOS, UnknownScenario, find_scenario
from scenarios.world import TABLES, World, table_of
from scenarios.world_files import read_world, write_world


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "orders"))


@pytest.fixture(scope="module")
def county() -> World:
    return find_scenario("county").build(0)


@pytest.fixture(scope="module")
def panshi() -> World:
    return find_scenario("panshi-rainstorm").build(0)


def loaded(world: World) -> LoadedProblem:
    document = parse_problem(problem_document(world), source="test")
    return to_problem(document, folder=Path(), network=world.network)


def test_the_county_has_the_size_it_claims(county: World) -> None:
    assert Counter(county.places["level"]) == {"county": 1, "town": 20, "village": 320}
    assert Counter(county.stores["tier"]) == {"county": 1, "town": 20, "village": 320}
    assert county.network.node_count == 12_000
    assert county.network.connectivity.main_share > 0.99
    assert len(county.incidents) == 24
    assert set(county.teams["tier"]) == {"1", "3", "5", "10"}
    assert set(county.stock["item"]) == {item.id for item in built_in()[0]}
    assert county.closures


def test_county_stock_is_between_six_tenths_and_twice_the_minimum(county: World) -> None:
    catalogue, _ = built_in()
    tier = dict(zip(county.stores["id"], county.stores["tier"], strict=True))
    held: Counter[tuple[str, str]] = Counter()
    for row in county.stock.rows():
        held[row["store"], row["item"]] += int(row["quantity"])
    for (store, item), units in held.items():
        least = catalogue[item].minimum(tier[store])
        assert max(1, round(float(least) * 0.6)) <= units <= max(1, round(float(least) * 2))


def test_some_stock_is_overdue_and_most_is_dispatchable(county: World) -> None:
    report = five_fixed(county)
    blocked = sum(bool(gate.blocked) for gate in report.lots)
    assert 0.02 < blocked / len(report.lots) < 0.2
    assert {finding.rule for finding in report.findings} == {"custodian", "location", "quantity", "quality", "period"}


@pytest.mark.parametrize("name", ["county", "panshi-rainstorm", "flood-drill"])
def test_a_seed_means_one_world(name: str) -> None:
    first, again, other = (find_scenario(name).build(seed) for seed in (3, 3, 4))
    assert all(first.table(table).columns == again.table(table).columns for table in TABLES)
    assert first.network.sha256 == again.network.sha256
    assert first.closures == again.closures
    assert first.network.sha256 != other.network.sha256


def test_the_city_has_the_size_it_claims() -> None:
    city = find_scenario("city-year").build(0)
    assert Counter(city.places["level"]) == {"county": 10, "town": 181, "village": 2_911}
    assert len(city.stores) == 3_092 + 10
    assert len(city.teams) == 3_070
    assert len(city.incidents) == 122
    assert 105_000 < len(city.stock) < 115_000
    assert 250_000 < sum(city.stock["quantity"]) < 275_000
    assert city.network.edge_count // 2 == 100_000


def test_panshi_moves_138_people(panshi: World) -> None:
    assert panshi.incidents["people_affected"] == [138]
    assert str(shanghai_day(panshi.as_of)) == "2022-06-03"
    problem = loaded(panshi).problem
    plan = solve(problem, limits=SolveLimits(iterations=5_000))
    assert check(problem, plan) == ()
    moved = [stop for order in plan.team_orders for stop in order.stops if stop.task == "I001-1"]
    assert len(moved) == 3


def test_the_drill_waits_for_equipment_takes_it_along_and_begins_together() -> None:
    """Whatever the seed: its plan holds, and equipment is what it turns on."""
    waits = along = 0
    for seed in range(5):
        drill = find_scenario("flood-drill").build(seed)
        assert sum(map(bool, drill.tasks["synchronised"])) == 1
        assert all(item in built_in()[0] for needs in drill.tasks["equipment"] for item, _ in needs or ())
        problem = loaded(drill).problem
        plan = solve(problem, limits=SolveLimits(iterations=2_000))
        assert check(problem, plan) == ()
        stops = [stop for order in plan.team_orders for stop in order.stops]
        assert len({stop.start_s for stop in stops if stop.task == "I001-1"}) == 1
        waits += any(stop.start_s > stop.arrive_s for stop in stops)
        along += any(one.team for one in plan.shipments)
    assert waits >= 3
    assert along >= 3


def test_a_world_folder_gives_the_same_world_back(panshi: World, tmp_path: Path) -> None:
    write_world(panshi, tmp_path / "world")
    back = read_world(tmp_path / "world")
    assert all(panshi.table(table).columns == back.table(table).columns for table in TABLES)
    assert panshi.network.sha256 == back.network.sha256
    assert (panshi.as_of, panshi.seed, panshi.notes) == (back.as_of, back.seed, back.notes)
    assert hash_of(panshi) == hash_of(back)


def hash_of(world: World) -> str:
    return sha256_of(canonical(parse_problem(problem_document(world), source="test")))


def test_every_bad_row_of_every_table_is_named_at_once(panshi: World, tmp_path: Path) -> None:
    write_world(panshi, tmp_path)
    stock = (tmp_path / "stock.csv").read_text("utf-8").splitlines()
    stock[3] = stock[3].replace(",serviceable,", ",fine,")
    (tmp_path / "stock.csv").write_text("\n".join(stock) + "\n", "utf-8")
    teams = (tmp_path / "teams.csv").read_text("utf-8").splitlines()
    teams[1] = teams[1].replace(",pickup,", ",pickup,x")
    (tmp_path / "teams.csv").write_text("\n".join(teams) + "\n", "utf-8")
    with pytest.raises(BadInput) as error:
        read_world(tmp_path)
    where = [fault.where for fault in error.value.faults]
    assert any(place.startswith("stock.csv, row 4, state") for place in where)
    assert any(place.startswith("teams.csv, row 2") for place in where)


def test_a_world_may_name_an_osm_file_as_its_roads(shared_data: Path, tmp_path: Path) -> None:
    roads = shared_data / "north-bayreuth.osm.pbf"
    write_world(world_from_roads(roads, seed=1, incidents=3), tmp_path)
    (tmp_path / "real.osm.pbf").write_bytes(roads.read_bytes())
    head = json.loads((tmp_path / "world.json").read_text("utf-8"))
    head["roads"] = {"file": "real.osm.pbf"}
    (tmp_path / "world.json").write_text(json.dumps(head), "utf-8")
    world = read_world(tmp_path)
    assert world.network.pois
    document = problem_document(world)
    assert document["network"] == {"file": "real.osm.pbf"}
    problem = to_problem(parse_problem(document, source="test"), folder=tmp_path).problem
    assert problem.sha256 == loaded(world).problem.sha256


@pytest.mark.parametrize("content", ["{}", '{"schema_version": 1, "as_of": "2026-01-01", "roads": {}}', "[1]"])
def test_a_bad_world_json_is_refused(panshi: World, tmp_path: Path, content: str) -> None:
    write_world(panshi, tmp_path)
    (tmp_path / "world.json").write_text(content, "utf-8")
    with pytest.raises(BadInput):
        read_world(tmp_path)


def test_a_folder_without_world_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_world(tmp_path)


def test_shuffled_tables_give_the_same_plan(panshi: World) -> None:
    turned = replace(
        panshi,
        **{
            name: table_of(name, {column: values[::-1] for column, values in panshi.table(name).columns.items()})
            for name in TABLES
        },
    )
    one, two = loaded(panshi).problem, loaded(turned).problem
    assert one.sha256 == two.sha256
    limits = SolveLimits(iterations=5_000)
    assert solve(one, limits=limits) == solve(two, limits=limits)


def test_an_unknown_scenario_names_the_known_ones() -> None:
    with pytest.raises(UnknownScenario) as error:
        find_scenario("atlantis")
    assert all(scenario.name in error.value.facts["known"] for scenario in SCENARIOS)


def test_place_names_do_not_repeat() -> None:
    import numpy as np

    names = place_names(np.random.default_rng(0), 3_000)
    assert len({name for name, _ in names}) == 3_000


@pytest.mark.parametrize("extract", ["andorra-2023", "north-bayreuth", "malta-2016"])
def test_a_real_extract_carries_a_world(extract: str, shared_data: Path) -> None:
    world = world_from_roads(shared_data / f"{extract}.osm.pbf", seed=1, incidents=6)
    assert Counter(world.stores["tier"])["county"] == 1
    assert len(world.incidents) == 6
    problem = loaded(world).problem
    assert check(problem, solve(problem, limits=SolveLimits(iterations=2_000))) == ()
