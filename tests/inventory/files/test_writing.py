"""Tables out: what is written reads back to the same; nothing runs as a formula; equal input gives equal bytes."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import BUILT_IN
from inventory.errors import BadTable
from inventory.files import Sheet, read_table, write_table, write_workbook
from inventory.files.escape import escape_formula, unescape_formula

ROWS = [
    {"store": "S1", "item": "M013", "lot": "=L1", "quantity": Decimal("1E+2"), "state": "serviceable"},
    {"store": "S1", "item": "M012", "quantity": Decimal("0.10"), "state": "damaged", "made": date(2024, 1, 2)},
]


def test_rows_read_back_as_they_were(tmp_path):
    write_table(tmp_path / "stock.csv", "stock", ROWS)
    table = read_table(tmp_path / "stock.csv", "stock")
    read = [{name: value for name, value in row.items() if value is not None} for row in table.rows()]
    assert read == ROWS


def test_columns_that_hold_nothing_are_left_out_unless_required(tmp_path):
    write_table(tmp_path / "stock.csv", "stock", ROWS[:1])
    header = (tmp_path / "stock.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "store,item,lot,quantity,state"
    write_table(tmp_path / "none.csv", "stock", [])
    assert len(read_table(tmp_path / "none.csv", "stock")) == 0


def test_a_table_or_columns_may_be_written_as_well(tmp_path):
    write_table(tmp_path / "a.csv", "stock", ROWS)
    table = read_table(tmp_path / "a.csv", "stock")
    write_table(tmp_path / "b.csv", "stock", table)
    write_table(tmp_path / "c.csv", "stock", table.columns)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()


def test_the_catalogue_reads_back_as_it_was(tmp_path):
    table = read_table(BUILT_IN, "items")
    write_table(tmp_path / "items.csv", "items", table)
    assert read_table(tmp_path / "items.csv", "items").columns == table.columns


def test_a_byte_order_mark_is_written_on_demand(tmp_path):
    write_table(tmp_path / "a.csv", "stock", ROWS, bom=True)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(read_table(tmp_path / "a.csv", "stock")) == 2


def test_what_would_not_read_back_is_not_written(tmp_path):
    rows = [
        {**ROWS[0], "quantity": Decimal(-1)},
        {**ROWS[1], "state": "good"},
        {**ROWS[1], "store": None},
    ]
    with pytest.raises(BadTable) as refusal:
        write_table(tmp_path / "stock.csv", "stock", rows)
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (2, "quantity", "TOO_SMALL"),
        (3, "state", "NOT_CHOICE"),
        (4, "store", "CELL_EMPTY"),
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_instant_without_offset_and_an_unknown_column_are_not_written(tmp_path):
    incident = {"id": "I1", "kind": "flood", "severity": 3, "reported_at": datetime(2024, 6, 15, 8)}
    with pytest.raises(BadTable):
        write_table(tmp_path / "i.csv", "incidents", [incident])
    with pytest.raises(BadTable):
        write_table(tmp_path / "i.csv", "incidents", [{"colour": "red"}])


@given(text=st.text("=+-@'a\t", max_size=6))
def test_an_escaped_text_never_runs_and_reads_back(text):
    escaped = escape_formula(text)
    assert not escaped.startswith(("=", "+", "-", "@", "\t"))
    assert unescape_formula(escaped) == text


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1,1)"])
def test_a_dangerous_text_is_quoted_in_csv_and_workbook(tmp_path, text):
    write_table(tmp_path / "a.csv", "stores", [{"id": "S1", "name": text, "tier": "town"}])
    assert f"'{text}" in (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert read_table(tmp_path / "a.csv", "stores")["name"] == [text]
    write_workbook(tmp_path / "a.xlsx", [Sheet("stores", ["id", "name", "tier"], [["S1", text, "town"]])])
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["stores"]["B2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    assert read_table(tmp_path / "a.xlsx", "stores")["name"] == [text]


def test_a_workbook_keeps_values_and_looks_like_a_table(tmp_path):
    day, instant = date(2024, 6, 15), datetime(2024, 6, 15, 8, 30, tzinfo=UTC)
    row = ["北村储备点", 3, Decimal("0.1"), 1.5, True, day, instant, ("a", "b"), None, 350981104203000001]
    header = [f"列{number}" for number in range(len(row))]
    write_workbook(tmp_path / "a.xlsx", [Sheet("计划", header, [row]), Sheet("空", ["无"], [])])
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["计划", "空"]
    page = book["计划"]
    values = [cell.value for cell in page[2]]
    assert values[:5] == ["北村储备点", 3, 0.1, 1.5, "1"]
    assert values[5] == datetime(2024, 6, 15)
    assert values[6:] == ["2024-06-15T16:30:00+08:00", "a|b", None, "350981104203000001"]
    assert page.freeze_panes == "A2"
    assert page["A1"].font.bold
    assert page.column_dimensions["A"].width >= 12
    assert page.auto_filter.ref == "A1:J2"


def test_equal_input_gives_equal_bytes_without_a_clock_reading(tmp_path):
    sheets = [Sheet("a", ["x", "y"], [[1, "二"], [Decimal("2.5"), date(2024, 1, 1)]])]
    write_workbook(tmp_path / "a.xlsx", sheets)
    write_workbook(tmp_path / "b.xlsx", sheets)
    packed = (tmp_path / "a.xlsx").read_bytes()
    assert packed == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2000-01-01T00:00:00Z") == 2


def test_texts_a_workbook_cannot_hold_are_refused_with_their_cell(tmp_path):
    sheet = Sheet("a", ["x", "y"], [["fine", "bad\x07"], ["字" * 32_768, None]])
    with pytest.raises(BadTable) as refusal:
        write_workbook(tmp_path / "a.xlsx", [sheet])
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (2, "a!B", "CONTROL_CHARACTER"),
        (3, "a!A", "TOO_LONG"),
    ]


def test_given_widths_are_kept(tmp_path):
    write_workbook(tmp_path / "a.xlsx", [Sheet("a", ["x"], [], widths=[30])])
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["a"].column_dimensions["A"].width == 30


def test_a_travel_matrix_without_any_way_keeps_its_seconds_column(tmp_path: Path) -> None:
    path = tmp_path / "travel.csv"
    write_table(path, "travel", {"origin": ["a"], "destination": ["b"], "seconds": [None]})
    assert path.read_text("utf-8") == "origin,destination,seconds\na,b,\n"
