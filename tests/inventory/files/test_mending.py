"""The mending workbook: the file as it was, every fault at its place, and nothing that runs."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from inventory.errors import BadTable, RowFault
from inventory.files import FAULT_SHEET, read_table, told, write_mending
from inventory.files import mending as mending_module

RED = "00FFC7CE"


def refused(path: Path, table: str = "stock") -> BadTable:
    with pytest.raises(BadTable) as refusal:
        read_table(path, table)
    return refusal.value


def mend(path: Path, error: BadTable, table: str = "stock", **options: Any) -> Any:
    out = path.with_name("mend.xlsx")
    write_mending(out, source=path, error=error, table=table, **options)
    return openpyxl.load_workbook(out)


@pytest.fixture
def stock_csv(tmp_path: Path) -> Path:
    path = tmp_path / "stock.csv"
    rows = [
        ["store", "item", "lot", "quantity", "state", "made"],
        ["S1", "M001", "007", "12.50", "完好", "2024-01-02"],
        ["S1", "M001", "=L1", "x", "serviceable", "2024/1/2"],
        [],
        ["S1", "M001", "_x0041_", "5", "serviceable"],
        ["S1", "M002", "L\x07", "5", "serviceable", "2024-01-02"],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_texts_and_rows_of_a_csv_keep_their_place_and_their_letters(stock_csv: Path) -> None:
    book = mend(stock_csv, refused(stock_csv))
    sheet = book["stock"]
    assert [cell.value for cell in sheet[2]] == ["S1", "M001", "007", "12.50", "完好", "2024-01-02"]
    assert (sheet["C3"].value, sheet["C3"].data_type, sheet["C3"].quotePrefix) == ("=L1", "s", True)
    assert {cell.fill.fgColor.rgb for cell in sheet[4]} == {RED}  # the blank row
    assert "RAGGED" not in sheet["A5"].comment.text
    assert "单元格" in sheet["A5"].comment.text  # the short row
    assert sheet["C2"].number_format == "@"
    assert sheet["D3"].fill.fgColor.rgb == sheet["F3"].fill.fgColor.rgb == RED
    assert sheet["D2"].fill.fgColor.rgb != RED
    again = refused(stock_csv.with_name("mend.xlsx"))
    assert [(found.row, found.code) for found in again.faults] == [
        (3, "NOT_DECIMAL"),
        (3, "NOT_DATE"),
        (4, "BLANK_ROW"),
        (6, "CONTROL_CHARACTER"),
    ]


def test_what_was_right_reads_back_to_the_same(stock_csv: Path) -> None:
    book = mend(stock_csv, refused(stock_csv))
    sheet = book["stock"]
    sheet["D3"].value, sheet["F3"].value, sheet["C6"].value = "1", "2024-01-02", "L7"
    sheet.delete_rows(4)
    book.save(stock_csv.with_name("mended.xlsx"))
    table = read_table(stock_csv.with_name("mended.xlsx"), "stock")
    assert table["lot"] == ["007", "=L1", "_x0041_", "L7"]
    assert table["made"] == [date(2024, 1, 2), date(2024, 1, 2), None, date(2024, 1, 2)]


def test_the_sheet_of_faults_lists_each_with_its_link_and_what_was_found(stock_csv: Path) -> None:
    error = refused(stock_csv)
    sheet = mend(stock_csv, error)[FAULT_SHEET]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[:4] for row in rows] == [
        [3, "quantity", "D3", "x"],
        [3, "made", "F3", "2024/1/2"],
        [4, None, "A4", None],
        [5, None, "A5", None],
        [6, "lot", "C6", "L?"],
    ]
    for row, found in zip(rows, error.faults, strict=True):
        assert row[4:] == [told(found)["zh"], told(found)["en"]]
    assert sheet["C2"].hyperlink.location == "'stock'!D3"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notes_speak_both_languages_the_chosen_one_first(stock_csv: Path, lang: str) -> None:
    note = mend(stock_csv, refused(stock_csv), lang=lang)["stock"]["D3"].comment.text
    first, second = note.split("\n")
    assert ("不是数" in first) == (lang == "zh")
    assert ("is not a number" in second) == (lang == "zh")


def test_faults_of_the_caller_are_placed_by_heading_dictionary_name_letter_or_table(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("储备库编号,物资编号,数量,状态\nS1,M1,5,完好\nS1,M2,5,完好\n", encoding="utf-8")
    error = BadTable(
        "x",
        [
            RowFault(2, "数量", "TOO_LARGE", {"value": 5, "most": 4}),
            RowFault(2, "item", "OF_THE_CALLER", {"why": "说不清"}),
            RowFault(3, "D", "CELL_EMPTY"),
            RowFault(3, "stock.store", "UNKNOWN_REFERENCE", {"value": "S1", "target": "stores"}),
            RowFault(7, "demands.item", "UNKNOWN_REFERENCE", {"value": "S1", "target": "stores"}),
            RowFault(None, None, "EMPTY_FILE"),
        ],
    )
    book = mend(path, error)
    marked = {cell.coordinate for row in book["stock"] for cell in row if cell.fill.fgColor.rgb == RED}
    assert marked == {"C2", "B2", "D3", "A3"}
    assert book["stock"]["B2"].comment.text.startswith("OF_THE_CALLER (why=说不清)")
    assert [cell.value for cell in book[FAULT_SHEET]["C"]][1:] == ["C2", "B2", "D3", "A3", None, None]


def test_the_caller_may_word_the_faults(stock_csv: Path) -> None:
    book = mend(stock_csv, refused(stock_csv), say=lambda found: {"zh": f"改 {found.row}", "en": f"mend {found.row}"})
    assert book["stock"]["D3"].comment.text == "改 3\nmend 3"


def test_missing_columns_are_marked_behind_the_header(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("储备库编号,批次\nS1,L1\n", encoding="utf-8")
    sheet = mend(path, refused(path))["stock"]
    assert [cell.coordinate for cell in sheet[1] if cell.comment] == ["C1", "D1", "E1"]


def test_cells_of_a_workbook_stay_what_they_were(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["store", "item", "lot", "quantity", "state", "made", "reserve_floor"])
    sheet.append(["S1", "M001", "007", 0.1, "完好", datetime(2024, 1, 2), "x"])
    sheet.append(["S1", "M001", "L2", "=D2*2", "完好", "2024-01-02", None])
    sheet.append(["S1", "M001", "L3", "=WEBSERVICE(D2)", "完好", None, None])
    sheet.append(["S1", "M001", "L4", "='[1]价格'!A1", "完好", None, None])
    sheet.append(["S1", "M001", "L5", True, "完好", None, 0.5])
    sheet["F2"].number_format = 'yyyy"年"m"月"d"日"'
    sheet["G6"].number_format = "0%"
    book.save(tmp_path / "a.xlsx")
    page = mend(tmp_path / "a.xlsx", refused(tmp_path / "a.xlsx"))["stock"]
    assert (page["C2"].value, page["C2"].data_type) == ("007", "s")
    assert page["D2"].value == 0.1
    assert (page["F2"].value, page["F2"].number_format) == (datetime(2024, 1, 2), 'yyyy"年"m"月"d"日"')
    assert (page["D3"].value, page["D3"].data_type) == ("=D2*2", "f")  # seen, and pasted as a value
    for reaching in ("D4", "D5"):
        assert (page[reaching].value, page[reaching].data_type) == ("#REF!", "e")
    assert (page["D6"].value, page["G6"].number_format) == (True, "0%")


def test_equal_input_gives_equal_bytes(stock_csv: Path, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_mending(tmp_path / name, source=stock_csv, error=refused(stock_csv), table="stock")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_file_that_breaks_off_half_way_yields_the_sheet_of_faults_alone(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("store,item,quantity,state\n" + "S1,M001,5,完好\n" * 50 + '"S1,M001\n', encoding="utf-8")
    assert mend(path, refused(path)).sheetnames == [FAULT_SHEET]


def test_notes_have_a_limit_and_colour_has_none(stock_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inventory.files import mending_sheets

    monkeypatch.setattr(mending_sheets, "MOST_NOTES", 1)
    monkeypatch.setattr(mending_sheets, "MOST_LINKS", 1)
    book = mend(stock_csv, refused(stock_csv))
    assert [cell.coordinate for row in book["stock"] for cell in row if cell.comment] == ["D3"]
    assert book["stock"]["F3"].fill.fgColor.rgb == RED
    assert book[FAULT_SHEET]["C3"].hyperlink is None
    assert mending_module.MOST_LINKS <= 65_530
