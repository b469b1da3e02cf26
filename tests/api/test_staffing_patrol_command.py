"""`wuding staffing patrol` at the command line."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.commands.kit import Kit
from api.commands.staffing_patrol import register_patrol
from api.say import Speaker
from inventory.files import write_table
from optimizer.errors import BadInput
from optimizer.network.tables import write_tables
from scenarios.staffing.patrol.example import district


def run(*arguments: str):
    app = typer.Typer()
    app.callback()(lambda: None)
    register_patrol(app, Kit("en", Speaker("en")))
    return CliRunner().invoke(app, ["patrol", *arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patrol")
    tables = district(share=0.01)
    for name in ("dues", "stations", "grids", "villages", "hazards"):
        rows = list(getattr(tables, name).rows())
        write_table(folder / f"{name}.csv", f"patrol_{name}", rows[:8] if name == "villages" else rows)
    write_tables(tables.network, folder / "roads")
    return folder


def test_files_in_workbook_and_map_out(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUDING_CACHE_DIR", str(tmp_path / "cache"))
    more = [
        part for name in ("stations", "grids", "villages", "hazards") for part in (f"--{name}", f"{folder}/{name}.csv")
    ]
    result = run(
        f"{folder}/dues.csv", *more, "--roads", f"{folder}/roads", "--work", "5", "--out", f"{tmp_path}/p.xlsx"
    )
    assert result.exception is None, result.output
    assert {path.name for path in tmp_path.iterdir()} >= {"p.xlsx", "p.png"}


@pytest.mark.parametrize(
    "arguments",
    [(), ("visits.csv",), ("visits.csv", "--example", "district"), ("--example", "moon"),
     ("--example", "district", "--week", "0"), ("--example", "district", "--work", "x")],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_before_any_work(arguments: tuple[str, ...]) -> None:
    assert isinstance(run(*arguments).exception, BadInput)
