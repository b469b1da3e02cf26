"""Roads as CSV files: written and read back alike; every bad cell named with its row."""

import csv
import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from optimizer.network.crs import gcj02_to_bd09, to_wgs84, wgs84_to_gcj02
from optimizer.network.graph import PointOfInterest, build_network, great_circle_m
from optimizer.network.read import read_network
from optimizer.network.tables import read_tables, write_tables
from optimizer.network.travel import travel_times

NODES = "id,lat,lon\na,29.50,106.50\nb,29.50,106.51\nc,29.51,106.51\n"
EDGES = "from,to,length_m,speed_kph\na,b,1000,30\nb,c,1200,20\n"


def survey(folder: Path, *, nodes: str = NODES, edges: str = EDGES, crs: str | None = "WGS-84") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    (folder / "edges.csv").write_text(edges, encoding="utf-8")
    if crs:
        (folder / "roads.json").write_text(json.dumps({"crs": crs}), encoding="utf-8")
    return folder


def test_the_least_survey_goes_both_ways_for_everyone(tmp_path):
    network = read_network(survey(tmp_path))
    assert network.edge_id.tolist() == ["a>b+", "a>b-", "b>c+", "b>c-"]
    assert network.drive.all()
    assert network.walk.all()
    assert np.isnan(network.max_height_m).all()
    assert read_network(tmp_path / "edges.csv").sha256 == network.sha256


def test_columns_may_go_by_the_chinese_names_of_the_data_dictionary(tmp_path):
    chinese = survey(
        tmp_path / "zh",
        nodes=NODES.replace("id,lat,lon", "路口编号,纬度,经度"),
        edges=EDGES.replace("from,to,length_m,speed_kph", "起点路口,终点路口,长度（米）,车速（千米/时）"),
    )
    assert read_tables(chinese).sha256 == read_tables(survey(tmp_path / "en")).sha256


def test_a_road_without_a_speed_goes_by_its_class_and_one_without_either_is_refused(tmp_path):
    edges = "from,to,length_m,speed_kph,class\na,b,1000,,primary\nb,c,1200,20,\n"
    assert sorted(set(read_tables(survey(tmp_path, edges=edges)).speed_kph.tolist())) == [20, 50]
    no_column = "from,to,length_m,class\na,b,1000,primary\nb,c,1200,tertiary\n"
    assert sorted(set(read_tables(survey(tmp_path, edges=no_column)).speed_kph.tolist())) == [30, 50]
    with pytest.raises(BadInput) as refused:
        read_tables(survey(tmp_path, edges="from,to,length_m,class\na,b,1000,一级\nb,c,1200,\n"))
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [
        ("edges.csv row 2 speed_kph", "road_no_speed"),
        ("edges.csv row 3 speed_kph", "road_no_speed"),
    ]


def test_the_order_of_rows_does_not_matter(tmp_path):
    first = read_tables(survey(tmp_path / "1"))
    nodes, edges = NODES.splitlines(), EDGES.splitlines()
    swapped = survey(
        tmp_path / "2",
        nodes="\n".join([nodes[0], *nodes[:0:-1]]),
        edges="\n".join([edges[0], *edges[:0:-1]]),
    )
    assert read_tables(swapped).sha256 == first.sha256


def test_a_one_way_row_binds_vehicles_and_not_walkers(tmp_path):
    edges = "from,to,length_m,speed_kph,oneway\na,b,1000,30,yes\nb,c,1200,20,-1\n"
    network = read_tables(survey(tmp_path, edges=edges))
    assert network.edge_id[network.drive].tolist() == ["a>b+", "b>c-"]
    assert network.walk.all()


def test_two_one_way_rows_back_and_forth_are_one_road(tmp_path):
    edges = "from,to,length_m,speed_kph,oneway\na,b,1000,30,yes\nb,a,1000,20,yes\nb,c,1200,20,no\n"
    network = read_tables(survey(tmp_path, edges=edges))
    assert network.edge_id.tolist() == ["a>b+", "a>b-", "b>c+", "b>c-"]
    assert network.speed_kph.tolist() == [30, 20, 20, 20]


def test_parallel_roads_keep_apart(tmp_path):
    edges = EDGES + "a,b,2000,60\n"
    network = read_tables(survey(tmp_path, edges=edges))
    assert sorted(set(network.segment_id.tolist())) == ["a>b", "a>b#2", "b>c"]


