"""The checker: recomputes a plan from the problem alone and names everything that is wrong with it.

It shares no code with the models (a contract in pyproject.toml): whoever distrusts the solver reads this.
"""

from collections.abc import Iterator
from decimal import localcontext

from optimizer.dispatch.check.equipment import check_equipment
from optimizer.dispatch.check.levels import check_levels
from optimizer.dispatch.check.orders import check_orders
from optimizer.dispatch.check.shipments import check_shipments
from optimizer.dispatch.check.stock import StockIndex
from optimizer.dispatch.check.unmet import check_unmet
from optimizer.dispatch.check.violation import Code, Violation
from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem

__all__ = ["Code", "Violation", "check"]


def check(problem: DispatchProblem, plan: Plan) -> tuple[Violation, ...]:
    """Every violation of docs/model.md in `plan`, never only the first; empty if the plan holds.

    What is checked: T1 to T10, S1 to S8, E1 to E3, Y1, the balance and plausibility of what is not met, and every
    level's value, bound, gap and comparison with practice. Not checked: that a bound is true, and that the practice
    values are those of the practice rule (both need a solver). Raises nothing for a wrong plan.
    """
    with localcontext() as context:
        context.prec = 400  # sums and products of quantities are exact, however many digits a file carries
        return tuple(_violations(problem, plan))


def _violations(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    if plan.problem_sha256 != problem.sha256:
        facts = {"plan": plan.problem_sha256, "problem": problem.sha256}
        yield Violation(Code.PLAN_PROBLEM_DIFFERS, "problem_sha256", facts)
    if plan.status == Status.INFEASIBLE:
        yield from _infeasible(problem, plan)
        return
    stock = StockIndex(problem, {s.item for s in plan.shipments} | {u.item for u in plan.unmet if u.item})
    yield from check_orders(problem, plan)
    yield from check_equipment(problem, plan)
    yield from check_shipments(problem, plan, stock)
    yield from check_unmet(problem, plan, stock)
    yield from check_levels(problem, plan)


def _infeasible(problem: DispatchProblem, plan: Plan) -> Iterator[Violation]:
    """An infeasible plan orders nothing, and only a pin that cannot be kept makes a problem infeasible."""
    if plan.team_orders or plan.shipments:
        facts = {"orders": len(plan.team_orders), "shipments": len(plan.shipments)}
        yield Violation(Code.PLAN_INFEASIBLE_WITH_ORDERS, "status", facts)
    if not problem.pins:
        yield Violation(Code.PLAN_INFEASIBLE_WITHOUT_PINS, "status", {})
