"""The text in a QR code: stable, and read back to what it was made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.documents import (
    KINDS,
    BadLabelCode,
    BadPayload,
    LabelCodeTooLong,
    label_payload,
    read_payload,
)
from inventory.documents.payload import PAYLOAD_MAX_BYTES

PARTS = st.text(st.characters(codec="utf-8").filter(str.isprintable), min_size=1, max_size=8)


def test_the_payload_of_a_lot_is_the_one_on_labels_already_stuck_on_shelves() -> None:
    assert label_payload("lot", "M001", "L2024-03") == "WD:LOT:M001:L2024-03"


def test_colons_and_percent_signs_inside_parts_are_escaped() -> None:
    assert label_payload("bin", "A:1", "50%") == "WD:BIN:A%3A1:50%25"
    assert read_payload("WD:BIN:A%3A1:50%25") == ("bin", ("A:1", "50%"))


@given(kind=st.sampled_from(KINDS), parts=st.lists(PARTS, min_size=1, max_size=4))
def test_what_is_written_reads_back_the_same(kind: str, parts: list[str]) -> None:
    assert read_payload(label_payload(kind, *parts)) == (kind, tuple(parts))


@given(text=st.from_regex(r"WD:(LOT|BIN):[A%:0-9]{0,12}", fullmatch=True) | st.text())
def test_what_can_be_read_is_what_would_be_written(text: str) -> None:
    try:
        kind, parts = read_payload(text)
    except BadPayload:
        return
    assert label_payload(kind, *parts) == text


@pytest.mark.parametrize(
    "text",
    ["", "WD", "WD:LOT", "WD:LOT:", "WD:LOT:M001:", "WD:lot:M001", "WD:CRATE:1", "wd:LOT:1", "WD:LOT:50%", "WD:LOT:%3a",
     "WD:LOT:%41", "WD:LOT:a\nb", " WD:LOT:1", "https://example.org"],
)  # fmt: skip
def test_a_foreign_or_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        read_payload(text)


@pytest.mark.parametrize("parts", [(), ("",), ("M001", ""), ("M001\n",), ("\ud800",), ("a\tb",)])
def test_a_code_that_cannot_stand_on_a_label_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(BadLabelCode):
        label_payload("lot", *parts)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadLabelCode):
        label_payload("crate", "1")


def test_a_code_is_as_long_as_a_phone_can_read_and_no_longer() -> None:
    longest = "9" * (PAYLOAD_MAX_BYTES - len("WD:STORE:"))
    assert read_payload(label_payload("store", longest)).parts == (longest,)
    with pytest.raises(LabelCodeTooLong):
        label_payload("store", longest + "9")
