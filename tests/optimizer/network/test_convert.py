"""networkx graphs and GraphML files, our own and those of other tools."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.network.convert import from_networkx, to_networkx
from optimizer.network.graph import PointOfInterest, build_network
from optimizer.network.read import read_network


def osmnx_like() -> nx.MultiDiGraph:
    """As osmnx saves it: everything is text, both directions are edges."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, y, x in ((11, "29.50", "106.50"), (12, "29.50", "106.51"), (13, "29.51", "106.51")):
        graph.add_node(node, y=y, x=x)
    line = "LINESTRING (106.5 29.5, 106.505 29.502, 106.51 29.5)"
    back = "LINESTRING (106.51 29.5, 106.505 29.502, 106.5 29.5)"
    graph.add_edge(11, 12, length="1100.5", highway="tertiary", maxspeed="40", oneway="False", geometry=line)
    graph.add_edge(12, 11, length="1100.5", highway="tertiary", maxspeed="40", oneway="False", geometry=back)
    graph.add_edge(12, 13, length="1150", highway="['residential', 'service']", maxspeed="['50', '30']")
    graph.add_edge(13, 12, length="1150", highway="footway", name="台阶")
    return graph


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_there_and_back_is_the_same_network(seed, random_network):
    network = random_network(seed)
    graph = to_networkx(network)
    assert isinstance(graph, nx.MultiDiGraph)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (network.node_count, network.edge_count)
    assert from_networkx(graph).sha256 == network.sha256


def test_graphml_keeps_shapes_limits_and_points_of_interest(tmp_path, random_network):
    network = random_network(7)
    decorated = build_network(
        node_id=network.node_id,
        lat=network.lat,
        lon=network.lon,
        tail=network.tail,
        head=network.head,
        length_m=network.length_m,
        speed_kph=network.speed_kph,
        segment_id=network.segment_id[network.segment],
        against=network.against,
        max_height_m=np.where(network.against, np.nan, 2.5),
        shapes={str(key): np.array([[29.501, 106.502], [29.503, 106.501]]) for key in network.segment_id[::2]},
        pois=[PointOfInterest("fire_station", "消防站", 29.5, 106.5)],
    )
    nx.write_graphml(to_networkx(decorated), tmp_path / "roads.graphml")
    assert read_network(tmp_path / "roads.graphml").sha256 == decorated.sha256


def test_files_of_osmnx_are_read_with_the_lowest_limit_and_the_class_default(tmp_path):
    nx.write_graphml(osmnx_like(), tmp_path / "city.graphml")
    network = read_network(tmp_path / "city.graphml")
    edges = {
        name: (float(length), float(speed))
        for name, length, speed in zip(network.edge_id.tolist(), network.length_m, network.speed_kph, strict=True)
    }
    assert edges == {
        "11>12+": (1100.5, 40),
        "11>12-": (1100.5, 40),
        "12>13+": (1150, 30),
        "12>13-": (1150, 8),
    }
    assert network.polyline(0)[0].tolist() == [29.5, 29.502, 29.5]
    assert network.drive.tolist() == [True, True, True, False]


def test_an_undirected_graph_goes_both_ways():
    graph = nx.Graph()
    graph.add_node("a", lat=29.5, lon=106.5)
    graph.add_node("b", lat=29.5, lon=106.51)
    graph.add_edge("a", "b", length_m=1000, speed_kph=30)
    network = from_networkx(graph, crs="WGS-84")
    assert network.edge_id.tolist() == ["a>b+", "a>b-"]


def test_every_missing_attribute_is_named(faults_of):
    graph = osmnx_like()
    del graph.nodes[13]["y"]
    graph.edges[11, 12, 0]["length"] = "-5"
    graph.edges[12, 11, 0].update(maxspeed="none", highway="corridor", geometry="POINT (1 2)")
    assert faults_of(from_networkx, graph) == [
        ("node 13", "road_no_coordinate"),
        ("edge 11>12", "road_not_a_measure"),
        ("edge 12>11", "road_no_speed"),
        ("edge 12>11", "road_not_a_line"),
    ]


def test_a_graph_without_a_crs_is_refused(faults_of, tmp_path):
    graph = osmnx_like()
    del graph.graph["crs"]
    assert faults_of(from_networkx, graph) == [("graph", "road_no_crs")]
    nx.write_graphml(graph, tmp_path / "x.graphml")
    assert faults_of(read_network, tmp_path / "x.graphml")[0][1] == "road_no_crs"
    assert read_network(tmp_path / "x.graphml", crs="WGS-84").node_count == 3


def test_exchanged_coordinates_of_a_graph_are_refused_where_that_is_certain(faults_of):
    graph = osmnx_like()
    for _, data in graph.nodes(data=True):
        data["y"], data["x"] = data["x"], data["y"]
    assert {code for _, code in faults_of(from_networkx, graph)} == {"road_latitude_out_of_range"}


@pytest.mark.parametrize("text", ["", "<graphml><graph>", "not xml", "<graphml/>"])
def test_a_broken_graphml_file_is_refused(text, tmp_path, faults_of):
    path = tmp_path / "broken.graphml"
    path.write_text(text, encoding="utf-8")
    assert faults_of(read_network, path) == [(str(path), "road_not_graphml")]


def test_other_files_and_missing_ones_are_refused(tmp_path, faults_of):
    path = tmp_path / "roads.shp"
    assert faults_of(read_network, path) == [(str(path), "road_no_such_file")]
    path.write_bytes(b"")
    assert faults_of(read_network, path) == [(str(path), "road_unknown_road_file")]
