"""Lines: nothing lost, nothing wider than its room, and breaks where a Chinese reader expects them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inventory.documents.typesetting import clean, runs, shorten, width_mm, wrap

LETTERS = st.sampled_from("应急物资，。（）“”ab12 -·枹\n")
TEXTS = st.text(LETTERS, max_size=60)


@given(text=TEXTS, room=st.floats(min_value=6, max_value=80))
def test_lines_fit_their_room_and_lose_nothing_but_spaces(text: str, room: float) -> None:
    lines = wrap(text, 9, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_mm(line, 9) <= room for line in lines)


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    lines = wrap("暴雨预警，转移群众（四百二十人），帐篷不足。", 10, 12 * 10 * 25.4 / 72 / 3)
    assert len(lines) > 3
    assert not any(line[0] in "，。）" for line in lines)
    assert not any(line[-1] in "（" for line in lines)


def test_words_and_numbers_are_not_torn_apart_where_they_fit_a_line() -> None:
    assert wrap("共 1,280.50 元整", 10, 20) == ("共 1,280.50", "元整")


def test_line_ends_in_the_text_are_line_ends_on_paper() -> None:
    assert wrap("甲\n\n乙", 10, 50) == ("甲", "", "乙")


def test_a_character_the_font_lacks_becomes_a_box_and_is_named() -> None:
    assert clean("𠮷田\x07") == ("□田□", frozenset("𠮷\x07"))


def test_tabs_and_line_ends_of_other_systems_are_no_missing_characters() -> None:
    assert clean("甲\t乙\r\n丙\r丁") == ("甲 乙\n丙\n丁", frozenset())


def test_composed_and_decomposed_letters_print_alike() -> None:
    assert clean("e\u0301") == ("é", frozenset())


@given(text=TEXTS)
def test_runs_join_to_the_text_and_alternate_between_the_two_font_files(text: str) -> None:
    text = text.replace("\n", "")
    found = runs(text)
    assert "".join(characters for _, characters in found) == text
    assert all(one[0] != other[0] for one, other in pairwise(found))


def test_a_rare_hanzi_of_a_town_name_comes_from_the_second_file() -> None:
    assert runs("枹罕镇") == [(1, "枹"), (0, "罕镇")]


def test_a_shortened_text_shows_that_it_is_one() -> None:
    assert shorten("应急物资储备中心", 10, 18) == "应急物资…"
    assert shorten("应急", 10, 18) == "应急"
