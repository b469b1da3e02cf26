"""From tables that were imported, and nothing else, to a load that leaves: the live situation is there from the first
report, and its roads are named on the server."""

import csv

import pytest

from api.cli import run
from optimizer.network.tables import write_tables
from tests.api.http.test_dispatch import AtOnce

INCIDENT = {
    "kind": "landslide", "severity": 4, "lat": 27.02, "lon": 109.0, "people_affected": 3, "demands": {"M013": "2"},
    "name": "滑坡", "name_en": "Slide",
    "tasks": [{"capability": "search", "service_s": 600}],
}  # fmt: skip


@pytest.fixture
def office(app, world, database_url, tmp_path, monkeypatch):
    """The command line beside the service: the same database and folder."""
    monkeypatch.setenv("WUDING_HOME", str(tmp_path / "office"))
    monkeypatch.setenv("WUDING_DATABASE_URL", database_url)
    write_tables(world.network, tmp_path / "roads")
    app.state.solvers = AtOnce()
    return tmp_path


def test_the_first_report_opens_the_live_situation_and_roads_are_named_once(send, office, capsys):
    assert send("root", "GET", "/situations").json()["items"] == []
    reported = send("root", "POST", "/situations/live/incidents", json=INCIDENT)
    assert reported.status_code == 201, reported.text
    assert [one["code"] for one in send("root", "GET", "/situations").json()["items"]] == ["live"]
    listed = send("root", "GET", "/incidents").json()["items"]
    assert [(one["name"], one["name_en"]) for one in listed] == [("滑坡", "Slide")]
    refused = send("root", "POST", "/situations/live/solve", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "NoRoads")
    assert "wuding roads" in refused.json()["detail"]

    assert run(["roads", str(office / "roads"), "--lang", "en"]) == 0
    assert "3 junctions, 4 directed segments" in capsys.readouterr().out
    made = send("root", "POST", "/situations/live/solve", json={})
    assert made.status_code == 200, made.text


def test_an_exercise_that_is_not_there_is_not_made_by_a_report_or_by_roads(send, office, capsys):
    assert send("root", "POST", "/situations/drill/incidents", json=INCIDENT).json()["code"] == "UnknownSituation"
    assert run(["roads", str(office / "roads"), "--situation", "drill", "--lang", "en"]) == 2
    assert not (office / "office" / "roads" / "drill").exists()


def test_a_file_of_incidents_opens_the_live_situation_too(send, office):
    file = office / "incidents.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "kind", "severity", "lat", "lon", "reported_at"])
        rows.writerow(["I1", "flood", "3", "27.01", "109.0", "2026-06-01T08:00:00+08:00"])
    sent = {"file": ("incidents.csv", file.read_bytes(), "text/csv")}
    answer = send("root", "POST", "/imports/incidents", files=sent)
    assert answer.status_code == 200, answer.text
    assert send("root", "GET", "/incidents").json()["items"][0]["code"] == "I1"


def test_no_exercise_takes_the_code_of_the_live_situation_before_the_first_report(send, office):
    drill = {"code": "live", "title_zh": "演练", "title_en": "drill"}
    answer = send("root", "POST", "/situations", json=drill)
    assert (answer.status_code, answer.json()["code"]) == (409, "SituationTaken")
    assert send("root", "POST", "/situations/live/incidents", json=INCIDENT).status_code == 201
    assert [one["kind"] for one in send("root", "GET", "/situations").json()["items"]] == ["live"]
