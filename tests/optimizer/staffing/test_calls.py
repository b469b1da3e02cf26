"""Erlang B and C against known values, an independent formula and the queue itself."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from optimizer.errors import BadInput
from optimizer.staffing.calls import (
    DeskOverloaded,
    erlang_b,
    least_servers,
    mean_wait_s,
    offered_load,
    service_level,
    size_desk,
    wait_probability,
)


def test_three_servers_and_two_erlangs_let_four_calls_in_nine_wait() -> None:
    assert float(wait_probability(3, 2.0)) == pytest.approx(4 / 9, abs=1e-15)
    assert float(mean_wait_s(3, 2.0, handle_s=180.0)) == pytest.approx(80.0)
    assert float(service_level(3, 2.0, handle_s=180.0, within_s=0.0)) == pytest.approx(5 / 9)


def exactly(servers: int, load: Fraction) -> tuple[Fraction, Fraction]:
    """B and C from the factorials of the textbook, in fractions."""
    terms = [Fraction(1)]
    for step in range(1, servers + 1):
        terms.append(terms[-1] * load / step)
    blocked = terms[-1] / sum(terms)
    tail = terms[-1] * servers / (servers - load)
    return blocked, tail / (sum(terms[:-1]) + tail)


@given(st.integers(1, 40), st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=50))
def test_it_is_what_the_factorials_say(servers: int, share: Fraction) -> None:
    load = servers * share
    blocked, waits = exactly(servers, load)
    assert float(erlang_b(servers, float(load))) == pytest.approx(float(blocked), rel=1e-12)
    assert float(wait_probability(servers, float(load))) == pytest.approx(float(waits), rel=1e-11)


def test_it_is_what_the_balance_of_the_queue_says() -> None:
    """The stationary law of the birth-death chain, cut off where nothing is left of it."""
    servers, load, handle_s = 5, 4.2, 120.0
    weight = [1.0]
    for calls in range(1, 600):
        weight.append(weight[-1] * load / min(calls, servers))
    law = np.array(weight) / sum(weight)
    assert float(wait_probability(servers, load)) == pytest.approx(law[servers:].sum(), rel=1e-12)
    queue = float((law[servers:] * np.arange(600 - servers)).sum())
    per_s = load / handle_s
    assert float(mean_wait_s(servers, load, handle_s=handle_s)) == pytest.approx(queue / per_s, rel=1e-12)


def test_large_desks_neither_overflow_nor_cancel() -> None:
    load = np.array([100.0, 1_000.0, 9_900.0])
    servers = np.array([110, 1_050, 10_000])
    assert erlang_b(servers, load) == pytest.approx(poisson.pmf(servers, load) / poisson.cdf(servers, load), rel=1e-8)
    assert float(wait_probability(2_000, 10.0)) == 0.0


@given(
    st.floats(0, 300), st.floats(20, 600), st.sampled_from([0.5, 0.8, 0.9, 0.99]), st.sampled_from([0.0, 10.0, 30.0])
)
@settings(deadline=None)
def test_the_fewest_servers_reach_the_level_and_one_fewer_does_not(
    calls: float, handle_s: float, share: float, within_s: float
) -> None:
    load = float(offered_load(calls_per_hour=calls, handle_s=handle_s))
    found = size_desk(calls_per_hour=calls, handle_s=handle_s, service_level=share, within_s=within_s)
    servers = int(found.servers)
    assert servers >= 1
    reached = float(service_level(servers, load, handle_s=handle_s, within_s=within_s))
    assert reached >= share
    assert float(found.service_level) == pytest.approx(reached, abs=1e-12)
    assert float(found.mean_wait_s) == pytest.approx(float(mean_wait_s(servers, load, handle_s=handle_s)), abs=1e-9)
    if servers > 1 and servers - 1 > load:
        assert float(service_level(servers - 1, load, handle_s=handle_s, within_s=within_s)) < share


def test_more_calls_never_need_fewer_servers() -> None:
    found = size_desk(calls_per_hour=np.arange(0, 400, 3), handle_s=150.0)
    assert np.all(np.diff(found.servers) >= 0)
    assert found.servers[0] == 1
    assert np.all(found.occupancy < 1)
    assert np.all(found.service_level >= 0.9)


def test_hours_are_sized_each_for_itself() -> None:
    day = size_desk(calls_per_hour=[12, 60, 30], handle_s=[180, 180, 90], shrinkage=0.2)
    alone = [size_desk(calls_per_hour=c, handle_s=h, shrinkage=0.2) for c, h in ((12, 180), (60, 180), (30, 90))]
    assert day.servers.tolist() == [int(one.servers) for one in alone]
    assert day.posts.tolist() == [-(-int(n) * 5 // 4) for n in day.servers]
    assert least_servers(erlangs=3.0, handle_s=180, service_level=0.9, within_s=15) == day.servers[1]


def test_a_load_that_cannot_be_served_is_refused_with_the_remedy() -> None:
    with pytest.raises(DeskOverloaded) as refused:
        wait_probability([4, 3], [2.0, 3.0])
    assert refused.value.facts == {"servers": 3, "erlangs": 3.0, "least": 4, "where": 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"calls_per_hour": -1, "handle_s": 10}, "DeskNegative"),
        ({"calls_per_hour": float("nan"), "handle_s": 10}, "DeskNegative"),
        ({"calls_per_hour": 1, "handle_s": 0}, "DeskNotAbove"),
        ({"calls_per_hour": 1, "handle_s": 10, "service_level": 1.0}, "DeskShare"),
        ({"calls_per_hour": 1, "handle_s": 10, "shrinkage": 1.0}, "DeskShare"),
        ({"calls_per_hour": 1e9, "handle_s": 1000}, "DeskLoad"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, float], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        size_desk(**arguments)  # type: ignore[arg-type]
    assert refused.value.faults[0].code == code


def test_servers_are_counted_whole() -> None:
    with pytest.raises(BadInput):
        wait_probability(2.5, 1.0)
    with pytest.raises(BadInput):
        erlang_b(-1, 1.0)


def test_calls_that_take_next_to_no_time_are_all_answered_in_time():
    desk = size_desk(calls_per_hour=[3.0], handle_s=1e-310, within_s=15.0)
    assert (desk.servers.tolist(), desk.service_level.tolist()) == ([1], [1.0])
