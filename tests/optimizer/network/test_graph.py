"""The frozen network: one canonical order, what hangs together, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.network.graph import PointOfInterest, build_network, check_network, great_circle_m


def chain(count: int, **more):
    """A road through `count` nodes, both ways."""
    step = np.arange(count - 1)
    return {
        "node_id": [f"n{index:03}" for index in range(count)],
        "lat": 29 + np.arange(count) / 100,
        "lon": np.full(count, 106.0),
        "tail": np.concatenate((step, step + 1)),
        "head": np.concatenate((step + 1, step)),
        "length_m": np.full(2 * len(step), 1200.0),
        "speed_kph": np.full(2 * len(step), 30.0),
        "segment_id": [f"s{index}" for index in step] * 2,
        "against": np.repeat([False, True], len(step)),
    } | more


def test_the_order_in_which_a_file_lists_things_never_matters():
    given = chain(20, name=[f"road {index % 3}" for index in range(38)])
    given["pois"] = [PointOfInterest("town", "乙", 29.1, 106.0), PointOfInterest("school", "甲", 29.0, 106.0)]
    first = build_network(**given)
    rng = np.random.default_rng(3)
    nodes, edges = rng.permutation(20), rng.permutation(38)
    where = np.argsort(nodes)
    shuffled = {key: np.asarray(value)[edges] for key, value in given.items() if np.shape(value)[:1] == (38,)}
    shuffled |= {key: np.asarray(given[key])[nodes] for key in ("node_id", "lat", "lon")}
    shuffled["tail"], shuffled["head"] = where[shuffled["tail"]], where[shuffled["head"]]
    second = build_network(**shuffled, pois=given["pois"][::-1])
    assert first.sha256 == second.sha256
    assert first.edge_id.tolist() == second.edge_id.tolist()


def test_the_hash_tells_contents_apart_and_does_not_depend_on_what_was_asked_before():
    network = build_network(**chain(5))
    before = network.sha256
    _ = network.edge_id, network.segment_edges, network.connectivity
    again = replace(network)
    assert again.sha256 == before
    slower = replace(network, speed_kph=network.speed_kph * 0.5)
    assert slower.sha256 != before
    assert slower.topology_sha256 == network.topology_sha256


def test_arrays_cannot_be_written():
    network = build_network(**chain(5))
    with pytest.raises(ValueError, match="read-only"):
        network.speed_kph[0] = 0


def test_islands_are_kept_and_reported_with_the_share_of_the_main_part():
    given = chain(10)
    kept = np.setdiff1d(np.arange(18), [7, 16])  # without the road between nodes 7 and 8
    network = build_network(
        **{key: np.asarray(value)[kept] if len(value) == 18 else value for key, value in given.items()}
    )
    found = network.connectivity
    assert (found.nodes, found.edges, found.main_share) == (10, 16, 0.8)
    assert [(island.nodes, island.lat) for island in found.islands] == [(2, 29.08)]


def test_one_ways_count_for_the_strong_share_only():
    given = chain(4)
    network = build_network(
        **{key: np.asarray(value)[:3] if len(value) == 6 else value for key, value in given.items()}
    )
    assert (network.connectivity.main_share, network.connectivity.strong_share) == (1.0, 0.25)


def test_a_mode_has_its_own_connectivity():
    network = build_network(**chain(4, drive=[True, True, False] * 2))
    assert network.mode_connectivity("drive").nodes == 3
    assert network.mode_connectivity("walk").nodes == 4
    nobody = build_network(**chain(4, drive=[False] * 6))
    assert nobody.mode_connectivity("drive").nodes == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lat": [29, 29, 106, 29]}, "road_latitude_out_of_range"),
        ({"lat": [29, 29, np.nan, 29]}, "road_latitude_out_of_range"),
        ({"lon": [106, 106, 181, 106]}, "road_longitude_out_of_range"),
        ({"length_m": [1, 2, -3, 1, 2, 3]}, "road_not_a_measure"),
        ({"length_m": [1, 2, np.inf, 1, 2, 3]}, "road_not_a_measure"),
        ({"speed_kph": [1, 2, np.nan, 1, 2, 3]}, "road_not_a_measure"),
        ({"node_id": ["a", "b", "a", "c"]}, "road_duplicate_node"),
        ({"segment_id": ["a", "a", "b"] * 2}, "road_duplicate_edge"),
    ],
)
def test_what_cannot_be_used_is_refused_and_named(change, code, faults_of):
    assert code in {fault for _, fault in faults_of(build_network, **chain(4, **change))}


def test_every_fault_is_reported_at_once(faults_of):
    found = faults_of(build_network, **chain(4, lat=[91, 29, 95, 29], length_m=[-1, 2, 3, -4, 5, 6]))
    assert [code for _, code in found] == ["road_latitude_out_of_range"] * 2 + ["road_not_a_measure"] * 2


def test_no_roads_at_all_is_refused(faults_of):
    empty = {key: [] for key in ("tail", "head", "length_m", "speed_kph", "segment_id")}
    found = faults_of(build_network, node_id=["a"], lat=[29], lon=[106], **empty, source="file")
    assert found == [("file", "road_no_roads")]


def test_a_main_component_under_half_of_the_nodes_is_refused_and_half_is_not(faults_of):
    def two_pieces(first: int, second: int):
        given = chain(first + second)
        cut = [first - 1, first - 1 + first + second - 1]
        kept = np.setdiff1d(np.arange(2 * (first + second - 1)), cut)
        return {k: np.asarray(v)[kept] if len(v) == 2 * (first + second - 1) else v for k, v in given.items()}

    check_network(build_network(**two_pieces(5, 5)), source="x")
    thirds = chain(9)
    kept = [0, 1, 3, 4, 6, 7]
    pieces = {k: np.asarray(v)[kept] if len(v) == 16 else v for k, v in thirds.items()}
    assert faults_of(build_network, **pieces) == [("network", "road_main_component_too_small")]


def test_shapes_follow_the_direction_of_the_edge():
    network = build_network(**chain(2, shapes={"s0": np.array([[29.002, 106.1], [29.007, 106.2]])}))
    along, against = network.segment_edges[0]
    assert network.polyline(along)[1].tolist() == [106.0, 106.1, 106.2, 106.0]
    assert network.polyline(against)[0].tolist() == [29.01, 29.007, 29.002, 29.0]


def test_a_degree_of_latitude_is_111_km():
    assert great_circle_m(29.0, 106.0, 30.0, 106.0) == pytest.approx(111_195, abs=1)
