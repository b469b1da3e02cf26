"""How the tests of the checker make a good plan bad."""

import csv
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import optimizer.dispatch
from optimizer.dispatch.check import Code, check
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem

Changed = DispatchProblem | Plan | tuple[DispatchProblem, Plan]
Change = Callable[[DispatchProblem, Plan, SimpleNamespace], Changed]


@pytest.fixture(scope="session")
def texts() -> dict[str, dict[str, str]]:
    """key -> {"zh": words, "en": words}"""
    file = Path(optimizer.dispatch.__file__).with_name("texts.csv")
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows}


@pytest.fixture(scope="session")
def codes_of(
    problem: DispatchProblem,
    good_plan: Plan,
    edit: SimpleNamespace,
    texts: dict[str, dict[str, str]],
) -> Callable[[Change], list[Code]]:
    """A function: the codes of the violations after a change of the good plan or of its problem. On the way it
    sees to it that every violation has the facts its text asks for."""

    def codes(change: Change) -> list[Code]:
        changed = change(problem, good_plan, edit)
        if isinstance(changed, tuple):
            violations = check(*changed)
        elif isinstance(changed, Plan):
            violations = check(problem, changed)
        else:
            violations = check(changed, good_plan)
        for violation in violations:
            for words in texts[violation.code].values():
                asked = {name for _, name, _, _ in string.Formatter().parse(words) if name}
                assert asked <= set(violation.facts), violation
                assert not any(violation.facts[name] is None for name in asked), violation
        return [violation.code for violation in violations]

    return codes


@pytest.fixture(scope="session")
def edit() -> SimpleNamespace:
    """Small changes that give a new plan: edit.stop(plan, "T1", 0, arrive_s=1), edit.order, edit.shipment,
    edit.unmet, edit.level; or a new problem: one row of a tuple, edit.row(problem, "tasks", 0, latest_s=1),
    or one number of an array, edit.travel(problem, "store_to_incident_s", (0, 1), 5)."""

    def put(rows: tuple[Any, ...], index: int, **changes: Any) -> tuple[Any, ...]:
        return (*rows[:index], replace(rows[index], **changes), *rows[index + 1 :])

    def find(rows: tuple[Any, ...], field: str, value: str) -> int:
        return next(index for index, row in enumerate(rows) if getattr(row, field) == value)

    def by(rows_of: str, field: str) -> Callable[..., Plan]:
        def change(plan: Plan, key: str, **changes: Any) -> Plan:
            rows = getattr(plan, rows_of)
            return replace(plan, **{rows_of: put(rows, find(rows, field, key), **changes)})

        return change

    def stop(plan: Plan, team: str, number: int, **changes: Any) -> Plan:
        stops = plan.team_orders[find(plan.team_orders, "team", team)].stops
        return order(plan, team, stops=put(stops, number, **changes))

    def unmet(plan: Plan, number: int, **changes: Any) -> Plan:
        return replace(plan, unmet=put(plan.unmet, number, **changes))

    def row(problem: DispatchProblem, rows_of: str, number: int, **changes: Any) -> DispatchProblem:
        return replace(problem, **{rows_of: put(getattr(problem, rows_of), number, **changes)})

    def travel(problem: DispatchProblem, name: str, at: tuple[int, ...], value: int) -> DispatchProblem:
        array = getattr(problem.travel, name).copy()
        array[at] = value
        return replace(problem, travel=replace(problem.travel, **{name: array}))

    order = by("team_orders", "team")
    return SimpleNamespace(
        order=order,
        stop=stop,
        shipment=by("shipments", "id"),
        level=by("levels", "name"),
        unmet=unmet,
        row=row,
        travel=travel,
    )
