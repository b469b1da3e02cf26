"""The reports on paper: they say what was reckoned, nothing runs off the page, equal input is equal bytes."""

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inventory.documents import paper
from inventory.documents.pdf import Line, Mark, Text
from inventory.documents.typesetting import MM_PER_PT, clean, width_mm
from optimizer.staffing.towns import Town, Towns
from scenarios import texts
from scenarios.staffing.comparison import Beside, Study, beside
from scenarios.staffing.generate import example
from scenarios.staffing.inputs import InputFile, input_files
from scenarios.staffing.report import comparison_pdf, share_pdf, sizing_pdf
from scenarios.staffing.report.numbers import GROUPS, Numbers
from scenarios.staffing.report.towns import IN_WORDS, MOST_ROWS
from scenarios.staffing.share import AskedShare, Budget, Shared, share_towns
from scenarios.staffing.sizing import Asked, size_towns_of
from scenarios.staffing.words import findings, sentence
from scenarios.staffing.workbook import Sized
from scenarios.texts import LANGS, Lang

FILE = InputFile("towns", "TOWNS.csv", "ab" * 32)
WORK: dict[str, Any] = {"population": 30_000, "area_km2": 50, "enterprises": (400, 90, 20), "venues": (500, 80, 10)}
Pages = list[list[Mark]]


@pytest.fixture(scope="module")
def city() -> Sized:
    return replace(size_towns_of(example("city"), Asked(year=2026, draws=200)), files=(FILE,))


@pytest.fixture(scope="module")
def shared() -> Shared:
    return replace(share_towns(example("city"), AskedShare(posts=130, year=2026)), files=(FILE,))


@pytest.fixture(scope="module")
def bought() -> Shared:
    budget = Budget(4_000_000, (180_000, 80_000), (10, None))
    return share_towns(example("district"), AskedShare(budget=budget, year=2026))


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pages]:
    """The marks of a report, page by page, in place of its bytes."""

    def marks(write: Callable[[Any, Lang], bytes], result: Any, lang: Lang) -> Pages:
        seen: Pages = []
        monkeypatch.setattr(paper, "pdf_bytes", lambda pages, **_: seen.extend(pages) or b"")
        write(result, lang)
        return seen

    return marks


def words(pages: Pages) -> str:
    """All that is printed, without the spaces and line ends that break it."""
    return re.sub(r"\s", "", "\n".join(mark.text for page in pages for mark in page if isinstance(mark, Text)))


def has(pages: Pages, *said: str) -> bool:
    whole = words(pages)
    missing = [one for one in said if re.sub(r"\s", "", one) not in whole]
    assert not missing
    return True


@pytest.mark.parametrize("lang", LANGS)
def test_the_figures_of_a_sizing_are_those_of_the_result(pages: Callable[..., Pages], city: Sized, lang: Lang) -> None:
    found = pages(sizing_pdf, city, lang)
    sizing, spread = city.sizing, city.spread
    assert spread is not None
    staff = int(sizing.towns.staff.sum())
    low, high = spread.total[[0, -1]]
    assert has(found, f"{sizing.total:,}", f"{staff:,}", f"−{sizing.total - staff}", f"{staff / sizing.total:.2f}")
    assert has(found, f"{low:,}–{high:,}", FILE.name, FILE.sha256, f"{sizing.available_h:,.0f}")
    assert has(found, {"zh": "2026年工作日248天（已公布）", "en": "2026 has 248 working days (announced)"}[lang])
    assert has(found, {"zh": "随机种子0", "en": "seed 0"}[lang])
    assert has(found, *sizing.towns.name, *sizing.towns.code)


@pytest.mark.parametrize("lang", LANGS)
def test_the_worst_towns_have_their_sentence_and_every_coefficient_its_source(
    pages: Callable[..., Pages], city: Sized, lang: Lang
) -> None:
    found = pages(sizing_pdf, city, lang)
    results = sorted(city.sizing.results(), key=lambda one: (one.ratio, one.code))
    assert has(found, *(sentence(one, lang) for one in results[:IN_WORDS]))
    side = LANGS.index(lang)
    assert has(found, *(each.meaning[side] for each in city.sizing.parameters), "ISBN")
    assert has(found, *(each.source[side] for each in city.sizing.parameters))
    assert has(found, "52.2%" if lang == "zh" else "52.2 %", "2649")  # what was refused, and why


@pytest.mark.parametrize("lang", LANGS)
def test_a_share_on_paper_is_the_share(pages: Callable[..., Pages], shared: Shared, lang: Lang) -> None:
    found = pages(share_pdf, shared, lang)
    assert has(found, "130", "75.9% → 100.0%", *(row.name for row in shared.rows))
    assert has(found, *(row.why(lang) for row in shared.rows if row.given))
    assert has(found, *(f"{level.ratio.numerator}:{level.ratio.denominator}" for level in shared.levels))
    assert has(found, f"{sum(row.after for row in shared.rows):,}")


