"""The batched sweep: the same times as the engine, and the lengths of the fastest ways."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer.network.travel
from optimizer.network.hierarchy import Hierarchy
from optimizer.network.profiles import NO_WAY_MS, Profile
from optimizer.network.sweep import NO_COST, Sweep, pack, unpack
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE

CAR = Profile(name="car", mode="drive", max_kph=60, access_kph=5)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_times_and_lengths_are_those_of_networkx_with_equal_times_broken_by_length(seed, random_network, as_oracle):
    network = random_network(seed)
    # Few distinct times, so that many ways are equally fast.
    edge_ms = np.where(network.speed_kph > 0, np.random.default_rng(seed).integers(0, 4, network.edge_count), NO_WAY_MS)
    edge_cm = np.rint(network.length_m * 100).astype(np.int64)
    graph = as_oracle(network, edge_ms)
    for _, _, edge, data in graph.edges(keys=True, data=True):
        data["cost"] = (int(edge_ms[edge]) << 32) + int(edge_cm[edge])
    hierarchy = Hierarchy(tail=network.tail, head=network.head, lat=network.lat, lon=network.lon)
    swept = Sweep(hierarchy).customize(pack(edge_ms, edge_cm, shut=edge_ms >= NO_WAY_MS))
    nodes = np.arange(network.node_count)
    found = swept.matrix(sources=nodes, targets=nodes[::-1])[:, ::-1]
    assert (swept.matrix(sources=nodes, targets=[5, 1, 5]) == found[:, [5, 1, 5]]).all()
    assert (swept.matrix(sources=[5, 1, 5], targets=nodes) == found[[5, 1, 5]]).all()
    for source in nodes.tolist():
        lengths = nx.single_source_dijkstra_path_length(graph, source, weight="cost")
        assert found[source].tolist() == [lengths.get(target, NO_COST) for target in nodes.tolist()]


def test_large_matrices_take_the_sweep_and_agree_with_the_engine(monkeypatch, random_network):
    network = random_network(11, nodes=200, roads=500)
    rng = np.random.default_rng(11)
    router = Router(network, profile=CAR)
    origins = router.snap(29.5 + rng.uniform(0, 0.05, 100), 106.5 + rng.uniform(0, 0.05, 100), max_snap_m=300)
    destinations = router.snap(29.5 + rng.uniform(0, 0.05, 70), 106.5 + rng.uniform(0, 0.05, 70), max_snap_m=300)
    assert 0 < origins.snapped.sum() <= 100
    by_engine = router.times_ms(origins=origins, destinations=destinations)
    monkeypatch.setattr(optimizer.network.travel, "_SWEEP_FROM", 0)
    assert (router.times_ms(origins=origins, destinations=destinations) == by_engine).all()
    assert (by_engine < UNREACHABLE).any()
    assert (by_engine == UNREACHABLE).any()


def test_no_sources_or_no_targets_give_an_empty_matrix(random_network):
    network = random_network(2)
    hierarchy = Hierarchy(tail=network.tail, head=network.head, lat=network.lat, lon=network.lon)
    swept = Sweep(hierarchy).customize(np.full(network.edge_count, 5))
    assert swept.matrix(sources=[], targets=[1]).shape == (0, 1)
    assert swept.matrix(sources=[1, 2], targets=[]).shape == (2, 0)


@pytest.mark.parametrize("ms", [0, 1, 180_001, 2**30 - 1])
def test_costs_are_taken_apart_as_they_were_put_together(ms):
    cost = pack(np.array([ms, 7]), np.array([123_456, 1]), shut=np.array([False, True]))
    assert cost[1] == NO_COST
    assert [part[0] for part in unpack(cost)] == [ms, 123_456]
    assert cost[0] < NO_COST
