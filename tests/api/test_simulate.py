"""`wuding simulate`."""

import json
from pathlib import Path

import pytest

from api import cli
from scenarios.world import World
from scenarios.world_files import write_world

SMALL = ["--replications", "2", "--hours", "2", "--teams", "6", "--utilisation", "0.4"]


def test_it_writes_a_page_a_picture_and_the_same_bytes_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert cli.run(["simulate", *SMALL, "--out", str(one), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "Reduction by re-planning" in told
    assert "simulation.html" in told
    assert cli.run(["simulate", *SMALL, "--out", str(two), "--lang", "en"]) == 0
    for name in ("simulation.json", "simulation.html", "simulation.png"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    document = json.loads((one / "simulation.json").read_text("utf-8"))
    assert [case["utilisation"] for case in document["cases"]] == [0.4]
    assert len(document["cases"][0]["replications"]["replanning"]) == 2


def test_a_world_has_its_own_incidents_replayed_and_reports_at_their_times(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, reports = tmp_path / "world", tmp_path / "reports.csv"
    write_world(world, folder)
    assert cli.run(["simulate", str(folder), "--replications", "3", "--out", str(tmp_path / "a")]) == 0
    assert "给定事件流" in capsys.readouterr().out
    name = world.incidents["id"][0]
    reports.write_text(f"incident,reported_at\n{name},2024-06-03T09:00:00+08:00\n{name},2024-06-03T09:30:00+08:00\n")
    given = ["simulate", str(folder), "--stream", str(reports), "--replications", "1", "--out", str(tmp_path / "b")]
    assert cli.run(given) == 0
    document = json.loads((tmp_path / "b" / "simulation.json").read_text("utf-8"))
    assert "2 reports" in document["about"]["en"]
    assert document["cases"][0]["policies"]["replanning"]["response_s"]["low"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--utilisation", "1.2"], "1.2"),
        (["--utilisation", "half"], "half"),
        (["--stream", "reports.csv"], "--scenario"),
        (["--scenario", "atlantis"], "atlantis"),
        (["nowhere.json"], "nowhere.json"),
        (["p.json", "--scenario", "county"], "p.json"),
        (["--scenario", "county", "--stream", "r.csv", "--utilisation", "0.5"], "--utilisation"),
        (["--replications", "0"], "--replications"),
    ],
)
def test_what_cannot_be_simulated_is_told_in_both_languages(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for lang in ("zh", "en"):
        assert cli.run(["simulate", *arguments, "--lang", lang]) == 2
        assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "cache"])
