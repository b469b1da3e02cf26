"""The patrol year of a district: time, travel beside nearest-neighbour rounds, and PyVRP beside with ten times the
time on the same towns."""

import time
from math import ceil

import numpy as np
import pytest

from optimizer.staffing.check_patrol import round_faults
from optimizer.staffing.patrol.model import TownYear
from optimizer.staffing.patrol.rounds import plan_town
from optimizer.staffing.patrol.spread import SPARE, thinned

pytestmark = pytest.mark.benchmark

LIMIT_S = 300.0
SHARE = 0.08  # less travel than nearest-neighbour rounds, at least, though those may leave the end of the year empty
QUARTER = 0.1  # of the year's visits that each quarter has at least
PEER = 1.03
TIMES = 10
DAY_S = 86_400


@pytest.fixture(scope="module")
def planned():
    from optimizer.staffing.patrol.warm import warm_up
    from scenarios.staffing.patrol.example import district
    from scenarios.staffing.patrol.plan import plan_patrol

    warm_up()
    began, clock = time.process_time(), time.perf_counter()
    found = plan_patrol(district())
    return found, time.process_time() - began, time.perf_counter() - clock


def test_the_district_is_planned_and_routed_in_five_minutes(planned) -> None:
    patrol, cpu_s, wall_s = planned
    visits = sum(town.plan.visits for town in patrol.towns)
    out = [(town, visit) for town in patrol.towns for visit in town.plan.left_out]
    travel, usual = (sum(getattr(town, name).travel_s for town in patrol.towns) / 3600 for name in ("plan", "usual"))
    rounds = sum(len(town.plan.rounds) for town in patrol.towns)
    month = [patrol.days[one.day].month for town in patrol.towns for one in town.plan.rounds for _ in one.stops]
    quarters = np.bincount([(one - 1) // 3 for one in month], minlength=4) / visits
    print(
        f"\n{len(patrol.tables.dues):,} dues, {visits + len(out):,} visits, {len(out)} without a road, "
        f"{rounds:,} rounds, {travel:,.0f} h of travel; nearest neighbours "
        f"{usual:,.0f} h: {100 * (1 - travel / usual):.1f} % less; "
        f"{cpu_s:.0f} s of CPU, {wall_s:.0f} s; visits by quarter {', '.join(f'{100 * one:.0f} %' for one in quarters)}"
    )
    assert visits + len(out) == 9_750
    assert all(town.no_way(visit) for town, visit in out)
    assert cpu_s <= LIMIT_S
    assert travel <= (1 - SHARE) * usual
    assert quarters.min() >= QUARTER
    assert all(set(town.plan.left_out) == set(town.usual.left_out) for town in patrol.towns)


def peer(year: TownYear, seconds: float) -> int:
    """Travel of PyVRP's rounds: each day is a vehicle type with a shift of its own on a clock of many days."""
    pyvrp = pytest.importorskip("pyvrp")
    from pyvrp.stop import MaxRuntime

    count = len(year.on_site_s)
    clients = [
        pyvrp.Client(
            visit, service_duration=int(year.on_site_s[visit]), tw_early=int(year.first_day[visit]) * DAY_S,
            tw_late=(int(year.last_day[visit]) + 1) * DAY_S - 1,
        )
        for visit in range(1, count)
    ]  # fmt: skip
    types = [
        pyvrp.VehicleType(
            int(pairs), tw_early=day * DAY_S, tw_late=day * DAY_S + int(year.work_s[day]),
            shift_duration=int(year.work_s[day]),
        )
        for day, pairs in enumerate(year.on_patrol.sum(axis=0)) if pairs
    ]  # fmt: skip
    places = [pyvrp.Location(0, 0) for _ in range(count)]
    data = pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], types, [year.travel_s], [year.travel_s])
    result = pyvrp.solve(data, MaxRuntime(seconds), seed=1, display=False)
    return int(result.cost()) if result.is_feasible() else 1 << 60


@pytest.mark.parametrize(("town", "spread"), [(4, False), (8, False), (4, True)])
def test_rounds_are_within_three_percent_of_pyvrp_with_ten_times_the_time(planned, town: int, spread: bool) -> None:
    """On all days of pairs, and on those few that the year's rounds are spread over."""
    year = planned[0].towns[town].year
    if spread:
        year = thinned(year, ceil(len(planned[0].towns[town].usual.rounds) * (1 + SPARE[0])))
    assert np.all(year.travel_s < 1 << 40)
    began, clock = time.process_time(), time.perf_counter()
    plan = plan_town(year)
    seconds, wall = time.process_time() - began, time.perf_counter() - clock
    assert round_faults(year, plan) == ()
    assert plan.left_out == ()
    other = peer(year, TIMES * wall)
    told = f"{other:,} s" if other < 1 << 60 else "no feasible rounds"
    print(
        f"\n{year.visits} visits on {year.on_patrol.sum()} days of pairs: {plan.travel_s:,} s of travel in "
        f"{seconds:.1f} s; PyVRP {told} in {TIMES * wall:.0f} s"
    )
    assert plan.travel_s <= PEER * other


def test_a_slipped_week_is_replanned_in_seconds(planned) -> None:
    from optimizer.staffing.patrol.replan import replan_town

    town = planned[0].towns[4]
    today = 60
    past = [visit for one in town.plan.rounds if one.day < today for visit in one.visits]
    began = time.process_time()
    again = replan_town(town.year, town.plan, today=today, done=past[:-20])
    seconds = time.process_time() - began
    assert round_faults(again.year, again.plan, done=past[:-20]) == ()
    print(f"\n20 visits slipped: {len(again.moved)} others moved, {len(again.plan.left_out)} left out, {seconds:.1f} s")
    assert seconds <= 30
