"""Mutants of what is not met: the balance, and reasons that cannot be true."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from optimizer.dispatch.check import Code
from optimizer.dispatch.plan import Reason, Unmet
from optimizer.dispatch.problem import Ban
from optimizer.units import UNREACHABLE

ROPE, WATER, TENT, PUMP = range(4)  # the entries of the good plan
R1 = 6  # the stock line of the only rope


def without(plan, number):
    return replace(plan, unmet=plan.unmet[:number] + plan.unmet[number + 1 :])


def because(plan, edit, number, reason):
    return edit.unmet(plan, number, reason=reason)


def pump_teams(problem, edit, *teams):
    """These teams can pump after all."""
    for team in teams:
        capabilities = (*problem.teams[team].capabilities, "pump")
        problem = edit.row(problem, "teams", team, capabilities=capabilities)
    return problem


MUTANTS = [
    ("unmet units left out", Code.UNMET_UNITS_BALANCE, lambda p, q, e: without(q, WATER)),
    ("unmet teams left out", Code.UNMET_TEAMS_BALANCE, lambda p, q, e: without(q, PUMP)),
    ("one unit too few", Code.UNMET_UNITS_BALANCE, lambda p, q, e: e.unmet(q, WATER, quantity=D(1))),
    ("a tenth too many", Code.UNMET_UNITS_BALANCE, lambda p, q, e: e.unmet(q, ROPE, quantity=D("1.1"))),
    ("one team too many", Code.UNMET_TEAMS_BALANCE, lambda p, q, e: e.unmet(q, PUMP, quantity=D(3))),
    ("half a team", Code.UNMET_TEAMS_BALANCE, lambda p, q, e: e.unmet(q, PUMP, quantity=D("1.5"))),
    (
        "unmet although all was shipped",
        Code.UNMET_UNITS_BALANCE,
        lambda p, q, e: replace(q, unmet=(*q.unmet, Unmet("I1", D(1), Reason.NO_STOCK, {}, item="tent"))),
    ),
    ("nothing unmet", Code.UNMET_QUANTITY, lambda p, q, e: e.unmet(q, TENT, quantity=D(0))),
    ("infinitely much unmet", Code.UNMET_QUANTITY, lambda p, q, e: e.unmet(q, TENT, quantity=D("Infinity"))),
    ("both task and item", Code.UNMET_SUBJECT, lambda p, q, e: e.unmet(q, PUMP, item="rope")),
    ("neither task nor item", Code.UNMET_SUBJECT, lambda p, q, e: e.unmet(q, PUMP, task=None)),
    ("an unknown task", Code.UNMET_UNKNOWN, lambda p, q, e: e.unmet(q, PUMP, task="C9")),
    ("another incident's task", Code.UNMET_UNKNOWN, lambda p, q, e: e.unmet(q, PUMP, incident="I1")),
    ("an item not asked for", Code.UNMET_UNKNOWN, lambda p, q, e: e.unmet(q, ROPE, item="tent")),
    (
        "a team lacks stock",
        Code.UNMET_REASON_KIND,
        lambda p, q, e: because(q, e, PUMP, Reason.NO_STOCK),
    ),
    (
        "an item lacks hours",
        Code.UNMET_REASON_KIND,
        lambda p, q, e: because(q, e, ROPE, Reason.TEAM_HOURS),
    ),
    (
        "forbidden without a ban on the item",
        Code.UNMET_FORBIDDEN,
        lambda p, q, e: because(q, e, ROPE, Reason.FORBIDDEN_BY_DISPATCHER),
    ),
    (
        "forbidden without a ban on the task",
        Code.UNMET_FORBIDDEN,
        lambda p, q, e: because(q, e, PUMP, Reason.FORBIDDEN_BY_DISPATCHER),
    ),
    (
        "the ban has been lifted",
        Code.UNMET_FORBIDDEN,
        lambda p, q, e: replace(p, bans=p.bans[:1]),
    ),
    (
        "no blocked lots of the item",
        Code.UNMET_FIVE_FIXED,
        lambda p, q, e: because(q, e, ROPE, Reason.FIVE_FIXED),
    ),
    (
        "a blocked unit promised twice",
        Code.UNMET_FIVE_FIXED,
        lambda p, q, e: replace(
            e.unmet(q, WATER, quantity=D(3)),
            unmet=(*e.unmet(q, WATER, quantity=D(3)).unmet, replace(q.unmet[WATER], quantity=D(1))),
        ),
    ),
    (
        "a floor that does not exist",
        Code.UNMET_BELOW_FLOOR,
        lambda p, q, e: because(q, e, TENT, Reason.BELOW_RESERVE_FLOOR),
    ),
    (
        "unreachable stores that are not",
        Code.UNMET_UNREACHABLE,
        lambda p, q, e: because(q, e, ROPE, Reason.UNREACHABLE),
    ),
    (
        "unreachable teams that are not there",
        Code.UNMET_UNREACHABLE,
        lambda p, q, e: because(q, e, PUMP, Reason.UNREACHABLE),
    ),
    (
        "too late without a latest",
        Code.UNMET_TOO_LATE,
        lambda p, q, e: because(q, e, PUMP, Reason.TOO_LATE),
    ),
    (
        "too late, but within the horizon",
        Code.UNMET_TOO_LATE,
        lambda p, q, e: because(q, e, ROPE, Reason.TOO_LATE),
    ),
    (
        "hours of teams that have none",
        Code.UNMET_TEAM_HOURS,
        lambda p, q, e: because(q, e, PUMP, Reason.TEAM_HOURS),
    ),
    (
        "teams enough",
        Code.UNMET_NO_CAPABLE_TEAM,
        lambda p, q, e: pump_teams(p, e, 0, 1),
    ),
    (
        "the vehicles are large enough",
        Code.UNMET_VEHICLE_CAPACITY,
        lambda p, q, e: because(q, e, WATER, Reason.VEHICLE_CAPACITY),
    ),
    (
        "no vehicles, no capacity",
        Code.UNMET_VEHICLE_CAPACITY,
        lambda p, q, e: because(q, e, ROPE, Reason.VEHICLE_CAPACITY),
    ),
    (
        "stock is left",
        Code.UNMET_NO_STOCK,
        lambda p, q, e: e.row(p, "stock", R1, quantity=D(2)),
    ),
]


@pytest.mark.parametrize(("code", "change"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_each_mutant_of_the_unmet_is_named(code, change, codes_of):
    assert code in codes_of(change)


def test_every_code_of_the_unmet_has_a_mutant():
    assert {c for c in Code if c.startswith("unmet_")} <= {code for _, code, _ in MUTANTS}


def reasons_of(codes):
    return [c for c in codes if c.startswith("unmet_")]


def test_one_capable_team_is_not_enough_for_two(codes_of):
    """C1 needs two pump teams. With one there, one is unmet at most; that none goes shows in no reason."""
    assert not reasons_of(codes_of(lambda p, q, e: pump_teams(p, e, 0)))


def test_a_reason_that_can_be_true_is_believed(codes_of):
    def tent_too_heavy(problem, plan, edit):
        return edit.row(problem, "items", 1, mass_kg=D(31))

    def unreachable(problem, plan, edit):
        return edit.travel(pump_teams(problem, edit, 2), "team_to_incident_s", (2, 2), UNREACHABLE)

    def banned(problem, plan, edit):
        both = pump_teams(problem, edit, 0, 1)
        return replace(both, bans=(*both.bans, Ban(team="T1", task="C1"), Ban(team="T2", task="C1")))

    assert not reasons_of(codes_of(tent_too_heavy))
    assert not reasons_of(codes_of(unreachable))
    assert not reasons_of(codes_of(banned))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (WATER, Reason.BELOW_RESERVE_FLOOR),  # S1 keeps 5 of the water
        (TENT, Reason.UNREACHABLE),  # V2 of S1 cannot get to I3
        (TENT, Reason.TOO_LATE),  # S1 has vehicles: it hangs on their trips
    ],
)
def test_other_reasons_of_the_good_plan_that_nothing_contradicts(number, reason, codes_of):
    assert not codes_of(lambda p, q, e: because(q, e, number, reason))


def test_an_unmet_quantity_may_be_split_over_reasons(codes_of):
    def split(problem, plan, edit):
        first = edit.unmet(plan, WATER, quantity=D(1))
        rest = replace(plan.unmet[WATER], quantity=D(1), reason=Reason.BELOW_RESERVE_FLOOR)
        return replace(first, unmet=(*first.unmet, rest))

    assert not codes_of(split)
