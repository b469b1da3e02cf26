"""The travel-time figures of docs/benchmarks.md, on the New York road graph of the 9th DIMACS challenge."""

import gzip
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from routingkit_cch import CCH, CCHMetric, CCHOneToMany, compute_order_inertial
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimizer.network.closures import Closure
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.hierarchy import Hierarchy, Metric, engine_weights
from optimizer.network.profiles import LONGEST_MS, NO_WAY_MS, Profile
from optimizer.network.sweep import pack, sweep_of, times_only, unpack
from optimizer.network.timed import earliest_arrivals
from optimizer.network.travel import Router
from optimizer.network.warm import warm_up
from optimizer.units import UNREACHABLE
from scenarios.build import problem_document
from scenarios.exchange import roads
from scenarios.exchange.load import to_problem
from scenarios.exchange.problem import parse_problem
from scenarios.registry import find_scenario

pytestmark = pytest.mark.benchmark

SOURCES, TARGETS = 200, 3000
TIMES_SCIPY, TIMES_ROUTINGKIT = 200.0, 5.0
CLOSED_ROADS, CLOSED_TIMES_PLAIN = 50, 3.0
ROAD_PART_S, CLOSURE_PART_S = 0.4, 0.1


def numbers(path: Path, letter: bytes) -> np.ndarray:
    """The rows of a challenge file that begin with a letter: three whole numbers each."""
    with gzip.open(path) as file:
        rows = [line[2:] for line in file if line.startswith(letter + b" ")]
    return np.array(b" ".join(rows).split(), dtype=np.int64).reshape(-1, 3)


@pytest.fixture(scope="module")
def new_york(shared_data: Path) -> dict[str, np.ndarray]:
    arcs = numbers(shared_data / "USA-road-t.NY.gr.gz", b"a")
    places = numbers(shared_data / "USA-road-d.NY.co.gz", b"v")
    return {
        "tail": arcs[:, 0] - 1,
        "head": arcs[:, 1] - 1,
        "weight": arcs[:, 2],
        "lat": places[:, 2] / 1e6,
        "lon": places[:, 1] / 1e6,
    }


