"""Rows written as text: another program reads back what was put in, and no name runs as a formula."""

from pathlib import Path

import openpyxl

from inventory.files.escape import decode_workbook_text
from inventory.files.sheets import header_cells, new_book
from inventory.files.workbook import FIXED_INSTANT
from scenarios.staffing.rows import Page, save_with_rows

NAMES = ["=1+1", "-2", "@x", "<&>", " 两 边 ", "two\nlines", "a\x07b", "_x0041_", "#N/A", "枹罕𠮷", "plain"]


def test_names_come_back_as_texts_whatever_they_are(tmp_path: Path) -> None:
    book = new_book(created=FIXED_INSTANT)
    sheet = book.create_sheet("A")
    sheet.append(header_cells(sheet, ["name", "number", "sum"]))
    page = Page(sheet)
    for number, name in enumerate(NAMES):
        cells = [page.number(number / 4, "0.0"), page.formula(f'=IF(B{number + 2}<2,"<",B{number + 2})', 0.5, "0.0%")]
        page.append([name, *cells])
    page.append([])
    page.append([None, page.number(float("nan"), "0.0"), page.formula('=""', "", "0.0")])
    save_with_rows(book, tmp_path / "a.xlsx", [page])

    found = openpyxl.load_workbook(tmp_path / "a.xlsx")["A"]
    rows = list(found.iter_rows(min_row=2))
    assert [decode_workbook_text(row[0].value) for row in rows[: len(NAMES)]] == NAMES
    assert {row[0].data_type for row in rows[: len(NAMES)]} == {"s"}
    assert [row[0].quotePrefix for row in rows[:3]] == [True] * 3
    assert [row[1].value for row in rows[: len(NAMES)]] == [number / 4 for number in range(len(NAMES))]
    assert {row[1].number_format for row in rows[: len(NAMES)]} == {"0.0"}
    assert rows[2][2].value == '=IF(B4<2,"<",B4)'
    assert found.max_row == len(NAMES) + 3
    assert rows[-1][1].value is None
    values = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)["A"]
    assert values["C4"].value == 0.5
    assert not values.cell(len(NAMES) + 3, 3).value
