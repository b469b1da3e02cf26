"""Values, bounds, gaps, practice and status."""

import math
from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction

import pytest

from optimizer.dispatch.check import Code, check
from optimizer.dispatch.check.levels import gini, level_values
from optimizer.dispatch.plan import Status, StoppedBy
from optimizer.dispatch.problem import LEVELS

FILL = (0.7, 5 / 6, 1.0)


def proven(plan, edit, *, leave=()):
    """The good plan, with every level but those proven."""
    for level in plan.levels:
        if level.name not in leave:
            plan = edit.level(plan, level.name, bound=level.value, gap=0.0)
    return plan


MUTANTS = [
    ("levels swapped", Code.LEVELS_NAMED, lambda p, q, e: replace(q, levels=q.levels[::-1])),
    ("a level left out", Code.LEVELS_NAMED, lambda p, q, e: replace(q, levels=q.levels[:-1])),
    ("a level renamed", Code.LEVELS_NAMED, lambda p, q, e: e.level(q, "cost", name="price")),
    (
        "another order in the county",
        Code.LEVELS_NAMED,
        lambda p, q, e: replace(p, parameters=replace(p.parameters, levels=LEVELS[:1] + LEVELS[2:] + LEVELS[1:2])),
    ),
    ("an unserved team hidden", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "unserved", value=2)),
    ("a value off by a millionth", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "deprivation", value=16550.02)),
    ("a value that is no number", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "cost", value=math.nan)),
    ("fairness not sorted", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "fairness", value=FILL[::-1])),
    ("fairness cut short", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "fairness", value=FILL[:2])),
    ("fairness as a number", Code.LEVEL_VALUE, lambda p, q, e: e.level(q, "fairness", value=0.7)),
    (
        "a late arrival forgotten",
        Code.LEVEL_VALUE,
        lambda p, q, e: replace(p, parameters=replace(p.parameters, due_penalty_s=0)),
    ),
    (
        "due a second earlier",
        Code.LEVEL_VALUE,
        lambda p, q, e: e.row(p, "tasks", 0, due_s=599),
    ),
    (
        "a longer road",
        Code.LEVEL_VALUE,
        lambda p, q, e: e.travel(p, "vehicle_to_incident_m", (0, 1), 4001),
    ),
    (
        "no longer life-critical",
        Code.LEVEL_VALUE,
        lambda p, q, e: e.row(p, "items", 2, life_critical=False),
    ),
    ("a bound above the value", Code.LEVEL_BOUND, lambda p, q, e: e.level(q, "completion", bound=55491.0)),
    ("a bound that is no number", Code.LEVEL_BOUND, lambda p, q, e: e.level(q, "completion", bound=math.nan)),
    (
        "a fairness bound below the value",
        Code.LEVEL_BOUND,
        lambda p, q, e: e.level(q, "fairness", bound=(0.7, 0.8, 1.0)),
    ),
    ("a bound for another vector", Code.LEVEL_BOUND, lambda p, q, e: e.level(q, "fairness", bound=(0.7,))),
    ("a bound without its gap", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "completion", gap=None)),
    ("a gap without its bound", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "deprivation", gap=0.0)),
    ("a gap too small", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "completion", gap=0.0)),
    ("a gap of the bound", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "completion", gap=5490 / 50000)),
    ("a gap of a value below 1", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "critical_unmet", bound=0.3, gap=0.5)),
    ("fairness reached, gap open", Code.LEVEL_GAP, lambda p, q, e: e.level(q, "fairness", gap=0.1)),
    (
        "fairness not reached, gap closed",
        Code.LEVEL_GAP,
        lambda p, q, e: e.level(q, "fairness", bound=(0.7, 0.9, 1.0)),
    ),
    ("another Gini", Code.LEVEL_GINI, lambda p, q, e: e.level(q, "fairness", gini=0.08)),
    ("no Gini", Code.LEVEL_GINI, lambda p, q, e: e.level(q, "fairness", gini=None)),
    ("another Gini of practice", Code.LEVEL_GINI, lambda p, q, e: e.level(q, "fairness", gini_practice=0.0)),
    ("a Gini of cost", Code.LEVEL_GINI, lambda p, q, e: e.level(q, "cost", gini=0.0)),
    ("practice of another form", Code.LEVEL_PRACTICE, lambda p, q, e: e.level(q, "fairness", practice=0.7)),
    ("practice is no number", Code.LEVEL_PRACTICE, lambda p, q, e: e.level(q, "cost", practice=math.nan)),
    (
        "practice was better",
        Code.PLAN_WORSE_THAN_PRACTICE,
        lambda p, q, e: e.level(q, "completion", practice=55489.0),
    ),
    (
        "practice was fairer",
        Code.PLAN_WORSE_THAN_PRACTICE,
        lambda p, q, e: e.level(e.level(q, "completion", practice=55490.0), "fairness", practice=(0.7, 0.9, 0.9)),
    ),
    ("another problem", Code.PLAN_PROBLEM_DIFFERS, lambda p, q, e: replace(q, problem_sha256="cd" * 32)),
    (
        "optimal with an open gap",
        Code.PLAN_NOT_PROVEN,
        lambda p, q, e: replace(q, status=Status.OPTIMAL, stopped_by=StoppedBy.PROOF),
    ),
    (
        "optimal with a level without a bound",
        Code.PLAN_NOT_PROVEN,
        lambda p, q, e: replace(
            proven(q, e, leave=("deprivation",)), status=Status.OPTIMAL, stopped_by=StoppedBy.PROOF
        ),
    ),
    (
        "optimal, but stopped by time",
        Code.PLAN_NOT_PROVEN,
        lambda p, q, e: replace(proven(q, e), status=Status.OPTIMAL, stopped_by=StoppedBy.TIME),
    ),
    (
        "infeasible with orders",
        Code.PLAN_INFEASIBLE_WITH_ORDERS,
        lambda p, q, e: replace(q, status=Status.INFEASIBLE, shipments=()),
    ),
    (
        "infeasible with shipments",
        Code.PLAN_INFEASIBLE_WITH_ORDERS,
        lambda p, q, e: replace(q, status=Status.INFEASIBLE, team_orders=()),
    ),
]


