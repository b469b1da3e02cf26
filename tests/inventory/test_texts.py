"""Every error, fault and finding has its words in both languages, and they name only facts that are there."""

import ast
import re
import string
from pathlib import Path

import pytest

from inventory import errors
from inventory.kinds import KINDS, OPERATIONS, REASONS

PACKAGE = Path(errors.__file__).parent
TASKS = {"PUT_AWAY", "REPAIR", "RELEASE", "RECALL", "WRITE_OFF", "RECORD_MADE"}
SQL = {"BEGIN", "DEFERRED", "INSERT", "UPDATE", "DELETE"}
ORDERS = {"DB", "PD"}  # what the numbers of transfers and stocktakes begin with
OTHER_WORDS = {
    *KINDS, *OPERATIONS, *REASONS, *TASKS, *SQL, *ORDERS,
    "CNY", "FPDF", "NFC", "PASSED", "FAILED", "GBK", "NUL", "NFKC", "FFFFFF", "A2", "WF", "RESERVE_FLOOR",
}  # fmt: skip
ROW_TEXTS = {"AT_CELL", "AT_ROW", "AT_COLUMN"}  # "row 3, column lot: {message}", for whoever shows a RowFault


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def trees():
    skipped = ("__init__.py", "make_subset.py")  # the latter makes the font, and names its tables
    for path in sorted(path for path in PACKAGE.rglob("*.py") if path.name not in skipped):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def capitals(tree):
    """Every word in capitals: a code, unless it is one of OTHER_WORDS."""
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {word for word in words if re.fullmatch(r"[A-Z][A-Z0-9]+(_[A-Z0-9]+)*", word)} - OTHER_WORDS


def error_classes(tree):
    bases = {"InventoryError", "InsufficientStock"}
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") in bases for base in node.bases)
    }


def faults_in_source():
    """Code of a fault -> the facts it is raised with, where the code stands there in so many words."""
    found: dict[str, set[str]] = {}
    for _, tree in trees():
        for node in ast.walk(tree):
            index = {"fault": 2, "CellProblem": 0}.get(getattr(getattr(node, "func", None), "id", ""))
            if index is not None and len(node.args) > index and isinstance(node.args[index], ast.Constant):
                facts = {keyword.arg for keyword in node.keywords}
                code = node.args[index].value
                found[code] = found.get(code, facts) & facts
    return found


def all_codes():
    return set().union(*(capitals(tree) | error_classes(tree) for _, tree in trees()))


def test_every_code_and_error_has_words_in_both_languages(texts):
    missing = all_codes() - set(texts)
    assert not missing
    assert all(zh and en for zh, en in texts.values())


def test_no_words_are_left_over(texts):
    assert set(texts) - all_codes() == ROW_TEXTS


def test_both_languages_name_the_same_facts_but_for_words_that_exist_in_each(texts):
    def plain(text):
        return {name.removesuffix("_zh").removesuffix("_en") for name in placeholders(text)}

    for key, (zh, en) in texts.items():
        assert plain(zh) == plain(en), key
        assert not any(name.endswith("_en") for name in placeholders(zh)), key
        assert not any(name.endswith("_zh") for name in placeholders(en)), key


def test_texts_of_faults_name_only_facts_they_are_raised_with(texts):
    for code, facts in faults_in_source().items():
        assert placeholders(texts[code][0]) | placeholders(texts[code][1]) <= facts, code


@pytest.mark.parametrize("language", [0, 1])
def test_every_finding_of_a_store_with_everything_wrong_can_be_put_in_words(texts, language, all_wrong):
    for found in all_wrong:
        words = texts[found.code][language].format(**found.text_facts())
        assert "None" not in words
        assert "{" not in words


def test_the_store_with_everything_wrong_has_every_finding_there_is(texts, all_wrong):
    rules = ("lots.py", "stores.py", "custodians.py")
    codes = set().union(*(capitals(tree) for path, tree in trees() if path.name in rules))
    assert {found.code for found in all_wrong} == codes - set(faults_in_source())
