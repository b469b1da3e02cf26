"""A county's messy workbook: 5,000 rows of stock with more than 40 different mistakes, mended as the messages say.

Every mistake must be told with row, column and remedy in both languages, none may be lost, and the mended workbook
must read to exactly the table it should have been.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import openpyxl
import pytest

from inventory.catalogue import load_catalogue
from inventory.errors import BadTable, RowFault
from inventory.files import FAULT_SHEET, Table, read_table, told, write_mending, write_table

ROWS = 5_000
COLUMNS = ("store", "bin", "item", "lot", "quantity", "state", "made", "expires", "received", "reserve_floor")
HEADER = ("储备库编号", "货位", "物资编号", "批次", "数量", "状态", "生产日期", "有效期至", "入库日期", "保底数量")
LETTER = dict(zip(COLUMNS, "ABCDEFGHIJ", strict=True))
ZH = dict(zip(COLUMNS, HEADER, strict=True))
STATES = {"serviceable": "完好", "damaged": "损坏"}
STORES = {f"S{number:03}": f"第{number}储备点" for number in range(1, 61)}


@dataclass
class Mistake:
    """One thing done wrong to the cell of a row: what is written there, and the fault that must tell it."""

    what: str
    column: str
    wrong: Any
    code: str
    also: dict[str, str] = field(default_factory=dict)  # facts the message must name
    after: Callable[[Any, Any], None] | None = None  # what else is done to (sheet, cell)


def as_percentage(sheet: Any, cell: Any) -> None:
    cell.number_format = "0%"


def merged_over_three(sheet: Any, cell: Any) -> None:
    sheet.merge_cells(f"{cell.coordinate}:{cell.column_letter}{cell.row + 2}")


def as_error(sheet: Any, cell: Any) -> None:
    cell.data_type = "e"


MISTAKES = [
    Mistake("full-width digits", "quantity", "１２", "FULL_WIDTH_DIGITS"),
    Mistake("a number in words", "quantity", "三十", "NOT_DECIMAL"),
    Mistake("a unit behind the number", "quantity", "12件", "NOT_DECIMAL"),
    Mistake("about so many", "quantity", "约30", "NOT_DECIMAL"),
    Mistake("a range", "quantity", "10-20", "NOT_DECIMAL"),
    Mistake("thousands separators", "quantity", "1,200", "THOUSANDS_SEPARATOR"),
    Mistake("scientific notation", "quantity", "1E+03", "NOT_DECIMAL"),
    Mistake("a negative number", "quantity", -5, "TOO_SMALL"),
    Mistake("no number at all", "quantity", None, "CELL_EMPTY"),
    Mistake("half a tent", "quantity", 12.5, "NOT_INTEGER"),
    Mistake("a percentage", "quantity", 0.5, "PERCENT_CELL", {"value": "50%"}, as_percentage),
    Mistake("a truth value", "quantity", True, "BOOLEAN_CELL"),
    Mistake("a sum by formula", "quantity", "=SUM(E2:E5)", "FORMULA_CELL"),
    Mistake("an error value", "quantity", "#N/A", "ERROR_CELL", {}, as_error),
    Mistake("a day with slashes", "made", "2024/6/1", "NOT_DATE"),
    Mistake("a day with points", "made", "2024.6.1", "NOT_DATE"),
    Mistake("a day in digits", "made", "20240601", "NOT_DATE"),
    Mistake("a day in Chinese", "made", "2024年6月1日", "NOT_DATE"),
    Mistake("the serial number of a day", "made", 45444, "NOT_DATE"),
    Mistake("half a day's name", "made", "44-June", "NOT_DATE"),
    Mistake("an instant for a day", "made", "2024-06-01T08:00:00+08:00", "NOT_DATE"),
    Mistake("a day with a time", "received", datetime(2024, 6, 1, 8, 30), "NOT_DATE"),
    Mistake("31 February", "made", "2024-02-31", "NO_SUCH_DAY"),
    Mistake("expired before it was made", "expires", date(2020, 1, 1), "OUT_OF_ORDER", {"earlier": "生产日期"}),
    Mistake("received before it was made", "received", date(2020, 1, 1), "OUT_OF_ORDER", {"earlier": "生产日期"}),
    Mistake("no store", "store", None, "CELL_EMPTY"),
    Mistake("an unknown store", "store", "X77", "UNKNOWN_REFERENCE", {"target": "stores"}),
    Mistake("the letter O for a nought", "store", "SO3O", "NEAR_REFERENCE", {"nearest": "S030"}),
    Mistake("a store by its name", "store", "第7储备点", "NAME_FOR_ID", {"nearest": "S007"}),
    Mistake("an unknown item", "item", "M999", "UNKNOWN_REFERENCE", {"target": "items"}),
    Mistake("an item by its name", "item", "防潮垫", "NAME_FOR_ID", {"nearest": "M004"}),
    Mistake("a word of one's own", "state", "可以用", "NOT_CHOICE"),
    Mistake("a word almost right", "state", "完好的", "NEAR_CHOICE", {"nearest": "完好"}),
    Mistake("an English word almost right", "state", "Servicable", "NEAR_CHOICE", {"nearest": "serviceable"}),
    Mistake("a space behind", "lot", "L-1 ", "SPACE_AROUND"),
    Mistake("a non-breaking space within", "bin", "A-1-\xa01-1", "SPACE_IN_CODE"),
    Mistake("a line break", "bin", "A-1\n-1-1", "CONTROL_CHARACTER"),
    Mistake("a space of no width", "lot", "L\u200b77", "CONTROL_CHARACTER"),
    Mistake("a control character", "lot", "L_x0007_77", "CONTROL_CHARACTER"),
    Mistake("a bar", "lot", "L|77", "BAD_CODE"),
    Mistake("a leading apostrophe", "lot", "'00123", "LEADING_QUOTE"),
    Mistake("a whole letter for an id", "lot", "批" * 65, "TOO_LONG"),
    Mistake("an id that became a day", "lot", datetime(2024, 3, 1), "DATE_CELL"),
    Mistake("an id that lost its last digits", "lot", 350981199001011000, "DIGITS_LOST"),
    Mistake("a command for a lot", "lot", "=cmd|' /C calc'!A0", "FORMULA_CELL"),
    Mistake("a floor that differs", "reserve_floor", 9, "FLOORS_DIFFER"),
    Mistake("merged cells", "bin", "Z-9-9-9", "MERGED_CELLS", {}, merged_over_three),
]
FIRST, STEP = 50, 60  # the row of the first mistake, and from one to the next
UNIT_ROW, BLANK_ROW, TWICE_ROW = 20, 3_600, 4_200


def clean_rows() -> list[dict[str, Any]]:
    rng = np.random.default_rng(3)
    items = [item.id for item in load_catalogue()]
    stores = list(STORES)
    rows = []
    for number in range(ROWS):
        made = date(2024, 1, 1) + timedelta(days=int(rng.integers(0, 300)))
        rows.append(
            {
                "store": stores[int(rng.integers(len(stores)))],
                "bin": f"A-{number % 9 + 1}-{number % 5 + 1}-1",
                "item": items[int(rng.integers(len(items)))],
                "lot": f"00{number:05}",
                "quantity": Decimal(int(rng.integers(1, 500))),
                "state": "serviceable" if rng.random() < 0.9 else "damaged",
                "made": made,
                "expires": made + timedelta(days=900),
                "received": made + timedelta(days=20),
                "reserve_floor": None,
            }
        )
    return rows


@dataclass
class Office:
    """The workbook as the office sends it, and what it should have said."""

    path: Path
    clean: list[dict[str, Any]]
    expected: list[tuple[int, str | None, str]]
    mended: dict[tuple[int, str], Any]  # (row, column) -> what belongs there
    deleted: list[int]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    clean = clean_rows()
    rows: list[dict[str, Any] | None] = [*clean]
    rows.insert(BLANK_ROW - 2, None)
    rows.insert(TWICE_ROW - 2, clean[7])  # stands on row 9
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "物资台账"
    sheet.append(HEADER)
    floors = FIRST + STEP * next(index for index, each in enumerate(MISTAKES) if each.column == "reserve_floor")
    same = floors + 1  # a second line of the same store and item, so that floors can differ
    rows[same - 2].update(store=rows[floors - 2]["store"], item=rows[floors - 2]["item"], reserve_floor=Decimal(2))
    rows[floors - 2].update(reserve_floor=Decimal(2))
    for row in rows:
        sheet.append([] if row is None else [shown_as(row[column]) for column in COLUMNS])
    expected: list[tuple[int, str | None, str]] = []
    mended: dict[tuple[int, str], Any] = {}
    for index, mistake in enumerate(MISTAKES):
        number = FIRST + STEP * index
        cell = sheet[f"{LETTER[mistake.column]}{number}"]
        if mistake.what == "half a tent":
            sheet[f"C{number}"].value = rows[number - 2]["item"] = "M001"
        cell.value, cell.number_format = mistake.wrong, "General"
        if isinstance(mistake.wrong, date):
            cell.number_format = "yyyy/m/d hh:mm"
        if mistake.after:
            mistake.after(sheet, cell)
        place = number + 1 if mistake.code == "FLOORS_DIFFER" else number  # the second to state it is told
        expected.append((place, ZH[mistake.column], mistake.code))
        mended[number, mistake.column] = rows[number - 2][mistake.column]
        if mistake.code == "MERGED_CELLS":
            for below in (number + 1, number + 2):
                mended[below, mistake.column] = rows[below - 2][mistake.column]
    sheet[f"L{UNIT_ROW}"] = "单位：顶"
    expected += [(UNIT_ROW, "L", "OUTSIDE_HEADER"), (BLANK_ROW, None, "BLANK_ROW")]
    expected.append((TWICE_ROW, "储备库编号", "DUPLICATE_KEY"))
    sheet.append(["合  计", None, None, None, 123456])
    expected.append((len(rows) + 2, "储备库编号", "TOTAL_ROW"))
    path = tmp_path_factory.mktemp("office") / "台账.xlsx"
    book.save(path)
    return Office(path, clean, sorted(expected, key=str), mended, [len(rows) + 2, TWICE_ROW, BLANK_ROW])


def shown_as(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else STATES.get(value, value)


CATALOGUE = load_catalogue()
KNOWN = {"stores.id": STORES, "items.item_id": {item.id: item.name_zh for item in CATALOGUE}}


def whole_pieces(table: Table) -> list[RowFault]:
    """A check of the caller: tents and the like are counted in whole ones."""
    return [
        RowFault(number, "quantity", "NOT_INTEGER", {"value": str(quantity)})
        for number, item, quantity in zip(table.row_numbers, table["item"], table["quantity"], strict=True)
        if item in CATALOGUE and CATALOGUE[item].serialised and quantity is not None and quantity % 1
    ]


def read(path: Path) -> Table:
    return read_table(path, "stock", references=KNOWN, extra=whole_pieces)


@pytest.fixture(scope="module")
def refusal(office: Office) -> BadTable:
    with pytest.raises(BadTable) as refused:
        read(office.path)
    return refused.value


def test_every_mistake_is_told_and_nothing_else(office: Office, refusal: BadTable) -> None:
    assert len(MISTAKES) + len(office.deleted) + 1 >= 40
    assert len({mistake.what for mistake in MISTAKES}) == len(MISTAKES)
    assert sorted(((each.row, each.column, each.code) for each in refusal.faults), key=str) == office.expected


def test_messages_say_the_remedy_in_both_languages(refusal: BadTable) -> None:
    for found in refusal.faults:
        words = told(found)
        assert "请" in words["zh"], found
        assert words["en"].count(".") >= 1, found
        assert "{" not in words["zh"] + words["en"]


def test_facts_name_what_would_be_right(refusal: BadTable) -> None:
    by_row = {found.row: found for found in refusal.faults}
    for index, mistake in enumerate(MISTAKES):
        for name, value in mistake.also.items():
            assert by_row[FIRST + STEP * index].facts[name] == value, mistake.what


def test_the_mended_workbook_reads_to_the_table_it_should_have_been(
    office: Office, refusal: BadTable, tmp_path: Path
) -> None:
    write_mending(tmp_path / "mend.xlsx", source=office.path, error=refusal, table="stock")
    book = openpyxl.load_workbook(tmp_path / "mend.xlsx")
    assert book.sheetnames == ["stock", FAULT_SHEET]
    sheet = book["stock"]
    for row, column, code in office.expected:
        letter = next((letter for name, letter in LETTER.items() if ZH[name] == column), column or "A")
        cell = sheet[f"{letter}{row}"]
        assert cell.fill.fgColor.rgb == "00FFC7CE", (row, column, code)
        words = next(told(found) for found in refusal.faults if (found.row, found.column) == (row, column))
        assert words["zh"] in cell.comment.text
        assert words["en"] in cell.comment.text
    listed = [[cell.value for cell in row] for row in book[FAULT_SHEET].iter_rows(min_row=2)]
    assert len(listed) == len(refusal.faults)
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    for (row, column), value in office.mended.items():
        cell = sheet[f"{LETTER[column]}{row}"]
        cell.value = shown_as(value)
        cell.number_format = "yyyy-mm-dd" if isinstance(value, date) else "General"
    sheet[f"L{UNIT_ROW}"].value = None
    for row in office.deleted:
        sheet.delete_rows(row)
    book.save(tmp_path / "mended.xlsx")
    table = read(tmp_path / "mended.xlsx")
    assert [{column: row[column] for column in COLUMNS} for row in table.rows()] == office.clean


def test_an_unmended_workbook_tells_the_same_faults_again(office: Office, refusal: BadTable, tmp_path: Path) -> None:
    write_mending(tmp_path / "mend.xlsx", source=office.path, error=refusal, table="stock")
    with pytest.raises(BadTable) as again:
        read(tmp_path / "mend.xlsx")
    before = [(found.row, found.column, found.code) for found in refusal.faults]
    after = [(found.row, found.column, found.code) for found in again.value.faults]
    changed = {("FORMULA_CELL", "ERROR_CELL")}  # a command is not handed back
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert old == new or (old[:2] == new[:2] and (old[2], new[2]) in changed)


def test_reading_and_marking_take_seconds(office: Office, refusal: BadTable, tmp_path: Path) -> None:
    start = perf_counter()
    with pytest.raises(BadTable):
        read(office.path)
    write_mending(tmp_path / "mend.xlsx", source=office.path, error=refusal, table="stock")
    assert perf_counter() - start < 20  # about 3 s, measured on two shared cores


# mistakes in the header, or of the file as a whole: each in a file of its own

GOOD = [["S001", "M001", 5, "完好"], ["S002", "M004", 7, "损坏"]]
HEAD = ["储备库编号", "物资编号", "数量", "状态"]


def header_book(path: Path, *rows: list[Any], more: tuple[str, ...] = (), title: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name)
    book.save(path)
    return path


HEADER_MISTAKES: dict[str, tuple[list[list[Any]], list[tuple[str | None, str]]]] = {
    "a heading misspelt": (
        [["储备库编码", *HEAD[1:]], *GOOD],
        [("储备库编码", "UNKNOWN_COLUMN"), ("储备库编号", "MISSING_COLUMN")],
    ),
    "a heading with a space": (
        [[*HEAD[:2], "数量 ", "状态"], *GOOD],
        [("数量 ", "UNKNOWN_COLUMN"), ("数量", "MISSING_COLUMN")],
    ),
    "a column too many": ([[*HEAD, "备注"], *GOOD], [("备注", "UNKNOWN_COLUMN")]),
    "a column missing": ([HEAD[:3], *(row[:3] for row in GOOD)], [("状态", "MISSING_COLUMN")]),
    "a column twice": ([[*HEAD, "数量"], *([*row, 1] for row in GOOD)], [("数量", "REPEATED_COLUMN")]),
    "a column in both languages": (
        [[*HEAD, "quantity"], *([*row, 1] for row in GOOD)],
        [("quantity", "SAME_COLUMN")],
    ),
    "a column without name": (
        [[*HEAD[:2], None, *HEAD[2:]], *([*row[:2], None, *row[2:]] for row in GOOD)],
        [("C", "COLUMN_UNNAMED")],
    ),
    "a title above the header": ([["某县应急物资台账"], [], HEAD, *GOOD], [(None, "HEADER_NOT_FIRST")]),
}


@pytest.mark.parametrize("what", HEADER_MISTAKES)
def test_a_mistake_in_the_header_is_told_and_marked(tmp_path: Path, what: str) -> None:
    rows, expected = HEADER_MISTAKES[what]
    path = header_book(tmp_path / "a.xlsx", *rows)
    with pytest.raises(BadTable) as refused:
        read(path)
    assert [(each.row, each.column, each.code) for each in refused.value.faults] == [(1, *each) for each in expected]
    for each in refused.value.faults:
        assert "请" in told(each)["zh"]
    write_mending(tmp_path / "mend.xlsx", source=path, error=refused.value, table="stock")
    sheet = openpyxl.load_workbook(tmp_path / "mend.xlsx")["stock"]
    notes = [cell.comment.text for cell in sheet[1] if cell.comment]
    assert len(notes) == len(expected)


def test_the_nearest_heading_is_suggested_in_its_language(tmp_path: Path) -> None:
    path = header_book(tmp_path / "a.xlsx", ["储备库编码", "itme", "数量 ", "状态"])
    with pytest.raises(BadTable) as refused:
        read(path)
    nearest = {each.column: each.facts["nearest"] for each in refused.value.faults if each.code == "UNKNOWN_COLUMN"}
    assert nearest == {"储备库编码": "储备库编号", "itme": "item", "数量 ": "数量"}
    missing = [each.column for each in refused.value.faults if each.code == "MISSING_COLUMN"]
    assert missing == ["储备库编号", "物资编号", "数量"]


def test_cells_are_judged_beside_a_mistake_in_the_header(tmp_path: Path) -> None:
    path = header_book(
        tmp_path / "a.xlsx", [*HEAD, "备注"], ["S001", "M001", "三十", "完好"], ["X77", "M004", 7, "损坏"]
    )
    with pytest.raises(BadTable) as refused:
        read(path)
    assert [(each.row, each.column, each.code) for each in refused.value.faults] == [
        (1, "备注", "UNKNOWN_COLUMN"),
        (2, "数量", "NOT_DECIMAL"),
        (3, "储备库编号", "UNKNOWN_REFERENCE"),
    ]


@pytest.mark.parametrize("kind", ["two sheets", "GBK", "another format"])
def test_a_file_that_cannot_be_read_as_rows_is_told_on_the_sheet_of_faults_alone(tmp_path: Path, kind: str) -> None:
    if kind == "two sheets":
        path = header_book(tmp_path / "a.xlsx", HEAD, *GOOD, more=("说明",))
    elif kind == "GBK":
        path = tmp_path / "a.csv"
        path.write_bytes("储备库编号,物资编号,数量,状态\nS001,M001,5,完好\n".encode("gb18030"))
    else:
        path = tmp_path / "a.xlsx"
        path.write_bytes(b"PK not a workbook")
    with pytest.raises(BadTable) as refused:
        read(path)
    [found] = refused.value.faults
    assert found.code == {"two sheets": "SHEET_UNCLEAR", "GBK": "NOT_UTF8", "another format": "NOT_XLSX"}[kind]
    write_mending(tmp_path / "mend.xlsx", source=path, error=refused.value, table="stock")
    book = openpyxl.load_workbook(tmp_path / "mend.xlsx")
    assert book.sheetnames == [FAULT_SHEET]
    assert "请" in book[FAULT_SHEET]["E2"].value


def test_the_same_stock_with_either_header_is_the_same_table(tmp_path: Path) -> None:
    rows = clean_rows()[:50]
    tables = []
    for headers in ("en", "zh"):
        for suffix in ("csv", "xlsx"):
            write_table(tmp_path / f"{headers}.{suffix}", "stock", rows, headers=headers)
            tables.append(read(tmp_path / f"{headers}.{suffix}").columns)
    assert tables[0] == tables[1] == tables[2] == tables[3]