@pytest.mark.parametrize("lang", LANGS)
def test_money_is_told_by_grade(pages: Callable[..., Pages], bought: Shared, lang: Lang) -> None:
    found = pages(share_pdf, bought, lang)
    by_grade = [sum(row.grades[place] for row in bought.rows) for place in (0, 1)]
    assert has(found, f"{bought.cost:,}", f"{4_000_000 - (bought.cost or 0):,}", f"{80_000 * by_grade[1]:,}")
    assert has(found, *(row.why(lang) for row in bought.rows if row.given))


def test_equal_results_give_equal_bytes_and_another_program_reads_them(
    tmp_path: Path, city: Sized, shared: Shared
) -> None:
    first = sizing_pdf(city, "zh")
    assert first == sizing_pdf(city, "zh")
    assert share_pdf(shared, "en") == share_pdf(shared, "en")
    assert b"/FontFile3" in first
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("needs pdftotext of poppler-utils, which is not installed")
    (tmp_path / "report.pdf").write_bytes(first)
    told = subprocess.run([reader, tmp_path / "report.pdf", "-"], check=True, capture_output=True).stdout.decode()
    assert f"{city.sizing.total:,}" in told
    assert "金口站" in told


def odd_towns() -> Towns:
    long = "很长的名字" * 12
    return Towns.of(
        [
            Town("1", f"枹罕镇𠮷𠮾{long}", f"超长区县{long}", established=0, contract=0, vehicles=0, **WORK),
            Town("9" * 40, "A station whose English name goes on and on, Ltd. & Co.", "", established=200, contract=300,
                 **WORK),
            Town("3", "站", "乙区"),
            Town("4", "𡈽", "乙区", established=4, contract=9, licensed=3, vehicles=5, team=10, supervisors=1, **WORK),
            Town("5", "=cmd()\n换行", "乙区", established=1, contract=1, **WORK),
        ]
    )  # fmt: skip


def test_strange_names_are_printed_and_what_the_font_lacks_is_listed(pages: Callable[..., Pages]) -> None:
    odd = size_towns_of(odd_towns(), Asked(year=2026, draws=20))
    found = pages(sizing_pdf, odd, "zh")
    assert has(found, "很长的名字" * 12, "=cmd()", "U+20BB7", "U+2123D", *odd.sizing.towns.code)
    assert has(found, *(line for at in range(5) for line in findings(odd.sizing.result(at), "zh")))
    assert "𡈽" not in words(found)


def test_a_town_with_nobody_comes_first_and_one_that_does_not_say_is_left_out_of_ratios(
    pages: Callable[..., Pages],
) -> None:
    odd = size_towns_of(odd_towns(), Asked(year=2026, draws=0))
    numbers = Numbers(odd.sizing)
    assert numbers.worst[0] == 0
    assert numbers.worst[-1] == 2
    assert 2 not in numbers.rated
    assert numbers.posts_of_stated == odd.sizing.total - odd.sizing.posts[2]
    assert has(pages(sizing_pdf, odd, "en"), "1 more stations do not state their staff")


@pytest.mark.parametrize("count", [1, 40])
def test_towns_that_state_no_staff_are_sized_without_ratios(pages: Callable[..., Pages], count: int) -> None:
    silent = Towns.of([Town(str(at), f"站{at}", **WORK) for at in range(count)])
    sized = size_towns_of(silent, Asked(year=2026, draws=0))
    assert has(pages(sizing_pdf, sized, "zh"), "没有一个站填报现有人员", f"{sized.sizing.total:,}")


def test_of_very_many_towns_the_worst_are_listed_and_the_workbook_is_named(pages: Callable[..., Pages]) -> None:
    few = example("city")
    count = MOST_ROWS + 40
    towns = Towns.of(
        [
            Town(
                f"{at:06d}",
                f"{few.name[at % 101]}{at}",
                few.district[at % 101],
                established=8,
                contract=at % 17,
                **WORK,
            )
            for at in range(count)
        ]
    )
    sized = size_towns_of(towns, Asked(year=2026, draws=0))
    found = pages(sizing_pdf, sized, "zh")
    printed = {mark.text for page in found for mark in page if isinstance(mark, Text)}
    assert len(printed & set(towns.code)) == MOST_ROWS
    assert has(found, f"只列WISN比最低的{MOST_ROWS}个站，共{count}个", "工作簿", f"{sized.sizing.total:,}")


