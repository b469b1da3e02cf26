"""The monthly report on paper and as a workbook."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.documents.grid import Cell, Column, draw_table
from inventory.documents.monthly_report import MonthlyReport, TownRow
from inventory.documents.paper import DARK, PALE, Paper, Printed
from inventory.documents.pdf import Colour
from inventory.documents.words import (
    Lang,
    Words,
    day_text,
    moment_text,
    percentage,
    rounded_down,
    score_text,
    share_text,
    words,
)
from inventory.files.workbook import Sheet, write_workbook

BARS_AT_MOST = 24  # what one page shows well; of more towns the lowest scores are shown, and the picture says so
_BAR_MM, _BAR_STEP_MM, _NAME_MM, _VALUE_MM = 3.2, 4.8, 38.0, 14.0
_FAILED: Colour = (196, 60, 48)
_PASSED: Colour = (31, 78, 121)
_TOWN_KEYS = (
    "month.code", "month.town", "month.stores", "month.score", "month.failed", "month.serviceable", "month.minor",
    "month.major", "month.critical", "month.done",
)  # fmt: skip
_WORST_KEYS = ("store_id", "store", "month.town", "month.own_score", "month.verdict", "month.reason")
_FINDING_KEYS = ("month.since", "store", "item", "month.finding")


def write_monthly_report_pdf(path: Path | str, report: MonthlyReport, *, lang: Lang = "zh") -> Printed:
    """Print the report; `lang` chooses the words of names and findings. Raises NaiveInstant."""
    title = words("month.title")
    running = f"{title.joined()}  {report.county.joined()}  {report.month_words.zh}"
    paper = Paper(title, running=running)
    paper.heading()
    paper.text(paper.width / 2, paper.y, f"{report.county.zh}  {report.month_words.zh}", size_pt=12, align="center")
    beneath = f"{report.county.pick('en')}  {report.month_words.en}"
    paper.text(paper.width / 2, paper.y + 6, beneath, size_pt=8, align="center", colour=DARK)
    paper.y += 11
    known = words("month.as_of", as_of=moment_text(report.as_of), code=report.county_code)
    paper.text(paper.left, paper.y, known.joined(" · "), size_pt=7.5, colour=DARK)
    paper.y += 3
    _towns(paper, report, lang)
    _chart(paper, report, lang)
    _worst(paper, report, lang)
    _findings(paper, report, lang)
    return paper.print_to(path)


def _towns(paper: Paper, report: MonthlyReport, lang: Lang) -> None:
    paper.section(words("month.towns"))
    shares = (23, 30, 14, 18, 18, 18, 17, 17, 17, 18)
    columns = [
        Column(words(key), share, "left" if number < 2 else "right")
        for number, (key, share) in enumerate(zip(_TOWN_KEYS, shares, strict=True))
    ]
    rows: list[list[Cell]] = [
        [
            row.code, row.town.pick(lang), str(row.stores), score_text(row.score), str(row.failed_stores),
            share_text(row.serviceable_share), str(row.overdue_minor), str(row.overdue_major),
            str(row.overdue_critical), str(row.tasks_done),
        ]
        for row in (report.total, *report.towns)
    ]  # fmt: skip
    draw_table(paper, columns, rows, shaded=(0,))


def _chart(paper: Paper, report: MonthlyReport, lang: Lang) -> None:
    """A bar for each town, as long as its score; red where a store of the town has failed."""
    scored = [row for row in report.towns if row.score is not None]
    if not scored:
        return
    shown = scored
    if len(scored) > BARS_AT_MOST:
        lowest = sorted(scored, key=lambda row: (_exact(row), row.code))[:BARS_AT_MOST]
        shown = [row for row in scored if row in lowest]
    paper.section(words("month.chart"), keep_mm=8 + len(shown) * _BAR_STEP_MM)
    note = words("month.chart_key")
    if len(shown) < len(scored):
        fewer = words("month.chart_lowest", shown=len(shown), towns=len(scored))
        note = Words(f"{fewer.zh}{note.zh}", f"{fewer.en} {note.en}")
    paper.text(paper.left, paper.y, note.joined(" "), size_pt=7, colour=DARK)
    paper.y += 5
    left, full = paper.left + _NAME_MM, paper.right - paper.left - _NAME_MM - _VALUE_MM
    for row in shown:
        name = paper.fit(row.town.pick(lang), sizes_pt=(7.5, 6), room_mm=_NAME_MM - 2, lines=1)
        paper.text(left - 1.5, paper.y + 0.2, name[1][0], size_pt=name[0], align="right")
        paper.box(left, paper.y, full, _BAR_MM, colour=PALE)
        length = full * float(min(max(_exact(row), Decimal(0)), Decimal(1)))
        paper.box(left, paper.y, length, _BAR_MM, colour=_FAILED if row.failed_stores else _PASSED)
        paper.text(left + full + 1.5, paper.y + 0.3, score_text(row.score), size_pt=7.5)
        paper.y += _BAR_STEP_MM


def _exact(row: TownRow) -> Decimal:
    return rounded_down(row.score, 6) or Decimal(0)


def _worst(paper: Paper, report: MonthlyReport, lang: Lang) -> None:
    paper.section(words("month.worst"))
    shares = (28, 34, 26, 15, 19, 68)
    columns = [
        Column(words(key), share, "right" if key == "month.own_score" else "left")
        for key, share in zip(_WORST_KEYS, shares, strict=True)
    ]
    rows: list[list[Cell]] = [
        [
            row.store_id, row.store.pick(lang), row.town.pick(lang), score_text(row.score),
            _verdict(row.failed).pick(lang), row.reason.pick(lang),
        ]
        for row in report.worst_stores
    ]  # fmt: skip
    _table_or_none(paper, columns, rows)


def _findings(paper: Paper, report: MonthlyReport, lang: Lang) -> None:
    paper.section(words("month.findings"))
    columns = [Column(words(key), share) for key, share in zip(_FINDING_KEYS, (20, 38, 34, 98), strict=True)]
    rows: list[list[Cell]] = [
        [day_text(row.since) or "–", row.store.pick(lang), row.item.pick(lang), row.text.pick(lang)]
        for row in report.critical_findings
    ]
    _table_or_none(paper, columns, rows)


def _table_or_none(paper: Paper, columns: list[Column], rows: list[list[Cell]]) -> None:
    if rows:
        draw_table(paper, columns, rows)
    else:
        paper.text(paper.left, paper.y, words("month.none").joined(), size_pt=8, colour=DARK)
        paper.y += 5


def _verdict(failed: bool) -> Words:
    return words("month.is_failed" if failed else "month.is_passed")


def write_monthly_report_xlsx(path: Path | str, report: MonthlyReport, *, lang: Lang = "zh") -> None:
    """Write the report as a workbook of four sheets; shares are percentages, scores 0 to 1, both rounded down.

    Raises NaiveInstant, and BadTable for texts a workbook cannot hold.
    """
    facts: list[list[Any]] = [
        [words("month.county").joined(), report.county.joined()],
        [words("month.code").joined(), report.county_code],
        [words("month.month").joined(), report.month_words.en],
        [words("month.as_of_field").joined(), moment_text(report.as_of)],
    ]
    towns: list[list[Any]] = [
        [
            row.code, row.town.pick(lang), row.stores, rounded_down(row.score, 3), row.failed_stores,
            percentage(row.serviceable_share), row.overdue_minor, row.overdue_major, row.overdue_critical,
            row.tasks_done,
        ]
        for row in (report.total, *report.towns)
    ]  # fmt: skip
    worst: list[list[Any]] = [
        [
            row.store_id, row.store.pick(lang), row.town.pick(lang), rounded_down(row.score, 3),
            _verdict(row.failed).pick(lang), row.reason.pick(lang),
        ]
        for row in report.worst_stores
    ]  # fmt: skip
    findings: list[list[Any]] = [
        [row.since, row.store.pick(lang), row.item.pick(lang), row.text.pick(lang)] for row in report.critical_findings
    ]
    write_workbook(
        path,
        [
            Sheet(words("month.sheet_facts").joined(), _heads("field", "value"), facts, widths=(28, 40)),
            Sheet(words("month.sheet_towns").joined(), _heads(*_TOWN_KEYS), towns, widths=(16, 20, *[12] * 8)),
            Sheet(words("month.sheet_worst").joined(), _heads(*_WORST_KEYS), worst, widths=(18, 26, 20, 12, 12, 48)),
            Sheet(words("month.sheet_findings").joined(), _heads(*_FINDING_KEYS), findings, widths=(14, 26, 24, 60)),
        ],
    )


def _heads(*keys: str) -> list[str]:
    return [words(key).joined("\n") for key in keys]
