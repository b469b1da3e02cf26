"""Plans that were made and wait for approval. Approving one reserves its stock and issues its orders in one
transaction, or says what has changed since it was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from inventory.ledger.post import Act
from optimizer.dispatch.plan import Plan, Status
from optimizer.errors import OptimizerError
from scenarios.basis import Basis, Since, changed
from scenarios.commit import Committed, commit_plan
from scenarios.exchange.plan import dump_plan, parse_plan_text, plan_sha256
from scenarios.incidents import still_open
from scenarios.tables import LIVE, drafts, plans


class UnknownDraft(OptimizerError):
    """No draft of that number in the situation. Facts: draft, situation."""


class DraftStale(OptimizerError):
    """What the plan was made from is not what it was. Facts: draft, changes (kind, code, how), count."""

    def __init__(self, draft: int, changes: Sequence[Since]) -> None:
        self.changes = tuple(changes)
        listed = [{"kind": one.kind, "code": one.code, "how": one.how} for one in self.changes]
        super().__init__(draft=draft, changes=listed, count=len(listed))


class DraftDone(OptimizerError):
    """The draft was approved before. Facts: draft, plan."""


class NothingOrdered(OptimizerError):
    """A plan that keeps no rule of the problem cannot be approved. Facts: draft."""


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    situation: str
    sha256: str
    basis: Basis
    replans: int | None
    as_of: datetime
    recorded_at: datetime
    actor: str
    plan: int | None  # the number under which it came in force


def save_draft(
    connection: Connection, plan: Plan, *, basis: Basis, as_of: datetime, act: Act, situation: str = LIVE
) -> int:
    """Its number. Raises UnknownSituation, SituationClosed."""
    still_open(connection, situation)
    running = select(plans.c.id).where(plans.c.situation_code == situation, plans.c.status == "committed")
    row = {
        "situation_code": situation,
        "content": dump_plan(plan),
        "sha256": plan_sha256(plan),
        "basis": basis,
        "replans_id": connection.execute(running).scalar(),
        "as_of": as_of,
        "recorded_at": act.at,
        "actor": act.actor,
    }
    return int(connection.execute(insert(drafts).returning(drafts.c.id), row).scalar_one())


def find_draft(connection: Connection, number: int, situation: str = LIVE) -> tuple[Draft, str]:
    """A draft and its plan.json, byte for byte. Raises UnknownDraft."""
    row = connection.execute(select(drafts).where(drafts.c.id == number, drafts.c.situation_code == situation)).first()
    if row is None:
        raise UnknownDraft(draft=number, situation=situation)
    found = Draft(row.id, situation, row.sha256, row.basis, row.replans_id, row.as_of, row.recorded_at, row.actor,
                  row.plan_id)  # fmt: skip
    return found, str(row.content)


def approve_draft(
    connection: Connection, number: int, *, now: Basis, act: Act, situation: str = LIVE,
    expires_at: datetime | None = None,
) -> Committed:  # fmt: skip
    """Put a draft in force. `now`: what the situation is at this moment, read in the same transaction.

    Raises SituationClosed, UnknownDraft, DraftDone, DraftStale with everything that changed, NothingOrdered; PlanStale
    with every line of stock that can no longer be kept. Then nothing has changed.
    """
    still_open(connection, situation, locked=True)
    found, content = find_draft(connection, number, situation)  # only now it is sure that nobody else approves it
    if found.plan is not None:
        raise DraftDone(draft=number, plan=found.plan)
    since = changed(found.basis, now)
    if since:
        raise DraftStale(number, since)
    plan = parse_plan_text(content, source=f"draft {number}")
    if plan.status is Status.INFEASIBLE:
        raise NothingOrdered(draft=number)
    done = commit_plan(connection, plan, act=act, situation=situation, expires_at=expires_at, as_of=found.as_of)
    connection.execute(update(drafts).where(drafts.c.id == number).values(plan_id=done.plan))
    return done
