"""Points to roads: nearest usable edge, distance counted, far points reported and left where they are."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.network.graph import build_network, great_circle_m
from optimizer.network.profiles import find_profile, usable_edges
from optimizer.network.snap import segment_lines, snap


def crossroads(**more):
    """A west-east road of 2 km that bends to the north in the middle, and a footpath along latitude 29.51."""
    given = {
        "node_id": ["a", "b", "c", "d"],
        "lat": [29.5, 29.5, 29.51, 29.51],
        "lon": [106.5, 106.52, 106.5, 106.52],
        "tail": [0, 1, 2, 0],
        "head": [1, 0, 3, 2],
        "length_m": [2500.0, 2500.0, 2000.0, 1112.0],
        "speed_kph": [30.0] * 4,
        "segment_id": ["road", "road", "path", "link"],
        "against": [False, True, False, False],
        "drive": [True, True, False, True],
        "shapes": {"road": np.array([[29.504, 106.51]])},
    }
    return build_network(**(given | more))


def test_the_projection_lies_on_the_bend_of_the_road_and_the_distance_is_true():
    found = snap(crossroads(), lat=[29.505], lon=[106.51], profile="car")
    assert found.road_lat[0] == pytest.approx(29.504)
    assert found.road_lon[0] == pytest.approx(106.51)
    assert found.fraction[0] == pytest.approx(0.5)
    assert found.access_m[0] == pytest.approx(111.2, abs=0.1)


def test_a_vehicle_does_not_snap_to_a_footpath_and_a_walker_does():
    network = crossroads()
    near_path = {"lat": [29.5095], "lon": [106.512]}
    assert network.segment_id[snap(network, **near_path, profile="foot").segment].tolist() == ["path"]
    assert network.segment_id[snap(network, **near_path, profile="car").segment].tolist() == ["road"]


def test_a_closed_road_is_not_snapped_to():
    network = crossroads()
    closed = crossroads(speed_kph=[0.0, 0.0, 30.0, 30.0])
    point = {"lat": [29.5], "lon": [106.502], "profile": "car"}
    assert network.segment_id[snap(network, **point).segment].tolist() == ["road"]
    assert closed.segment_id[snap(closed, **point).segment].tolist() == ["link"]


def test_a_point_beyond_the_limit_stays_where_it_is_and_is_reported():
    found = snap(crossroads(), lat=[29.5, 29.488], lon=[106.5, 106.5], profile="car", max_snap_m=1000)
    assert found.snapped.tolist() == [True, False]
    assert found.segment[1] == -1
    assert np.isinf(found.access_m[1])
    assert np.isnan(found.road_lat[1])
    assert found.lat[1] == 29.488
    wider = snap(crossroads(), lat=[29.488], lon=[106.5], profile="car", max_snap_m=1400)
    assert wider.access_m[0] == pytest.approx(1334, abs=1)


def test_the_limit_itself_is_within():
    network = crossroads()
    metres = float(great_circle_m(29.5, 106.5, 29.492, 106.5))
    assert snap(network, lat=[29.492], lon=[106.5], profile="car", max_snap_m=metres + 1e-6).snapped.all()
    assert not snap(network, lat=[29.492], lon=[106.5], profile="car", max_snap_m=metres - 0.01).snapped.any()


def test_points_out_of_range_are_all_named(faults_of):
    found = faults_of(snap, crossroads(), lat=[29.5, 106.5, np.nan], lon=[106.5, 29.5, 106.5], profile="car")
    assert found == [("point 2", "road_point_out_of_range"), ("point 3", "road_point_out_of_range")]


def test_a_profile_without_any_road_is_told_so(faults_of):
    walkers = crossroads(drive=[False] * 4)
    found = faults_of(snap, walkers, lat=[29.5], lon=[106.5], profile="car")
    assert found == [("network", "road_no_usable_roads")]


def test_snapping_leaves_the_callers_array_alone():
    lat = np.array([29.5])
    snap(crossroads(), lat=lat, lon=[106.5], profile="car")
    lat[0] = 30.0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_road_is_nearer_than_the_one_snapped_to(seed, random_network):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    lat, lon = 29.5 + rng.uniform(0, 0.05, 20), 106.5 + rng.uniform(0, 0.05, 20)
    found = snap(network, lat=lat, lon=lon, profile="car", max_snap_m=5000)
    usable = np.unique(network.segment[network.speed_kph > 0])
    scale = np.cos(np.radians(29.525))
    for i in range(20):
        here = shapely.Point(lon[i] * scale, lat[i])
        nearest = min(
            here.distance(
                shapely.LineString([(network.lon[n] * scale, network.lat[n]) for n in network.segment_ends[s]])
            )
            for s in usable
        )
        assert found.access_m[i] == pytest.approx(nearest * 111_195, rel=2e-3, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_nearest_road_is_the_one_that_an_index_of_lines_finds(seed, random_network):
    plain, rng = random_network(seed, nodes=40, roads=30), np.random.default_rng(seed)
    points = rng.integers(0, 4, len(plain.segment_id))
    offset = np.concatenate(([0], np.cumsum(points)))
    bends = offset[-1]
    network = replace(
        plain,
        shape_offset=offset,
        shape_lat=29.5 + rng.uniform(0, 0.05, bends),
        shape_lon=106.5 + rng.uniform(0, 0.05, bends),
    )
    lat, lon = 29.49 + rng.uniform(0, 0.07, 60), 106.49 + rng.uniform(0, 0.07, 60)
    lat[:10], lon[:10] = network.lat[:10], network.lon[:10]  # where several roads meet
    found = snap(network, lat=lat, lon=lon, profile="car", max_snap_m=400)
    scale, metres = float(np.cos(np.radians(np.median(network.lat)))), 111_195.08
    used = np.unique(network.segment[usable_edges(network, find_profile("car"))]).astype(np.int64)
    lines = segment_lines(network, used, lon_scale=scale, scale=metres)
    for i in range(60):
        distance = shapely.distance(lines, shapely.points(lon[i] * scale * metres, lat[i] * metres))
        nearest = used[np.flatnonzero(distance <= distance.min() + 1e-7)]
        if distance.min() > 401:
            assert found.segment[i] == -1
        elif distance.min() < 399:
            assert found.segment[i] in nearest
            line = lines[np.searchsorted(used, found.segment[i])]
            x, y = found.road_lon[i] * scale * metres, found.road_lat[i] * metres
            assert shapely.distance(line, shapely.points(x, y)) < 1e-6
            along = shapely.line_interpolate_point(line, found.fraction[i], normalized=True)
            assert shapely.distance(along, shapely.points(x, y)) < 1e-5
    assert (found.segment[:10][found.snapped[:10]] >= 0).all()
