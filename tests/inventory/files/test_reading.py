"""Tables in: what is plainly meant is taken; everything else is refused, all of it at once, with row and column."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from inventory.errors import BadTable, RowFault
from inventory.files import UnknownTable, read_table

STOCK = "store,bin,item,lot,quantity,state,made,expires\n"
GOOD = "S1,A-1-1-1,M013,L1,12.50,serviceable,2024-01-02,2025-01-01\n"


@pytest.fixture
def csv_file(tmp_path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def xlsx_file(tmp_path) -> Callable[..., Path]:
    def write(*rows: list[object], sheet: str = "Sheet1", more: tuple[str, ...] = ()) -> Path:
        book = openpyxl.Workbook()
        book.active.title = sheet
        for row in rows:
            book.active.append(row)
        for title in more:
            book.create_sheet(title)
        path = tmp_path / "table.xlsx"
        book.save(path)
        return path

    return write


@cache
def words():
    home = Path(__file__).parents[3] / "inventory"
    found = {}
    for path in (home / "texts.csv", home / "files" / "texts.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file, strict=True)}
    return found


def faults(path, table="stock", **limits):
    with pytest.raises(BadTable) as refusal:
        read_table(path, table, **limits)
    for found in refusal.value.faults:
        for text in words()[found.code]:
            assert text.format(**found.facts)
    return [(found.row, found.column, found.code) for found in refusal.value.faults]


def test_cells_become_typed_values_and_empty_ones_none(csv_file):
    table = read_table(csv_file(STOCK + GOOD + "S1,,M053,,3,damaged,,\n"), "stock")
    assert len(table) == 2
    assert table["quantity"] == [Decimal("12.50"), Decimal(3)]
    assert table["made"] == [date(2024, 1, 2), None]
    assert table["bin"] == ["A-1-1-1", None]
    assert table["received"] == [None, None]  # a column the file does not have
    assert list(table.rows())[1]["state"] == "damaged"


def test_lists_flags_instants_and_degrees(csv_file):
    teams = "id,tier,capabilities,headcount,profile,turnout_s,available_from,lat,lon\n"
    row = "T1,3,search|medical,12,pickup,60,2024-06-15T08:30:00+08:00,27.05,119.5\n"
    table = read_table(csv_file(teams + row), "teams")
    assert table["capabilities"] == [("search", "medical")]
    assert table["available_from"][0] == datetime(2024, 6, 15, 0, 30, tzinfo=UTC)
    assert (table["lat"], table["lon"]) == ([27.05], [119.5])
    edges = read_table(csv_file("from,to,length_m,oneway\nA,B,12.5,1\nB,C,3,0\n"), "road_edges")
    assert edges["oneway"] == [True, False]


def test_columns_may_stand_in_any_order_and_a_byte_order_mark_is_allowed(csv_file):
    text = "﻿quantity,item,state,store\r\n5,M013,serviceable,S1\r\n"
    assert read_table(csv_file(text), "stock")["quantity"] == [Decimal(5)]


def test_a_cell_may_hold_commas_quotes_and_lines(csv_file):
    path = csv_file('id,name,tier\nS1,"北村 ""A"", 旧库\n二楼",village\n')
    assert read_table(path, "stores")["name"] == ['北村 "A", 旧库\n二楼']


def test_a_table_of_no_rows_is_a_table(csv_file):
    assert len(read_table(csv_file(STOCK), "stock")) == 0


def test_every_fault_is_reported_at_once_with_row_and_column(csv_file):
    path = csv_file(
        STOCK
        + GOOD
        + "S1,,M013,L2,1e3,serviceable,2024/01/02,\n"
        + "S1,,M013,L3,5,good,2024-02-30,\n"
        + ",,M013,L4,5,serviceable,2024-03-01,2024-02-01\n"
        + GOOD
    )
    assert faults(path) == [
        (3, "quantity", "NOT_DECIMAL"),
        (3, "made", "NOT_DATE"),
        (4, "state", "NOT_CHOICE"),
        (4, "made", "NO_SUCH_DAY"),
        (5, "store", "CELL_EMPTY"),
        (5, "expires", "OUT_OF_ORDER"),
        (6, "store", "DUPLICATE_KEY"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,000", "THOUSANDS_SEPARATOR"),
        ("1 000", "THOUSANDS_SEPARATOR"),
        ("１２", "FULL_WIDTH_DIGITS"),
        ("12箱", "NOT_DECIMAL"),
        ("1e3", "NOT_DECIMAL"),
        ("NaN", "NOT_DECIMAL"),
        ("1.", "NOT_DECIMAL"),
        (".5", "NOT_DECIMAL"),
        ("+5", "NOT_DECIMAL"),
        ("9" * 30, "NOT_DECIMAL"),
        (" 5", "SPACE_AROUND"),
        ("5　", "SPACE_AROUND"),
        ("-1", "TOO_SMALL"),
    ],
)
def test_a_number_is_digits_and_a_point(csv_file, text, code):
    path = csv_file(f'store,item,quantity,state\nS1,M013,"{text}",serviceable\n')
    assert faults(path) == [(2, "quantity", code)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-6-5", "NOT_DATE"),
        ("15/06/2024", "NOT_DATE"),
        ("20240615", "NOT_DATE"),
        ("2024年6月15日", "NOT_DATE"),
        ("2024-06-15T00:00:00+08:00", "NOT_DATE"),
        ("2023-02-29", "NO_SUCH_DAY"),
    ],
)
def test_a_date_has_one_format(csv_file, text, code):
    path = csv_file(f"store,item,quantity,state,made\nS1,M013,5,serviceable,{text}\n")
    assert faults(path) == [(2, "made", code)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-06-15T08:30:00", "NO_OFFSET"),
        ("2024-06-15 08:30:00+08:00", "NOT_INSTANT"),
        ("2024-06-15", "NOT_INSTANT"),
        ("2024-06-15T25:00:00Z", "NO_SUCH_DAY"),
    ],
)
def test_an_instant_has_an_offset(csv_file, text, code):
    path = csv_file(f"id,kind,severity,reported_at\nI1,flood,3,{text}\n")
    assert faults(path, "incidents") == [(2, "reported_at", code)]


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        ("origins", "id,lat,lon\nA,119.5,27.05\n", (2, "lat", "LAT_RANGE")),
        ("origins", "id,lat,lon\nA,27.05,190\n", (2, "lon", "LON_RANGE")),
        ("stores", "id,name,tier,lat\nS1,北村,village,27.05\n", (2, "lon", "NOT_TOGETHER")),
        ("incidents", "id,kind,severity,reported_at\nI1,flood,6,2024-06-15T08:30:00Z\n", (2, "severity", "TOO_LARGE")),
        ("demands", "incident,item,quantity\nI1,M013,0\n", (2, "quantity", "NOT_ABOVE")),
        ("travel", "origin,destination,seconds\nA,B,1.5\n", (2, "seconds", "NOT_INTEGER")),
        ("road_edges", "from,to,length_m,oneway\nA,B,5,yes\n", (2, "oneway", "NOT_FLAG")),
        ("origins", "id,lat,lon\nA|B,27,119\n", (2, "id", "BAD_CODE")),
        ("origins", "id,lat,lon\nA\x07B,27,119\n", (2, "id", "CONTROL_CHARACTER")),
        ("origins", f"id,lat,lon\n{'A' * 65},27,119\n", (2, "id", "TOO_LONG")),
        ("maintenance", "store,kind,last_done,result\nS1,RUN,2024-06-15,PASSED\n", (2, "item", "ITEM_NEEDED")),
        ("places", "code,name,level\n35098110420,北村,village\n", (2, "code", "NOT_DIVISION")),
        ("places", "code,name,level\n350981104203,北村,town\n", (2, "level", "LEVEL_NOT_CODE")),
        (
            "places",
            "code,name,level,parent_code\n350981104203,北村,village,350981105000\n",
            (2, "parent_code", "PARENT_NOT_CODE"),
        ),
    ],
)
def test_what_a_column_asks_is_held(csv_file, table, text, expected):
    assert faults(csv_file(text), table) == [expected]


def test_the_reserve_floor_of_a_store_and_item_is_one(csv_file):
    head = "store,item,lot,quantity,state,reserve_floor\n"
    same = "S1,M013,L1,5,serviceable,2\nS1,M013,L2,5,serviceable,2.0\nS1,M013,L3,5,serviceable,\n"
    assert len(read_table(csv_file(head + same), "stock")) == 3
    path = csv_file(head + same + "S1,M013,L4,5,serviceable,3\n")
    assert faults(path) == [(5, "reserve_floor", "FLOORS_DIFFER")]


@pytest.mark.parametrize("text", ["a||b", "a| b", "a|a", "|"])
def test_a_list_has_no_empty_spaced_or_repeated_entries(csv_file, text):
    path = csv_file(f"id,tier,capabilities,headcount,profile,turnout_s\nT1,3,{text},5,foot,60\n")
    assert faults(path, "teams") == [(2, "capabilities", "BAD_LIST")]


def test_the_header_is_known_and_complete(csv_file):
    path = csv_file("store,itme,quantity,quantity,state\nS1,M013,5,5,serviceable\n")
    with pytest.raises(BadTable) as refusal:
        read_table(path, "stock")
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (1, "itme", "UNKNOWN_COLUMN"),
        (1, "quantity", "REPEATED_COLUMN"),
        (1, "item", "MISSING_COLUMN"),
    ]
    assert refusal.value.faults[0].facts["nearest"] == "item"


def test_ragged_and_blank_rows_are_named_but_blank_ones_at_the_end_are_not(csv_file):
    path = csv_file(STOCK + GOOD + "S1,,M053\n\n,,,,,,,\nS2,,M053,,x,serviceable,,\n\n,,,,,,,\n")
    assert faults(path) == [
        (3, None, "RAGGED_ROW"),
        (4, None, "BLANK_ROW"),
        (5, None, "BLANK_ROW"),
        (6, "quantity", "NOT_DECIMAL"),
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_other_encodings_are_refused_and_named(csv_file, encoding):
    text = "id,name,tier\nS1,北村储备点,village\n"
    with pytest.raises(BadTable) as refusal:
        read_table(csv_file(text.encode(encoding)), "stores")
    [found] = refusal.value.faults
    assert found.code == "NOT_UTF8"
    assert found.facts["looks_like"] == {"gb18030": "GBK", "utf-16": "UTF-16"}[encoding]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n", "EMPTY_FILE"),
        ('id,name,tier\nS1,"北村,village\n'.encode(), "NOT_CSV"),
        (b"id,name,tier\nS1,a\x00b,village\n", "NOT_CSV"),
    ],
)
def test_what_is_no_csv_is_refused(csv_file, content, code):
    assert [found[2] for found in faults(csv_file(content), "stores")] == [code]


def test_a_missing_file_and_another_type_are_refused(tmp_path, csv_file):
    assert faults(tmp_path / "none.csv") == [(None, None, "FILE_MISSING")]
    other = csv_file(STOCK).rename(tmp_path / "table.xls")
    assert faults(other) == [(None, None, "UNKNOWN_SUFFIX")]


def test_size_is_bounded_in_rows_and_bytes(csv_file):
    path = csv_file("id,lat,lon\n" + "".join(f"P{number},27,119\n" for number in range(11)))
    assert len(read_table(path, "origins", max_rows=11)) == 11
    assert faults(path, "origins", max_rows=10) == [(None, None, "TOO_MANY_ROWS")]
    assert faults(path, "origins", max_bytes=100) == [(None, None, "FILE_TOO_LARGE")]


def test_a_table_the_dictionary_does_not_know_is_refused(csv_file):
    with pytest.raises(UnknownTable):
        read_table(csv_file(STOCK), "stocks")


def test_large_files_are_read_in_chunks_with_true_row_numbers(csv_file):
    rows = [f"P{number},27,119\n" for number in range(25_000)]
    rows[20_000] = "P0,27,x\n"
    rows[24_000] = "P0,27,119\n"
    path = csv_file("id,lat,lon\n" + "".join(rows))
    with pytest.raises(BadTable) as refusal:
        read_table(path, "origins")
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (20_002, "id", "DUPLICATE_KEY"),
        (20_002, "lon", "NOT_DECIMAL"),
        (24_002, "id", "DUPLICATE_KEY"),
    ]
    assert refusal.value.faults[2].facts["first_row"] == 2


# workbooks


def test_a_workbook_is_read_like_a_csv(xlsx_file):
    path = xlsx_file(
        ["store", "item", "quantity", "state", "made", "lot", None],
        ["S1", "M013", 12, "serviceable", date(2024, 1, 2), 77, None],
        ["S1", "M012", 0.1, "serviceable", datetime(2024, 1, 2)],
        [None, None, None],
    )
    table = read_table(path, "stock")
    assert table["quantity"] == [Decimal(12), Decimal("0.1")]
    assert table["made"] == [date(2024, 1, 2)] * 2
    assert table["lot"] == ["77", None]


def test_formulas_and_error_values_are_refused(xlsx_file):
    path = xlsx_file(
        ["store", "item", "quantity", "state"],
        ["S1", "M013", "=1+1", "serviceable"],
        ["S2", "M013", "#REF!", "serviceable"],
    )
    assert faults(path) == [(2, "quantity", "FORMULA_CELL"), (3, "quantity", "ERROR_CELL")]


def test_a_time_of_day_is_no_date(xlsx_file):
    path = xlsx_file(
        ["store", "item", "quantity", "state", "made"], ["S1", "M013", 1, "serviceable", datetime(2024, 1, 2, 8)]
    )
    assert faults(path) == [(2, "made", "NOT_DATE")]


def test_of_several_sheets_the_one_named_like_the_table_is_read(xlsx_file):
    rows = (["id", "lat", "lon"], ["A", 27, 119])
    assert len(read_table(xlsx_file(*rows, sheet="origins", more=("notes",)), "origins")) == 1
    assert faults(xlsx_file(*rows, more=("notes",)), "origins") == [(None, None, "SHEET_UNCLEAR")]


def test_a_broken_or_bloated_workbook_is_refused(tmp_path, xlsx_file):
    path = xlsx_file(["id", "lat", "lon"], *(["A" * 30, 27, 119] for _ in range(9000)))
    assert path.stat().st_size < 120_000
    assert [found[2] for found in faults(path, "origins", max_bytes=path.stat().st_size)][:1] == ["DUPLICATE_KEY"]
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(path.read_bytes()[:2000])
    assert faults(broken, "origins") == [(None, None, "NOT_XLSX")]
    assert faults(path, "origins", max_rows=100) == [(None, None, "TOO_MANY_ROWS")]


def test_a_workbook_that_unpacks_too_far_is_refused(tmp_path):
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 3_000_000)
    assert faults(path, "origins", max_bytes=100_000) == [(None, None, "FILE_TOO_LARGE")]


def test_a_table_becomes_a_data_frame_for_analysts(tmp_path: Path) -> None:
    path = tmp_path / "demands.csv"
    path.write_text("incident,item,quantity\nI1,M013,12.5\n", "utf-8")
    frame = read_table(path, "demands").frame()
    assert list(frame.columns) == ["incident", "item", "quantity"]
    assert frame["quantity"].tolist() == [Decimal("12.5")]


@pytest.mark.parametrize(
    ("word", "code", "nearest"),
    [("乡级", "NEAR_CHOICE", "乡镇级"), ("Town", "NEAR_CHOICE", "town"), ("库房", "NOT_CHOICE", None)],
)
def test_a_word_of_choice_is_taken_to_the_letter_and_the_nearest_is_suggested(csv_file, word, code, nearest):
    with pytest.raises(BadTable) as refusal:
        read_table(csv_file(f"id,name,tier\nS1,北村,{word}\nS2,南村,乡镇级\n"), "stores")
    [found] = refusal.value.faults
    assert (found.row, found.column, found.code, found.facts.get("nearest")) == (2, "tier", code, nearest)


def test_unknown_references_come_with_all_other_faults(csv_file):
    path = csv_file(STOCK + GOOD + "S2,,M013,,x,serviceable,,\ns-1,,M99,,5,serviceable,,\n")
    known = {"stores.id": {"S1"}, "items.item_id": {"M013": "水"}}
    with pytest.raises(BadTable) as refusal:
        read_table(path, "stock", references=known)
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (3, "store", "UNKNOWN_REFERENCE"),
        (3, "quantity", "NOT_DECIMAL"),
        (4, "store", "NEAR_REFERENCE"),
        (4, "item", "UNKNOWN_REFERENCE"),
    ]
    assert len(read_table(csv_file(STOCK + GOOD), "stock", references=known)) == 1


def test_a_table_may_point_to_its_own_rows(csv_file):
    path = csv_file(
        "code,name,level,parent_code\n350981000000,县,county,\n350981104000,镇,town,350981000000\n"
        "350982104000,别镇,town,350982000000\n"
    )
    with pytest.raises(BadTable) as refusal:
        read_table(path, "places", references={"places.code": set()})
    assert [(found.row, found.code) for found in refusal.value.faults] == [(4, "UNKNOWN_REFERENCE")]


def test_checks_of_the_caller_join_in_and_are_named_as_the_file_names_columns(csv_file):
    def no_more_than_ten(table):
        return [
            RowFault(number, "quantity", "TOO_LARGE", {"value": quantity, "most": 10})
            for number, quantity in zip(table.row_numbers, table["quantity"], strict=True)
            if quantity is not None and quantity > 10
        ]

    path = csv_file("储备库编号,物资编号,数量,状态\nS1,M013,11,完好\nS1,M014,x,完好\n")
    with pytest.raises(BadTable) as refusal:
        read_table(path, "stock", extra=no_more_than_ten)
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [
        (2, "数量", "TOO_LARGE"),
        (3, "数量", "NOT_DECIMAL"),
    ]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_file_without_commas_is_told_so_once(tmp_path, separator):
    path = tmp_path / "a.csv"
    path.write_text(f"储备库编号{separator}物资编号{separator}数量\nS1{separator}M001{separator}3\n", "utf-8")
    with pytest.raises(BadTable) as refused:
        read_table(path, "stock")
    assert [fault.code for fault in refused.value.faults] == ["NOT_COMMAS"]
