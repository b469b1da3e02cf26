"""Builders for inventory tests: a catalogue of a few items of one kind each, and the built-in one."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inventory.catalogue import Catalogue, load_catalogue
from inventory.five_fixed import (
    CustodianRecord,
    Finding,
    MaintenanceRecord,
    RuleBook,
    StockLine,
    StoreRecord,
    evaluate,
    load_rule_book,
)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def book(catalogue: Catalogue) -> RuleBook:
    return load_rule_book(catalogue)


@pytest.fixture(scope="session")
def texts() -> dict[str, tuple[str, str]]:
    """The words of errors, faults and findings of every sub-package; those of printed documents are no messages."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((Path(__file__).parents[2] / "inventory").rglob("texts.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file, strict=True)}
    return {key: words for key, words in found.items() if not key.startswith("doc.")}


@pytest.fixture
def edited_csv(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a CSV file in which some cells of its rows (0 = the first row of data) are changed."""

    def edit(source: Path, changes: dict[tuple[int, str], str]) -> Path:
        with source.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
        for (row, column), text in changes.items():
            rows[row][column] = text
        path = tmp_path / source.name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return edit


DAY = date(2024, 6, 15)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


@pytest.fixture(scope="session")
def all_wrong(book: RuleBook) -> tuple[Finding, ...]:
    """The findings of a few stores that, together, break every rule there is."""

    def line(item: str, lot: str | None, **fields: Any) -> StockLine:
        base = StockLine("S1", "A-1", item, lot, Decimal(1), "serviceable", ago(10), None, ago(10))
        return replace(base, **fields)

    stock = [
        line("M053", "L1", bin=None, quantity=Decimal(99)),
        line("M054", "L1"),
        line("M054", "L1", bin="B-2"),
        *(
            line("M055", f"L{state}", state=state)
            for state in ("damaged", "repair", "quarantined", "recalled", "expired")
        ),
        line("M013", "L1", expires=ago(1)),
        line("M013", None),
        line("M061", "L1", made=ago(4000)),
        line("M059", "L1", made=None, state="repair"),
        line("M030", "L1", received=ago(30)),
        line("M030", "L2", received=ago(50)),
        line("M030", "L3", received=ago(500)),
        line("M030", "L4", received=None, made=None),
        line("M055", "L1", store="S2", received=ago(50)),
        line("M055", "L1", store="S3", received=ago(500)),
    ]
    person = CustodianRecord("S1", None, None, "P1", None, "primary", ago(400), ago(20))
    custodians = [
        person,
        replace(person, valid_from=ago(10), valid_to=None),
        replace(person, role="deputy", valid_to=None),
        replace(person, store="S2", valid_to=None),
        replace(person, store="S2", valid_to=None, person="P2"),
        replace(person, store="S2", valid_to=None, role="deputy", person="P3"),
        replace(person, store="S2", valid_to=None, role="deputy", person="P4"),
    ]
    maintenance = [
        MaintenanceRecord("S1", "M054", "L1", "INSPECT", DAY, "FAILED"),
        MaintenanceRecord("S1", None, None, "STOCKTAKE", ago(28), "PASSED"),
        MaintenanceRecord("S1", None, None, "SEASON_CHECK", DAY, "FAILED"),
        MaintenanceRecord("S1", "M030", "L4", "STOCKTAKE", ago(1), "PASSED"),
        MaintenanceRecord("S1", "M030", "L4", "SEASON_CHECK", ago(1), "PASSED"),
    ]
    report = evaluate(
        as_of=DAY,
        book=book,
        stores=[StoreRecord(f"S{number}", "village") for number in (1, 2, 3)],
        stock=stock,
        maintenance=maintenance,
        custodians=custodians,
        bin_volumes_m3={("S1", "A-1"): Decimal("0.001")},
    )
    return report.findings
