"""The sizing as a workbook whose numbers are formulas over the sheets of coefficients and towns.

Each formula carries its value too, for viewers that do not calculate. Equal input gives equal bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inventory.files import dictionary
from inventory.files.workbook import FIXED_INSTANT
from optimizer.staffing.uncertainty import Bar, BreakEven, Compared, Distribution
from optimizer.staffing.workload import COMPONENTS, PARTS, Sizing, category_factor, work_of
from optimizer.units import FloatArray
from scenarios.staffing.formulas import COMPONENT_COLUMNS, DERIVED, INPUTS, LEAD, RESULT_COLUMNS, Writer
from scenarios.staffing.inputs import InputFile
from scenarios.staffing.rows import Page, save_with_rows
from scenarios.staffing.words import findings, part_name, sentence, year_line
from scenarios.texts import Lang, text

if TYPE_CHECKING:
    pass

_WHOLE, _PLAIN, _SHARE = "#,##0", "#,##0.00", "0.0%"


@dataclass(frozen=True)
class Sized:
    """A sizing with what was asked for besides."""

    sizing: Sizing
    spread: Distribution | None = None
    bars: Sequence[Bar] = ()
    turns: Sequence[BreakEven] = ()
    compared: Compared | None = None
    files: tuple[InputFile, ...] = ()  # what it was reckoned from


def write_sizing(path: Path, sized: Sized, lang: Lang) -> None:
    """Sheets: result, components, coefficients with sources, towns as given, and what was asked for besides."""
    from inventory.files.sheets import new_book

    book = _Book(new_book(created=FIXED_INSTANT), lang)
    sizing = sized.sizing
    _result(book, sizing)
    _components(book, sizing)
    _coefficients(book, sizing)
    _towns(book, sizing)
    if sized.spread is not None:
        _spread(book, sizing, sized.spread)
    if sized.bars:
        _tornado(book, sizing, sized.bars)
    for turn in sized.turns:
        _break_even(book, sizing, turn)
    if sized.compared is not None:
        _compared(book, sizing, sized.compared)
    book.book.calculation.fullCalcOnLoad = True
    save_with_rows(book.book, path, book.pages)


class _Book:
    """The workbook being written, and its pages in order."""

    def __init__(self, book: Any, lang: Lang) -> None:
        self.book, self.lang = book, lang
        self.pages: list[Page] = []
        self.titles = {key: text(f"staffing.sheet.{key}", lang) for key in ("R", "C", "P", "T")}
        self.writer = Writer(self.titles)

    def sheet(self, title: str, header: Sequence[str], widths: Sequence[int]) -> Page:
        from openpyxl.utils import get_column_letter

        from inventory.files.sheets import header_cells

        page = self.book.create_sheet(title)
        page.freeze_panes = "C2" if header[0] == text("staffing.col.code", self.lang) else "B2"
        for index, width in enumerate(widths, start=1):
            page.column_dimensions[get_column_letter(index)].width = width
        page.append(header_cells(page, header))
        self.pages.append(Page(page))
        return self.pages[-1]

    def words(self, key: str, **facts: Any) -> str:
        return text(f"staffing.{key}", self.lang, **facts)


def result_values(sizing: Sizing) -> dict[str, FloatArray]:
    """What the formulas of the result sheet come to."""
    count, posts = len(sizing.towns), sizing.posts
    whole = np.where(posts > 0, posts, 1)
    return {
        "hours": sizing.hours.sum(axis=0),
        "basic": sizing.basic,
        "required": sizing.required,
        "floor": np.full(count, sizing.floor),
        "posts": posts.astype(np.float64),
        "staff": sizing.towns.staff,
        "difference": sizing.difference,
        "ratio": sizing.ratio,
        **{f"posts_{name}": row for name, row in zip(PARTS, sizing.parts, strict=True)},
        **{f"share_{name}": row / whole * (posts > 0) for name, row in zip(PARTS, sizing.parts, strict=True)},
    }


def component_values(sizing: Sizing) -> dict[str, FloatArray]:
    """What the formulas of the sheet of components come to."""
    bases = work_of(sizing.towns, sizing.parameters.values).bases
    return {
        **bases,
        **{f"hours_{name}": row for name, row in zip(COMPONENTS, sizing.hours, strict=True)},
        "hours": sizing.hours.sum(axis=0),
    }


def _form_of(name: str) -> str:
    if name.startswith("share_"):
        return _SHARE
    return (
        _WHOLE if name in ("posts", "staff", "difference", "floor") or name.startswith(("hours", "visits")) else _PLAIN
    )


def _heading(book: _Book, name: str) -> str:
    kind, _, part = name.partition("_")
    if kind in ("hours", "posts", "share") and part:
        return book.words(f"col.{kind}_of", part=part_name(part, book.lang))
    return book.words(f"col.{name}")


def _leading(page: Page, sizing: Sizing, index: int) -> list[Any]:
    towns = sizing.towns
    return [page.words(each) for each in (towns.code[index], towns.name[index], towns.district[index])]


def _formula_rows(
    book: _Book, page: Page, sizing: Sizing, columns: dict[str, str], values: dict[str, FloatArray], *, on: str
) -> Iterator[list[Any]]:
    plan = [
        (book.writer.template(formula, on=on), values[name].tolist(), _form_of(name))
        for name, formula in columns.items()
    ]
    for index in range(len(sizing.towns)):
        row = str(index + 2)
        cells = _leading(page, sizing, index)
        for template, column, form in plan:
            value = column[index]
            cells.append(page.formula(row.join(template), value if value == value else "", form))
        yield cells


def _result(book: _Book, sizing: Sizing) -> None:
    from inventory.files.headers import column_letter

    columns = dict(RESULT_COLUMNS)
    header = [*(_heading(book, name) for name in (*LEAD, *columns)), book.words("col.why"), book.words("col.floors")]
    page = book.sheet(book.titles["R"], header, [12, 16, 14, *[11] * len(columns), 100, 60])
    values = result_values(sizing)
    for index, cells in enumerate(_formula_rows(book, page, sizing, columns, values, on="R")):
        found = sizing.result(index)
        cells += [page.words(sentence(found, book.lang)), page.words(" ".join(findings(found, book.lang)))]
        page.append(cells)
    last = len(sizing.towns) + 1
    totals: list[Any] = [page.words(book.words("col.total")), None, None]
    for index, name in enumerate(columns):
        letter = column_letter(len(LEAD) + index + 1)
        if name.startswith("share_") or name in ("ratio", "floor"):
            totals.append(None)
        else:
            said = f"=SUM({letter}2:{letter}{last})"
            totals.append(page.formula(said, float(np.nansum(values[name])), _form_of(name)))
    page.append(totals)
    page.append([page.words(year_line(sizing.parameters, book.lang))])


def _components(book: _Book, sizing: Sizing) -> None:
    columns = dict(COMPONENT_COLUMNS)
    header = [_heading(book, name) for name in (*LEAD, *columns)]
    page = book.sheet(book.titles["C"], header, [12, 16, 14, *[13] * len(columns)])
    for cells in _formula_rows(book, page, sizing, columns, component_values(sizing), on="C"):
        page.append(cells)


def _coefficients(book: _Book, sizing: Sizing) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    given, side = sizing.parameters, 0 if book.lang == "zh" else 1
    names = ("coefficient", "value", "unit", "low", "high", "basis", "meaning", "source")
    page = book.sheet(book.titles["P"], [book.words(f"col.{name}") for name in names], [26, 12, 26, 10, 10, 12, 48, 80])

    def name_row(name: str, row: int) -> None:
        book.book.defined_names[name] = DefinedName(name, attr_text=f"'{book.titles['P']}'!$B${row}")

    row = 2
    for each in given:
        numbers = [page.number(value, "General") for value in (each.value, each.low, each.high)]
        words = [page.words(book.words(f"basis.{each.basis}")), each.meaning[side], page.words(each.source[side])]
        page.append([each.name, numbers[0], each.unit, *numbers[1:], *words])
        name_row(each.name, row)
        row += 1
    values = {
        "wisn_awt": sizing.available_h,
        "wisn_caf": float(category_factor(given.values)),
        "wisn_iaf": sizing.iaf,
        "floor_posts": sizing.floor,
    }
    for name, formula in DERIVED.items():
        cells = [page.formula(f"={formula}", values[name], "General"), book.words(f"unit.{name}"), None, None]
        page.append([name, *cells, page.words(book.words("basis.formula")), book.words(f"derived.{name}"), None])
        name_row(name, row)
        row += 1
    page.append([])
    page.append([page.words(year_line(given, book.lang))])


def _towns(book: _Book, sizing: Sizing) -> None:
    """The towns as they were given: headings as in the data dictionary, so that the sheet can be read again."""
    known = {each.name: each for each in dictionary() if each.table == "towns"}
    header = [known[name].name_zh if book.lang == "zh" else name for name in INPUTS]
    page = book.sheet(book.titles["T"], header, [12, 16, 14, *[11] * (len(INPUTS) - 3)])
    towns = sizing.towns
    columns: list[list[float]] = []
    for name in INPUTS[3:]:
        kind, _, level = name.partition("_")
        if kind in ("enterprises", "venues"):
            columns.append(getattr(towns, kind)[:, ("low", "medium", "high").index(level)].tolist())
        else:
            columns.append(getattr(towns, name).tolist())
    for index in range(len(towns)):
        page.append([*_leading(page, sizing, index), *(page.number(column[index], "General") for column in columns)])


def _spread(book: _Book, sizing: Sizing, spread: Distribution) -> None:
    quantiles = [book.words("col.quantile", percent=f"{100 * level:g}") for level in spread.levels]
    header = [*(_heading(book, name) for name in LEAD), _heading(book, "posts"), *quantiles, book.words("col.enough")]
    page = book.sheet(book.words("sheet.spread"), header, [12, 16, 14, *[12] * (len(quantiles) + 2)])
    for index in range(len(sizing.towns)):
        cells = [page.number(int(sizing.posts[index]), _WHOLE)]
        cells += [page.number(int(value), _WHOLE) for value in spread.towns[:, index]]
        page.append([*_leading(page, sizing, index), *cells, page.number(float(spread.enough[index]), _SHARE)])
    cells = [page.number(value, _WHOLE) for value in (sizing.total, *spread.total.tolist())]
    page.append([page.words(book.words("col.total")), None, None, *cells])
    page.append([page.words(book.words("spread.note", draws=spread.draws, seed=spread.seed))])


def _tornado(book: _Book, sizing: Sizing, bars: Sequence[Bar]) -> None:
    from openpyxl.chart import BarChart, Reference

    side = 0 if book.lang == "zh" else 1
    names = ("coefficient", "meaning", "low", "value", "high", "posts_low", "posts_high", "change_low", "change_high")
    title = book.words("sheet.tornado")
    page = book.sheet(title, [book.words(f"col.{name}") for name in names], [26, 48, *[12] * 7])
    middle = float(sizing.required.sum())
    for bar in bars:
        each = sizing.parameters.coefficients[bar.name]
        changes = (bar.required_low - middle, bar.required_high - middle)
        cells = [page.number(value, "General") for value in (bar.low, each.value, bar.high)]
        cells += [page.number(value, _WHOLE) for value in (bar.posts_low, bar.posts_high)]
        page.append([bar.name, each.meaning[side], *cells, *(page.number(value, _PLAIN) for value in changes)])
    shown = min(15, len(bars))
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap = "bar", "clustered", 100
    chart.title, chart.height, chart.width = title, 12, 22
    chart.add_data(Reference(page.page, min_col=8, max_col=9, min_row=1, max_row=shown + 1), titles_from_data=True)
    chart.set_categories(Reference(page.page, min_col=2, min_row=2, max_row=shown + 1))
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"  # the widest on top
    chart.x_axis.tickLblPos = "low"
    page.page.add_chart(chart, "K2")


def _break_even(book: _Book, sizing: Sizing, turn: BreakEven) -> None:
    header = [*(_heading(book, name) for name in LEAD), _heading(book, "posts"), _heading(book, "staff"),
              *(book.words(f"col.{name}") for name in ("value", "one_less", "one_more", "meets_staff"))]  # fmt: skip
    page = book.sheet(turn.name[:31], header, [12, 16, 14, *[14] * 6])
    for index in range(len(sizing.towns)):
        cells = [page.number(float(value), _WHOLE) for value in (sizing.posts[index], sizing.towns.staff[index])]
        turns = (turn.value, turn.one_less[index], turn.one_more[index], turn.meets_staff[index])
        cells += [page.number(float(value), "0.0000") for value in turns]
        page.append([*_leading(page, sizing, index), *cells])
    page.append([page.words(book.words("break_even.note", name=turn.name))])


def _compared(book: _Book, sizing: Sizing, compared: Compared) -> None:
    header = [*(_heading(book, name) for name in LEAD), *compared.names]
    page = book.sheet(book.words("sheet.compared"), header, [12, 16, 14, *[14] * len(compared.names)])
    for index in range(len(sizing.towns)):
        cells = [page.number(int(value), _WHOLE) for value in compared.posts[:, index]]
        page.append([*_leading(page, sizing, index), *cells])
    cells = [page.number(int(value), _WHOLE) for value in compared.totals]
    page.append([page.words(book.words("col.total")), None, None, *cells])
