"""The travel-time figures of docs/benchmarks.md, on the New York road graph of the 9th DIMACS challenge."""

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimizer.network.hierarchy import Hierarchy, Metric, engine_weights
from optimizer.network.profiles import LONGEST_MS, NO_WAY_MS
from optimizer.network.sweep import NO_COST, pack, sweep_of, unpack
from optimizer.units import UNREACHABLE

pytestmark = pytest.mark.benchmark

SOURCES, TARGETS = 200, 3000
TIMES_FASTER = 12.0


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
    """Ordered once, then read from the cache as every later run does."""
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
    """The least of some runs, and the answer."""
    found, best = None, float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        found = call()
        best = min(best, time.perf_counter() - begin)
    return best, found


def as_matrix(graph: dict[str, np.ndarray], weight: np.ndarray) -> csr_array:
    """Parallel arcs at their least weight (a sparse matrix would add them up), closed arcs left out."""
    nodes = len(graph["lat"])
    open_ = weight < NO_WAY_MS
    order = np.lexsort((weight[open_], graph["head"][open_], graph["tail"][open_]))
    tail, head, least = (column[open_][order] for column in (graph["tail"], graph["head"], weight))
    first = np.ones(len(tail), bool)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    return csr_array((least[first].astype(float), (tail[first], head[first])), shape=(nodes, nodes))


def test_a_matrix_of_new_york_is_twelve_times_faster_than_scipy(new_york, kept_order):
    rng = np.random.default_rng(20240701)
    sources = rng.choice(len(new_york["lat"]), SOURCES, replace=False)
    targets = rng.choice(len(new_york["lat"]), TARGETS, replace=False)
    weights = engine_weights(new_york["weight"])

    matrix = as_matrix(new_york, new_york["weight"])
    begin = time.perf_counter()
    sweep = sweep_of(kept_order)
    loaded_s = time.perf_counter() - begin
    # The first call of a fresh installation compiles (some seconds, kept on disk): not part of the figure.
    sweep.customize(np.full(len(weights), NO_COST)).matrix(sources=[0], targets=[1])

    def ours() -> np.ndarray:
        cost = pack(new_york["weight"], np.zeros_like(new_york["weight"]), shut=new_york["weight"] >= LONGEST_MS)
        return unpack(sweep.customize(cost).matrix(sources=sources, targets=targets))[0]

    def engine() -> np.ndarray:
        return Metric(kept_order).distances(weights, sources=sources, targets=targets)

    ours_s, found = timed(ours, repeats=3)
    engine_s, by_engine = timed(engine, repeats=3)
    scipy_s, expected = timed(lambda: dijkstra(matrix, indices=sources)[:, targets])
    report(sweep_prepared_s=loaded_s, ours_s=ours_s, engine_s=engine_s, scipy_s=scipy_s, times_faster=scipy_s / ours_s)
    assert (found == expected.astype(np.int64)).all()
    assert (by_engine == found).all()
    assert scipy_s / ours_s >= TIMES_FASTER


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
    swept = sweep_of(kept_order)
    for state in (weight, closed):
        taken = engine_weights(state)
        closing_s, _ = timed(lambda taken=taken: metric.distances(taken, sources=sources[:1], targets=targets[:1]))
        found = metric.distances(taken, sources=sources, targets=targets)
        cost = pack(state, np.zeros_like(state), shut=state >= LONGEST_MS)
        assert (unpack(swept.customize(cost).matrix(sources=sources, targets=targets))[0] == found).all()
        graph = nx.DiGraph()
        graph.add_nodes_from(range(nodes))
        open_ = state < NO_WAY_MS
        rows = np.column_stack((new_york["tail"], new_york["head"], state))[open_]
        # Of parallel arcs the last one added stays: the heaviest first.
        graph.add_weighted_edges_from(rows[np.argsort(-rows[:, 2], kind="stable")].tolist())
        for i, source in enumerate(sources.tolist()):
            lengths = nx.single_source_dijkstra_path_length(graph, source)
            assert found[i].tolist() == [lengths.get(target, UNREACHABLE) for target in targets.tolist()]
        answers.append(found)
    report(closing_50_roads_s=closing_s, customized_fully=metric.customizations[0])
    assert metric.customizations == (1, 1)
    assert (answers[1] >= answers[0]).all()
    assert (answers[1] > answers[0]).any()
