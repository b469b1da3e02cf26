"""The travel command: a matrix of seconds from two lists of points and a road network."""

import csv
import json
from pathlib import Path

import pytest

from api import cli
from optimizer.network.graph import build_network
from optimizer.network.tables import write_tables

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """A folder with a road of two kilometres, a point at each kilometre and one far away."""
    network = build_network(
        node_id=["a", "b", "c"],
        lat=[27.0, 27.01, 27.02],
        lon=[109.0] * 3,
        tail=[0, 1, 1, 2],
        head=[1, 2, 0, 1],
        length_m=[1000.0] * 4,
        speed_kph=[40.0] * 4,
        segment_id=["ab", "bc", "ab", "bc"],
        against=[False, False, True, True],
    )
    write_tables(network, tmp_path / "roads")
    (tmp_path / "from.csv").write_text("id,lat,lon\nstation,27.0,109.0\nfar,29.0,111.0\n", encoding="utf-8")
    (tmp_path / "to.csv").write_text("id,lat,lon\nvillage,27.02,109.0\nschool,27.01,109.0\n", encoding="utf-8")
    return tmp_path


def travel(county: Path, *more: str) -> int:
    points = ["--origins", str(county / "from.csv"), "--destinations", str(county / "to.csv")]
    return cli.run(["travel", str(county / "roads"), *points, "--out", str(county / "m.csv"), *more])


def matrix(county: Path) -> dict[tuple[str, str], str]:
    with (county / "m.csv").open(encoding="utf-8", newline="") as file:
        return {(row["origin"], row["destination"]): row["seconds"] for row in csv.DictReader(file)}


def test_every_pair_gets_its_seconds_and_no_way_is_empty(county: Path, capsys: Capture) -> None:
    assert travel(county) == 0
    assert matrix(county) == {
        ("station", "village"): "180",
        ("station", "school"): "90",
        ("far", "village"): "",
        ("far", "school"): "",
    }
    told = capsys.readouterr()
    assert "far" in told.err  # too far from any road, and said so
    assert "2" in told.out


def test_a_closure_takes_a_way_away(county: Path) -> None:
    closures = [{"id": "C", "edges": ["bc"], "speed_factor": 0}]
    (county / "closed.json").write_text(json.dumps(closures), encoding="utf-8")
    assert travel(county, "--closures", str(county / "closed.json")) == 0
    assert matrix(county)["station", "village"] == ""
    assert matrix(county)["station", "school"] == "90"


def test_geojson_closures_and_their_hours_count(county: Path) -> None:
    square = [[108.9, 27.011], [109.1, 27.011], [109.1, 27.015], [108.9, 27.015], [108.9, 27.011]]
    feature = {
        "type": "Feature",
        "properties": {"id": "C", "speed_factor": 0.5, "to": "2024-06-03T12:00:00+08:00"},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    path = county / "closed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert travel(county, "--closures", str(path)) == 2  # when?
    assert travel(county, "--closures", str(path), "--as-of", "2024-06-03T11:00:00+08:00") == 0
    assert matrix(county)["station", "village"] == "270"
    assert travel(county, "--closures", str(path), "--as-of", "2024-06-03T12:00:00+08:00") == 0
    assert matrix(county)["station", "village"] == "180"


@pytest.mark.parametrize(
    ("closures", "code"),
    [
        ([{"id": "C", "speed_factor": 0}], "closures[0]"),
        ([{"id": "C", "road_name": "G", "speed_factor": 3}], "closures[0].speed_factor"),
        ([{"id": "C", "road_name": "G", "speed_factor": 0}] * 2, "closures[1].id"),
        ({"type": "FeatureCollection", "features": [3]}, "closures[0]"),
        (3, ""),
    ],
)
def test_faulty_closures_are_refused_with_their_place(
    county: Path, capsys: Capture, closures: object, code: str
) -> None:
    (county / "closed.json").write_text(json.dumps(closures), encoding="utf-8")
    assert travel(county, "--closures", str(county / "closed.json")) == 2
    assert code in capsys.readouterr().err


def test_an_unknown_profile_and_a_bad_instant_are_refused(county: Path, capsys: Capture) -> None:
    assert travel(county, "--profile", "balloon") == 2
    assert "balloon" in capsys.readouterr().err
    assert travel(county, "--as-of", "yesterday") == 2
    assert "--as-of" in capsys.readouterr().err


def test_bad_points_are_told_by_row(county: Path, capsys: Capture) -> None:
    (county / "from.csv").write_text("id,lat,lon\nx,north,109\ny,27,200\n", encoding="utf-8")
    assert travel(county) == 2
    told = capsys.readouterr().err
    assert "第 2 行" in told
    assert "第 3 行" in told
    assert not (county / "m.csv").exists()


def test_a_departure_waits_for_a_road_that_opens_on_the_way(county: Path) -> None:
    closure = {"id": "C", "edges": ["bc"], "speed_factor": 0, "to": "2024-06-03T12:05:00+08:00"}
    (county / "closed.json").write_text(json.dumps({"closures": [closure]}), encoding="utf-8")
    closed = ("--closures", str(county / "closed.json"))
    assert travel(county, *closed, "--as-of", "2024-06-03T12:00:00+08:00") == 0
    assert matrix(county)["station", "village"] == ""
    assert travel(county, *closed, "--depart-at", "2024-06-03T12:00:00+08:00") == 0
    assert matrix(county)["station", "village"] == "390"  # at 12:05 from the middle on
    assert matrix(county)["station", "school"] == "90"
    assert travel(county, *closed, "--depart-at", "2024-06-03T12:04:30+08:00") == 0
    assert matrix(county)["station", "village"] == "180"


def test_a_departure_and_an_instant_do_not_go_together(county: Path, capsys: Capture) -> None:
    instant = "2024-06-03T12:00:00+08:00"
    assert travel(county, "--as-of", instant, "--depart-at", instant) == 2
    assert "--depart-at" in capsys.readouterr().err


def test_more_pairs_than_a_table_can_hold_are_refused_before_they_are_measured(
    county: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.usecases.MOST_PAIRS", 3)
    assert travel(county, "--lang", "en") == 2
    assert "--destinations: origins and destinations make 4 pairs; at most 3" in capsys.readouterr().err
    assert not (county / "m.csv").exists()
