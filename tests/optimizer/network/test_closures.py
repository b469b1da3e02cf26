"""Closures by edges, road name and area, in their time; what hits nothing is said."""

from datetime import datetime, timedelta, timezone

import pytest

from optimizer.network.closures import Closure, apply_closures
from optimizer.network.graph import build_network
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE

AT = datetime(2024, 7, 1, 8, tzinfo=timezone(timedelta(hours=8)))
HOUR = timedelta(hours=1)


def square():
    """a-b-c-d around a square of 1 km sides; a-b bends far to the south on its way."""
    return build_network(
        node_id=["a", "b", "c", "d"],
        lat=[29.5, 29.5, 29.51, 29.51],
        lon=[106.5, 106.51, 106.51, 106.5],
        tail=[0, 1, 1, 2, 2, 3, 3, 0],
        head=[1, 0, 2, 1, 3, 2, 0, 3],
        length_m=[1500.0, 1500.0] + [1000.0] * 6,
        speed_kph=[30.0] * 8,
        segment_id=["ab", "ab", "bc", "bc", "cd", "cd", "da", "da"],
        against=[False, True] * 4,
        name=["河滨路", "河滨路", "", "", "山路", "山路", "", ""],
        shapes={"ab": [[29.495, 106.505]]},
    )


def box(west, south, east, north):
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def closed_ids(*closures, at=AT):
    network = square()
    changed, report = apply_closures(network, closures, at=at)
    assert changed.topology_sha256 == network.topology_sha256
    return sorted(changed.edge_id[changed.speed_kph == 0].tolist()), report


def test_a_segment_closes_both_ways_and_an_edge_one_way():
    assert closed_ids(Closure(id="x", edges=("ab",)))[0] == ["ab+", "ab-"]
    assert closed_ids(Closure(id="x", edges=("ab-", "cd+")))[0] == ["ab-", "cd+"]


def test_a_road_name_closes_every_edge_of_that_name_and_no_name_closes_nothing():
    assert closed_ids(Closure(id="x", road_name="河滨路"))[0] == ["ab+", "ab-"]
    ids, report = closed_ids(Closure(id="x", road_name=""))
    assert ids == []
    assert [fault.code for fault in report.warnings] == ["closure_hits_nothing"]


@pytest.mark.parametrize(
    ("area", "hit"),
    [
        (box(106.504, 29.494, 106.506, 29.496), ["ab+", "ab-"]),  # only the bend
        (box(106.504, 29.499, 106.506, 29.501), []),  # where the road would be if it were straight
        (box(106.509, 29.504, 106.511, 29.506), ["bc+", "bc-"]),  # crossed, no node inside
        (box(106.40, 29.40, 106.60, 29.60), ["ab+", "ab-", "bc+", "bc-", "cd+", "cd-", "da+", "da-"]),
    ],
)
def test_an_area_closes_every_road_of_which_any_part_lies_inside(area, hit):
    assert closed_ids(Closure(id="x", polygon=area))[0] == hit
    feature = {"type": "Feature", "properties": {}, "geometry": area}
    assert closed_ids(Closure(id="x", polygon=feature))[0] == hit


def test_a_closure_holds_from_its_start_up_to_its_end():
    closure = Closure(id="x", edges=("ab",), from_=AT, to=AT + HOUR)
    utc = timezone.utc  # noqa: UP017
    for at, holds in ((AT - HOUR, False), (AT, True), (AT.astimezone(utc), True), (AT + HOUR, False)):
        ids, report = closed_ids(closure, at=at)
        assert bool(ids) is holds
        assert report.hits[0].in_force is holds
        assert report.hits[0].edges == 2
        assert report.warnings == ()


