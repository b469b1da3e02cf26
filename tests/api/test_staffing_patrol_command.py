"""`wuding staffing patrol` from files to files, again when visits slip, and its mistakes, in both languages."""

from pathlib import Path

import pytest
import typer
from openpyxl import load_workbook

from api.commands.kit import Kit
from api.commands.staffing_patrol import register_choice, register_patrol
from api.say import Speaker
from inventory.errors import BadTable
from inventory.files import read_table
from optimizer.errors import BadInput
from scenarios.texts import explain


def run(lang: str, *arguments: object) -> int:
    kit = Kit(lang, Speaker(lang))
    app, group = typer.Typer(**kit.settings), typer.Typer(**kit.settings)
    register_patrol(group, kit)
    register_choice(group, kit)
    app.add_typer(group, name="staffing")
    return app(args=["staffing", *map(str, arguments)], standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of `patrol-example`, with few villages: a year of night patrols is long."""
    folder = tmp_path_factory.mktemp("patrol")
    assert run("en", "patrol-example", "--out", folder, "--share", "0.01") == 0
    lines = (folder / "villages.csv").read_text().splitlines(keepends=True)
    (folder / "villages.csv").write_text("".join(lines[:9]))
    return folder


def inputs(folder: Path) -> list[object]:
    return ["patrol", folder / "visits.csv", "--stations", folder / "stations.csv", "--roads", folder / "roads",
            "--year", "2026", "--work", "5"]  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUDING_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))


def test_a_year_is_planned_and_again_from_its_own_workbook(folder: Path, tmp_path: Path, capfd) -> None:
    out, table = tmp_path / "p.xlsx", tmp_path / "rounds.csv"
    more = [part for name in ("grids", "villages", "hazards") for part in (f"--{name}", folder / f"{name}.csv")]
    towns = ["--towns", folder / "towns.csv", "--towns-out", tmp_path / "towns.csv"]
    assert run("zh", *inputs(folder), *more, *towns, "--out", out, "--table", table) == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert all(read_table(tmp_path / "towns.csv", "towns")["travel_h"])
    assert "已安排" in capfd.readouterr().out
    slipped = fill(out, "patrol_record")
    again = ["--plan", table, "--done", out, "--since", "2026-03-02", "--out", tmp_path / "q.xlsx"]
    assert run("en", *inputs(folder), *again) == 0
    said = capfd.readouterr().out
    assert slipped in said
    assert "1 slipped" in said
    book = load_workbook(tmp_path / "q.xlsx", read_only=True)
    (name,) = (name for name in book.sheetnames if "Changes" in name)
    assert slipped in {row[1] for row in book[name].iter_rows(values_only=True)}


def fill(path: Path, name: str) -> str:
    """Fill the record in, all but the first visit planned before March, whose id comes back."""
    book = load_workbook(path)
    rows = sorted(book[name].iter_rows(min_row=2), key=lambda row: (row[2].value, row[0].value))
    past = [row for row in rows if row[2].value.month < 3]
    for row in past[1:]:
        row[8].value = row[2].value.date()
    book.save(path)
    return str(past[0][0].value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--stations"),
        (("visits.csv",), "--roads"),
        (("visits.csv", "--example", "district"), "VISITS"),
        (("--example", "moon"), "district"),
        (("--example", "district", "--week", "0"), "1"),
        (("--example", "district", "--work", "x"), "x"),
        (("--example", "district", "--year", "2025"), "2026"),
        (("--example", "district", "--out", "p.csv"), "--table"),
        (("--example", "district", "--plan", "p.xlsx"), "--since"),
        (("--example", "district", "--towns", "t.csv"), "--towns-out"),
        (("--example", "district", "--plan", "p.xlsx", "--done", "p.xlsx", "--since", "2026-03-02"), "p.xlsx"),
    ],
)
def test_what_does_not_go_together_is_refused_before_any_work(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises(BadInput) as refused:
        run("en", "patrol", *arguments)
    for lang in ("zh", "en"):
        lines = explain(refused.value, lang)
        assert told in "".join(lines)
        assert all("?" not in line for line in lines)


def test_towns_that_lack_a_station_are_refused_before_any_work(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "towns.csv").read_text().splitlines(keepends=True)
    (tmp_path / "t.csv").write_text("".join(lines[:-1]))
    with pytest.raises(BadTable, match="station_of_no_town"):
        run("en", *inputs(folder), "--towns", tmp_path / "t.csv", "--towns-out", tmp_path / "o.csv")


def test_places_are_chosen_from_the_register_by_risk(folder: Path, tmp_path: Path, capfd) -> None:
    assert run("en", "patrol-visits", folder / "register.csv", "--out", tmp_path / "visits.csv") == 0
    assert "98 of 450 places chosen" in capfd.readouterr().out  # 60 of 200 enterprises and 38 of 250 venues
    stations = {"patrol_stations.town": read_table(folder / "stations.csv", "patrol_stations")["town"]}
    chosen = read_table(tmp_path / "visits.csv", "patrol_dues", references=stations)
    known = read_table(folder / "visits.csv", "patrol_dues", references=stations)
    assert set(chosen["place"]) == set(known["place"])
    assert set(chosen["id"]) <= set(known["id"])
    assert run("zh", "patrol-visits", folder / "register.csv", "--out", tmp_path / "none.csv", "--enterprises", "0",
               "--venues", "0") == 0  # fmt: skip
    assert "选出 0 家" in capfd.readouterr().out
