"""The batched sweep: the same times as the engine, and the lengths of the fastest ways."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer.network.travel
from optimizer.network import sweep
from optimizer.network.hierarchy import Hierarchy, Metric, engine_weights
from optimizer.network.profiles import LONGEST_MS, NO_WAY_MS, Profile
from optimizer.network.sweep import NO_COST, Sweep, pack, times_only, unpack
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


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from([np.int32, np.int64]), changes=st.integers(0, 30))
def test_changed_costs_taken_in_partially_are_those_taken_in_anew(seed, kind, changes, random_network):
    network, rng = random_network(seed, nodes=60, roads=120), np.random.default_rng(seed)

    def costs(ms):
        return times_only(ms) if kind == np.int32 else pack(ms, ms % 7, shut=ms >= NO_WAY_MS)

    # Few distinct times, so that several ways hold an arc up at once; shut, opened, slower and faster roads.
    ms = np.where(rng.random(network.edge_count) < 0.1, NO_WAY_MS, rng.integers(0, 5, network.edge_count))
    after = ms.copy()
    some = rng.integers(0, network.edge_count, changes)
    after[some] = np.where(rng.random(changes) < 0.4, NO_WAY_MS, rng.integers(0, 5, changes))
    hierarchy = Hierarchy(tail=network.tail, head=network.head, lat=network.lat, lon=network.lon)
    before = Sweep(hierarchy).customize(costs(ms))
    kept = before.arcs.copy()
    changed = before.changed(costs(after))
    assert (changed.arcs == Sweep(hierarchy).customize(costs(after)).arcs).all()
    assert (changed.changed(costs(ms)).arcs == kept).all()
    assert (before.arcs == kept).all()


def test_one_thread_or_two_give_the_same(monkeypatch, random_network):
    network, rng = random_network(8, nodes=900, roads=300), np.random.default_rng(8)
    hierarchy = Hierarchy(tail=network.tail, head=network.head, lat=network.lat, lon=network.lon)
    parts = Sweep(hierarchy).parts
    assert 100 < parts[0] < parts[1] - 100 < network.node_count - 100  # both threads have something to do
    ms = rng.integers(1, 10**6, network.edge_count)
    sources, targets = rng.integers(0, 900, 90), rng.integers(0, 900, 120)
    found = []
    for least_arcs in (0, 10**9):
        monkeypatch.setattr(sweep, "_TWO_THREADS_FROM", least_arcs)
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        both = times_only(ms), pack(ms, ms % 100, shut=ms < 0)
        found += [Sweep(hierarchy).customize(cost).matrix(sources, targets) for cost in both]
    assert (found[0] == found[2]).all()
    assert (found[1] == found[3]).all()
    assert (unpack(found[1])[0][found[1] < NO_COST] == found[0][found[1] < NO_COST]).all()
    expected = Metric(hierarchy).distances(engine_weights(ms), sources=sources, targets=targets)
    assert (found[0] == expected).all()


def test_ways_of_twelve_days_are_no_ways_and_never_overflow():
    chain = Hierarchy(tail=[0, 1, 2], head=[1, 2, 3], lat=[1, 2, 3, 4], lon=[1, 2, 3, 4])
    swept = Sweep(chain).customize(times_only(np.array([LONGEST_MS - 1, LONGEST_MS - 1, LONGEST_MS - 1])))
    assert swept.matrix([0], [0, 1, 2, 3]).tolist() == [[0, LONGEST_MS - 1, UNREACHABLE, UNREACHABLE]]
