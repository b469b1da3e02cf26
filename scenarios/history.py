"""All plans of a situation, and the way back to one of them. History is never edited: going back is a new row."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from inventory.ledger.post import Act
from optimizer.dispatch.plan import Plan
from optimizer.errors import OptimizerError
from scenarios.commit import Committed, commit_plan
from scenarios.exchange.plan import parse_plan_text
from scenarios.incidents import find_situation
from scenarios.tables import LIVE, plans


class UnknownPlan(OptimizerError):
    """No plan of that number in the situation. Facts: plan, situation, known."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan on record."""

    number: int
    status: str
    as_of: datetime | None
    recorded_at: datetime
    actor: str
    sha256: str
    problem_sha256: str
    same_as: int | None  # the first plan with this very content, if it is another: a roll-back


def list_plans(connection: Connection, situation: str = LIVE) -> tuple[Kept, ...]:
    """Oldest first. Raises UnknownSituation."""
    find_situation(connection, situation)
    rows = connection.execute(
        select(
            plans.c.id, plans.c.status, plans.c.as_of, plans.c.recorded_at, plans.c.actor, plans.c.sha256,
            plans.c.problem_sha256,
        )
        .where(plans.c.situation_code == situation)
        .order_by(plans.c.id)
    )  # fmt: skip
    first: dict[str, int] = {}
    found = []
    for row in rows:
        same = first.setdefault(row.sha256, row.id)
        found.append(Kept(*row, same_as=None if same == row.id else same))
    return tuple(found)


def plan_on_record(connection: Connection, number: int, situation: str = LIVE) -> tuple[Kept, str]:
    """A plan of the situation, and its plan.json byte for byte. Raises UnknownSituation, UnknownPlan."""
    listed = list_plans(connection, situation)
    kept = next((one for one in listed if one.number == number), None)
    if kept is None:
        known = ", ".join(str(one.number) for one in listed)
        raise UnknownPlan(plan=number, situation=situation, known=known or "-")
    content = connection.execute(select(plans.c.content).where(plans.c.id == number)).scalar_one()
    return kept, str(content)


def roll_back(
    connection: Connection, number: int, *, act: Act, situation: str = LIVE, expires_at: datetime | None = None,
    as_of: datetime | None = None,
) -> tuple[Plan, Committed]:  # fmt: skip
    """Put an earlier plan in force again, on the stock as it is now: what has left under that very plan is not
    reserved anew. Raises UnknownPlan, InForceAlready, and PlanStale with every line that is no longer there; then
    nothing has changed."""
    kept, content = plan_on_record(connection, number, situation)
    plan = parse_plan_text(content, source=f"plan {number}")
    done = commit_plan(
        connection, plan, act=act, situation=situation, expires_at=expires_at, as_of=as_of, plan_as_of=kept.as_of,
        unless_in_force=True,
    )  # fmt: skip
    return plan, done
