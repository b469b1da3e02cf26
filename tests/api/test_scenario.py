"""The scenario commands: list, show, build, and the way on from a built folder."""

from pathlib import Path

import pytest

from api import cli
from scenarios.world import World

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _one_small_scenario(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hamlet`, so that no test has to grow a county."""
    from scenarios import registry

    hamlet = registry.Scenario("hamlet", "小村", "A hamlet", "两个储备点", "2 stores", lambda seed: world)
    monkeypatch.setattr(registry, "SCENARIOS", (hamlet,))


@pytest.mark.parametrize(("lang", "words"), [("zh", "小村"), ("en", "A hamlet")])
def test_list_names_the_scenarios(lang: str, words: str, capsys: Capture) -> None:
    assert cli.run(["scenario", "list", "--lang", lang]) == 0
    told = capsys.readouterr().out
    assert "hamlet" in told
    assert words in told


def test_show_says_what_is_in_one(capsys: Capture) -> None:
    assert cli.run(["scenario", "show", "hamlet"]) == 0
    told = capsys.readouterr().out
    assert "盘石滑坡" in told
    assert "X101 限速至 50%" in told
    assert "搜救" in told or "search" in told


def test_an_unknown_scenario_is_told_with_the_known_ones(capsys: Capture) -> None:
    assert cli.run(["scenario", "show", "atlantis"]) == 2
    assert "hamlet" in capsys.readouterr().err


def test_build_leaves_a_folder_that_solve_takes(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "built"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    assert f"wuding solve {folder}" in capsys.readouterr().out
    plan = tmp_path / "plan.json"
    assert cli.run(["solve", str(folder / "problem.json"), "--out", str(plan)]) == 0
    assert cli.run(["check", str(folder / "problem.json"), str(plan)]) == 0


def test_a_folder_somebody_has_worked_on_is_not_replaced_unasked(tmp_path: Path, capsys: Capture) -> None:
    build = ["scenario", "build", "hamlet", "--out", str(tmp_path / "mine")]
    assert cli.run(build) == 0
    teams = tmp_path / "mine" / "teams.csv"
    written = teams.read_text("utf-8")
    teams.write_text("my own", "utf-8")
    assert cli.run([*build, "--lang", "en"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert teams.read_text("utf-8") == "my own"
    assert cli.run([*build, "--overwrite"]) == 0
    assert teams.read_text("utf-8") == written


def test_the_demo_tells_the_whole_story(tmp_path: Path, capsys: Capture) -> None:
    assert cli.run(["demo", "--scenario", "hamlet", "--out", str(tmp_path), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    for words in ("Custodian", "County store", "Bottled water", "Proven bound", "wuding check"):
        assert words in told
    assert (tmp_path / "plan.json").exists()


def test_only_the_county_can_be_put_on_real_roads(tmp_path: Path, capsys: Capture) -> None:
    arguments = ["scenario", "build", "hamlet", "--out", str(tmp_path / "x"), "--roads", "roads.osm.pbf"]
    assert cli.run(arguments) == 2
    assert "county" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_an_edited_folder_is_solved_as_its_tables_stand(world: World, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "hamlet"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert cli.run(["solve", str(folder), "--out", str(first), "--report", str(tmp_path / "report")]) == 0
    assert (tmp_path / "report" / "plan.html").stat().st_size > 10_000
    teams = folder / "teams.csv"
    rows = teams.read_text("utf-8").splitlines()
    teams.write_text("\n".join(rows[:-1]) + "\n", "utf-8")  # one team fewer
    assert cli.run(["check", str(folder), str(first)]) == 1
    assert cli.run(["solve", str(folder), "--out", str(second)]) == 0
    assert cli.run(["check", str(folder), str(second)]) == 0
    capsys.readouterr()


def test_check_renews_problem_json_or_names_every_bad_row(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "hamlet"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    before = (folder / "problem.json").read_text("utf-8")
    teams = folder / "teams.csv"
    rows = teams.read_text("utf-8").splitlines()
    teams.write_text("\n".join(rows[:-1]) + "\n", "utf-8")
    assert cli.run(["scenario", "check", str(folder)]) == 0
    renewed = (folder / "problem.json").read_text("utf-8")
    assert renewed != before
    teams.write_text("\n".join([rows[0] + ",colour", *rows[1:]]) + "\n", "utf-8")
    assert cli.run(["scenario", "check", str(folder), "--lang", "en"]) == 2
    assert "colour" in capsys.readouterr().err
    assert (folder / "problem.json").read_text("utf-8") == renewed


def test_a_plan_is_not_written_over_a_file_of_another_kind(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "hamlet"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    teams = folder / "teams.csv"
    before = teams.read_bytes()
    assert cli.run(["solve", str(folder), "--out", str(teams)]) == 2
    assert "plan.json" in capsys.readouterr().err
    assert teams.read_bytes() == before


def test_check_remarks_on_places_off_the_roads_and_on_tasks_nobody_can_do(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "hamlet"
    assert cli.run(["scenario", "build", "hamlet", "--out", str(folder)]) == 0
    for name, column, value in (("incidents", "lon", "110.9"), ("tasks", "capability", "serch_rescue")):
        head, first, *rest = (folder / f"{name}.csv").read_text("utf-8-sig").splitlines()
        cells = first.split(",")
        cells[head.split(",").index(column)] = value
        (folder / f"{name}.csv").write_text("\n".join([head, ",".join(cells), *rest]) + "\n", "utf-8")
    capsys.readouterr()
    assert cli.run(["scenario", "check", str(folder), "--lang", "en"]) == 0
    told = capsys.readouterr().err
    assert "too far from any road" in told
    assert "serch_rescue" in told
