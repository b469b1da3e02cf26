"""`wuding staffing grids` from files to a workbook and the table that patrols read."""

from pathlib import Path

import pytest
import typer
from openpyxl import load_workbook

from api.commands.kit import Kit
from api.commands.staffing_grids import register_grids
from api.say import Speaker
from inventory.errors import BadTable
from inventory.files import read_table, write_table
from optimizer.errors import BadInput
from scenarios.staffing.patrol.example import grid_tables
from scenarios.texts import explain


def run(lang: str, *arguments: object) -> int:
    kit = Kit(lang, Speaker(lang))
    app, group = typer.Typer(**kit.settings), typer.Typer(**kit.settings)
    register_grids(group, kit)
    group.callback()(lambda: None)
    app.add_typer(group, name="staffing")
    return app(args=["staffing", "grids", *map(str, arguments)], standalone_mode=False)


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    tables = grid_tables()
    write_table(tmp_path / "villages.csv", "grid_villages", tables.villages)
    write_table(tmp_path / "managers.csv", "grid_managers", tables.managers)
    return [tmp_path / "villages.csv", "--managers", tmp_path / "managers.csv"]


def test_the_district_has_711_grids_613_managers_and_lacks_98(files, tmp_path, capfd) -> None:
    assert run("en", *files, "--out", tmp_path / "g.xlsx", "--table", tmp_path / "grids.csv") == 0
    said = capfd.readouterr().out
    assert "218 villages need 711 grids and have 613 managers: 98 grids without" in said
    assert "6 villages with fewer than 3 grids" in said
    assert "2 villages with more than 6 grids" in said
    book = load_workbook(tmp_path / "g.xlsx", read_only=True)
    towns = list(book[book.sheetnames[0]].iter_rows(values_only=True))
    assert towns[-1][2:7] == (218, 711, 613, 98, 0)
    assert [sum(row[column] for row in towns[1:-1]) for column in (3, 4, 5)] == [711, 613, 98]
    grids = read_table(
        tmp_path / "grids.csv", "patrol_grids", references={"patrol_stations.town": [r[0] for r in towns]}
    )
    assert len(grids) == len(set(grids["grid"])) == 711
    assert [number[:12] for number in grids["grid"]] == grids["village"]
    assert {len(number) for number in grids["grid"]} == {14}
    assert len({*zip(grids["town"], grids["person"], strict=True)}) == 613


def test_without_managers_every_grid_lacks_one(files, tmp_path, capfd) -> None:
    assert run("zh", files[0], "--out", tmp_path / "g.xlsx") == 0
    assert "711 个网格没有自己的网格员" in capfd.readouterr().out
    with pytest.raises(BadTable) as refused:
        run("zh", files[0], "--out", tmp_path / "g.xlsx", "--table", tmp_path / "grids.csv")
    assert "没有网格员" in "".join(explain(refused.value, "zh"))


def test_bad_villages_and_managers_are_told_at_once(tmp_path) -> None:
    (tmp_path / "v.csv").write_text("village,name,town,population,households\n350981104203,a,T,900,300\n")
    (tmp_path / "m.csv").write_text("person,town,village\nx,U,\ny,T,350981104299\nz,U,350981104203\n")
    with pytest.raises(BadTable) as refused:
        run("en", tmp_path / "v.csv", "--managers", tmp_path / "m.csv", "--out", tmp_path / "g.xlsx")
    assert [fault.row for fault in refused.value.faults] == [2, 3, 4]
    with pytest.raises(BadInput):
        run("en", tmp_path / "v.csv", "--out", tmp_path / "g.txt")
