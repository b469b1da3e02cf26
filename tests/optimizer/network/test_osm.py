"""OpenStreetMap extracts: what the tags mean, turn restrictions, broken files, and three real extracts."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from optimizer.network.convert import from_networkx, to_networkx
from optimizer.network.graph import TURN_CLASS
from optimizer.network.read import read_network
from optimizer.network.tables import write_tables
from optimizer.network.tags import height_m, limit_kph, way_rules, weight_t
from optimizer.network.travel import Router
from optimizer.units import UNREACHABLE

# A cross of roads around node 5, closed by a ring 1-2-3-4 far outside.
#            2
#            |
#      1 --- 5 --- 3
#            |
#            4
PLACES = {1: (29.5, 106.49), 2: (29.51, 106.5), 3: (29.5, 106.51), 4: (29.49, 106.5), 5: (29.5, 106.5)}
ARMS = {11: (1, 5), 12: (2, 5), 13: (3, 5), 14: (4, 5)}


VIA_NODE, VIA_WAY = 'type="node" role="via" ref="5"', 'type="way" role="via" ref="13"'


def osm_text(*, ways: dict[int, tuple[tuple[int, ...], dict[str, str]]], relations: str = "", nodes: str = "") -> str:
    parts = ['<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">']
    parts += [f'<node id="{node}" lat="{lat}" lon="{lon}" version="1"/>' for node, (lat, lon) in PLACES.items()]
    parts.append(nodes)
    for way, (refs, tags) in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inner += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        parts.append(f'<way id="{way}" version="1">{inner}</way>')
    return "".join([*parts, relations, "</osm>"])


def cross(relations: str = "", **tags: dict[str, str]) -> str:
    ways = {way: (refs, {"highway": "tertiary"} | tags.get(f"w{way}", {})) for way, refs in ARMS.items()}
    ring = {"highway": "track"}
    return osm_text(ways={**ways, 20: ((1, 2, 3, 4, 1), ring)}, relations=relations)


def restriction(kind: str, from_way: int, to_way: int, *, more: str = "", key: str = "restriction") -> str:
    return (
        f'<relation id="99" version="1"><member type="way" role="from" ref="{from_way}"/>'
        f'<member type="node" role="via" ref="5"/><member type="way" role="to" ref="{to_way}"/>'
        f'<tag k="type" v="restriction"/><tag k="{key}" v="{kind}"/>{more}</relation>'
    )


def read_text(folder: Path, text: str):
    path = folder / "roads.osm"
    path.write_text(text, encoding="utf-8")
    return read_network(path)


def turns_at_5(network, origin: int, destination: int, profile: str = "car") -> list[tuple[str, str]]:
    """The turns driven between the middles of two arms, as (arm in, arm out)."""
    router = Router(network, profile=profile)
    at = [np.mean([PLACES[node], PLACES[5]], axis=0) for node in (origin, destination)]
    points = router.snap([at[0][0], at[1][0]], [at[0][1], at[1][1]])
    route = router.route(points[0], points[1])
    assert route is not None
    assert route.milliseconds == router.times_ms(origins=points[0], destinations=points[1])[0, 0]
    steps = zip(route.edge_ids[:-1], route.edge_ids[1:], strict=True)
    return [(a[:2], b[:2]) for a, b in steps if a.endswith("+") and b.endswith("-") and "20" not in (a[:2], b[:2])]


def test_a_cross_without_restrictions_is_crossed(tmp_path):
    network = read_text(tmp_path, cross())
    assert network.node_count == 5
    assert network.edge_count == 2 * (4 + 4)
    assert turns_at_5(network, 1, 2) == [("11", "12")]


def test_a_forbidden_turn_is_driven_around_and_walked_all_the_same(tmp_path):
    network = read_text(tmp_path, cross(restriction("no_left_turn", 11, 12)))
    assert network.omitted == {}
    around = turns_at_5(network, 1, 2)
    assert ("11", "12") not in around
    assert turns_at_5(network, 1, 2, "foot") == [("11", "12")]
    for pair in ((1, 3), (1, 4), (2, 1), (3, 2), (4, 2), (2, 3)):
        assert turns_at_5(network, *pair) == [(f"1{pair[0]}", f"1{pair[1]}")]


def test_an_only_turn_forbids_all_others(tmp_path):
    network = read_text(tmp_path, cross(restriction("only_straight_on", 11, 13)))
    assert turns_at_5(network, 1, 3) == [("11", "13")]
    assert ("11", "12") not in turns_at_5(network, 1, 2)
    assert ("11", "14") not in turns_at_5(network, 1, 4)
    assert turns_at_5(network, 4, 2) == [("14", "12")]


def test_the_edges_at_a_split_node_stay_one_each_and_turns_cost_nothing(tmp_path):
    plain, split = read_text(tmp_path, cross()), read_text(tmp_path, cross(restriction("no_left_turn", 11, 12)))
    turn = split.class_names.index(TURN_CLASS)
    assert sorted(split.edge_id[split.road_class != turn].tolist()) == sorted(plain.edge_id.tolist())
    assert (split.length_m[split.road_class == turn] == 0).all()
    assert split.connectivity.main_share == 1.0


def test_a_split_network_survives_csv_and_networkx(tmp_path):
    split = read_text(tmp_path, cross(restriction("only_straight_on", 11, 13)))
    write_tables(split, tmp_path / "tables")
    assert read_network(tmp_path / "tables").sha256 == split.sha256
    assert from_networkx(to_networkx(split)).sha256 == split.sha256


@pytest.mark.parametrize(
    ("relation", "kind"),
    [
        (restriction("no_left_turn", 11, 77), None),  # nothing there to forbid
        (restriction("only_left_turn", 11, 77), "restriction_unclear"),
        (restriction("no_left_turn", 11, 12).replace(VIA_NODE, VIA_WAY), "restriction_via_way"),
        (restriction("no_left_turn @ (07:00-09:00)", 11, 12, key="restriction:conditional"), "restriction_conditional"),
        (restriction("no_left_turn", 11, 12, more='<tag k="except" v="bus;motorcar"/>'), None),
        (restriction("no_left_turn", 11, 12, key="restriction:hgv"), None),
    ],
)  # fmt: skip
def test_restrictions_that_are_left_out_are_counted_and_change_nothing(tmp_path, relation, kind):
    network = read_text(tmp_path, cross(relation))
    assert network.omitted == ({kind: 1} if kind else {})
    assert turns_at_5(network, 1, 2) == [("11", "12")]


def test_a_restriction_on_a_way_that_runs_through_the_node_is_unclear(tmp_path):
    ways = {31: ((1, 5, 3), {"highway": "tertiary"}), 12: ((2, 5), {"highway": "tertiary"})}
    network = read_text(tmp_path, osm_text(ways=ways, relations=restriction("no_left_turn", 31, 12)))
    assert network.omitted == {"restriction_unclear": 1}


def test_points_between_junctions_become_the_shape_of_the_road(tmp_path):
    ways = {1: ((1, 5, 4), {"highway": "tertiary"}), 2: ((4, 3), {"highway": "tertiary"})}
    network = read_text(tmp_path, osm_text(ways=ways))
    assert network.node_id.tolist() == ["1", "3", "4"]
    assert network.segment_id.tolist() == ["1.0", "2.0"]
    assert network.polyline(0)[0].tolist() == [29.5, 29.5, 29.49]
    assert network.length_m[0] == pytest.approx(967.8 + 1111.9, abs=1)


def test_an_extract_that_misses_points_of_a_way_is_cut_there_and_says_so(tmp_path):
    ways = {1: ((1, 5, 404, 3, 4), {"highway": "tertiary"}), 2: ((5, 3), {"highway": "tertiary"})}
    network = read_text(tmp_path, osm_text(ways=ways))
    assert network.omitted == {"way_points_missing": 1}
    assert network.segment_id.tolist() == ["1.0", "1.3", "2.0"]


def test_points_of_interest_come_along_from_nodes_and_areas(tmp_path):
    nodes = (
        '<node id="7" lat="29.6" lon="106.6" version="1"><tag k="place" v="town"/><tag k="name" v="五里镇"/>'
        '<tag k="population" v="12000"/></node>'
        '<node id="8" lat="29.6" lon="106.7" version="1"><tag k="shop" v="no"/></node>'
        '<node id="9" lat="29.6" lon="106.8" version="1"><tag k="place" v="suburb"/></node>'
    )
    ways = {
        1: ((1, 5, 3), {"highway": "tertiary"}),
        2: ((1, 2, 3, 4, 1), {"amenity": "fire_station", "building": "yes"}),
    }
    found = read_text(tmp_path, osm_text(ways=ways, nodes=nodes)).pois
    assert [(poi.kind, poi.name, poi.population) for poi in found] == [
        ("fire_station", "", None),
        ("town", "五里镇", 12000),
    ]
    assert (found[0].lat, found[0].lon) == pytest.approx((29.5, 106.5))


@pytest.mark.parametrize(
    ("tags", "drive", "walk"),
    [
        ({"highway": "tertiary"}, (True, True), True),
        ({"highway": "tertiary", "oneway": "yes"}, (True, False), True),
        ({"highway": "tertiary", "oneway": "-1"}, (False, True), True),
        ({"highway": "tertiary", "oneway": "reversible"}, (False, False), True),
        ({"highway": "tertiary", "junction": "roundabout"}, (True, False), True),
        ({"highway": "motorway"}, (True, False), False),
        ({"highway": "motorway", "oneway": "no"}, (True, True), False),
        ({"highway": "service", "access": "private"}, None, None),
        ({"highway": "service", "access": "private", "foot": "yes"}, (False, False), True),
        ({"highway": "service", "access": "no", "motor_vehicle": "yes"}, (True, True), False),
        ({"highway": "track", "vehicle": "no"}, (False, False), True),
        ({"highway": "tertiary", "foot": "no"}, (True, True), False),
        ({"highway": "path"}, (False, False), True),
        ({"highway": "footway", "motor_vehicle": "yes"}, (True, True), True),
        ({"highway": "path", "access": "yes"}, (False, False), True),
        ({"highway": "construction"}, None, None),
        ({"highway": "pedestrian", "area": "yes"}, None, None),
    ],
)
def test_tags_say_who_may_go_where(tags, drive, walk):
    rules = way_rules(tags)
    assert (drive, walk) == (None, None) if rules is None else (rules.drive, rules.walk) == (drive, walk)


def test_limits_are_read_with_their_units():
    assert [limit_kph(text) for text in ("50", "30 mph", "50;30", "none", "walk", "")] == [
        50, pytest.approx(48.28, abs=0.01), 30, None, None, None,
    ]  # fmt: skip
    assert [height_m(text) for text in ("3.5", "3.5 m", "11'6\"", "default")] == [
        3.5, 3.5, pytest.approx(3.505, abs=1e-3), None,
    ]  # fmt: skip
    assert [weight_t(text) for text in ("7.5", "7.5 t", "3500 kg", "x")] == [7.5, 7.5, 3.5, None]


def test_each_direction_has_its_own_speed_limit():
    tags = {"highway": "secondary", "maxspeed": "40", "maxspeed:backward": "20"}
    assert way_rules(tags).kph == (40, 20)
    assert way_rules({"highway": "track", "maxspeed": "100"}).kph == (18, 18)


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz"])
def test_a_file_cut_short_is_refused(tmp_path, suffix, faults_of):
    path = tmp_path / f"roads{suffix}"
    whole = cross().encode()
    if suffix == ".osm":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.write_bytes(gzip.compress(whole)[:-40])
    assert faults_of(read_network, path) == [(str(path), "road_osm_unreadable")]


def test_a_compressed_file_is_the_same_network(tmp_path):
    plain = read_text(tmp_path, cross())
    path = tmp_path / "roads.osm.gz"
    path.write_bytes(gzip.compress(cross().encode()))
    assert read_network(path).sha256 == plain.sha256


def test_files_without_roads_or_without_their_points_are_refused(tmp_path, faults_of):
    path = tmp_path / "roads.osm"
    path.write_text(osm_text(ways={1: ((1, 2), {"building": "yes"})}), encoding="utf-8")
    assert faults_of(read_network, path) == [(str(path), "road_no_roads")]
    path.write_text(osm_text(ways={1: ((1, 71, 72, 73), {"highway": "track"})}), encoding="utf-8")
    assert faults_of(read_network, path) == [(str(path), "road_roads_without_points")]
    assert faults_of(read_network, path, crs="GCJ-02") == [(str(path), "road_osm_takes_no_crs")]


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.9, 0.9999])
def test_a_real_extract_cut_short_is_refused(shared_data, tmp_path, share, faults_of):
    path = tmp_path / "cut.osm.pbf"
    shutil.copy(shared_data / "north-bayreuth.osm.pbf", path)
    path.chmod(0o600)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert faults_of(read_network, path) == [(str(path), "road_osm_unreadable")]


def test_andorra_is_a_whole_county(shared_data):
    network = read_network(shared_data / "andorra-2023.osm.pbf")
    kinds = [poi.kind for poi in network.pois]
    counts = {kind: kinds.count(kind) for kind in ("fire_station", "hospital", "school", "shop", "village")}
    assert counts == {"fire_station": 4, "hospital": 10, "school": 26, "shop": 279, "village": 34}
    assert network.connectivity.main_share > 0.95
    assert len(network.connectivity.islands) > 0
    turns = int((network.road_class == network.class_names.index(TURN_CLASS)).sum())
    assert turns > 100
    router = Router(network, profile="fire_engine")
    stations = [poi for poi in network.pois if poi.kind == "fire_station"]
    villages = [poi for poi in network.pois if poi.kind in ("village", "town", "hamlet")]
    origins = router.snap([p.lat for p in stations], [p.lon for p in stations])
    destinations = router.snap([p.lat for p in villages], [p.lon for p in villages])
    times = router.times(origins=origins, destinations=destinations)
    assert origins.snapped.all()
    reached = times.min(axis=0) < UNREACHABLE
    assert reached.mean() > 0.9
    assert np.median(times.min(axis=0)[reached]) < 1800


def test_maltas_islands_do_not_reach_each_other_by_road(shared_data):
    network = read_network(shared_data / "malta-2016.osm.pbf")
    main = network.connectivity
    assert 0.5 < main.main_share < 0.95
    assert main.islands[0].nodes > 1000  # Gozo
    router = Router(network, profile="pickup")
    valletta, mosta, victoria = ((35.8989, 14.5146), (35.9092, 14.4256), (36.0440, 14.2390))
    points = router.snap(*zip(valletta, mosta, victoria, strict=True))
    times = router.times(origins=points, destinations=points)
    assert (times[:2, :2] < UNREACHABLE).all()
    assert (times[2, :2] == UNREACHABLE).all()
    assert (times[:2, 2] == UNREACHABLE).all()


def test_a_route_follows_the_real_road(shared_data):
    network = read_network(shared_data / "north-bayreuth.osm.pbf")
    router = Router(network, profile="car")
    hamlets = [poi for poi in network.pois if poi.kind == "hamlet"][:6]
    points = router.snap([p.lat for p in hamlets], [p.lon for p in hamlets])
    route = router.route(points[0], points[4])
    assert route is not None
    assert len(route.lat) > len(route.nodes)
    straight = np.hypot(np.diff(route.lat) * 111_195, np.diff(route.lon) * 111_195 * np.cos(np.radians(50)))
    assert straight.sum() == pytest.approx(route.length_m + route.access_m, rel=0.02)
