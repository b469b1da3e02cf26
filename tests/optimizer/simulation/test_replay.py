"""The replay engine: by hand, against the formulas of queueing theory, and against its own independent checker."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.simulation import Ground, Incidents, given_stream, plane, poisson_stream, redrawn_stream, replay
from optimizer.simulation.check import check_replay
from optimizer.simulation.measures import measure
from optimizer.simulation.policies import NEAREST_CAPABLE, NEAREST_FIRST, POLICIES, REPLANNING, Policy
from optimizer.simulation.replay import End, PolicyBroke
from optimizer.simulation.state import Rules
from optimizer.simulation.statistics import mean_interval
from optimizer.units import UNREACHABLE

NO_GOODS = {"need_incident": np.zeros(0, int), "item": np.zeros(0, int), "quantity": np.zeros(0, int)}


def line(*, bases: list[int], places: list[int], holds: list[list[bool]] | None = None, turnout: int = 0) -> Ground:
    """Teams and places on a line of seconds."""
    base, place = np.array(bases), np.array(places)
    return Ground(
        teams=tuple(f"T{k}" for k in range(len(base))),
        capabilities=("a", "b"),
        holds=np.array(holds if holds is not None else [[True, True]] * len(base)),
        turnout_s=np.full(len(base), turnout),
        base_s=np.abs(base[:, None] - place[None]),
        group=np.zeros(len(base), int),
        between_s=np.abs(place[:, None] - place[None])[None],
        stores=("S0", "S1"),
        items=("tent",),
        store_s=np.abs(np.array([0, 1000])[:, None] - place[None]),
        stock=np.array([[2], [10]]),
    )


def calls(
    rows: list[tuple[int, int, int, int]], *, latest: int = UNREACHABLE, needs: list[tuple[int, int]] | None = None
) -> Incidents:
    """Rows of (place, severity, capability, service), one call an incident; needs of (incident, units)."""
    place, severity, capability, service = (np.array(column) for column in zip(*rows, strict=True))
    goods = NO_GOODS
    if needs:
        goods = {
            "need_incident": np.array([need for need, _ in needs]),
            "item": np.zeros(len(needs), int),
            "quantity": np.array([units for _, units in needs]),
        }
    return Incidents(
        place=place, severity=severity, call_incident=np.arange(len(rows)), capability=capability, expected_s=service,
        due_s=np.full(len(rows), 600), latest_s=np.full(len(rows), latest), **goods,
    )  # fmt: skip


def arrivals(ground: Ground, incidents: Incidents, reported: list[int], policy: Policy, **rules: object) -> list[int]:
    stream = given_stream(incidents, np.array(reported))
    outcome = replay(ground, stream, policy, Rules(**rules))  # type: ignore[arg-type]
    assert check_replay(ground, stream, outcome, Rules(**rules)) == []  # type: ignore[arg-type]
    return outcome.reached_s.tolist()


def test_the_nearest_team_goes_after_its_turnout() -> None:
    ground = line(bases=[0, 90], places=[100], turnout=60)
    assert arrivals(ground, calls([(0, 3, 0, 500)]), [0], NEAREST_CAPABLE) == [70]


def test_nearest_first_sends_teams_that_cannot_help_and_then_the_next() -> None:
    ground = line(bases=[90, 80, 0], places=[100], holds=[[False, True], [False, True], [True, False]])
    stream = calls([(0, 3, 0, 500)])
    assert arrivals(ground, stream, [0], NEAREST_FIRST) == [10 + 20 + 100]
    assert arrivals(ground, stream, [0], NEAREST_CAPABLE) == [100]


def test_a_call_that_finds_nobody_idle_is_taken_by_the_first_to_become_free_the_most_severe_first() -> None:
    ground = line(bases=[0], places=[10, 20, 30])
    stream = calls([(0, 1, 0, 100), (1, 1, 0, 100), (2, 5, 0, 100)])
    assert arrivals(ground, stream, [0, 1, 2], NEAREST_CAPABLE) == [10, 110 + 20 + 100 + 10, 130]


def test_replanning_waits_for_a_near_team_instead_of_calling_a_far_one() -> None:
    ground = line(bases=[0, 5000], places=[10, 20])
    stream = calls([(0, 3, 0, 100), (1, 3, 0, 100)])
    assert arrivals(ground, stream, [0, 5], NEAREST_CAPABLE) == [10, 5 + 4980]
    assert arrivals(ground, stream, [0, 5], REPLANNING) == [10, 120]


def test_a_team_on_its_way_turns_to_a_more_severe_call_where_the_matrix_allows_it() -> None:
    ground = line(bases=[0, 2000], places=[1000, 400])
    stream = calls([(0, 1, 0, 100), (1, 5, 0, 100)])
    # second 300: the team of 0 may go back to its base and out again (300 + 400) or on (700 + 600)
    assert arrivals(ground, stream, [0, 300], REPLANNING, redispatch=()) == [1000, 1100 + 600]
    assert arrivals(ground, stream, [0, 300], REPLANNING, redispatch=((1, (5,)),)) == [1300, 300 + 700]


def test_a_team_on_scene_is_never_called_away() -> None:
    ground = line(bases=[0], places=[10, 20])
    found = arrivals(ground, calls([(0, 1, 0, 900), (1, 5, 0, 100)]), [0, 50], REPLANNING, redispatch=((1, (5,)),))
    assert found == [10, 920]


def test_a_call_on_the_way_home_turns_the_team_round() -> None:
    ground = line(bases=[0], places=[1000, 900], turnout=60)
    # on scene 1060-1160; at 1360 it is 200 on its way home: back (200 + 100) is shorter than home and out (800 + 900)
    assert arrivals(ground, calls([(0, 1, 0, 100), (1, 1, 0, 100)]), [0, 1360], NEAREST_CAPABLE) == [1060, 1360 + 300]


def test_a_call_that_nobody_can_reach_in_time_lapses_and_counts_as_unmet() -> None:
    ground = line(bases=[0], places=[10, 500])
    incidents = calls([(0, 5, 0, 1000), (1, 3, 0, 10)], latest=600)
    for policy in POLICIES:
        stream = given_stream(incidents, np.array([0, 5]))
        outcome = replay(ground, stream, policy)
        assert outcome.reached_s.tolist() == [10, -1]
        found = measure(ground, stream, outcome, Rules())
        assert found.calls_unmet == pytest.approx(3 / 8)
        assert found.response_weighted_s == pytest.approx((5 * 10 + 3 * 600) / 8)


def test_what_no_team_can_do_is_unmet_under_every_policy_and_has_no_response_time() -> None:
    ground = line(bases=[0], places=[10], holds=[[True, False]])
    incidents = calls([(0, 5, 0, 10), (0, 5, 1, 10)])
    for policy in POLICIES:
        stream = given_stream(incidents, np.array([0, 0]))
        found = measure(ground, stream, replay(ground, stream, policy), Rules())
        assert (found.calls_unmet, found.response_s) == (0.5, 10)


def test_an_empty_shelf_is_found_out_on_the_spot_only_where_nobody_keeps_count() -> None:
    ground = line(bases=[0], places=[100])
    incidents = calls([(0, 5, 0, 10), (0, 5, 0, 10)], needs=[(0, 2), (1, 3)])
    stream = given_stream(incidents, np.array([0, 0]))
    told = [(one.store, one.units, one.depart_s) for one in replay(ground, stream, NEAREST_FIRST).shipments]
    known = [(one.store, one.units, one.depart_s) for one in replay(ground, stream, NEAREST_CAPABLE).shipments]
    assert told == [(0, 2, 0), (1, 3, 1200)]
    assert known == [(0, 2, 0), (1, 3, 0)]


def test_goods_that_are_short_go_where_a_unit_weighs_most_and_the_rest_waits_for_the_next_delivery() -> None:
    ground = dataclasses.replace(line(bases=[0], places=[100]), stock=np.array([[1], [2]]))
    incidents = calls([(0, 4, 0, 10), (0, 3, 0, 10)], needs=[(0, 4), (1, 1)])
    stream = given_stream(incidents, np.array([0, 0]))
    shipped = replay(ground, stream, REPLANNING, Rules(replenish_s=3600)).shipments
    assert [(one.need, one.units, one.depart_s) for one in shipped] == [
        (1, 1, 0),
        (0, 2, 0),
        (0, 1, 3600),
        (0, 1, 3600),
    ]


def erlang_c_wait(rate: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c."""
    load = rate * service
    tail = load**servers / math.factorial(servers) * servers / (servers - load)
    busy = tail / (sum(load**k / math.factorial(k) for k in range(servers)) + tail)
    return busy * service / (servers - load)


