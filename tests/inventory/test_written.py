"""Codes and texts that come one by one follow the rules of tables."""

import pytest

from inventory.written import BadCode, check_code, check_text, code_problem, text_problem

LOT = {"what_zh": "批号", "what_en": "lot number"}


@pytest.mark.parametrize("value", ["L1", "2024-01 B", "批次一", "x" * 64])
def test_a_plain_code_will_do(value):
    check_code(value, **LOT)


@pytest.mark.parametrize(
    ("value", "problem"),
    [("", "CELL_EMPTY"), (" ", "CELL_EMPTY"), (" L", "SPACE_AROUND"), ("L\n", "SPACE_AROUND"),
     ("L\n1", "CONTROL_CHARACTER"), ("L\u200b1", "CONTROL_CHARACTER"), ("L\u30001", "SPACE_IN_CODE"),
     ("a|b", "BAD_CODE"), ("'1", "LEADING_QUOTE"), ("x" * 65, "TOO_LONG")],
)  # fmt: skip
def test_what_no_table_can_hold_is_refused(value, problem):
    found = code_problem(value)
    assert found is not None
    assert found.code == problem or (value == " " and found.code == "SPACE_AROUND")
    with pytest.raises(BadCode) as refusal:
        check_code(value, **LOT)
    assert refusal.value.facts["why_zh"]
    assert refusal.value.facts["why_en"]


def test_a_text_may_be_longer_and_hold_lines():
    assert text_problem("一\n二") is None
    check_text("x" * 4000, what_zh="供应方", what_en="supplier")
    with pytest.raises(BadCode):
        check_text("x" * 4001, what_zh="供应方", what_en="supplier")
