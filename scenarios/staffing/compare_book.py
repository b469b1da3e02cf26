"""Studies side by side as a workbook: a sheet for each measure, with differences as formulas, and what was asked."""

from pathlib import Path
from typing import Any

from inventory.files.headers import column_letter
from inventory.files.workbook import FIXED_INSTANT
from scenarios.staffing.comparison import RATIOS, Beside
from scenarios.staffing.rows import Page, save_with_rows
from scenarios.texts import Lang, text

_FORMS = {"travel_h": "#,##0.0"} | dict.fromkeys(RATIOS, "0.0%")
_WHOLE = "#,##0"
_FIRST = 4  # column of the first study


def write_comparison(path: Path, found: Beside, lang: Lang) -> None:
    """Equal input gives equal bytes; each formula carries its value, for viewers that do not calculate."""
    from inventory.files.sheets import new_book

    book = new_book(created=FIXED_INSTANT)
    pages = [_measure(book, found, measure, lang) for measure in found.measures]
    pages.append(_asked(book, found, lang))
    book.calculation.fullCalcOnLoad = True
    save_with_rows(book, path, pages)


def _sheet(book: Any, title: str, heads: list[str], widths: list[int], *, freeze: str) -> Page:
    from inventory.files.sheets import header_cells

    page = book.create_sheet(title)
    page.freeze_panes = freeze
    for index, width in enumerate(widths, start=1):
        page.column_dimensions[column_letter(index)].width = width
    page.append(header_cells(page, heads))
    return Page(page)


def _measure(book: Any, found: Beside, measure: str, lang: Lang) -> Page:
    def say(key: str, **facts: Any) -> str:
        return text(f"staffing.compare.{key}", lang, **facts)

    names = found.heads()
    heads = [names[0]]
    for name in names[1:]:
        heads += [name, say("against", name=names[0])]
    title = text(f"staffing.compare.measure.{measure}", lang)
    page = _sheet(book, title, [say("code"), say("name"), say("district"), *heads],
                  [14, 22, 16, *[18] * len(heads)], freeze="D2")  # fmt: skip
    form = _FORMS.get(measure, _WHOLE)
    base = column_letter(_FIRST)

    def numbers(row: int, values: list[float | None], sums: bool) -> list[Any]:
        cells: list[Any] = []
        for place, value in enumerate(values):
            letter = column_letter(_FIRST + max(0, 2 * place - 1))
            if sums and value is not None:
                cells.append(page.formula(f"=SUM({letter}2:{letter}{row - 1})", value, form))
            else:
                cells.append(page.number(value, form))
            if place and value is not None and values[0] is not None:
                cells.append(page.formula(f"={letter}{row}-{base}{row}", value - values[0], form))
            elif place:
                cells.append(None)
        return cells

    for row, town in enumerate(found.towns, start=2):
        words = [page.words(town.code), page.words(town.name), page.words(town.district)]
        page.append([*words, *numbers(row, list(town.values[measure]), sums=False)])
    if measure not in RATIOS:
        sums: list[float | None] = [found.total(measure, place) for place in range(len(names))]
        page.append([page.words(say("total")), None, None, *numbers(len(found.towns) + 2, sums, sums=True)])
    return page


def _asked(book: Any, found: Beside, lang: Lang) -> Page:
    def say(key: str) -> str:
        return text(f"staffing.compare.{key}", lang)

    names = found.heads()
    page = _sheet(book, say("asked"), [say("what"), *names], [40, *[22] * len(names)], freeze="B2")
    for one in found.asked:
        cells = [page.words(one.words(lang))]
        for place in range(len(names)):
            value = one.value(place, lang)
            cells.append(page.words(value) if isinstance(value, str) else page.number(value, "General"))
        page.append(cells)
    if not found.asked:
        page.append([page.words(say("alike"))])
    for name, study in zip(names, found.studies, strict=True):
        if study.stale:
            page.append([page.words(text("staffing.compare.stale", lang, name=name))])
    return page