def test_scenarios_and_break_evens_are_told_where_asked(pages: Callable[..., Pages], tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("name,value\ncoverage_enterprise,0.6\n", encoding="utf-8")
    asked = Asked(year=2026, draws=0, compare=(more,), turns=("case_h",))
    sized = replace(size_towns_of(example("district"), asked), files=input_files([("compare", more)]))
    assert sized.compared is not None
    found = pages(sizing_pdf, sized, "en")
    turn = sized.turns[0].one_more
    assert has(found, "more", *(f"{total:,}" for total in sized.compared.totals), "case_h", sized.files[0].sha256)
    assert has(found, *(f"{value:.4g}" for value in turn if not np.isnan(value)))


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_runs_off_the_page_and_no_words_cover_others(
    pages: Callable[..., Pages], city: Sized, shared: Shared, bought: Shared, lang: Lang
) -> None:
    odd = size_towns_of(odd_towns(), Asked(year=2026, draws=20, turns=("case_h",)))
    reports: list[tuple[Callable[..., bytes], Any]] = [
        (sizing_pdf, city), (sizing_pdf, odd), (share_pdf, shared), (share_pdf, bought)
    ]  # fmt: skip
    for write, result in reports:
        for number, page in enumerate(pages(write, result, lang), start=1):
            texts = [mark for mark in page if isinstance(mark, Text)]
            for mark in texts:
                assert 8 <= mark.x <= mark.x + width_mm(mark.text, mark.size_pt) <= 202, (number, mark)
                assert 8 <= mark.baseline <= 290, (number, mark)
            for line in (mark for mark in page if isinstance(mark, Line)):
                assert 10 <= min(line.x1, line.x2) <= max(line.x1, line.x2) <= 200.1, (number, line)
            assert [(one.text, two.text) for one, two in combinations(texts, 2) if _cover(one, two)] == [], number


def _cover(one: Text, two: Text) -> bool:
    """Whether the letters of two lines overlap by more than a hair."""
    if abs(one.baseline - two.baseline) > 0.6 * min(one.size_pt, two.size_pt) * MM_PER_PT:
        return False
    ends = [mark.x + width_mm(mark.text, mark.size_pt) for mark in (one, two)]
    return min(ends) - max(one.x, two.x) > 0.1


def test_the_groups_of_the_stacked_bars_are_all_parts_once(city: Sized) -> None:
    from optimizer.staffing.workload import PARTS

    assert sorted(name for _, names in GROUPS for name in names) == sorted(PARTS)
    assert Numbers(city.sizing).grouped.sum(axis=0) == pytest.approx(city.sizing.posts)


def test_progress_is_told(shared: Shared, bought: Shared) -> None:
    told: list[str] = []
    share_pdf(bought, "zh", tell=lambda key, **facts: told.append(key))
    assert told == ["staffing.phase.report"]


def _compared(towns: int) -> Beside:
    """Two patrol plans of so many towns, the second one edited since."""
    rows = [{"town": f"{at}", "name": f"站{at}", "visits": 9, "rounds": 3, "travel_h": 0.5} for at in range(towns)]
    return beside([Study(n, "计划", "patrol", {"since": n}, {"towns": rows}, n == 2) for n in (1, 2)])


def test_every_word_of_the_report_is_in_the_font_and_printed_by_some_report(
    pages: Callable[..., Pages], city: Sized, shared: Shared, bought: Shared, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = resources.files("scenarios.staffing.report")
    rows = list(csv.DictReader(folder.joinpath("texts.csv").read_text("utf-8").splitlines(), strict=True))
    for row in rows:
        assert clean(row["zh"] + row["en"])[1] == frozenset(), row["key"]
    told: set[str] = set()
    known = dict(texts.catalogue())

    class Told(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            told.add(key)
            return known[key]

    monkeypatch.setattr(texts, "catalogue", lambda: Told(known))
    own = tmp_path / "own.csv"
    own.write_text("name,value\ncase_h,20\n", encoding="utf-8")
    (tmp_path / "same.csv").write_text("name,value\ncase_h,20\n", encoding="utf-8")
    many = Towns.of([Town(f"{at}", f"站{at}", established=0, contract=0, **WORK) for at in range(MOST_ROWS + 1)])
    plain = Towns.of([Town(f"{at}", f"站{at}", established=5, contract=5 + at % 2, **WORK) for at in range(130)])
    roles = ("parameters", "compare", "stores", "stock", "limits", "districts")
    files = tuple(InputFile(role, "x", "0") for role in roles)
    most = share_towns(many, AskedShare(posts=3000, year=2026))
    asked = replace(shared.asked, to_required=True, limits=own, districts=own)
    turns = Asked(year=2030, draws=10, turns=("case_h",))
    for write, result in (
        (sizing_pdf, replace(city, files=files)),
        (sizing_pdf, size_towns_of(odd_towns(), turns)),
        (sizing_pdf, size_towns_of(many, Asked(year=2026, draws=5, parameters=own, turns=("case_h",)))),
        (sizing_pdf, size_towns_of(plain, Asked(year=2026, draws=0, parameters=own, compare=(tmp_path / "same.csv",)))),
        (sizing_pdf, size_towns_of(example("district"), Asked(year=2026, draws=0, compare=(own,)))),
        (sizing_pdf, size_towns_of(Towns.of([Town("1", "站", **WORK)]), Asked(year=2026, draws=0))),
        (share_pdf, replace(most, levels=most.levels * 70, status="FEASIBLE")),
        (share_pdf, share_towns(plain, AskedShare(posts=0, year=2026))),
        (share_pdf, replace(shared, asked=asked)),
        (share_pdf, bought),
        (comparison_pdf, _compared(MOST_ROWS + 1)),
    ):
        pages(write, result, "en")
    assert {row["key"] for row in rows} - told - {"staffing.phase.report"} == set()