@pytest.fixture(scope="module")
def kept_order(new_york: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Hierarchy:
    """Ordered once, then read from the cache as every later run does; kernels are compiled."""
    warm_up()
    cache = tmp_path_factory.mktemp("orders")
    parts = {key: new_york[key] for key in ("tail", "head", "lat", "lon")}
    begin = time.perf_counter()
    Hierarchy(**parts, cache=cache)
    built = time.perf_counter()
    hierarchy = Hierarchy(**parts, cache=cache)
    report(order_built_s=built - begin, order_loaded_s=time.perf_counter() - built)
    assert hierarchy.from_cache
    return hierarchy


def report(**figures: float) -> None:
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


def timed(call: Callable[[], Any], *, repeats: int = 1) -> tuple[float, Any]:
    """The median of some runs, and the answer."""
    found, runs = None, []
    for _ in range(repeats):
        begin = time.perf_counter()
        found = call()
        runs.append(time.perf_counter() - begin)
    return statistics.median(runs), found


def as_matrix(graph: dict[str, np.ndarray], weight: np.ndarray) -> csr_array:
    """Parallel arcs at their least weight (a sparse matrix would add them up), closed arcs left out."""
    nodes = len(graph["lat"])
    open_ = weight < NO_WAY_MS
    order = np.lexsort((weight[open_], graph["head"][open_], graph["tail"][open_]))
    tail, head, least = (column[open_][order] for column in (graph["tail"], graph["head"], weight))
    first = np.ones(len(tail), bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    return csr_array((least[first].astype(float), (tail[first], head[first])), shape=(nodes, nodes))


def as_digraph(graph: dict[str, np.ndarray], weight: np.ndarray) -> nx.DiGraph:
    found = nx.DiGraph()
    found.add_nodes_from(range(len(graph["lat"])))
    rows = np.column_stack((graph["tail"], graph["head"], weight))[weight < NO_WAY_MS]
    # Of parallel arcs the last one added stays: the heaviest first.
    found.add_weighted_edges_from(rows[np.argsort(-rows[:, 2], kind="stable")].tolist())
    return found


def as_network(graph: dict[str, np.ndarray]) -> RoadNetwork:
    """Every arc a road of its own; as many metres as milliseconds at 3,600 km/h."""
    edges = np.arange(len(graph["tail"]))
    return build_network(
        node_id=np.char.zfill(np.arange(len(graph["lat"])).astype(str), 7),
        lat=graph["lat"],
        lon=graph["lon"],
        tail=graph["tail"],
        head=graph["head"],
        length_m=graph["weight"],
        speed_kph=np.full(len(edges), 3600.0),
        segment_id=np.char.zfill(edges.astype(str), 7),
    )


def points_of(graph: dict[str, np.ndarray], *, seed: int = 20240701) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    nodes = len(graph["lat"])
    return rng.choice(nodes, SOURCES, replace=False), rng.choice(nodes, TARGETS, replace=False)


def test_a_matrix_of_new_york_is_five_times_faster_than_routingkit_and_two_hundred_times_than_scipy(
    new_york, kept_order
):
    """Timed: from weights per arc to the matrix, customization included, and both steps on their own. Not timed, for
    anyone: reading the graph, the contraction order and what depends on it alone, Python lists for the peers."""
    sources, targets = points_of(new_york)
    weight = new_york["weight"]
    begin = time.perf_counter()
    sweep = sweep_of(kept_order)
    report(sweep_prepared_s=time.perf_counter() - begin)

    customize_s, ready = timed(lambda: sweep.customize(times_only(weight)), repeats=9)
    query_s, found = timed(lambda: ready.matrix(sources, targets), repeats=9)
    both_s, _ = timed(lambda: sweep.customize(times_only(weight)).matrix(sources, targets), repeats=9)

    def packed() -> np.ndarray:
        return sweep.customize(pack(weight, weight, shut=weight >= LONGEST_MS)).matrix(sources, targets)

    lengths_s, with_lengths = timed(packed, repeats=5)
    report(ours_customize_s=customize_s, ours_query_s=query_s, ours_both_s=both_s, ours_with_lengths_s=lengths_s)
    assert (unpack(with_lengths)[0] == found).all()

    lists = [new_york[key].tolist() for key in ("tail", "head", "lat", "lon", "weight")]
    order = compute_order_inertial(len(lists[2]), *lists[:4])
    cch = CCH(order, *lists[:2], False)
    from_, to = sources.tolist(), targets.tolist()

    def batched(metric: CCHMetric) -> list[list[int | None]]:
        query = CCHOneToMany(metric, to)
        return [query.distances_from(source) for source in from_]

    peer_customize_s, metric = timed(lambda: CCHMetric(cch, lists[4]), repeats=3)
    peer_query_s, by_routingkit = timed(lambda: batched(metric), repeats=3)
    report(routingkit_cch_customize_s=peer_customize_s, routingkit_cch_query_s=peer_query_s)
    assert by_routingkit == found.tolist()

    weights = engine_weights(weight)
    engine_s, by_engine = timed(
        lambda: Metric(kept_order).distances(weights, sources=sources, targets=targets), repeats=3
    )
    matrix = as_matrix(new_york, weight)
    scipy_s, expected = timed(lambda: dijkstra(matrix, indices=sources)[:, targets])
    report(
        pyroutingkit_both_s=engine_s,
        scipy_s=scipy_s,
        times_routingkit_both=(peer_customize_s + peer_query_s) / both_s,
        times_routingkit_query=peer_query_s / query_s,
        times_scipy_both=scipy_s / both_s,
        times_scipy_query=scipy_s / query_s,
    )
    assert (found == expected.astype(np.int64)).all()
    assert (by_engine == found).all()
    assert (peer_customize_s + peer_query_s) / both_s >= TIMES_ROUTINGKIT
    assert peer_query_s / query_s >= TIMES_ROUTINGKIT
    assert scipy_s / both_s >= TIMES_SCIPY


def test_a_hundred_by_a_hundred_pairs_are_those_of_networkx(new_york, kept_order):
    sources, targets = (each[:100] for each in points_of(new_york))
    found = sweep_of(kept_order).customize(times_only(new_york["weight"])).matrix(sources, targets)
    graph = as_digraph(new_york, new_york["weight"])
    differences, begin = 0, time.perf_counter()
    for row, source in zip(found.tolist(), sources.tolist(), strict=True):
        lengths = nx.single_source_dijkstra_path_length(graph, source)
        differences += sum(a != lengths.get(b, UNREACHABLE) for a, b in zip(row, targets.tolist(), strict=True))
    report(networkx_100_sources_s=time.perf_counter() - begin, differences=differences)
    assert differences == 0


def driven(graph: dict[str, np.ndarray], order: Hierarchy, *, count: int = CLOSED_ROADS) -> np.ndarray:
    """Roads that lie on ways between the asked points."""
    sources, targets = points_of(graph)
    rng = np.random.default_rng(50)
    pairs = np.column_stack((np.repeat(sources[:20], 3), rng.choice(targets, 60)))
    paths = Metric(order).paths(engine_weights(graph["weight"]), pairs=pairs)
    return rng.choice(np.unique(np.concatenate([edges for edges in paths if edges])), count, replace=False)


def test_fifty_closed_roads_and_the_new_matrix_cost_at_most_three_plain_matrices(new_york, kept_order):
    """Timed: from the new weights to the new matrix (finding what changed included); plain: the matrix alone, with
    the customization of the open roads at hand."""
    sources, targets = points_of(new_york)
    closed = new_york["weight"].copy()
    closed[driven(new_york, kept_order)] = NO_WAY_MS
    sweep = sweep_of(kept_order)
    before, after = times_only(new_york["weight"]), times_only(closed)
    ready = sweep.customize(before)
    ready.changed(after)  # what updates need of the order is made once
    plain, update, both = [], [], []
    for _ in range(15):  # in turns, so that a busy machine is busy for all
        plain.append(timed(lambda: ready.matrix(sources, targets))[0])
        update.append(timed(lambda: ready.changed(after))[0])
        both.append(timed(lambda: ready.changed(after).matrix(sources, targets))[0])
    found, fresh = ready.changed(after).matrix(sources, targets), sweep.customize(after).matrix(sources, targets)
    plain_s, update_s, both_s = (statistics.median(each) for each in (plain, update, both))
    report(plain_s=plain_s, update_s=update_s, closure_and_matrix_s=both_s, times_plain=both_s / plain_s)
    assert (found == fresh).all()
    assert (found > ready.matrix(sources, targets)).any()
    assert both_s / plain_s <= CLOSED_TIMES_PLAIN


def test_new_york_agrees_with_networkx_before_and_after_fifty_closures(new_york, kept_order):
    rng = np.random.default_rng(50)
    nodes = len(new_york["lat"])
    sources, targets = rng.choice(nodes, 20, replace=False), rng.choice(nodes, 50, replace=False)
    metric = Metric(kept_order)
    weight = new_york["weight"]
    # Roads that are driven: the closures lie on ways between the asked points.
    pairs = np.column_stack((np.repeat(sources, 3), rng.choice(targets, 60)))
    used = np.unique(np.concatenate([edges for edges in metric.paths(engine_weights(weight), pairs=pairs) if edges]))
    closed = weight.copy()
    closed[rng.choice(used, 50, replace=False)] = NO_WAY_MS
    closing_s = 0.0
    answers = []
    swept = sweep_of(kept_order).customize(times_only(weight))
    for state in (weight, closed):
        taken = engine_weights(state)
        closing_s, _ = timed(lambda taken=taken: metric.distances(taken, sources=sources[:1], targets=targets[:1]))
        found = metric.distances(taken, sources=sources, targets=targets)
        swept = swept.changed(times_only(state))
        assert (swept.matrix(sources, targets) == found).all()
        graph = as_digraph(new_york, state)
        for i, source in enumerate(sources.tolist()):
            lengths = nx.single_source_dijkstra_path_length(graph, source)
            assert found[i].tolist() == [lengths.get(target, UNREACHABLE) for target in targets.tolist()]
        answers.append(found)
    report(closing_50_roads_s=closing_s, customized_fully=metric.customizations[0])
    assert metric.customizations == (1, 1)
    assert (answers[1] >= answers[0]).all()
    assert (answers[1] > answers[0]).any()


def test_the_nearest_of_new_york_without_the_matrix(new_york):
    """Of 3,000 origins for 200 destinations, from the times of the roads on: the matrix is customized first, the
    search needs no hierarchy."""
    destinations, origins = points_of(new_york)
    router = Router(as_network(new_york), profile=Profile(name="p", mode="drive", max_kph=1e9))
    sweep, cost = sweep_of(router.hierarchy), times_only(router.edge_ms)
    router.nearest(origins=origins, destinations=destinations, k=10)  # roads by their ends are listed once
    for k in (3, 10):

        def cut(k: int = k) -> np.ndarray:
            matrix = sweep.customize(cost).matrix(origins, destinations)
            return np.partition(np.ascontiguousarray(matrix.T), k, axis=1)[:, :k]

        nearest_s, found = timed(lambda k=k: router.nearest(origins=origins, destinations=destinations, k=k), repeats=9)
        matrix_s, by_matrix = timed(cut, repeats=9)
        report(k=k, nearest_s=nearest_s, matrix_and_cut_s=matrix_s, times_faster=matrix_s / nearest_s)
        assert (found.milliseconds == np.sort(by_matrix, axis=1)).all()
        assert nearest_s < matrix_s


def test_departures_into_closing_roads_on_new_york(new_york, kept_order):
    """50 driven roads close and open within the hour; 20 origins, 500 destinations."""
    sources, targets = points_of(new_york)
    router = Router(as_network(new_york), profile=Profile(name="p", mode="drive", max_kph=1e9))
    at = datetime(2024, 7, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    rng = np.random.default_rng(1)
    closures = []
    for road in driven(new_york, kept_order).tolist():
        begin, end = np.sort(rng.choice(3600, 2, replace=False)).tolist()
        span = {"from_": at + timedelta(seconds=begin), "to": at + timedelta(seconds=end)}
        closures.append(Closure(id=str(road), edges=(f"{road:07d}",), **span))
    ask = {"origins": sources[:20], "destinations": targets[:500]}
    router.times_ms(**ask)
    all_s, found = timed(lambda: earliest_arrivals(router, closures=closures, at=at, **ask), repeats=3)
    report(arrivals_s=all_s, searched=found.searched, pairs=found.milliseconds.size)
    open_ms = router.times_ms(**ask)
    assert (found.milliseconds >= open_ms).all()
    assert (found.milliseconds > open_ms).any()


def test_the_roads_of_a_city_year_are_ready_in_four_tenths_of_a_second(monkeypatch):
    """Timed: all that a problem needs of the roads (closures, orders from the cache, customization, snapping, every
    matrix), for a network just read; then again after one more closure, the network and its order at hand."""
    warm_up()
    world = find_scenario("city-year").build(0)
    document = problem_document(world)
    spent = [0.0]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            seconds, found = timed(lambda: call(*args, **more))
            spent[0] += seconds
            return found

        return run

    monkeypatch.setattr(roads, "roads_of", counted(roads.roads_of))
    monkeypatch.setattr(roads, "routed_travel", counted(roads.routed_travel))

    def road_part(more: list[dict[str, Any]], network: RoadNetwork) -> float:
        closures = [*document["closures"], *more]
        file = parse_problem({**document, "closures": closures}, source="city")
        spent[0] = 0.0
        to_problem(file, folder=Path(), network=network)
        return spent[0]

    road_part([], world.network)
    fresh = [road_part([], replace(world.network)) for _ in range(5)]
    again = [road_part([], world.network) for _ in range(5)]
    edge = {"id": "one-more", "edges": [str(world.network.edge_id[1000])], "speed_factor": 0}
    closed = [road_part([edge], world.network) for _ in range(5)]
    fresh_s, again_s, closed_s = (statistics.median(each) for each in (fresh, again, closed))
    report(road_part_s=fresh_s, again_s=again_s, one_more_closure_s=closed_s)
    assert fresh_s <= ROAD_PART_S
    assert closed_s - again_s <= CLOSURE_PART_S