def test_footways_and_motorways_have_their_users_by_class_unless_said_otherwise(tmp_path):
    edges = "from,to,length_m,speed_kph,class,drive\na,b,1000,30,footway,\nb,c,1200,20,motorway,\na,c,2500,9,path,yes\n"
    network = read_tables(survey(tmp_path, edges=edges))
    users = {
        name[:-1]: (bool(drive), bool(walk))
        for name, drive, walk in zip(network.edge_id.tolist(), network.drive, network.walk, strict=True)
    }
    assert users == {"a>b": (False, True), "b>c": (True, False), "a>c": (True, True)}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_written_is_read_back_alike(seed, tmp_path_factory, random_network):
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    drive = rng.random(network.edge_count) < 0.7
    decorated = build_network(
        node_id=network.node_id,
        lat=network.lat,
        lon=network.lon,
        tail=network.tail,
        head=network.head,
        length_m=network.length_m + 4000,
        speed_kph=network.speed_kph,
        segment_id=network.segment_id[network.segment],
        against=network.against,
        road_class=rng.choice(["tertiary", "track", "path"], network.edge_count),
        name=rng.choice(["", "山路,东段", 'the "old" road'], network.edge_count),
        max_height_m=rng.choice([np.nan, 2.5], network.edge_count),
        max_weight_t=rng.choice([np.nan, 3.5, 10.0], network.edge_count),
        drive=drive,
        walk=~drive | (rng.random(network.edge_count) < 0.5),
        shapes={str(key): 29.5 + rng.random((2, 2)) / 100 for key in network.segment_id[::3]},
        pois=[PointOfInterest("town", "五里镇", 29.51, 106.5, 12_000), PointOfInterest("shop", "", 29.5, 106.5)],
    )
    folder = tmp_path_factory.mktemp("tables")
    write_tables(decorated, folder)
    assert read_network(folder).sha256 == decorated.sha256


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        (NODES.replace("29.50,106.51", "106.51,29.50"), EDGES, [("nodes.csv row 3 lat", "road_coordinates_swapped")]),
        (NODES.replace("b,29.50", "b,195"), EDGES, [("nodes.csv row 3 lat", "road_latitude_out_of_range")]),
        (NODES.replace("106.51", "206.51"), EDGES, [
            ("nodes.csv row 3 lon", "road_longitude_out_of_range"),
            ("nodes.csv row 4 lon", "road_longitude_out_of_range"),
        ]),
        (NODES.replace("29.51", "29°30'"), EDGES, [("nodes.csv row 4 lat", "road_not_a_coordinate")]),
        (NODES.replace("29.51", "nan"), EDGES, [("nodes.csv row 4 lat", "road_not_a_coordinate")]),
        (NODES.replace("\nc,", "\na,"), EDGES, [
            ("nodes.csv row 4 id", "road_duplicate_node"),
            ("edges.csv row 3 to", "road_unknown_node"),
        ]),
        (NODES.replace("\nc,", "\n,"), EDGES, [
            ("nodes.csv row 4 id", "road_empty_cell"),
            ("edges.csv row 3 to", "road_unknown_node"),
        ]),
        (NODES, EDGES.replace("a,b", "z,b"), [("edges.csv row 2 from", "road_unknown_node")]),
        (NODES, EDGES.replace("1000,30", "-1000,nan"), [
            ("edges.csv row 2 length_m", "road_not_a_measure"),
            ("edges.csv row 2 speed_kph", "road_not_a_measure"),
        ]),
        (NODES, EDGES.replace("1000", "1_000").replace("1200", ""), [
            ("edges.csv row 2 length_m", "road_not_a_measure"),
            ("edges.csv row 3 length_m", "road_not_a_measure"),
        ]),
        (NODES, EDGES.replace("1000", "1.0"), [("edges.csv row 2 length_m", "road_shorter_than_straight")]),
        (NODES, EDGES.replace(",30", ""), [("edges.csv row 2", "road_wrong_number_of_cells")]),
        (NODES, EDGES.replace("length_m", "length_km"), [
            ("edges.csv row 1", "road_missing_columns"),
            ("edges.csv row 1", "road_unknown_columns"),
        ]),
        (NODES, "from,to,length_m,speed_kph,oneway\na,b,1000,30,maybe\nb,c,1200,20,\n", [
            ("edges.csv row 2 oneway", "road_unknown_word"),
        ]),
        (NODES, "from,to,length_m,speed_kph,id\na,b,1000,30,x+\nb,c,1200,20,\n", [
            ("edges.csv row 2 id", "road_id_ends_in_sign"),
        ]),
        (NODES, "from,to,length_m,speed_kph,id\na,b,1000,30,x\nb,c,1200,20,x\n", [
            ("edge x", "road_duplicate_edge"),
            ("edge x", "road_duplicate_edge"),
        ]),
        (NODES, "from,to,length_m,speed_kph,shape\na,b,1000,30,29.5 106.505;x\nb,c,1200,20,29.5\n", [
            ("edges.csv row 2 shape", "road_not_a_line"),
            ("edges.csv row 3 shape", "road_not_a_line"),
        ]),
        (NODES, 'from,to,length_m,speed_kph\na,b,1000,"30\n', [("edges.csv", "road_not_csv")]),
        (NODES, "", [("edges.csv row 1", "road_missing_columns")]),
    ],
)  # fmt: skip
def test_bad_tables_name_the_row_and_the_column(nodes, edges, expected, tmp_path, faults_of):
    assert faults_of(read_tables, survey(tmp_path, nodes=nodes, edges=edges)) == expected


