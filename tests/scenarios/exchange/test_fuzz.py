"""Whatever stands in a file, it is taken or refused with reasons; nothing else ever happens."""

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import BadInput
from scenarios.exchange.json_text import dumps, parse_json
from scenarios.exchange.load import to_problem
from scenarios.exchange.problem import parse_problem, parse_problem_text
from scenarios.texts import LANGS, explain

Path_ = tuple[str | int, ...]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.decimals(allow_nan=False, allow_infinity=False, places=7)
    | st.sampled_from(["", "A", "I1", "K1", "W", "S1", "x" * 300, "2024-06-03T08:30:00+08:00", "12.5", "-1", "1e5"])
    | st.text(max_size=5)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(content: Any, path: Path_ = ()) -> list[Path_]:
    found = [path] if path else []
    if isinstance(content, dict):
        for key, part in content.items():
            found += places(part, (*path, key))
    elif isinstance(content, list):
        for number, part in enumerate(content):
            found += places(part, (*path, number))
    return found


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_spoilt_problem_is_taken_or_refused(example: dict[str, Any], data: st.DataObject) -> None:
    document = copy.deepcopy(example)
    for path in data.draw(st.lists(st.sampled_from(places(document)), min_size=1, max_size=3)):
        target: Any = document
        try:
            for step in path[:-1]:
                target = target[step]
            target[path[-1]] = data.draw(values)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    try:
        to_problem(parse_problem(document, source="problem.json"), folder=Path("/nonexistent"))
    except BadInput as error:
        refused = error
    else:
        return
    assert refused.faults
    assert all(line for lang in LANGS for line in explain(refused, lang))


@given(text=st.text(max_size=40) | st.text(alphabet='{}[]",:0123456789.eE-+ \\nulltrfas', max_size=60))
def test_any_text_is_json_or_refused(text: str) -> None:
    try:
        parse_problem_text(text, source="-")
    except BadInput as error:
        refused = error
    else:
        return
    assert all(explain(refused, lang) for lang in LANGS)


written = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(content=written)
def test_what_is_written_reads_back_exactly(content: Any) -> None:
    text = dumps(content)
    again = parse_json(text, source="-")
    assert again == content
    assert dumps(again) == text


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(value: float) -> None:
    assert float(Decimal(str(parse_json(dumps(value), source="-")))) == value
