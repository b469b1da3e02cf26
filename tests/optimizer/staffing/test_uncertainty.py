"""Ranges of posts, what matters most, and where a post turns."""

import numpy as np
import pytest

from optimizer.errors import BadInput
from optimizer.staffing.parameters import parameters
from optimizer.staffing.uncertainty import break_even, compare, distribution, draw, tornado
from optimizer.staffing.workload import Town, Towns, size_towns

P = parameters(2025)
TOWNS = Towns.of(
    [
        Town("1", "A", population=76_000, area_km2=27, enterprises=(1400, 440, 160), venues=(1750, 550, 200),
             established=6, contract=11),
        Town("2", "B", population=3_000, enterprises=(20, 3, 1)),
        Town("3", "C", population=200_000, area_km2=80, enterprises=(3000, 900, 300), established=20, contract=30),
    ]
)  # fmt: skip


def test_equal_seeds_give_equal_numbers_and_others_do_not() -> None:
    one, again, other = (distribution(TOWNS, P, draws=300, seed=seed) for seed in (1, 1, 2))
    assert (one.towns == again.towns).all()
    assert one.mean_total == again.mean_total != other.mean_total


def test_the_quantiles_stand_in_order_and_within_the_extremes() -> None:
    found = distribution(TOWNS, P, draws=500)
    assert (np.diff(found.towns, axis=0) >= 0).all()
    assert (np.diff(found.total) >= 0).all()
    worst = {each.name: each.high if each.effect > 0 else each.low for each in P if each.effect}
    best = {each.name: each.low if each.effect > 0 else each.high for each in P if each.effect}
    assert (found.towns[-1] <= size_towns(TOWNS, P.override(worst)).posts).all()
    assert (found.towns[0] >= size_towns(TOWNS, P.override(best)).posts).all()
    assert np.isnan(found.enough[1])
    assert ((found.enough[[0, 2]] >= 0) & (found.enough[[0, 2]] <= 1)).all()


def test_towns_drawn_in_blocks_are_what_they_are_together(monkeypatch: pytest.MonkeyPatch) -> None:
    together = distribution(TOWNS, P, draws=200)
    monkeypatch.setattr("optimizer.staffing.uncertainty._CELLS", 400)  # two towns at once
    apart = distribution(TOWNS, P, draws=200)
    for name in ("towns", "total", "enough", "totals"):
        assert np.array_equal(getattr(apart, name), getattr(together, name), equal_nan=True)
    assert apart.mean_total == together.mean_total


def test_draws_keep_to_their_ranges_and_risk_keeps_its_order() -> None:
    drawn = draw(P, draws=2000, seed=5)
    for each in P:
        assert (drawn[each.name] <= each.high + 1e-12).all() or each.name.startswith(("risk_weight", "complexity"))
        assert (drawn[each.name] >= each.low - 1e-12).all()
    assert (drawn["risk_weight_low"] <= drawn["risk_weight_medium"]).all()
    assert (drawn["complexity_medium"] <= drawn["complexity_high"]).all()


def test_another_range_for_one_leaves_the_draws_of_the_others() -> None:
    wider = P.override({"case_h": 16}, ranges={"case_h": (1, 100)})
    before, after = draw(P, draws=50, seed=0), draw(wider, draws=50, seed=0)
    assert (before["recheck_h"] == after["recheck_h"]).all()
    assert (before["case_h"] != after["case_h"]).any()


def test_each_bar_of_the_tornado_is_a_sizing_at_that_end() -> None:
    bars = tornado(TOWNS, P)
    assert [bar.swing for bar in bars] == sorted((bar.swing for bar in bars), reverse=True)
    bar = bars[0]
    low, high = (size_towns(TOWNS, P.override({bar.name: end})) for end in (bar.low, bar.high))
    assert (bar.posts_low, bar.posts_high) == (low.total, high.total)
    assert bar.required_high == pytest.approx(high.required.sum())


@pytest.mark.parametrize("name", ["coverage_enterprise", "patrol_visit_h", "speed_kph", "working_days"])
def test_a_post_turns_at_the_break_even_and_not_before(name: str) -> None:
    found, posts = break_even(TOWNS, P, name), size_towns(TOWNS, P).posts
    effect = P.coefficients[name].effect
    for town in range(len(TOWNS)):
        for at, limit in ((found.one_more[town], posts[town]), (found.one_less[town], posts[town] - 1)):
            if not np.isnan(at):
                inside, beyond = (
                    size_towns(TOWNS, P.override({name: at * (1 + way * effect * 1e-9)})).posts[town] for way in (-1, 1)
                )
                assert inside <= limit < beyond
    assert not np.isnan(found.one_more[0])


def test_the_staff_suffices_up_to_its_break_even() -> None:
    found = break_even(TOWNS, P, "patrol_visit_h")
    assert np.isnan(found.meets_staff[1])  # not stated
    at = found.meets_staff[0]
    assert size_towns(TOWNS, P.override({"patrol_visit_h": at})).posts[0] <= 17
    assert size_towns(TOWNS, P.override({"patrol_visit_h": at * 1.000001})).posts[0] == 18


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(BadInput):
        break_even(TOWNS, P, "nonsense")
    with pytest.raises(BadInput):
        distribution(TOWNS, P, draws=0)


def test_scenarios_stand_side_by_side() -> None:
    found = compare(TOWNS, {"now": P, "half": P.override({"patrol_visit_h": 0.15})})
    assert found.names == ("now", "half")
    assert found.totals[1] < found.totals[0] == size_towns(TOWNS, P).total
