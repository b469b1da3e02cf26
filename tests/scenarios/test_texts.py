"""Every text stands in both languages, asks for the same facts, and is there for every error of the product."""

import ast
import csv
import importlib
import pkgutil
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import api
import inventory
import optimizer
import scenarios
from inventory.errors import BadTable, InventoryError, RowFault
from optimizer.dispatch.plan import Reason
from optimizer.errors import BadInput, Fault, OptimizerError
from scenarios.exchange.faults import CODES
from scenarios.exchange.references import NO_SUCH
from scenarios.texts import LANGS, PACKAGES, both, catalogue, explain, text

ROOT = Path(optimizer.__file__).resolve().parents[1]
CONSOLE = ("api", "console")  # its words go into its own build
SAYS = {"Fault": 1, "RowFault": 2, "Note": 1, "Violation": 0, "Refused": 0, "_Refused": 0}
"""Calls that carry the code of a text, and at which place."""


def placeholders(words: str) -> set[str]:
    """Facts a text asks for; a fact may come in both languages, as tier_zh and tier_en."""
    names = (name for _, name, _, _ in string.Formatter().parse(words) if name is not None)
    return {name.removesuffix("_zh").removesuffix("_en") for name in names}


def codes_in_use() -> Iterator[tuple[str, str]]:
    """(code, file:line) of every text code that is written out in the code base."""
    for path in sorted(ROOT.glob("*/**/*.py")):
        if path.relative_to(ROOT).parts[0] not in ("optimizer", "inventory", "scenarios", "api"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name not in SAYS:
                continue
            arguments = [*node.args[SAYS[name] : SAYS[name] + 1]]
            arguments += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for argument in arguments:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                        yield part.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def error_classes() -> list[type[Exception]]:
    for package in (optimizer, inventory, scenarios, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("api.migrations."):  # those run under Alembic only
                importlib.import_module(module.name)
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = [OptimizerError, InventoryError]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found.append(child)
            waiting.append(child)
    return found


def test_every_text_stands_in_both_languages_with_the_same_facts() -> None:
    for key, words in catalogue().items():
        assert all(words[lang].strip() for lang in LANGS), key
        assert placeholders(words["zh"]) == placeholders(words["en"]), key


def test_no_key_stands_in_two_packages() -> None:
    homes: dict[str, list[str]] = {}
    for path in sorted(ROOT.glob("*/**/texts.csv")):
        if path.relative_to(ROOT).parts[:2] == CONSOLE:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                homes.setdefault(row["key"], []).append(str(path.relative_to(ROOT)))
    assert {key: where for key, where in homes.items() if len(where) > 1} == {}


def test_every_package_with_texts_is_in_the_catalogue() -> None:
    with_texts = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("optimizer", "inventory", "scenarios", "api")
        for path in (ROOT / package).glob("**/texts.csv")
        if path.relative_to(ROOT).parts[:2] != CONSOLE
    }
    assert with_texts <= set(PACKAGES)


def test_every_error_class_has_its_words() -> None:
    missing = [error.__name__ for error in error_classes() if error.__name__ not in catalogue()]
    assert missing == []


def test_every_code_that_is_used_has_its_words() -> None:
    missing = {code: where for code, where in codes_in_use() if code not in catalogue()}
    assert missing == {}


def test_every_kind_of_shape_fault_has_its_words() -> None:
    codes = [*CODES.values(), *NO_SUCH.values()]
    assert [code for code in codes if code not in catalogue()] == []


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_name_and_a_cure(reason: Reason) -> None:
    assert {f"reason.{reason}", f"cure.{reason}"} <= catalogue().keys()


def test_facts_are_written_for_people() -> None:
    facts = {"fields": ["lat", "lon"], "name": "X"}
    assert "lat、lon" in text("PlaceMissing", "zh", **facts)
    assert "lat, lon" in text("PlaceMissing", "en", **facts)
    words = both("HoursReversed", start=datetime(2024, 6, 3, tzinfo=UTC), end=date(2024, 6, 2))
    assert "2024-06-03 08:00:00" in words["zh"]  # China time
    assert "2024-06-02" in words["en"]
    assert "12.5" in text("ReserveFloorsDiffer", "en", item="W", one=Decimal("12.50"), other=1e6)


def test_an_input_error_is_told_with_every_fault() -> None:
    error = BadInput("problem.json", [Fault("pins[0].team", "NoSuchTeam", {"name": "Q"}), Fault("", "NotUtf8")])
    lines = explain(error, "zh")
    assert lines[0].startswith("problem.json 有 2 处问题")
    assert lines[1] == "pins[0].team：没有编号为“Q”的队伍，请改正编号、在 teams 里补上它，或删去这一行。"
    assert explain(error, "en")[1].startswith("pins[0].team: there is no team “Q”")


def test_a_table_error_names_row_and_column() -> None:
    error = BadTable("stock.csv", [RowFault(7, "item", "NoSuchItem", {"name": "M999"})])
    assert explain(error, "zh")[1].startswith("第 7 行“item”列：")
    assert explain(error, "en")[1].startswith("Row 7, column item: ")


def test_an_error_without_words_still_says_its_facts() -> None:
    class Strange(OptimizerError):
        """Not in any table."""

    try:
        assert explain(Strange(team="A"), "zh") == ["Strange (team=A)"]
    finally:
        del Strange


@pytest.mark.parametrize(
    ("where", "zh"),
    [
        ("stock.csv, row 6, 数量", "stock.csv 第 6 行 数量："),
        ("edges.csv row 2 to", "edges.csv 第 2 行 to："),
        ("teams.csv, row 3", "teams.csv 第 3 行："),
        ("teams[2].profile", "teams[2].profile："),
    ],
)
def test_the_place_of_a_fault_is_told_in_chinese(where: str, zh: str) -> None:
    error = BadInput("x", [Fault(where, "TimesOutOfOrder")])
    assert explain(error, "zh")[1].startswith(zh)
    assert explain(error, "en")[1].startswith(f"{where}: ")
