"""The monthly report: all towns, bars as long as the scores, and no figure better than it is."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from inventory.documents import MonthlyReport, write_monthly_report_pdf, write_monthly_report_xlsx
from inventory.documents.monthly_print import BARS_AT_MOST

ReportOf = Callable[..., MonthlyReport]
RED, BLUE = (196, 60, 48), (31, 78, 121)


def test_county_towns_worst_stores_and_findings_are_on_paper(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(12))
    text = seen.all_text()
    for said in (
        "清川县  2024年6月", "全县合计", "330381000000", "第12镇", "不合格", "灭火器过期 12 具",
        "低于最低储备，请补足。", "2024-06-03", "2024-07-01 00:00",
    ):  # fmt: skip
        assert said in text, said


def test_shares_and_scores_are_never_shown_better_than_they_are(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(1))
    assert "0.998" in seen.texts()  # 0.9989
    assert "98.7%" in seen.texts()  # 0.98765


def test_a_town_without_a_score_shows_a_dash_and_has_no_bar(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(8))
    bars = [box for box in seen.boxes() if box.colour in (RED, BLUE)]
    assert len(bars) == 7
    assert [box.colour for box in bars].count(RED) == 2
    assert "–" in seen.texts()


def test_bars_are_as_long_as_the_scores(report_of: ReportOf, tmp_path: Path, seen) -> None:
    report = report_of(5)
    write_monthly_report_pdf(tmp_path / "month.pdf", report)
    widths = [box.width for box in seen.boxes() if box.colour in (RED, BLUE)]
    scores = [float(row.score) for row in report.towns if row.score is not None]
    assert [width / widths[0] for width in widths] == pytest.approx([score / scores[0] for score in scores])


def test_of_many_towns_the_lowest_are_drawn_and_the_picture_says_so(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(181))
    assert len([box for box in seen.boxes() if box.colour in (RED, BLUE)]) == BARS_AT_MOST
    assert "180 个乡镇中得分最低的 24 个" in seen.all_text()
    assert "第181镇" in seen.texts()


def test_an_empty_list_says_none(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(0, worst_stores=(), critical_findings=()))
    assert seen.texts().count("无。 None.") == 2


def test_names_and_findings_are_told_in_english_when_asked(report_of: ReportOf, tmp_path: Path, seen) -> None:
    write_monthly_report_pdf(tmp_path / "month.pdf", report_of(2), lang="en")
    assert {"Town 2", "Below the minimum: refill.", "failed"} <= set(seen.texts())


def test_the_workbook_has_a_sheet_for_each_list_with_numbers_as_numbers(report_of: ReportOf, tmp_path: Path) -> None:
    write_monthly_report_xlsx(tmp_path / "month.xlsx", report_of(7))
    book = openpyxl.load_workbook(tmp_path / "month.xlsx")
    assert book.sheetnames == ["概况 Summary", "各乡镇 Towns", "得分最低的仓库 Worst stores", "严重问题 Critical"]
    towns = list(book["各乡镇 Towns"].iter_rows(values_only=True))
    assert towns[1][:4] == ("330381000000", "全县合计", 63, 0.97)
    assert towns[2][2:6] == (9, 0.998, 0, 98.7)
    assert towns[7][3] is None
