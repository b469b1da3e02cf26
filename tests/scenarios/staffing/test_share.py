"""Posts shared out from a file of towns: who gets how many, in words, in a workbook and as a picture."""

from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from inventory.errors import BadTable
from optimizer.errors import BadInput
from optimizer.staffing.towns import Towns
from scenarios.staffing.generate import example
from scenarios.staffing.inputs import write_towns
from scenarios.staffing.share import AskedShare, Budget, Shared, percent, share_file, share_towns, write_shared
from scenarios.staffing.share_book import notes


@pytest.fixture(scope="module")
def city() -> Towns:
    return example("city")


@pytest.fixture(scope="module")
def shared(city: Towns) -> Shared:
    return share_towns(city, AskedShare(posts=130, year=2025))


@pytest.fixture
def file(city: Towns, tmp_path: Path) -> Path:
    path = tmp_path / "TOWNS.csv"
    write_towns(path, city)
    return path


def test_130_posts_over_101_stations(shared: Shared) -> None:
    assert len(shared.rows) == 101
    assert shared.given == 130
    assert shared.status == "OPTIMAL"
    before, after = shared.worst()
    assert before < after == shared.levels[0].ratio
    assert sum(level.towns for level in shared.levels) == 101
    assert [point.posts for point in shared.points] == list(range(261))
    assert shared.points[130].worst == after


def test_how_many_posts_a_ratio_needs_agrees_with_the_frontier(shared: Shared) -> None:
    for ratio, posts in shared.marks:
        assert posts is not None
        assert shared.points[posts].worst >= ratio
        assert posts == 0 or shared.points[posts - 1].worst < ratio


def test_every_town_has_its_sentence_in_both_languages(shared: Shared) -> None:
    for row in shared.rows:
        for lang in ("zh", "en"):
            line = row.why(lang)
            assert row.name in line
            assert "?" not in line
            assert str(row.required) in line
    first = shared.rows[shared.following[0]]
    assert "第 1 个轮到它" in first.why("zh")
    assert "number 1 would be its own" in first.why("en")


def test_the_workbook_calculates_what_it_shows(shared: Shared, tmp_path: Path) -> None:
    out, picture = write_shared(tmp_path / "r.xlsx", shared, "en")
    said, shown = (openpyxl.load_workbook(out, data_only=values) for values in (False, True))
    assert said.sheetnames == ["Shares", "Districts", "Frontier", "Levels"]
    formulas, values = said["Shares"], shown["Shares"]
    for row, one in enumerate(shared.rows, start=2):
        assert formulas.cell(row, 7).value == f"=E{row}+F{row}"
        assert values.cell(row, 7).value == one.after
        assert values.cell(row, 9).value == pytest.approx(one.after / one.required)
        assert values.cell(row, 12).value == one.why("en")
    assert formulas.cell(103, 6).value == "=SUM(F2:F102)"
    assert values.cell(103, 6).value == 130
    districts = list(shown["Districts"].iter_rows(min_row=2, values_only=True))
    assert sum(row[4] for row in districts) == 130
    assert sum(row[1] for row in districts) == 101
    assert shown["Frontier"].max_row == 262
    assert shown["Levels"].max_row == len(shared.levels) + 1
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_input_gives_the_same_bytes(shared: Shared, tmp_path: Path) -> None:
    one = [path.read_bytes() for path in write_shared(tmp_path / "a.xlsx", shared, "zh")]
    other = [path.read_bytes() for path in write_shared(tmp_path / "b.xlsx", shared, "zh")]
    assert one == other


def test_a_budget_over_two_grades(city: Towns, tmp_path: Path) -> None:
    asked = AskedShare(budget=Budget(3_000_000, (180_000, 80_000), (5, None)), year=2025)
    found = share_towns(city, asked)
    assert found.status == "OPTIMAL"
    assert found.cost is not None
    assert found.cost <= 3_000_000 < found.cost + 80_000
    assert sum(row.grades[0] for row in found.rows) <= 5
    assert found.cost == sum(180_000 * row.grades[0] + 80_000 * row.grades[1] for row in found.rows)
    files = write_shared(tmp_path / "m.xlsx", found, "zh")
    assert files == (tmp_path / "m.xlsx",)
    page = openpyxl.load_workbook(files[0])["分配"]
    assert page.cell(2, 8).value == "=F2+G2"
    assert any("一年费用" in line for line in notes(found, "zh"))
    assert "established" in found.rows[0].why("en")


def test_nobody_beyond_what_is_required(city: Towns) -> None:
    found = share_towns(city, AskedShare(posts=500, year=2025, to_required=True))
    assert all(row.given == 0 or row.after <= row.required for row in found.rows)
    assert found.worst()[1] == 1
    assert found.unplaced == 500 - found.given > 0
    assert any(str(found.unplaced) in line for line in notes(found, "en"))
    money = share_towns(city, AskedShare(budget=Budget(10**9, (2, 1)), year=2025, to_required=True))
    assert [row.after for row in money.rows] == [row.after for row in found.rows]


def test_limits_of_towns_and_districts_come_from_files(file: Path, city: Towns, tmp_path: Path) -> None:
    limits, districts = tmp_path / "limits.csv", tmp_path / "districts.csv"
    limits.write_text(f"code,required,floor,cap\n{city.code[0]},400,,{int(city.staff[0]) + 2}\n", "utf-8")
    districts.write_text(f"district,least,most\n{city.district[-1]},30,30\n", "utf-8")
    found = share_file(file, AskedShare(posts=60, limits=limits, districts=districts, year=2025))
    assert (found.rows[0].required, found.rows[0].given) == (400, 2)
    assert found.rows[0].reason is not None
    assert found.rows[0].reason.cause == "cap"
    assert sum(row.given for row in found.rows if row.district == city.district[-1]) == 30


def test_what_the_files_get_wrong_is_told(file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("code,floor\nnowhere,1\nnoplace,-1\n", "utf-8")
    with pytest.raises(BadTable) as refused:
        share_file(file, AskedShare(posts=1, limits=bad))
    assert len(refused.value.faults) == 3
    with pytest.raises(BadInput, match="PostsOrBudget"):
        share_file(file, AskedShare())
    text = file.read_text("utf-8").splitlines()
    place = text[0].split(",").index("contract")
    row = text[1].split(",")
    row[place] = ""
    file.write_text("\n".join([text[0], ",".join(row), *text[2:]]), "utf-8")
    with pytest.raises(BadInput) as unstated:
        share_file(file, AskedShare(posts=1))
    assert [fault.code for fault in unstated.value.faults] == ["StaffUnstated"]


def test_percentages_are_rounded_half_up() -> None:
    assert [percent(one) for one in (Fraction(1, 3), Fraction(3, 4), Fraction(1, 2000), Fraction(21, 20))] == [
        "33.3", "75.0", "0.1", "105.0",
    ]  # fmt: skip


def test_the_frontier_ends_where_numbers_of_posts_do(city: Towns, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("scenarios.staffing.share", "optimizer.staffing.posts", "optimizer.staffing.post_reasons"):
        monkeypatch.setattr(f"{module}.MOST", 1000)  # for a million this takes seconds
    shared = share_towns(city.part(0, 3), AskedShare(posts=600, year=2025))
    assert (shared.given, shared.points[-1].posts) == (600, 1000)
    most = share_towns(city.part(0, 3), AskedShare(posts=1000, year=2025))
    assert (most.given, most.following) == (1000, ())
