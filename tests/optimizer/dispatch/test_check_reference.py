"""The brute-force references against hand-reckoned optima, and against the checker's own values."""

from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction

import numpy as np
import pytest

from optimizer.dispatch.check.levels import level_values
from optimizer.dispatch.problem import LEVELS, Ban, Demand, Pin, StockLine

INT = np.int64


@pytest.fixture
def two_teams(problem):
    """T1 and T2, and the four tasks A1 (two teams), A2, B1, C2; nobody pinned or under way."""
    travel = replace(
        problem.travel,
        team_to_incident_s=problem.travel.team_to_incident_s[:2],
        team_group=problem.travel.team_group[:2],
    )
    tasks = tuple(problem.tasks[row] for row in (0, 1, 2, 5))
    return replace(
        problem,
        teams=problem.teams[:2],
        tasks=tasks,
        travel=travel,
        service_s=problem.service_s[[0, 1, 2, 5], :2].astype(INT),
        pins=(),
        bans=(),
        started=(),
    )


@pytest.fixture
def four_units(problem):
    """Stores S1 and S2 without vehicles: S2 has 3 of the water, S1 one; I1 wants 2, I2 wants 4 of it."""
    return replace(
        problem,
        vehicles=(),
        bans=(),
        reserve_floor={},
        demands=(Demand("I1", "water", D(2)), Demand("I2", "water", D(4))),
        stock=(StockLine("S1", "water", "L1", D(1)), StockLine("S2", "water", "L2", D(3))),
    )


def test_one_team_and_one_task(two_teams, brute_force_teams):
    """T2 alone at A1 (one team needed): 90 + 210 + 2000 = 2300 s at severity 5; not late."""
    one = replace(two_teams, tasks=(replace(two_teams.tasks[0], teams_needed=1),))
    alone = replace(one, bans=(Ban(team="T1", task="A1"),))
    assert brute_force_teams(alone) == (0, 5 * 2300)
    # T1 is quicker: 60 + 120 + 1800
    assert brute_force_teams(one) == (0, 5 * 1980)


def test_what_cannot_be_served_counts_as_unserved(two_teams, brute_force_teams):
    """Nobody may serve A2, so its severity of 5 stays; the rest is served."""
    banned = replace(two_teams, bans=(Ban(team="T1", task="A2"), Ban(team="T2", task="A2")))
    unserved, _ = brute_force_teams(banned)
    assert unserved == 5


def test_a_pin_that_cannot_be_kept_has_no_optimum(two_teams, brute_force_teams):
    assert brute_force_teams(replace(two_teams, pins=(Pin("T2", "A2"),))) is None  # not capable
    assert brute_force_teams(replace(two_teams, pins=(Pin("T1", "A2"),))) is not None


def test_no_plan_of_the_full_problem_is_better_than_the_reference(problem, good_plan, brute_force_teams):
    """T4 cannot do anything but B1, so the good plan's own orders are an upper bound."""
    unserved, completion = brute_force_teams(problem)
    values = level_values(problem, good_plan)
    assert unserved == values["unserved"]
    assert completion <= values["completion"]


def test_scarce_water_goes_where_a_share_weighs_most(four_units, brute_force_supplies):
    """A unit is worth 5/2 at I1 and 3/4 at I2: I1 gets both of its 2, I2 the other 2 of its 4.

    The one unit of S1 (350 s to I1, 450 s to I2) and the three of S2 (900 s, 1000 s): whoever gets S1's unit
    gains 550 s on it, at 5/2 in I1 and at 3/4 in I2. So I1 gets it.
    """
    best = brute_force_supplies(four_units)
    assert best["critical_unmet"] == Fraction(3, 2)
    assert best["other_unmet"] == 0
    assert best["fairness"] == (Fraction(1, 2), 1)
    i1 = Fraction(5, 2) * (350 + 900)
    i2 = Fraction(3, 4) * (2 * 1000 + 2 * 2100)
    assert best["deprivation"] == i1 + i2
    assert list(best) == ["critical_unmet", "other_unmet", "fairness", "deprivation"]


def test_fairness_decides_where_severity_does_not(four_units, brute_force_supplies):
    """Two of severity 3 that want 4 each of 4 units: half each, though I1 could have had all."""
    incidents = (replace(four_units.incidents[0], severity=3), *four_units.incidents[1:])
    alike = replace(four_units, incidents=incidents, demands=(Demand("I1", "water", D(4)), Demand("I2", "water", D(4))))
    assert brute_force_supplies(alike)["fairness"] == (Fraction(1, 2), Fraction(1, 2))


def test_the_order_of_levels_is_the_county_s_own(four_units, brute_force_supplies):
    """Deprivation before fairness: all four units to I1, which is nearer to both stores."""
    incidents = (replace(four_units.incidents[0], severity=3), *four_units.incidents[1:])
    demands = (Demand("I1", "water", D(4)), Demand("I2", "water", D(4)))
    order = (*LEVELS[:4], "deprivation", "fairness", "cost")
    parameters = replace(four_units.parameters, levels=order)
    best = brute_force_supplies(replace(four_units, incidents=incidents, demands=demands, parameters=parameters))
    assert best["fairness"] == (0, 1)


def test_bans_floors_blocks_and_the_horizon_keep_units_back(four_units, brute_force_supplies):
    def unmet(**changes):
        return brute_force_supplies(replace(four_units, **changes))["critical_unmet"]

    one, three = four_units.stock
    # I1 can be served by S1 alone (one unit), I2 by all: 5 / 2 + 3 x 1 / 4
    assert unmet(bans=(Ban(store="S2", incident="I1"),)) == Fraction(5, 2) + Fraction(3, 4)
    assert unmet(reserve_floor={("S2", "water"): D(1)}) == Fraction(9, 4)
    assert unmet(stock=(one, replace(three, blocked=("x",)))) == Fraction(5, 2) + 3
    assert unmet(stock=(one, replace(three, expires=four_units.as_of.date()))) == Fraction(5, 2) + 3
    horizon = replace(four_units.parameters, horizon_s=999)  # S2 reaches I1 (900 s), not I2 (1000 s)
    assert unmet(parameters=horizon) == Fraction(3, 4) * 3


def test_the_reference_refuses_what_it_cannot_enumerate(problem, brute_force_supplies):
    with pytest.raises(ValueError, match="without vehicles"):
        brute_force_supplies(problem)
