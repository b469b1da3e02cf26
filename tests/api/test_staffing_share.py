"""`wuding staffing share` and `wuding staffing desk`."""

from pathlib import Path

import pytest

from api import cli
from scenarios.staffing.generate import example
from scenarios.staffing.inputs import write_towns


def run(*arguments: str, lang: str = "zh") -> int:
    return cli.run(["staffing", *arguments, "--lang", lang])


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    path = tmp_path / "TOWNS.csv"
    write_towns(path, example("district"))
    return path


@pytest.mark.parametrize(("lang", "told"), [("zh", "已证明最优"), ("en", "Proven optimal")])
def test_posts_are_shared_out(
    towns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, told: str
) -> None:
    out = tmp_path / "r.xlsx"
    assert run("share", str(towns), "--posts", "40", "--out", str(out), "--year", "2025", lang=lang) == 0
    shown = capsys.readouterr().out
    assert told in shown
    assert "r.png" in shown
    assert out.is_file()
    assert out.with_suffix(".png").is_file()


def test_a_budget_takes_costs_of_both_grades(towns: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "r.xlsx")
    money = ["--budget", "2000000", "--established", "180000:4", "--contract", "80000"]
    assert run("share", str(towns), *money, "--out", out) == 0
    assert "2,000,000" in capsys.readouterr().out
    assert not (tmp_path / "r.png").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--out", "r.xlsx"], "--posts"),
        (["--posts", "3", "--budget", "5", "--established", "1", "--contract", "1", "--out", "r.xlsx"], "--budget"),
        (["--budget", "5", "--out", "r.xlsx"], "--established"),
        (["--posts", "3", "--contract", "1", "--out", "r.xlsx"], "--budget"),
        (["--budget", "5", "--established", "x", "--contract", "1", "--out", "r.xlsx"], "x"),
        (["--budget", "5", "--established", "1", "--contract", "0", "--out", "r.xlsx"], "contract"),
        (["--posts", "3", "--out", "r.csv"], ".xlsx"),
        (["--posts", "3", "--out", "r.xlsx", "--limits", "gone.csv"], "gone.csv"),
    ],
)
def test_what_cannot_be_shared_is_told_in_both_languages(
    towns: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(towns.parent)
    for lang in ("zh", "en"):
        assert run("share", str(towns), *arguments, lang=lang) == 2
        assert told in capsys.readouterr().err


def test_a_desk_is_sized_for_each_period(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("desk", "--calls", "40", "--calls", "12", "--handle-s", "180", "--within-s", "20", lang="en") == 0
    shown = capsys.readouterr().out
    assert "Erlangs" in shown
    assert "2.00" in shown
    assert run("desk", "--calls", "-1", "--handle-s", "180") == 2
