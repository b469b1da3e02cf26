"""The printed transfer order: sums that are right, all that was said, and room for four signatures."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from inventory.documents import OrderEvent, TransferOrder, Words, order_totals, write_transfer_order
from inventory.documents.pdf import Text
from inventory.five_fixed.records import NaiveInstant


def test_pieces_are_summed_unit_by_unit_only(order: TransferOrder) -> None:
    assert order_totals(order).quantities == ((Words("件", "piece"), 150), (Words("顶", "each"), 5))


def test_mass_volume_and_value_are_summed_and_say_how_many_lines_lack_the_figure(order: TransferOrder) -> None:
    totals = order_totals(order)
    assert (totals.mass_kg.value, totals.mass_kg.lacking) == (Decimal("396"), 1)
    assert (totals.volume_m3.value, totals.volume_m3.lacking) == (Decimal("2.2"), 1)
    assert (totals.value_cny.value, totals.value_cny.lacking) == (Decimal("16001.90"), 1)


def test_the_total_is_the_sum_of_the_amounts_as_printed(order: TransferOrder) -> None:
    line = replace(order.lines[0], quantity=Decimal(1), unit_price_cny=Decimal("0.005"))
    assert order_totals(replace(order, lines=(line,) * 3)).value_cny.value == Decimal("0.03")


def test_everything_an_office_asks_of_it_is_on_paper(tmp_path: Path, order: TransferOrder, seen) -> None:
    assert write_transfer_order(tmp_path / "order.pdf", order).pages == 1
    text = seen.all_text()
    for said in (
        "物资调拨令", "Transfer order", "DB-330381-2024-0017", "2024-06-15", "清川县应急物资储备中心", "330381001-01",
        "暴雨红色预警", "救生衣（成人）", "Life jacket, adult", "L2023-07", "2029-03-31", "1,280.50", "6,402.50",
        "79.995", "150 件；5 顶", "16,001.90 CNY", "396 kg", "2.2 m³", "申请", "2024-06-15 09:30", "汛期补充", "县级",
        "批准人", "发货人", "承运人", "收货人",
    ):  # fmt: skip
        assert said in text, said


def test_history_is_told_in_the_language_asked_for(tmp_path: Path, order: TransferOrder, seen) -> None:
    write_transfer_order(tmp_path / "order.pdf", order, lang="en")
    assert "requested" in seen.texts()
    assert "申请" not in seen.texts()


def test_moments_are_shown_in_china_time(tmp_path: Path, order: TransferOrder, seen) -> None:
    event = OrderEvent(Words("批准"), datetime.fromisoformat("2024-06-15T23:30:00+00:00"), "乙")
    write_transfer_order(tmp_path / "order.pdf", replace(order, history=(event,)))
    assert "2024-06-16 07:30" in seen.texts()


def test_a_moment_without_offset_is_refused(tmp_path: Path, order: TransferOrder) -> None:
    event = OrderEvent(Words("批准"), datetime(2024, 6, 15, 8), "乙")
    with pytest.raises(NaiveInstant):
        write_transfer_order(tmp_path / "order.pdf", replace(order, history=(event,)))


def test_a_long_order_repeats_its_number_and_headings_and_keeps_the_signatures_together(
    tmp_path: Path, order: TransferOrder, seen
) -> None:
    pages = write_transfer_order(tmp_path / "order.pdf", replace(order, lines=order.lines * 40)).pages
    assert pages > 3
    for page in range(1, pages):
        assert any("DB-330381-2024-0017" in text for text in seen.texts(page))
    assert seen.all_text().count("物资编号") >= 4
    assert {"批准人", "发货人", "承运人", "收货人"} <= set(seen.texts(pages - 1))


def test_a_reason_longer_than_a_page_is_printed_whole(tmp_path: Path, order: TransferOrder, seen) -> None:
    write_transfer_order(tmp_path / "order.pdf", replace(order, reason="椿" * 6000))
    assert seen.all_text().count("椿") == 6000
    assert len(seen.pages) > 2
    assert all(0 < mark.baseline < 290 for page in seen.pages for mark in page if isinstance(mark, Text))


def test_an_order_without_lines_or_history_still_prints(tmp_path: Path, order: TransferOrder) -> None:
    assert write_transfer_order(tmp_path / "order.pdf", replace(order, lines=(), history=(), owner=None)).pages == 1
