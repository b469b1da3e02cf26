"""The checker as a whole: it passes a good plan, names what is wrong, and misses no small change."""

import ast
from dataclasses import fields, replace
from decimal import Decimal as D
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

import optimizer.dispatch.check
from optimizer.dispatch.check import Code, check

SHIFTS = st.integers(-100_000, 100_000).filter(bool)


def test_a_plan_reckoned_by_hand_is_good(problem, good_plan):
    assert check(problem, good_plan) == ()


def test_every_code_has_words_in_both_languages(texts):
    for code in Code:
        assert texts[code]["zh"], code
        assert texts[code]["en"], code


def test_the_checker_knows_nothing_but_problem_plan_and_units():
    allowed = {"optimizer.dispatch.problem", "optimizer.dispatch.plan", "optimizer.units"}
    for file in Path(optimizer.dispatch.check.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            mine = {n for n in names if n.startswith("optimizer") and not n.startswith("optimizer.dispatch.check")}
            assert mine <= allowed, file.name


@given(data=st.data(), shift=SHIFTS)
def test_any_time_of_a_stop_shifted_is_noticed(data: DataObject, shift, problem, good_plan, edit):
    order = data.draw(st.sampled_from(good_plan.team_orders))
    number = data.draw(st.integers(0, len(order.stops) - 1))
    stop = order.stops[number]
    names = [f.name for f in fields(stop) if isinstance(getattr(stop, f.name), int)]
    shifted = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    changes = {name: getattr(stop, name) + shift for name in shifted}
    assert check(problem, edit.stop(good_plan, order.team, number, **changes))


@given(data=st.data(), shift=SHIFTS)
def test_any_time_of_a_shipment_shifted_is_noticed(data: DataObject, shift, problem, good_plan, edit):
    shipment = data.draw(st.sampled_from(good_plan.shipments))
    shifted = data.draw(st.lists(st.sampled_from(["depart_s", "arrive_s"]), min_size=1, unique=True))
    changes = {name: getattr(shipment, name) + shift for name in shifted}
    assert check(problem, edit.shipment(good_plan, shipment.id, **changes))


@given(data=st.data(), more=st.decimals(-9, 9, places=2).filter(bool))
def test_any_other_quantity_is_noticed(data: DataObject, more, problem, good_plan, edit):
    shipment = data.draw(st.sampled_from(good_plan.shipments))
    plan = edit.shipment(good_plan, shipment.id, quantity=shipment.quantity + more)
    assert check(problem, plan)
    number = data.draw(st.integers(0, len(good_plan.unmet) - 1))
    assert check(problem, edit.unmet(good_plan, number, quantity=good_plan.unmet[number].quantity + more))


@given(data=st.data(), units=st.integers(1, 6))
def test_units_moved_from_one_shipment_to_another_are_noticed(data, units, problem, good_plan, edit):
    """Also where the unmet entries follow."""
    first, second = data.draw(st.permutations(good_plan.shipments))[:2]
    plan = edit.shipment(good_plan, first.id, quantity=first.quantity - D(units))
    plan = edit.shipment(plan, second.id, quantity=second.quantity + D(units))
    assert check(problem, plan)


@given(data=st.data())
def test_any_row_left_out_is_noticed(data: DataObject, problem, good_plan):
    name = data.draw(st.sampled_from(["team_orders", "shipments", "unmet", "levels"]))
    rows = getattr(good_plan, name)
    number = data.draw(st.integers(0, len(rows) - 1))
    assert check(problem, replace(good_plan, **{name: rows[:number] + rows[number + 1 :]}))


@given(data=st.data())
def test_any_two_teams_swapped_are_noticed(data: DataObject, problem, good_plan):
    first, second = data.draw(st.permutations([order.team for order in good_plan.team_orders]))[:2]
    other = {first: second, second: first}
    orders = tuple(replace(o, team=other.get(o.team, o.team)) for o in good_plan.team_orders)
    assert check(problem, replace(good_plan, team_orders=orders))


@given(data=st.data())
def test_nothing_in_a_plan_makes_the_checker_fail(data: DataObject, problem, good_plan, edit):
    """Nonsense in any field is named, not raised."""
    kind = data.draw(st.sampled_from(["stop", "shipment", "unmet"]))
    ids = st.sampled_from(["", "A1", "C1", "I1", "I2", "S1", "S2", "T1", "V1", "V2", "water", "tent", "L5"])
    numbers, quantities = st.integers(-5000, 5000), st.decimals(-20, 20, places=1) | st.just(D("sNaN"))
    if kind == "stop":
        names = {"incident": ids, "task": ids, "depart_s": numbers | st.none(), "finish_s": numbers}
        changes = data.draw(st.fixed_dictionaries({}, optional=names))
        plan = edit.stop(good_plan, data.draw(st.sampled_from(["T1", "T2", "T3", "T4"])), 0, **changes)
    elif kind == "shipment":
        names = dict.fromkeys(("store", "incident", "item", "lot"), ids)
        names |= {"vehicle": ids | st.none(), "trip": st.integers(-1, 3) | st.none(), "quantity": quantities}
        changes = data.draw(st.fixed_dictionaries({}, optional=names))
        plan = edit.shipment(good_plan, data.draw(st.sampled_from(["s1", "s3", "s5", "s7"])), **changes)
    else:
        names = {"incident": ids, "task": ids | st.none(), "item": ids | st.none(), "quantity": quantities}
        changes = data.draw(st.fixed_dictionaries({}, optional=names))
        plan = edit.unmet(good_plan, data.draw(st.integers(0, 3)), **changes)
    assert check(problem, plan) or plan == good_plan
