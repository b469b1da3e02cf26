"""What a dispatcher decides beforehand: pins (this team to that task) and bans (never this one there)."""

from collections.abc import Collection

from sqlalchemy import Connection, insert, select, update

from inventory.ledger.post import Act
from optimizer.errors import OptimizerError
from scenarios.incidents import still_open
from scenarios.tables import LIVE, directives

SUBJECT = ("team", "task", "store", "incident", "item")


class UnknownDirective(OptimizerError):
    """No such pin or ban in the situation, or it was lifted. Facts: directive, situation."""


class BothPinnedAndBanned(OptimizerError):
    """The same team and task pinned and banned. Facts: team, task, directive."""


def add_directive(
    connection: Connection, *, kind: str, act: Act, situation: str = LIVE, team: str | None = None,
    task: str | None = None, store: str | None = None, incident: str | None = None, item: str | None = None,
) -> int:  # fmt: skip
    """Its number; that of the one already there where it says the same. Raises UnknownSituation,
    BothPinnedAndBanned, SituationClosed."""
    still_open(connection, situation)
    subject = {"team": team, "task": task, "store": store, "incident": incident, "item": item}
    standing = connection.execute(
        select(directives.c.id, directives.c.kind).where(
            directives.c.situation_code == situation,
            directives.c.lifted_at.is_(None),
            *(directives.c[name].is_not_distinct_from(value) for name, value in subject.items()),
        )
    ).first()
    if standing is not None:
        if standing.kind != kind:
            raise BothPinnedAndBanned(team=team, task=task, directive=standing.id)
        return int(standing.id)
    row = {"situation_code": situation, "kind": kind, **subject, "note": act.note, "actor": act.actor,
           "recorded_at": act.at}  # fmt: skip
    return int(connection.execute(insert(directives).returning(directives.c.id), row).scalar_one())


def lift_directive(connection: Connection, number: int, *, act: Act, situation: str = LIVE) -> None:
    """Raises UnknownSituation, UnknownDirective, SituationClosed."""
    still_open(connection, situation)
    standing = (
        (directives.c.id == number) & (directives.c.situation_code == situation) & directives.c.lifted_at.is_(None)
    )
    done = connection.execute(update(directives).where(standing).values(lifted_at=act.at, lifted_by=act.actor))
    if not done.rowcount:
        raise UnknownDirective(directive=number, situation=situation)


def directives_of(
    connection: Connection, situation: str, *, tasks: Collection[str], teams: Collection[str],
    incidents: Collection[str], stores: Collection[str],
) -> tuple[tuple[dict[str, str], ...], tuple[dict[str, str], ...]]:  # fmt: skip
    """Pins and bans as problem.json has them; those about what is over, or away, say nothing any more."""
    known = {"task": tasks, "team": teams, "incident": incidents, "store": stores}
    rows = connection.execute(
        select(directives.c.kind, *(directives.c[name] for name in SUBJECT))
        .where(directives.c.situation_code == situation, directives.c.lifted_at.is_(None))
        .order_by(directives.c.id)
    )
    pins, bans = [], []
    for kind, *values in rows:
        row = {name: value for name, value in zip(SUBJECT, values, strict=True) if value is not None}
        if all(row[name] in there for name, there in known.items() if name in row):
            (pins if kind == "pin" else bans).append(row)
    return tuple(pins), tuple(bans)
