"""Travel times and routes, with networkx as the judge."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.network.graph import RoadNetwork, build_network
from optimizer.network.profiles import LONGEST_MS, NO_WAY_MS, Profile, TravelTimeOverflow
from optimizer.network.snap import SnappedPoints
from optimizer.network.travel import Router, travel_times
from optimizer.units import UNREACHABLE, seconds_from_ms

SEEDS = st.integers(0, 10_000)
CAR = Profile(name="car", mode="drive", max_kph=60, factor=0.9, access_kph=5)


def oracle_matrix(graph: nx.MultiDiGraph, nodes: int) -> np.ndarray:
    matrix = np.full((nodes, nodes), UNREACHABLE, np.int64)
    for source, targets in nx.all_pairs_dijkstra_path_length(graph, weight="ms"):
        for target, ms in targets.items():
            matrix[source, target] = ms
    return matrix


def points_on(network: RoadNetwork, rng: np.random.Generator, count: int) -> SnappedPoints:
    """Points at quarters of random segments, some at a node, some at the same place as another."""
    segment = rng.integers(0, len(network.segment_id), count).astype(np.int32)
    fraction = rng.integers(0, 5, count) / 4
    lat, lon = 29.5 + segment / 10_000, 106.5 + fraction / 100  # the same only for the same place on a road
    return SnappedPoints(lat, lon, segment, fraction, np.zeros(count), lat, lon)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_every_pair_of_nodes_is_as_far_as_networkx_says(seed, random_network, as_oracle):
    network = random_network(seed)
    router = Router(network, profile=CAR)
    nodes = np.arange(network.node_count)
    expected = oracle_matrix(as_oracle(network, router.edge_ms), network.node_count)
    assert (router.times_ms(origins=nodes, destinations=nodes) == expected).all()
    assert (router.times(origins=nodes, destinations=nodes) == seconds_from_ms(expected)).all()
    # Few targets and many sources go through the reversed hierarchy.
    assert (router.times_ms(origins=nodes, destinations=[3, 1, 3]) == expected[:, [3, 1, 3]]).all()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_after_closures_and_back_again_the_answers_are_those_of_a_fresh_router(seed, random_network, as_oracle):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    before = Router(network, profile=CAR)
    nodes = np.arange(network.node_count)
    first = before.times_ms(origins=nodes, destinations=nodes)
    speed = network.speed_kph.copy()
    hit = rng.integers(0, network.edge_count, 12)
    speed[hit] = np.where(rng.random(12) < 0.7, 0.0, speed[hit] * 0.5)
    after = before.with_closures(replace(network, speed_kph=speed))
    expected = oracle_matrix(as_oracle(after.network, after.edge_ms), network.node_count)
    assert (after.times_ms(origins=nodes, destinations=nodes) == expected).all()
    assert (before.times_ms(origins=nodes, destinations=nodes) == first).all()


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_points_within_edges_are_as_far_as_in_a_graph_cut_at_the_points(seed, random_network):
    network = random_network(seed, nodes=12, roads=20)
    rng = np.random.default_rng(seed)
    router = Router(network, profile=CAR)
    origins, destinations = points_on(network, rng, 6), points_on(network, rng, 7)
    graph, place = nx.DiGraph(), {}
    for segment, (along, back) in enumerate(network.segment_edges.tolist()):
        # A segment as a chain of places, each step taking its share of the time.
        cuts = {0.0, 1.0}
        for points in (origins, destinations):
            cuts.update(points.fraction[points.segment == segment].tolist())
        start, end = network.segment_ends[segment].tolist()
        for cut in cuts:
            place[segment, cut] = {0.0: ("node", start), 1.0: ("node", end)}.get(cut, (segment, cut))
        for edge, ordered in ((along, sorted(cuts)), (back, sorted(cuts, reverse=True))):
            if edge >= 0 and router.edge_ms[edge] < NO_WAY_MS:
                for a, b in itertools.pairwise(ordered):
                    u, v, ms = place[segment, a], place[segment, b], abs(b - a) * float(router.edge_ms[edge])
                    if ms < graph.get_edge_data(u, v, {"ms": np.inf})["ms"]:
                        graph.add_edge(u, v, ms=ms)
    found = router.times_ms(origins=origins, destinations=destinations)
    for i in range(len(origins)):
        source = place[int(origins.segment[i]), float(origins.fraction[i])]
        lengths = nx.single_source_dijkstra_path_length(graph, source, weight="ms") if source in graph else {}
        for j in range(len(destinations)):
            target = place[int(destinations.segment[j]), float(destinations.fraction[j])]
            expected = 0.0 if source == target else lengths.get(target, UNREACHABLE)
            if expected == UNREACHABLE:
                assert found[i, j] == UNREACHABLE
            else:  # both ends are rounded up on their own
                assert expected - 1e-3 <= found[i, j] <= expected + 2


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_route_hangs_together_and_takes_the_time_of_the_matrix(seed, random_network):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    router = Router(network, profile=CAR)
    origins, destinations = points_on(network, rng, 4), points_on(network, rng, 4)
    times = router.times_ms(origins=origins, destinations=destinations)
    times_s, lengths = router.times_and_lengths(origins=origins, destinations=destinations)
    for i in range(4):
        for j in range(4):
            route = router.route(origins[i], destinations[j])
            if times[i, j] == UNREACHABLE:
                assert route is None
                assert lengths[i, j] == UNREACHABLE
                continue
            assert route is not None
            assert route.milliseconds == times[i, j]
            assert route.seconds == seconds_from_ms(times)[i, j]
            assert route.seconds == times_s[i, j]
            assert lengths[i, j] == pytest.approx(route.length_m, abs=1.1)
            edges = np.array(route.edges, int)
            assert (network.head[edges[:-1]] == network.tail[edges[1:]]).all()
            assert (router.edge_ms[edges] < NO_WAY_MS).all()
            line = route.geojson()["coordinates"]
            assert line[0] == pytest.approx([origins.lon[i], origins.lat[i]], abs=1e-6)
            assert line[-1] == pytest.approx([destinations.lon[j], destinations.lat[j]], abs=1e-6)


def two_ways(length_m=1000.0, against_kph=30.0, **more) -> RoadNetwork:
    """a - b, one straight road of 1 km at 60 km/h eastwards, 30 km/h westwards."""
    return build_network(
        node_id=["a", "b"],
        lat=[29.5, 29.5],
        lon=[106.5, 106.51],
        tail=[0, 1],
        head=[1, 0],
        length_m=[length_m, length_m],
        speed_kph=[60.0, against_kph],
        segment_id=["ab", "ab"],
        against=[False, True],
        **more,
    )


def test_two_points_on_one_road_need_only_the_part_between_them_in_its_direction():
    router = Router(two_ways(), profile="car")
    west = router.snap([29.5], [106.5025])
    east = router.snap([29.5], [106.5075])
    assert router.times_ms(origins=west, destinations=east) == 30_000
    assert router.times_ms(origins=east, destinations=west) == 60_000
    assert router.route(west, east).edge_ids == ("ab+",)
    assert router.route(east, west).length_m == pytest.approx(500)


def test_the_way_between_point_and_road_is_counted_at_both_ends_and_never_as_metres_driven():
    router = Router(two_ways(), profile=replace(CAR, max_kph=100, factor=1))
    south = router.snap([29.5 - 100 / 111_195], [106.5])
    north = router.snap([29.5 + 50 / 111_195], [106.51])
    ms = int(router.times_ms(origins=south, destinations=north)[0, 0])
    assert ms == pytest.approx(60_000 + 150 * 3600 / 5, abs=200)
    assert router.lengths(origins=south, destinations=north) == 1000
    route = router.route(south, north)
    assert route.access_m == pytest.approx(150, rel=1e-3)
    assert route.geojson()["coordinates"][0] == pytest.approx([106.5, 29.5 - 100 / 111_195])


def test_a_team_that_stands_where_it_is_needed_is_there():
    router = Router(two_ways(), profile="pickup")
    here = router.snap([29.503], [106.505])
    assert here.access_m[0] > 300
    assert router.times(origins=here, destinations=here) == 0


def test_seconds_are_rounded_up_so_that_a_tier_is_never_met_by_rounding():
    network = two_ways(length_m=3000.0 + 0.5)  # 180.03 s at 60 km/h
    assert travel_times(network, origins=[0], destinations=[1], profile="car")[0, 0] == 181
    exact = two_ways(length_m=3000.0)
    assert travel_times(exact, origins=[0], destinations=[1], profile="car")[0, 0] == 180


def test_a_point_given_at_a_node_is_at_the_node_to_the_second():
    router = Router(two_ways(length_m=3000.0), profile="car")
    points = router.snap([29.5, 29.5], [106.5, 106.51])
    assert points.access_m.tolist() == [0, 0]
    assert router.times(origins=points, destinations=points).tolist() == [[0, 180], [360, 0]]
    assert router.times(origins=[0, 1], destinations=points).tolist() == [[0, 180], [360, 0]]


def test_an_unsnapped_point_is_unreachable_both_ways():
    router = Router(two_ways(), profile="car")
    points = router.snap([29.5, 29.6], [106.502, 106.5])
    assert points.snapped.tolist() == [True, False]
    times = router.times(origins=points, destinations=points)
    assert times.tolist() == [[0, UNREACHABLE], [UNREACHABLE, UNREACHABLE]]
    assert router.route(points[1], points[0]) is None


def test_limits_of_height_and_weight_bar_those_that_are_too_high_or_heavy():
    low = two_ways(max_height_m=[2.5, np.nan])
    assert travel_times(low, origins=[0, 1], destinations=[0, 1], profile="fire_engine").tolist() == [
        [0, UNREACHABLE],
        [120, 0],
    ]
    assert travel_times(low, origins=[0], destinations=[1], profile="pickup")[0, 0] == 90
    weak = two_ways(max_weight_t=[3.5, 3.4])
    assert travel_times(weak, origins=[0], destinations=[1], profile="pickup")[0, 0] == 90
    assert travel_times(weak, origins=[1], destinations=[0], profile="pickup")[0, 0] == UNREACHABLE


def test_rain_slows_everyone():
    dry = travel_times(two_ways(), origins=[0], destinations=[1], profile="foot")[0, 0]
    wet = travel_times(two_ways(), origins=[0], destinations=[1], profile="foot", weather_factor=0.7)[0, 0]
    assert wet == pytest.approx(dry / 0.7, abs=1)


def test_an_edge_that_takes_more_than_the_engine_can_count_is_refused():
    with pytest.raises(TravelTimeOverflow) as caught:
        Router(two_ways(against_kph=1e-6), profile="car")
    assert caught.value.facts["edge"] == "ab-"


def test_a_way_too_long_to_be_one_has_no_route_either():
    network = build_network(
        node_id=["a", "b", "c"], lat=[29.5, 29.51, 29.52], lon=[106.5] * 3, tail=[0, 1], head=[1, 2],
        length_m=[1112.0] * 2, speed_kph=[1112.0 * 3600 / (0.6 * LONGEST_MS)] * 2, segment_id=["ab", "bc"],
    )  # fmt: skip
    router = Router(network, profile="car")
    start, end = router.snap([29.5005], [106.5]), router.snap([29.5195], [106.5])
    assert router.times_ms(origins=start, destinations=end)[0, 0] == UNREACHABLE
    assert router.route(start, end) is None


def test_closures_of_another_network_are_refused():
    router = Router(two_ways(), profile="car")
    other = replace(two_ways(), lat=np.array([29.5, 29.6]))
    with pytest.raises(ValueError, match="nodes and edges"):
        router.with_closures(other)


def test_profiles_share_the_order_and_differ_in_time(random_network: Callable[..., RoadNetwork]):
    network = random_network(5)
    drive = Router(network, profile="pickup")
    walk = drive.for_profile("foot")
    assert walk.hierarchy is drive.hierarchy
    nodes = np.arange(network.node_count)
    fresh = Router(network, profile="foot").times(origins=nodes, destinations=nodes)
    assert (walk.times(origins=nodes, destinations=nodes) == fresh).all()


def test_no_points_give_an_empty_matrix():
    router = Router(two_ways(), profile="car")
    none = router.snap([], [])
    assert router.times(origins=none, destinations=[0, 1]).shape == (0, 2)
    assert router.times(origins=[0], destinations=none).shape == (1, 0)
    assert router.lengths(origins=[0], destinations=none).shape == (1, 0)