@pytest.mark.parametrize(("servers", "use"), [(1, 0.5), (3, 0.7), (6, 0.8)])
def test_without_travel_the_replay_is_the_queue_m_m_c(servers: int, use: float) -> None:
    """The interval that should hold the truth in 99.9 of 100 trials holds Erlang's formula."""
    ground = line(bases=[0] * servers, places=[0])
    service, waits, uses = 1200.0, [], []
    kinds = calls([(0, 3, 0, int(service))])
    for seed in range(30):
        stream = poisson_stream(
            kinds, per_hour=3600 * use * servers / service, warm_up_s=50_000, span_s=1_200_000 // servers, seed=seed
        )
        drawn = np.random.default_rng([seed, 9]).exponential(service, len(stream.service_s))
        stream = dataclasses.replace(stream, service_s=np.maximum(1, np.rint(drawn)).astype(int))
        found = measure(ground, stream, replay(ground, stream, NEAREST_CAPABLE), Rules())
        waits.append(found.waiting_s)
        uses.append(found.utilisation)
    wait = mean_interval(np.array(waits))
    wider = 1.8 * (wait.high - wait.mean)  # t(29): 3.66 against 2.05
    assert abs(wait.mean - erlang_c_wait(use * servers / service, service, servers)) < wider
    assert np.mean(uses) == pytest.approx(use, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000), teams=st.integers(1, 8), rate=st.integers(2, 20),
    latest=st.sampled_from([UNREACHABLE, 1800]), policy=st.sampled_from(POLICIES),
)  # fmt: skip
def test_the_checker_finds_nothing_wrong_with_any_replay(
    seed: int, teams: int, rate: int, latest: int, policy: Policy
) -> None:
    ground, kinds = plane(seed=seed, teams=teams, places=20, stores=3, shelf=5)
    kinds = dataclasses.replace(kinds, latest_s=np.full(20, latest))
    stream = poisson_stream(kinds, per_hour=rate, warm_up_s=600, span_s=4 * 3600, seed=seed)
    rules = Rules(replenish_s=3600)
    outcome = replay(ground, stream, policy, rules)
    assert check_replay(ground, stream, outcome, rules) == []
    again = replay(ground, stream, policy, rules)
    assert (again.visits, again.shipments) == (outcome.visits, outcome.shipments)