def test_a_table_without_rows_holds_no_roads(tmp_path, faults_of):
    folder = survey(tmp_path, edges="from,to,length_m,speed_kph\n")
    assert faults_of(read_tables, folder) == [(str(folder), "road_no_roads")]


def test_every_bad_row_of_both_files_is_named_at_once(tmp_path, faults_of):
    nodes = NODES.replace("29.50,106.50", "x,106.50")
    edges = EDGES.replace("1000", "-1").replace("c,1200", "q,-2")
    found = faults_of(read_tables, survey(tmp_path, nodes=nodes, edges=edges))
    assert [where for where, _ in found] == [
        "nodes.csv row 2 lat",
        "edges.csv row 3 to",
        "edges.csv row 2 length_m",
        "edges.csv row 3 length_m",
    ]


def test_missing_and_wrongly_encoded_files_are_named(tmp_path, faults_of):
    folder = survey(tmp_path)
    (folder / "edges.csv").write_bytes("from,to,length_m,speed_kph,name\na,b,1,1,河滨路\n".encode("gbk"))
    assert faults_of(read_tables, folder) == [("edges.csv", "road_not_utf8")]
    (folder / "nodes.csv").unlink()
    assert faults_of(read_tables, folder) == [
        ("nodes.csv", "road_no_such_file"),
        ("edges.csv", "road_not_utf8"),
    ]


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path):
    assert read_tables(survey(tmp_path, nodes="\ufeff" + NODES, edges="\ufeff" + EDGES)).node_count == 3


def test_roads_without_a_declared_crs_are_refused_and_never_guessed(tmp_path, faults_of):
    folder = survey(tmp_path, crs=None)
    assert faults_of(read_tables, folder) == [(str(folder), "road_no_crs")]
    assert read_tables(folder, crs="EPSG:4326").node_count == 3
    assert faults_of(read_tables, folder, crs="CGCS2000") == [(str(folder), "road_unknown_crs")]
    (folder / "roads.json").write_text("[1]", encoding="utf-8")
    assert faults_of(read_tables, folder) == [("roads.json", "road_not_a_crs_file")]


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_a_declared_shift_is_taken_back(tmp_path, crs):
    shifted = read_tables(survey(tmp_path, crs=crs))
    plain = read_tables(survey(tmp_path, crs="WGS84"))
    moved = great_circle_m(shifted.lat, shifted.lon, plain.lat, plain.lon)
    assert (moved > 200).all()
    assert (moved < 2000).all()


@given(lat=st.floats(5, 53), lon=st.floats(74, 135))
def test_the_shifts_are_exactly_invertible(lat, lon):
    point = np.array([lat]), np.array([lon])
    gcj = wgs84_to_gcj02(*point)
    for crs, shifted in (("GCJ-02", gcj), ("BD-09", gcj02_to_bd09(*gcj))):
        back = to_wgs84(*shifted, crs=crs)
        assert float(great_circle_m(*point, *back)[0]) < 1e-3


def test_the_shift_is_the_published_one():
    """Tiananmen: WGS-84 39.907333, 116.391083 is GCJ-02 39.908737, 116.397327 in public converters."""
    lat, lon = wgs84_to_gcj02(np.array([39.907333]), np.array([116.391083]))
    assert float(lat[0]) == pytest.approx(39.908737, abs=2e-5)
    assert float(lon[0]) == pytest.approx(116.397327, abs=2e-5)
    outside = wgs84_to_gcj02(np.array([48.1]), np.array([11.5]))
    assert (float(outside[0][0]), float(outside[1][0])) == (48.1, 11.5)


def test_a_main_component_under_half_is_refused(tmp_path, faults_of):
    nodes = "id,lat,lon\n" + "".join(f"{i},29.5,{106 + i / 100}\n" for i in range(9))
    edges = "from,to,length_m,speed_kph\n0,1,1000,30\n2,3,1000,30\n4,5,1000,30\n"
    folder = survey(tmp_path, nodes=nodes, edges=edges)
    assert faults_of(read_tables, folder) == [(str(folder), "road_main_component_too_small")]


def test_a_hundred_thousand_edges_are_read_within_seconds(tmp_path):
    count = 50_000
    lon = 106 + np.arange(count + 1) / 1e5
    with (tmp_path / "nodes.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "lat", "lon"), *((i, 29.5, x) for i, x in enumerate(lon))])
    with (tmp_path / "edges.csv").open("w", newline="") as file:
        rows = ((i, i + 1, 2, 30, "no", "tertiary") for i in range(count))
        csv.writer(file).writerows([("from", "to", "length_m", "speed_kph", "oneway", "class"), *rows])
    begin = time.process_time()
    network = read_tables(tmp_path, crs="WGS-84")
    assert network.edge_count == 2 * count
    assert time.process_time() - begin < 5
    assert travel_times(network, origins=[network.node_index["0"]], destinations=[0], profile="car").shape == (1, 1)
