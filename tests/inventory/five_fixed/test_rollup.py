"""From stores to villages, towns and counties."""

import pytest

from inventory.errors import BadTable
from inventory.five_fixed import StoreScore, roll_up

COUNTY, TOWN, VILLAGE = "350981000000", "350981104000", "350981104203"


def store(name, score=1.0, *, critical=0, share=1.0, **counts):
    numbers = {"major": 0, "minor": 0, "overdue": 0, "due_soon": 0, **counts}
    return StoreScore(name, "village", score, critical > 0, (), critical, **numbers, serviceable_share=share,
                      available={})  # fmt: skip


def test_a_store_counts_for_its_place_and_every_place_above():
    found = roll_up([store("V", 0.5)], place_of={"V": VILLAGE})
    assert [(place.code, place.level, place.stores, place.score) for place in found] == [
        (COUNTY, "county", 1, 0.5),
        (TOWN, "town", 1, 0.5),
        (VILLAGE, "village", 1, 0.5),
    ]


def test_a_town_store_does_not_count_for_the_villages_and_the_mean_is_over_stores():
    found = roll_up(
        [store("C", 1.0), store("T", 0.8), store("V", 0.3)], place_of={"C": COUNTY, "T": TOWN, "V": VILLAGE}
    )
    county, town, village = found
    assert (county.stores, town.stores, village.stores) == (3, 2, 1)
    assert county.score == pytest.approx(0.7)
    assert town.score == pytest.approx(0.55)
    assert (county.worst, county.worst_store) == (0.3, "V")


def test_findings_checks_and_failed_stores_add_up():
    rows = [
        store("B", critical=2, major=1, overdue=3, due_soon=1),
        store("A", critical=1, minor=4, due_soon=2),
        store("C", major=5),
    ]
    county, _ = roll_up(rows, place_of=dict.fromkeys("ABC", TOWN))
    assert county.failed == ("A", "B")
    assert (county.critical, county.major, county.minor, county.overdue, county.due_soon) == (3, 6, 4, 3, 3)


def test_readiness_is_the_mean_over_the_stores_that_hold_anything():
    rows = [store("A", share=0.5), store("B", share=None), store("C", share=1.0)]
    county, _ = roll_up(rows, place_of=dict.fromkeys("ABC", TOWN))
    assert county.serviceable_share == 0.75
    assert roll_up([store("B", share=None)], place_of={"B": COUNTY})[0].serviceable_share is None


def test_of_equally_bad_stores_the_first_is_named_whatever_the_order():
    rows = [store("B", 0.5), store("A", 0.5)]
    assert roll_up(rows, place_of=dict.fromkeys("AB", COUNTY)) == roll_up(
        rows[::-1], place_of=dict.fromkeys("AB", COUNTY)
    )
    assert roll_up(rows, place_of=dict.fromkeys("AB", COUNTY))[0].worst_store == "A"


def test_every_store_without_a_sound_place_is_named():
    with pytest.raises(BadTable) as refusal:
        roll_up([store("A"), store("B"), store("C")], place_of={"A": COUNTY, "B": "3509"})
    assert [(found.code, found.facts["store"]) for found in refusal.value.faults] == [
        ("STORE_BAD_PLACE", "B"),
        ("STORE_NO_PLACE", "C"),
    ]