def test_the_checker_finds_a_team_in_two_places_an_early_arrival_and_an_empty_shelf_that_gave() -> None:
    ground, kinds = plane(seed=1, teams=4, places=20, stores=2, shelf=5)
    stream = poisson_stream(kinds, per_hour=12, warm_up_s=0, span_s=4 * 3600, seed=1)
    outcome = replay(ground, stream, NEAREST_CAPABLE)
    assert check_replay(ground, stream, outcome, Rules()) == []
    first, *rest = outcome.visits
    for bad in (
        [dataclasses.replace(first, arrive_s=first.arrive_s - 1), *rest],
        [dataclasses.replace(first, ordered_s=first.ordered_s - 1), *rest],
        [dataclasses.replace(first, end=End.UNABLE), *rest],
        [first, first, *rest],
        rest,
    ):
        assert check_replay(ground, stream, dataclasses.replace(outcome, visits=tuple(bad)), Rules())
    more = (dataclasses.replace(outcome.shipments[0], units=100), *outcome.shipments[1:])
    assert check_replay(ground, stream, dataclasses.replace(outcome, shipments=more), Rules())


def test_one_more_team_never_hurts_on_a_line_of_equal_calls() -> None:
    incidents = calls([(0, 3, 0, 300)] * 30)
    reported = [20 * number for number in range(30)]
    for policy in POLICIES:
        means = [
            np.mean(np.array(arrivals(line(bases=[0] * teams, places=[50]), incidents, reported, policy)) - reported)
            for teams in range(1, 8)
        ]
        assert means == sorted(means, reverse=True)


def test_an_order_that_cannot_be_carried_out_is_refused() -> None:
    ground = line(bases=[0, 0], places=[10])
    stream = given_stream(calls([(0, 3, 0, 100)]), np.array([0]))
    twice = Policy("twice", lambda state: [(0, 0), (1, 0)], NEAREST_CAPABLE.goods)
    with pytest.raises(PolicyBroke):
        replay(ground, stream, twice)


def test_streams_depend_on_their_seed_alone() -> None:
    _, kinds = plane(seed=3, places=30)
    one, two = (poisson_stream(kinds, per_hour=20, warm_up_s=0, span_s=86_400, seed=5) for _ in range(2))
    assert (one.reported_s == two.reported_s).all()
    assert (one.service_s == two.service_s).all()
    assert len(one.reported_s) == pytest.approx(480, abs=110)
    redrawn = redrawn_stream(one, seed=1)
    assert sorted(redrawn.incidents.place) == sorted(one.incidents.place)
    assert (np.diff(redrawn.reported_s) >= 0).all()
