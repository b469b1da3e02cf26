"""What practice would have done for the problem of a plan, incident by incident, beside what the plan does.

Practice is that of `practice`: the one whose levels the plan carries. Seconds count from `as_of`.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from optimizer.dispatch.coupling import errands, relaxed, settle
from optimizer.dispatch.equipment import Shelves
from optimizer.dispatch.levels import Decision, shipped
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.practice import incident_order, practice_teams
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.supply_plan import habit_of
from optimizer.dispatch.team_model import team_model
from optimizer.dispatch.why.orders import sequences_of


@dataclass(frozen=True, slots=True)
class Served:
    """What one incident gets. None: nobody is sent, nothing is asked for."""

    teams: int
    first_team_s: int | None
    last_team_s: int | None
    last_goods_s: int | None
    fill: float | None  # mean over the items it needs, 0 to 1
    short: tuple[tuple[str, Decimal], ...]  # item, units it goes without


@dataclass(frozen=True, slots=True)
class Against:
    """One incident under the plan and under practice."""

    incident: str
    severity: int
    teams_needed: int
    plan: Served
    practice: Served


def practised(problem: DispatchProblem, plan: Plan) -> Decision:
    """The orders and shipments of practice; it keeps the pins as the plan does (T10)."""
    shelves = Shelves(problem)
    model = relaxed(problem, shelves) if problem.coupled else team_model(problem)
    habit = settle(problem, practice_teams(problem, model, sequences_of(problem, plan)), shelves)
    return Decision(habit.orders, habit_of(problem, errands(problem, habit)).shipments)


def against_practice(problem: DispatchProblem, plan: Plan) -> tuple[Against, ...]:
    """A row for every incident, the gravest first."""
    ours = _by_incident(problem, Decision(plan.team_orders, plan.shipments))
    theirs = _by_incident(problem, practised(problem, plan))
    needed: dict[str, int] = {}
    for task in problem.tasks:
        needed[task.incident] = needed.get(task.incident, 0) + task.teams_needed
    rows = []
    for index in incident_order(problem):
        one = problem.incidents[index]
        rows.append(Against(one.id, one.severity, needed.get(one.id, 0), ours[one.id], theirs[one.id]))
    return tuple(rows)


def _by_incident(problem: DispatchProblem, decision: Decision) -> dict[str, Served]:
    arrivals: dict[str, list[int]] = {}
    for order in decision.team_orders:
        for stop in order.stops:
            arrivals.setdefault(stop.incident, []).append(stop.arrive_s)
    goods: dict[str, int] = {}
    for row in decision.shipments:
        if row.task is None:
            goods[row.incident] = max(goods.get(row.incident, row.arrive_s), row.arrive_s)
    got = shipped(decision.shipments)
    fills: dict[str, list[Fraction]] = {}
    short: dict[str, list[tuple[str, Decimal]]] = {}
    for demand in problem.demands:
        there = min(got.get((demand.incident, demand.item), Decimal(0)), demand.quantity)
        fills.setdefault(demand.incident, []).append(Fraction(there) / Fraction(demand.quantity))
        if there < demand.quantity:
            short.setdefault(demand.incident, []).append((demand.item, demand.quantity - there))
    found = {}
    for one in problem.incidents:
        at, fill = arrivals.get(one.id, []), fills.get(one.id)
        found[one.id] = Served(
            teams=len(at),
            first_team_s=min(at, default=None),
            last_team_s=max(at, default=None),
            last_goods_s=goods.get(one.id),
            fill=None if fill is None else float(sum(fill, Fraction(0)) / len(fill)),
            short=tuple(short.get(one.id, ())),
        )
    return found
