"""Small road networks and their networkx twins."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import optimizer.network
from optimizer.errors import BadInput, Fault
from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.profiles import NO_WAY_MS


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Orders are kept in a folder of the test run, never in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def texts() -> dict[str, dict[str, str]]:
    path = Path(optimizer.network.__file__).parent / "texts.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="session")
def faults_of(texts: dict[str, dict[str, str]]) -> Callable[..., list[tuple[str, str]]]:
    """Runs a call that must raise BadInput; gives (where, code) of every fault, each of which must have words
    in both languages that its facts fill."""

    def run(call: Callable[..., Any], *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        with pytest.raises(BadInput) as caught:
            call(*args, **kwargs)
        for fault in caught.value.faults:
            assert isinstance(fault, Fault)
            for language in ("zh", "en"):
                words = texts[fault.code][language].format(**fault.facts)
                assert words
        return [(fault.where, fault.code) for fault in caught.value.faults]

    return run


@pytest.fixture(scope="session")
def random_network() -> Callable[..., RoadNetwork]:
    """A seeded network with one-ways, parallel roads, loops, closed roads and an island."""

    def make(seed: int, nodes: int = 30, roads: int = 60, island: int = 4) -> RoadNetwork:
        rng = np.random.default_rng(seed)
        start, end = rng.integers(0, nodes, roads), rng.integers(0, nodes, roads)
        spine = np.arange(nodes - 1)
        start, end = np.concatenate((start, spine)), np.concatenate((end, spine + 1))
        extra = nodes + np.arange(island - 1)
        start, end = np.concatenate((start, extra)), np.concatenate((end, extra + 1))
        count = len(start)
        kind = rng.integers(0, 4, count)  # both ways twice as often as one-way either way
        along, back = np.flatnonzero(kind != 3), np.flatnonzero(kind != 2)
        row = np.concatenate((along, back))
        against = np.arange(len(row)) >= len(along)
        return build_network(
            node_id=[f"n{index}" for index in range(nodes + island)],
            lat=29.5 + rng.uniform(0, 0.05, nodes + island),
            lon=106.5 + rng.uniform(0, 0.05, nodes + island),
            tail=np.where(against, end[row], start[row]),
            head=np.where(against, start[row], end[row]),
            length_m=rng.integers(1, 3000, count)[row],
            speed_kph=np.where(rng.random(len(row)) < 0.1, 0.0, rng.integers(5, 80, len(row))),
            segment_id=np.array([f"r{index}" for index in range(count)])[row],
            against=against,
        )

    return make


@pytest.fixture(scope="session")
def as_oracle() -> Callable[[RoadNetwork, np.ndarray], nx.MultiDiGraph]:
    """The networkx graph of a network with a weight in milliseconds on every open edge."""

    def make(network: RoadNetwork, edge_ms: np.ndarray) -> nx.MultiDiGraph:
        graph = nx.MultiDiGraph()
        graph.add_nodes_from(range(network.node_count))
        for edge in np.flatnonzero(edge_ms < NO_WAY_MS).tolist():
            tail, head = int(network.tail[edge]), int(network.head[edge])
            graph.add_edge(tail, head, key=edge, ms=int(edge_ms[edge]))
        return graph

    return make
