"""The stock card: it adds up, says everything, and a year of entries prints while one waits."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from inventory.documents import CardDoesNotAddUp, StockCard, write_stock_card_pdf, write_stock_card_xlsx
from inventory.documents.pdf import Text
from inventory.documents.typesetting import width_mm

CardOf = Callable[..., StockCard]


def test_opening_plus_in_less_out_is_closing(card_of: CardOf) -> None:
    card = card_of(25)
    assert card.opening + card.total_in - card.total_out == card.closing == Decimal(108)


def test_a_card_that_does_not_add_up_is_refused_with_the_row(card_of: CardOf) -> None:
    rows = list(card_of(5).rows)
    rows[3] = replace(rows[3], balance=rows[3].balance + 1)
    with pytest.raises(CardDoesNotAddUp) as refused:
        card_of(0, rows=tuple(rows))
    assert refused.value.facts == {"row": 4, "expected": Decimal(107), "balance": Decimal(108)}


def test_a_card_without_entries_has_its_opening_balance_at_the_end(card_of: CardOf, tmp_path: Path, seen) -> None:
    card = card_of(0)
    assert card.closing == 100
    assert write_stock_card_pdf(tmp_path / "card.pdf", card).pages == 1
    assert {"期初结存", "期末结存", "青石镇应急仓库（330381001-01）"} <= set(seen.texts())


def test_every_entry_is_on_paper_and_inside_it(card_of: CardOf, tmp_path: Path, seen) -> None:
    card = card_of(60)
    write_stock_card_pdf(tmp_path / "card.pdf", card)
    assert seen.landscape
    texts = seen.texts()
    assert all(row.document in texts and f"{row.balance}" in texts for row in card.rows)
    for page in seen.pages:
        for mark in page:
            if isinstance(mark, Text):
                assert mark.x > 10
                assert mark.x + width_mm(mark.text, mark.size_pt) < 297 - 10
                assert 10 < mark.baseline < 210 - 5


def test_kinds_are_told_in_the_language_asked_for(card_of: CardOf, tmp_path: Path, seen) -> None:
    write_stock_card_pdf(tmp_path / "card.pdf", card_of(2), lang="en")
    assert {"receipt", "issue"} <= set(seen.texts())


def test_two_thousand_entries_print_within_five_seconds(card_of: CardOf, tmp_path: Path) -> None:
    card = card_of(2000)
    started = time.perf_counter()
    printed = write_stock_card_pdf(tmp_path / "card.pdf", card)
    assert time.perf_counter() - started < 5
    assert printed.pages > 50


def test_the_workbook_holds_numbers_days_and_headings_in_both_languages(card_of: CardOf, tmp_path: Path) -> None:
    card = card_of(12)
    write_stock_card_xlsx(tmp_path / "card.xlsx", card)
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    facts, entries = (book[name] for name in book.sheetnames)
    told = {row[0].value: row[1].value for row in facts.iter_rows(min_row=2)}
    assert told["期末结存 closing balance"] == card.closing
    assert told["起始日期 from"] == datetime(2024, 1, 1)
    rows = list(entries.iter_rows(values_only=True))
    assert rows[0][7] == "结存\nbalance"
    assert [row[7] for row in rows[1:]] == [row.balance for row in card.rows]
    assert rows[1][0] == "2024-01-01 08:00"


def test_a_reason_that_looks_like_a_formula_stays_a_text(card_of: CardOf, tmp_path: Path) -> None:
    card = card_of(1)
    hostile = replace(card, rows=(replace(card.rows[0], reason="=1+1"),))
    write_stock_card_xlsx(tmp_path / "card.xlsx", hostile)
    cell = openpyxl.load_workbook(tmp_path / "card.xlsx").worksheets[1]["D2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)