@pytest.mark.parametrize(("code", "change"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_each_mutant_of_the_levels_is_named(code, change, codes_of):
    assert code in codes_of(change)


def test_every_code_of_the_levels_has_a_mutant():
    mine = {c for c in Code if c.startswith(("level", "plan_"))} - {Code.PLAN_INFEASIBLE_WITHOUT_PINS}
    assert mine <= {code for _, code, _ in MUTANTS}  # the one taken out has a test of its own


def test_a_plan_proven_on_every_level_is_optimal(codes_of):
    assert not codes_of(lambda p, q, e: replace(proven(q, e), status=Status.OPTIMAL, stopped_by=StoppedBy.PROOF))


def test_an_infeasible_plan_orders_nothing_and_has_a_pin_to_blame(problem, good_plan):
    nothing = replace(good_plan, status=Status.INFEASIBLE, team_orders=(), shipments=(), unmet=(), levels=())
    assert check(problem, nothing) == ()
    without_pins = [v.code for v in check(replace(problem, pins=()), nothing)]
    assert without_pins == [Code.PLAN_INFEASIBLE_WITHOUT_PINS]


def test_a_better_early_level_outweighs_a_worse_later_one(codes_of):
    """Completion beats practice (55490 against 60000), so a dearer plan is none the worse."""
    assert not codes_of(lambda p, q, e: e.level(q, "cost", practice=1000.0))


def test_values_may_be_off_by_what_a_float_is(codes_of):
    assert not codes_of(lambda p, q, e: e.level(q, "other_unmet", value=23 / 15 + 1e-13, practice=23 / 15))


def test_the_values_are_exact_fractions(problem, good_plan):
    values = level_values(problem, good_plan)
    assert values == {
        "unserved": 4,
        "critical_unmet": Fraction(3, 5),
        "completion": 55490,
        "other_unmet": Fraction(23, 15),
        "fairness": (Fraction(7, 10), Fraction(5, 6), 1),
        "deprivation": 16550,
        "cost": 80000,
    }


def test_an_incident_without_demands_does_not_count_for_fairness(problem, good_plan):
    for_two = replace(problem, demands=problem.demands[:4])
    assert level_values(for_two, good_plan)["fairness"] == (Fraction(7, 10), 1)


def test_without_metres_only_trips_and_stores_cost(problem, good_plan):
    travel = replace(problem.travel, store_to_incident_m=None, vehicle_to_incident_m=None)
    assert level_values(replace(problem, travel=travel), good_plan)["cost"] == 5 * 1000 + 2 * 2000


def test_an_empty_plan_leaves_everything_unmet(problem, good_plan):
    nothing = replace(good_plan, team_orders=(), shipments=())
    values = level_values(problem, nothing)
    assert values["unserved"] == 5 * 3 + 3 * 2 + 2 * 3
    assert values["critical_unmet"] == 5 + 3
    assert values["deprivation"] == (5 * 2 + 3 * 2 + 2) * 2100
    assert values["fairness"] == (0, 0, 0)
    assert values["cost"] == 0


@pytest.mark.parametrize(
    ("rates", "expected"),
    [([], 0), ([0, 0], 0), ([1, 1, 1], 0), ([0, 1], D("0.5")), ([0, 0, 0, 1], D("0.75"))],
)
def test_gini_of_what_is_known(rates, expected):
    assert gini([Fraction(rate) for rate in rates]) == Fraction(expected)
