"""Every table of the dictionary, as CSV and workbook, with English and Chinese headings: out and in again, the same."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.errors import BadTable
from inventory.files import Column, dictionary, read_table, tables, write_table
from inventory.files.choices import VOCABULARIES, choices_zh
from inventory.files.escape import decode_workbook_text, encode_workbook_text
from inventory.kinds import KINDS

DIVISIONS = ("350981000000", "350981104000", "350981104203")  # county, town, village
AWKWARD = ("=1+1", "'=1+1", "_x0041_ 北村", "第一行\n第二行", "#N/A", "12", "TRUE")
CHINA = timezone(timedelta(hours=8))
WAYS = [(suffix, headers) for suffix in ("csv", "xlsx") for headers in ("en", "zh")]


def sample(column: Column, number: int) -> Any:
    """A value the column may hold: unique for each row where the column is a key."""
    if column.name == "parent_code":
        return (None, DIVISIONS[0], DIVISIONS[1])[number]
    if column.choices:
        return column.choices[number % len(column.choices)]
    least = column.least if column.least is not None else Decimal(0)
    most = column.most if column.most is not None else Decimal(10) ** 15
    kinds = list(KINDS)
    return {
        "text": AWKWARD[number + len(column.name) % 5],
        "code": f"00{number}",
        "division": DIVISIONS[number],
        "list": ("=a", f"b{number}"),
        "checks": ((kinds[number], 30), (kinds[number + 1], 60)),
        "quantities": (("=a", Decimal("0.000001")), (f"b{number}", Decimal(number + 1))),
        "int": int(min(least + number, most)),
        "decimal": min(least + Decimal("0.1") + number, most),
        "date": date(2024, 2, 28) + timedelta(days=number),
        "instant": datetime(2024, 6, 15, 8, 30, 1, 500, tzinfo=CHINA),
        "flag": number % 2 == 0,
        "lat": 27.050000000000001 + number,
        "lon": 119.1234567890123 + number,
    }[column.type]


def rows_of(table: str) -> list[dict[str, Any]]:
    rows = [{column.name: sample(column, number) for column in tables()[table]} for number in range(3)]
    rows[2] = {
        column.name: rows[2][column.name] if column.required or column.key or column.name in ("lat", "lon") else None
        for column in tables()[table]
    }
    return rows


@pytest.mark.parametrize("table", tables())
@pytest.mark.parametrize(("suffix", "headers"), WAYS)
def test_a_table_reads_back_as_it_was(tmp_path: Path, table: str, suffix: str, headers: Any) -> None:
    rows = rows_of(table)
    path = tmp_path / f"a.{suffix}"
    write_table(path, table, rows, headers=headers)
    assert list(read_table(path, table).rows()) == rows


@pytest.mark.parametrize("table", tables())
def test_chinese_headings_are_written_on_demand(tmp_path: Path, table: str) -> None:
    write_table(tmp_path / "a.csv", table, rows_of(table), headers="zh")
    header = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == [column.name_zh for column in tables()[table]]


def test_every_column_has_a_chinese_heading_of_its_own() -> None:
    for table, columns in tables().items():
        names = [name for column in columns for name in {column.name, column.name_zh}]
        assert all(names), f"{table}: fill in name_zh in columns.csv"
        assert len(set(names)) == len(names), table


def test_every_word_of_choice_has_one_chinese_word() -> None:
    for column in dictionary():
        words = choices_zh(column)
        assert len(words) == len(column.choices), f"{column.table}.{column.name}: add its words to files/choices.py"
        assert set(words.values()) == set(column.choices)
        assert not set(words) & set(column.choices)
    for vocabulary in VOCABULARIES:
        assert len({words[0] for words in vocabulary.values()}) == len(vocabulary)


def test_headings_and_words_may_be_mixed_and_count_as_the_same(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("储备库编号,item,数量,state\nS1,M1,5,完好\nS1,M1,7,serviceable\n", encoding="utf-8")
    with pytest.raises(BadTable) as refusal:
        read_table(path, "stock")
    [found] = refusal.value.faults
    assert (found.row, found.column, found.code) == (3, "储备库编号", "DUPLICATE_KEY")
    assert found.facts["key"].startswith("储备库编号 + ")


def test_flags_may_be_said_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("from,to,length_m,单行\nA,B,5,是\nB,C,5,否\nC,D,5,对\n", encoding="utf-8")
    with pytest.raises(BadTable) as refusal:
        read_table(path, "road_edges")
    assert [(found.row, found.column, found.code) for found in refusal.value.faults] == [(4, "单行", "NOT_FLAG")]


def test_a_workbook_has_days_numbers_and_codes_as_such(tmp_path: Path) -> None:
    row = {
        "store": "007",
        "item": "350981104203",
        "lot": "=cmd!A0",
        "quantity": Decimal("12345678901234.567"),
        "reserve_floor": Decimal("12.50"),
        "state": "serviceable",
        "made": date(2024, 6, 1),
    }
    write_table(tmp_path / "a.xlsx", "stock", [row])
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["stock"]
    page = book["stock"]
    assert page.freeze_panes == "A2"
    cells = dict(zip((cell.value for cell in page[1]), page[2], strict=True))
    assert (cells["store"].value, cells["store"].data_type, cells["store"].number_format) == ("007", "s", "@")
    assert cells["item"].value == "350981104203"
    assert (cells["lot"].data_type, cells["lot"].quotePrefix) == ("s", True)
    assert cells["quantity"].value == "12345678901234.567"  # a spreadsheet would cut it to 15 digits
    assert cells["reserve_floor"].value == 12.5
    assert cells["made"].value == datetime(2024, 6, 1)
    assert page.column_dimensions["A"].number_format == "@"


@settings(max_examples=200)
@given(
    text=st.text(st.one_of(st.sampled_from("_x0041A\x07\n'="), st.characters(exclude_categories=("Cs",))), max_size=20)
)
def test_a_text_in_the_words_of_a_workbook_comes_back(text: str) -> None:
    encoded = encode_workbook_text(text)
    assert not any(ord(letter) < 32 and letter not in "\t\n" for letter in encoded)
    assert decode_workbook_text(encoded) == text
