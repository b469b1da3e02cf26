"""Documents of a made-up county, and a way to see what was put on paper before it became a PDF."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from inventory.documents import (
    CardRow,
    CriticalFinding,
    MonthlyReport,
    OrderEvent,
    OrderLine,
    StockCard,
    TownRow,
    TransferOrder,
    Words,
    WorstStore,
    paper,
)
from inventory.documents.pdf import Box, Mark, Text

CHINA = timezone(timedelta(hours=8))
STORE = Words("青石镇应急仓库", "Qingshi town store")
VEST = Words("救生衣（成人）", "Life jacket, adult")
PIECE = Words("件", "piece")


@dataclass
class Seen:
    """The marks of the last printed document, page by page."""

    pages: list[list[Mark]]
    landscape: bool

    def texts(self, page: int | None = None) -> list[str]:
        chosen = self.pages if page is None else [self.pages[page]]
        return [mark.text for marks in chosen for mark in marks if isinstance(mark, Text)]

    def all_text(self) -> str:
        return "\n".join(self.texts())

    def boxes(self) -> list[Box]:
        return [mark for marks in self.pages for mark in marks if isinstance(mark, Box)]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found = Seen([], landscape=False)
    write = paper.pdf_bytes

    def keep(pages: Any, *, title: str, landscape: bool) -> bytes:
        found.pages, found.landscape = [list(page) for page in pages], landscape
        return write(pages, title=title, landscape=landscape)

    monkeypatch.setattr(paper, "pdf_bytes", keep)
    return found


@pytest.fixture
def order() -> TransferOrder:
    at = datetime(2024, 6, 15, 8, 30, tzinfo=CHINA)
    tent = Words("12㎡单帐篷", "Tent 12 m2")
    return TransferOrder(
        number="DB-330381-2024-0017",
        day=date(2024, 6, 15),
        from_store_id="330381-00",
        from_store=Words("清川县应急物资储备中心", "Qingchuan County central store"),
        to_store_id="330381001-01",
        to_store=STORE,
        reason="暴雨红色预警，低洼村转移安置。",
        lines=(
            OrderLine("M012", VEST, PIECE, "L2024-01", Decimal(120), date(2029, 3, 31), Decimal("79.995"),
                      Decimal("0.8"), Decimal("0.01")),
            OrderLine("M013", VEST, PIECE, "L2024-02", Decimal(30)),
            OrderLine("M001", tent, Words("顶", "each"), "L2023-07", Decimal(5), None, Decimal("1280.50"),
                      Decimal(60), Decimal("0.2")),
        ),
        history=(
            OrderEvent(Words("申请", "requested"), at, "管理员甲", "汛期补充"),
            OrderEvent(Words("批准", "approved"), at + timedelta(hours=1), "乙"),
        ),
        owner=Words("县级", "county"),
    )  # fmt: skip


@pytest.fixture
def card_of() -> Callable[..., StockCard]:
    """A card of so many entries: ten in, then one out each time."""

    def make(count: int, **changes: Any) -> StockCard:
        rows, balance = [], Decimal(100)
        for number in range(count):
            came, went = (Decimal(10), Decimal(0)) if number % 10 == 0 else (Decimal(0), Decimal(1))
            balance += came - went
            rows.append(
                CardRow(
                    recorded_at=datetime(2024, 1, 1, 8, tzinfo=CHINA) + timedelta(hours=number),
                    kind=Words("入库", "receipt") if came else Words("出库", "issue"),
                    reason="采购" if came else f"青石镇王家村山洪转移安置第{number}批",
                    lot=f"L2024-{number % 50:03d}",
                    quantity_in=came,
                    quantity_out=went,
                    balance=balance,
                    actor="管理员甲",
                    document=f"DB-330381-2024-{number:04d}",
                )
            )
        facts: dict[str, Any] = {
            "store_id": "330381001-01", "store": STORE, "item_id": "M012", "item": VEST, "unit": PIECE,
            "from_day": date(2024, 1, 1), "to_day": date(2024, 12, 31), "opening": Decimal(100), "rows": tuple(rows),
        }  # fmt: skip
        return StockCard(**{**facts, **changes})

    return make


@pytest.fixture
def report_of() -> Callable[..., MonthlyReport]:
    """A report of so many towns; every fourth has a failed store, the sixth has no score."""

    def make(towns: int, **changes: Any) -> MonthlyReport:
        rows = tuple(
            TownRow(
                code=f"330381{number:03d}000",
                town=Words(f"第{number}镇", f"Town {number}"),
                stores=9,
                score=None if number == 6 else Decimal("0.9999") - Decimal(number) / 1000,
                failed_stores=int(number % 4 == 0),
                serviceable_share=0.98765,
                overdue_minor=3,
                overdue_major=2,
                overdue_critical=1,
                tasks_done=17,
            )
            for number in range(1, towns + 1)
        )
        total = TownRow("330381000000", Words("全县合计", "County"), 9 * towns, 0.97, 1, None, 30, 20, 10, 170)
        facts: dict[str, Any] = {
            "county_code": "330381000000", "county": Words("清川县", "Qingchuan County"), "year": 2024, "month": 6,
            "as_of": datetime(2024, 7, 1, tzinfo=CHINA), "total": total, "towns": rows,
            "worst_stores": (WorstStore("330381001-01", STORE, Words("青石镇", "Qingshi"), 0.5, True,
                                        Words("灭火器过期 12 具", "12 extinguishers expired")),),
            "critical_findings": (CriticalFinding(STORE, Words("干粉灭火器", "Extinguisher"),
                                                  Words("低于最低储备，请补足。", "Below the minimum: refill."),
                                                  date(2024, 6, 3)),),
        }  # fmt: skip
        return MonthlyReport(**{**facts, **changes})

    return make
