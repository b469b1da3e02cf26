"""Codes and texts that come one by one, from a command or a request: the same rules as the cells of a table."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from inventory.errors import InventoryError
from inventory.files.cells import CellProblem, converter, fault, shown
from inventory.files.dictionary import Column
from inventory.files.wording import told


class BadCode(InventoryError):
    """A code or text that no table could hold. Facts: value, and in words: what_zh, what_en, why_zh, why_en."""


@lru_cache(maxsize=2)
def _rules(kind: str) -> Callable[[str], Any]:
    return converter(
        Column(table="", name="", type=kind, unit="", required=True, key=False, least=None, above=False, most=None,
               choices=(), ref=None, meaning_zh="", meaning_en="", name_zh="")
    )  # fmt: skip


def code_problem(value: str) -> CellProblem | None:
    """What is wrong with a code: empty, with spaces around, control characters, a bar, or over 64 characters."""
    return _problem("code", value)


def text_problem(value: str) -> CellProblem | None:
    """What is wrong with a text: empty, with spaces around, control characters, or over 4,000 characters."""
    return _problem("text", value)


def check_code(value: str, *, what_zh: str, what_en: str) -> None:
    """Raises BadCode."""
    _refuse(code_problem(value), value, what_zh, what_en)


def check_text(value: str, *, what_zh: str, what_en: str) -> None:
    """Raises BadCode."""
    _refuse(text_problem(value), value, what_zh, what_en)


def _problem(kind: str, value: str) -> CellProblem | None:
    try:
        _rules(kind)(value)
    except CellProblem as problem:
        return problem
    return None


def _refuse(problem: CellProblem | None, value: str, what_zh: str, what_en: str) -> None:
    if problem is not None:
        why = told(fault(None, None, problem.code, **problem.facts))
        raise BadCode(value=shown(value), what_zh=what_zh, what_en=what_en, why_zh=why["zh"], why_en=why["en"])
