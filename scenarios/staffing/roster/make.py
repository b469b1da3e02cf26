"""Make a roster, or mend one: solved, checked by the independent checker, and told in both languages."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from optimizer.errors import BadInput, Fault, OptimizerError
from optimizer.staffing.roster import (
    Assignment,
    Change,
    Conflict,
    Level,
    Repaired,
    Roster,
    Spread,
    check_claims,
    check_roster,
    repair_roster,
    solve_roster,
    spreads_now,
)
from scenarios.staffing.roster.read import Statement
from scenarios.texts import Lang, text


class RosterRefused(OptimizerError):
    """The checker refuses a roster of ours: a mistake of the program. Facts: count, first."""


@dataclass(frozen=True)
class Made:
    """A roster (or the reasons against one), ready to be written and printed."""

    statement: Statement
    status: str
    assignments: tuple[Assignment, ...]
    levels: tuple[Level, ...]
    spreads: tuple[Spread, ...]
    changes: tuple[Change, ...]
    conflict: tuple[Conflict, ...]
    seed: int
    work: float
    bound: int | None = None
    """Of a mended roster: fewest changes proven."""

    @property
    def widest(self) -> dict[str, int]:
        """Per measure the widest spread of any group."""
        found: dict[str, int] = {}
        for one in self.spreads:
            found[one.measure] = max(one.value, found.get(one.measure, 0))
        return found


def make_roster(statement: Statement, *, seed: int = 0, work: float | None = None) -> Made:
    """Raises `RosterNotFound` if the work limit comes first, `RosterRefused` if the checker finds anything."""
    limit: dict[str, Any] = {} if work is None else {"work": work}
    found: Roster = solve_roster(statement.problem, seed=seed, **limit)
    if found.assignments:
        _trust(check_claims(statement.problem, found))
    return Made(statement, found.status, found.assignments, found.levels, found.spreads, (), found.conflict, seed,
                found.work)  # fmt: skip


def mend_roster(statement: Statement, old: tuple[Assignment, ...], *, since: date | None = None, seed: int = 0) -> Made:
    """The earlier roster with fewest changes that keeps the statement as it is now, from the day `since` on. Raises
    BadInput where that is after the month."""
    day = 0 if since is None else max(0, (since - statement.first).days)
    if day >= statement.problem.days:
        raise BadInput("--since", [Fault("--since", "RosterSinceOutside", {"value": since})])
    found: Repaired = repair_roster(statement.problem, old, (), from_day=day, seed=seed)
    slots = {slot.id: slot for slot in statement.problem.slots}
    if found.assignments:
        _trust(tuple(
            one for one in check_roster(statement.problem, found.assignments)
            if one.where not in slots or slots[one.where].day >= day
        ))  # fmt: skip
    spreads = spreads_now(statement.problem, found.assignments) if found.assignments else ()
    return Made(statement, found.status, found.assignments, (), spreads, found.changes, found.conflict, seed,
                found.work, found.bound)  # fmt: skip


def _trust(violations: tuple[Any, ...]) -> None:
    if violations:
        raise RosterRefused(count=len(violations), first=f"{violations[0].code} {violations[0].facts}")


def name_of(made: Made, key: str, lang: Lang) -> str:
    return made.statement.names.get(key, {}).get(lang, key.removeprefix("post "))


def within_of(made: Made, measure: str, lang: Lang) -> tuple[str, bool]:
    """Whether everybody is within one of those they are compared with, in words, and whether that is or cannot be."""
    level = next(level for level in made.levels if level.name == f"beyond_{measure}")
    if not level.value:
        return text("roster.within.one", lang), True
    wide = [group_name(one.group, lang) for one in made.spreads if one.measure == measure and one.value > 1]
    facts = {"spread": made.widest[measure], "beyond": level.value, "groups": wide, "bound": level.bound}
    if level.value == level.bound:
        return text("roster.within.least", lang, **facts), True
    return text("roster.within.open", lang, **facts), False


def proof_of(level: Level, lang: Lang) -> str:
    """What is proven of a level."""
    if level.value == level.bound:
        return text("roster.proof.least", lang)
    return text("roster.proof.gap", lang, bound=level.bound, gap=f"{100 * level.gap:.1f}")


def group_name(group: str, lang: Lang) -> str:
    """Who is compared: the roles in words, or the group as it was given."""
    roles = group.split("+")
    return text("roster.and", lang).join(role_name(role, lang) for role in roles)


def role_name(role: str, lang: Lang) -> str:
    from scenarios.texts import catalogue

    key = f"roster.role.{role}"
    return text(key, lang) if key in catalogue() else role


def told_conflict(made: Made, one: Conflict, lang: Lang) -> str:
    """A rule of a conflict with its remedy; days as dates, people, posts and roles by name."""
    facts: dict[str, Any] = dict(one.facts)
    for name in ("day", "first_day", "last_day"):
        if name in facts:
            facts[name] = made.statement.day(facts[name])
    if "person" in facts:
        facts["person"] = name_of(made, str(facts["person"]), lang)
    if "post" in facts:
        facts["post"] = name_of(made, f"post {facts['post']}", lang)
    if "role" in facts:
        facts["role"] = role_name(str(facts["role"]), lang)
    if "shift" in facts:
        facts["shift"] = text(f"roster.shift.{facts['shift']}", lang)
    return text(one.code, lang, **facts)


def told_change(made: Made, one: Change, lang: Lang) -> str:
    """Who gives way to whom on which duty, and why."""
    slots = {slot.id: slot for slot in made.statement.problem.slots}
    facts = {
        "duty": duty_name(made, one.slot, lang),
        "role": role_name(one.role, lang),
        "out": name_of(made, one.out, lang),
        "into": name_of(made, one.into, lang),
        "there": duty_name(made, one.there, lang) if one.there in slots else "",
    }
    return text(f"roster.change.{one.why}", lang, **facts)


def duty_name(made: Made, slot_id: str | None, lang: Lang) -> str:
    slot = next(slot for slot in made.statement.problem.slots if slot.id == slot_id)
    post = name_of(made, f"post {slot.post}", lang)
    return f"{made.statement.day(slot.day)} {post} {text(f'roster.shift.{slot.shift}', lang)}"
