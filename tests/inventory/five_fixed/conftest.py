"""A store in which nothing is wrong, to break one thing at a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory.five_fixed import (
    CustodianRecord,
    Finding,
    MaintenanceRecord,
    Report,
    RuleBook,
    StockLine,
    StoreRecord,
    evaluate,
)

DAY = date(2024, 6, 15)


class Situation:
    """One village store S1 holding one lot; `report()` judges it, `codes()` names what is wrong with it."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.day = DAY
        self.stores = [StoreRecord("S1", "village")]
        self.stock: list[StockLine] = []
        self.maintenance: list[MaintenanceRecord] = []
        self.custodians = [
            CustodianRecord("S1", None, None, "P1", "1001", "primary", DAY - timedelta(days=400)),
            CustodianRecord("S1", None, None, "P2", "1002", "deputy", DAY - timedelta(days=400)),
        ]
        self.options: dict[str, Any] = {}

    def ago(self, days: int) -> date:
        return self.day - timedelta(days=days)

    def hold(self, item: str, quantity: int | str = 1, *, checked: bool = True, **fields: Any) -> StockLine:
        """Put units of `item` in the store, received today, with every check done today unless told otherwise."""
        line = StockLine("S1", "A-1-1-1", item, "L1", Decimal(quantity), "serviceable", self.day, None, self.day)
        line = replace(line, **fields)
        self.stock.append(line)
        if checked:
            self.done(item, *(check.kind for check in self.book.checks(item)), lot=line.lot)
        return line

    def done(
        self, item: str | None, *kinds: str, days: int = 0, lot: str | None = "L1", result: str = "PASSED"
    ) -> None:
        for kind in kinds:
            self.maintenance.append(MaintenanceRecord("S1", item, lot, kind, self.ago(days), result))

    def report(self, **options: Any) -> Report:
        return evaluate(
            **{
                "as_of": self.day,
                "book": self.book,
                "stores": self.stores,
                "stock": self.stock,
                "maintenance": self.maintenance,
                "custodians": self.custodians,
                **self.options,
                **options,
            }
        )

    def findings(self, *codes: str) -> list[Finding]:
        """The findings but those of quantities (which a store of one lot always has), or those of `codes`."""
        found = self.report().findings
        return [each for each in found if (each.code in codes if codes else each.rule != "quantity")]

    def codes(self) -> list[str]:
        return [found.code for found in self.findings()]


@pytest.fixture
def situation(book: RuleBook) -> Situation:
    return Situation(book)


@pytest.fixture
def make_situation(book: RuleBook) -> Callable[[], Situation]:
    return lambda: Situation(book)
