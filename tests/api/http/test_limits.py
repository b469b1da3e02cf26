"""How often somebody may ask."""

import pytest

from api.http.limits import TooOften, Window


def test_no_more_than_so_many_in_a_minute() -> None:
    window = Window(3)
    for moment in (0, 1, 2):
        window.hit("a", at_s=600 + moment)
    with pytest.raises(TooOften):
        window.hit("a", at_s=603)
    window.hit("b", at_s=603)


def test_what_was_asked_late_in_a_minute_counts_in_the_next() -> None:
    window = Window(10)
    for _ in range(10):
        window.hit("a", at_s=659)
    with pytest.raises(TooOften):
        window.hit("a", at_s=660)
    window.hit("a", at_s=690)
    window.hit("a", at_s=1000)


def test_a_crowd_of_addresses_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.limits.MOST_KNOWN", 10)
    window = Window(1)
    for number in range(100):
        window.hit(str(number), at_s=60)
    assert len(window._seen) == 10