@pytest.mark.parametrize(
    ("begin", "end", "counts"),
    [
        (None, None, True),
        (None, 0, False),
        (None, 1, True),
        (2, None, True),
        (3, 4, False),
        (1, 2, True),
        (-2, -1, False),
    ],
)
def test_at_its_worst_a_network_has_whatever_holds_at_any_time_of_a_span(begin, end, counts):
    hours = [None if each is None else AT + each * HOUR for each in (begin, end)]
    closure = Closure(id="x", edges=("bc",), from_=hours[0], to=hours[1])
    slow = Closure(id="y", edges=("bc", "cd"), from_=AT, to=AT + HOUR, speed_factor=0.5)
    network, report = apply_closures(square(), [closure, slow], at=AT, until=AT + 2 * HOUR)
    assert [hit.in_force for hit in report.hits] == [counts, True]
    speeds = dict(zip(network.segment_id[network.segment].tolist(), network.speed_kph.tolist(), strict=True))
    assert speeds == {"ab": 30.0, "bc": 0.0 if counts else 15.0, "cd": 15.0, "da": 30.0}


def test_of_overlapping_closures_the_slowest_counts():
    network = square()
    slow = Closure(id="slow", edges=("ab",), speed_factor=0.5)
    changed, report = apply_closures(network, [slow, Closure(id="x", edges=("ab+",), speed_factor=0.2)], at=AT)
    speeds = dict(zip(changed.edge_id.tolist(), changed.speed_kph.tolist(), strict=True))
    assert (speeds["ab+"], speeds["ab-"]) == (6.0, 15.0)
    assert changed.edge_id[report.slowed_edges].tolist() == ["ab+", "ab-"]
    assert report.closed_edges.tolist() == []


def test_what_is_named_in_vain_is_said_and_the_rest_still_closed():
    ids, report = closed_ids(Closure(id="x", edges=("ab", "zz", "ab?")), Closure(id="y", edges=("qq+",)))
    assert ids == ["ab+", "ab-"]
    assert report.hits[0].unknown_edges == ("zz", "ab?")
    assert [(f.where, f.code) for f in report.warnings] == [
        ("closure x", "closure_unknown_edges"),
        ("closure y", "closure_unknown_edges"),
        ("closure y", "closure_hits_nothing"),
    ]


def test_closing_every_way_makes_a_place_unreachable_and_times_follow():
    network = square()
    router = Router(network, profile="car")
    one, _ = apply_closures(network, [Closure(id="x", edges=("ab",))], at=AT)
    both, _ = apply_closures(network, [Closure(id="x", edges=("ab", "cd"))], at=AT)
    a, b = network.node_index["a"], network.node_index["b"]
    assert router.times(origins=[a], destinations=[b]) == 180
    assert router.with_closures(one).times(origins=[a], destinations=[b]) == 360
    assert router.with_closures(both).times(origins=[a], destinations=[b]) == UNREACHABLE
    assert router.times(origins=[a], destinations=[b]) == 180


def test_every_faulty_closure_is_named_at_once(faults_of):
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    wrong = [
        Closure(id="a"),
        Closure(id="a", edges=("ab",), road_name="河滨路"),
        Closure(id="b", edges=("ab",), speed_factor=1.5),
        Closure(id="c", edges=("ab",), from_=datetime(2024, 7, 1)),
        Closure(id="d", edges=("ab",), from_=AT, to=AT),
        Closure(id="e", polygon={"type": "Point", "coordinates": [0, 0]}),
        Closure(id="f", polygon={"type": "Polygon"}),
        Closure(id="g", polygon=bow_tie),
        Closure(id="h", polygon=box(29, 106, 30, 107)),
    ]
    assert faults_of(apply_closures, square(), wrong, at=AT) == [
        ("closure a", "closure_needs_one_place"),
        ("closure a", "road_duplicate_closure"),
        ("closure a", "closure_needs_one_place"),
        ("closure b.speed_factor", "road_speed_factor_out_of_range"),
        ("closure c.from", "road_instant_without_offset"),
        ("closure d", "closure_ends_before_it_starts"),
        ("closure e.polygon", "road_not_a_polygon"),
        ("closure f.polygon", "road_not_a_polygon"),
        ("closure g.polygon", "road_polygon_crosses_itself"),
        ("closure h.polygon", "road_polygon_out_of_range"),
    ]
    naive = datetime(2024, 7, 1)
    assert faults_of(apply_closures, square(), [], at=naive) == [("at", "road_instant_without_offset")]
