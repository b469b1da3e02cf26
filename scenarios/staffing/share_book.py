"""A share of posts as a workbook: who gets how many and why, districts, the frontier, and the proof of each level.

Sums, ratios and differences are formulas over the numbers given, so that a reader can follow and try others.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inventory.files.headers import column_letter
from inventory.files.workbook import FIXED_INSTANT
from scenarios.staffing.rows import Page, save_with_rows
from scenarios.staffing.share import GRADES, Shared, percent
from scenarios.texts import Lang, text

_WHOLE, _SHARE = "#,##0", "0.0%"


def write_share(path: Path, shared: Shared, lang: Lang) -> None:
    """Equal input gives equal bytes; each formula carries its value, for viewers that do not calculate."""
    from inventory.files.sheets import new_book

    book = _Book(new_book(created=FIXED_INSTANT), lang)
    _shares(book, shared)
    _districts(book, shared)
    if shared.points:
        _frontier(book, shared)
    _levels(book, shared)
    book.book.calculation.fullCalcOnLoad = True
    save_with_rows(book.book, path, book.pages)


class _Book:
    def __init__(self, book: Any, lang: Lang) -> None:
        self.book, self.lang = book, lang
        self.pages: list[Page] = []

    def words(self, key: str, **facts: Any) -> str:
        return text(f"staffing.share.{key}", self.lang, **facts)

    def sheet(self, key: str, columns: Sequence[str], widths: Sequence[int]) -> Page:
        from inventory.files.sheets import header_cells

        page = self.book.create_sheet(self.words(f"sheet.{key}"))
        page.freeze_panes = "C2" if key == "shares" else "B2"
        for index, width in enumerate(widths, start=1):
            page.column_dimensions[column_letter(index)].width = width
        page.append(header_cells(page, [self.words(f"col.{name}") for name in columns]))
        self.pages.append(Page(page))
        return self.pages[-1]


def _shares(book: _Book, shared: Shared) -> None:
    grades = [f"given_{grade}" for grade in GRADES] if shared.asked.budget is not None else []
    tail = ["wait"] if shared.share is not None else []
    names = ["code", "name", "district", "required", "actual", *grades, "given", "after", "before", "now",
             "difference", *tail, "why"]  # fmt: skip
    page = book.sheet("shares", names, [12, 18, 14, *[11] * (len(names) - 4), 110])
    at = {name: column_letter(index + 1) for index, name in enumerate(names)}
    for row, one in enumerate(shared.rows, start=2):
        cells: list[Any] = [page.words(one.code), page.words(one.name), page.words(one.district)]
        cells += [page.number(one.required, _WHOLE), page.number(one.actual, _WHOLE)]
        if grades:
            cells += [page.number(count, _WHOLE) for count in one.grades]
            said = "+".join(f"{at[name]}{row}" for name in grades)
            cells.append(page.formula(f"={said}", one.given, _WHOLE))
        else:
            cells.append(page.number(one.given, _WHOLE))
        cells += _ratios(page, at, row, one.required, one.actual, one.given)
        if tail:
            wait = None if one.reason is None else one.reason.wait
            cells.append(page.words(book.words("never")) if wait is None else page.number(wait, _WHOLE))
        page.append([*cells, page.words(one.why(book.lang))])
    _totals(book, page, at, shared, names)
    for line in notes(shared, book.lang):
        page.append([page.words(line)])


def _ratios(page: Page, at: dict[str, str], row: int, required: int, actual: int, given: int) -> list[Any]:
    after = actual + given
    return [
        page.formula(f"={at['actual']}{row}+{at['given']}{row}", after, _WHOLE),
        page.formula(f"={at['actual']}{row}/{at['required']}{row}", actual / required, _SHARE),
        page.formula(f"={at['after']}{row}/{at['required']}{row}", after / required, _SHARE),
        page.formula(f"={at['after']}{row}-{at['required']}{row}", after - required, _WHOLE),
    ]


def _totals(book: _Book, page: Page, at: dict[str, str], shared: Shared, names: Sequence[str]) -> None:
    last, row = len(shared.rows) + 1, len(shared.rows) + 2
    sums = {"required": sum(one.required for one in shared.rows), "actual": sum(one.actual for one in shared.rows)}
    if shared.asked.budget is not None:
        sums |= {f"given_{grade}": sum(one.grades[place] for one in shared.rows) for place, grade in enumerate(GRADES)}
    sums["given"] = shared.given
    cells: list[Any] = [page.words(book.words("total")), None, None]
    for name in names[3:]:
        if name == "after":
            break
        cells.append(page.formula(f"=SUM({at[name]}2:{at[name]}{last})", sums[name], _WHOLE))
    cells += _ratios(page, at, row, sums["required"], sums["actual"], sums["given"])
    page.append(cells)


def _districts(book: _Book, shared: Shared) -> None:
    names = ["district", "towns", "required", "actual", "given", "after", "before", "now", "difference"]
    page = book.sheet("districts", names, [18, *[11] * (len(names) - 1)])
    at = {name: column_letter(index + 1) for index, name in enumerate(names)}
    source = book.words("sheet.shares")
    last = len(shared.rows) + 1
    shift = len(GRADES) if shared.asked.budget is not None else 0
    origin = {"required": "D", "actual": "E", "given": column_letter(6 + shift)}
    for row, name in enumerate(sorted({one.district for one in shared.rows}), start=2):
        own = [one for one in shared.rows if one.district == name]
        values = {key: sum(getattr(one, key) for one in own) for key in origin}
        area = f"'{source}'!$C$2:$C${last}"
        cells: list[Any] = [page.words(name)]
        key = f'IF($A{row}="","",$A{row})'
        cells.append(page.formula(f"=COUNTIF({area},{key})", len(own), _WHOLE))
        for column, letter in origin.items():
            said = f"=SUMIF({area},{key},'{source}'!${letter}$2:${letter}${last})"
            cells.append(page.formula(said, values[column], _WHOLE))
        page.append([*cells, *_ratios(page, at, row, **values)])


def _frontier(book: _Book, shared: Shared) -> None:
    from openpyxl.chart import LineChart, Reference

    names = ["posts", "worst", "mean", "whole", "to"]
    page = book.sheet("frontier", names, [12, 12, 12, 12, 24])
    for point in shared.points:
        cells = [page.number(point.posts, _WHOLE)]
        cells += [page.number(value, "0.00%") for value in (float(point.worst), point.mean, float(point.whole))]
        page.append([*cells, None if point.town < 0 else page.words(shared.rows[point.town].name)])
    chart = LineChart()
    chart.title, chart.height, chart.width = book.words("sheet.frontier"), 11, 22
    last = len(shared.points) + 1
    chart.add_data(Reference(page.page, min_col=2, max_col=4, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page.page, min_col=1, min_row=2, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.title, chart.y_axis.title = book.words("chart.x"), book.words("chart.y")
    chart.y_axis.number_format = "0%"
    chart.x_axis.tickLblSkip = max(1, last // 14)
    for line in chart.series:
        line.smooth = False
    page.page.add_chart(chart, "G2")


def _levels(book: _Book, shared: Shared) -> None:
    page = book.sheet("levels", ["level", "ratio", "exact", "towns", "bound", "proof"], [8, 12, 12, 12, 24, 60])
    for number, level in enumerate(shared.levels, start=1):
        cells = [page.number(number, _WHOLE), page.number(float(level.ratio), "0.00%")]
        exact = page.words(f"{level.ratio.numerator}:{level.ratio.denominator}")
        counts = [page.number(count, _WHOLE) for count in (level.towns, level.bound)]
        page.append([*cells, exact, *counts, page.words(book.words(f"proof.{level.proof}"))])


def notes(shared: Shared, lang: Lang) -> list[str]:
    """What holds for the share as a whole, a line each."""

    def say(key: str, **facts: Any) -> str:
        return text(f"staffing.share.{key}", lang, **facts)

    before, after = (percent(one) for one in shared.worst())
    lines = [say(f"status.{shared.status}", levels=len(shared.levels))]
    lines.append(say("worst_line", before=before, after=after, given=shared.given))
    if shared.cost is not None and shared.asked.budget is not None:
        lines.append(say("cost_line", cost=f"{shared.cost:,}", budget=f"{shared.asked.budget.total:,}"))
    if shared.unplaced:
        lines.append(say("unplaced_line", count=shared.unplaced))
    if shared.following:
        lines.append(say("next_line", names=[shared.rows[index].name for index in shared.following]))
    for ratio, posts in shared.marks:
        key = "mark_never" if posts is None else "mark"
        lines.append(say(key, ratio=f"{100 * ratio.numerator // ratio.denominator}", posts=posts))
    return lines
