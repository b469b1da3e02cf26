"""Shelters, and people who are moved into them: every household is bound to exactly one responsible person (L08)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from inventory.ledger.post import Act
from inventory.tables.places import people
from optimizer.errors import OptimizerError
from scenarios.incidents import still_open
from scenarios.relief_tables import evacuees, shelters
from scenarios.reported import find_incident
from scenarios.tables import LIVE, situations

# what may follow what; a household that comes back to the danger zone is listed again
NEXT: Mapping[str, tuple[str, ...]] = {
    "listed": ("moving", "home"),
    "moving": ("sheltered", "listed", "home"),
    "sheltered": ("home", "moving"),
    "home": ("listed",),
}


class UnknownShelter(OptimizerError):
    """No shelter of that code. Facts: shelter."""


class ShelterTaken(OptimizerError):
    """There is a shelter of that code. Facts: shelter."""


class ShelterFull(OptimizerError):
    """A shelter has no room for so many, or is not open. Facts: shelter, people, room, status."""


class UnknownEvacuee(OptimizerError):
    """No household of that code in the situation. Facts: evacuee, situation."""


class EvacueeTaken(OptimizerError):
    """A household that is on the list already. Facts: evacuee, situation."""


class UnknownPerson(OptimizerError):
    """No person of that code. Facts: person."""


class NobodyResponsible(OptimizerError):
    """Households without anybody to answer for them. Facts: households."""


class NotNext(OptimizerError):
    """A step that does not follow on the last. Facts: evacuee, status, asked, allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    code: str
    people: int
    place: str
    batch: int = 1
    responsible: str | None = None
    note: str | None = None


def find_shelter(connection: Connection, code: str, *, locked: bool = False) -> Any:
    """Its row. Raises UnknownShelter."""
    wanted = select(shelters).where(shelters.c.code == code)
    row = connection.execute(wanted.with_for_update() if locked else wanted).first()
    if row is None:
        raise UnknownShelter(shelter=code)
    return row


def save_shelter(connection: Connection, *, code: str, facts: Mapping[str, Any], new: bool) -> None:
    """Raises ShelterTaken, UnknownShelter; ShelterFull where more people are in it than it would hold."""
    if new:
        if connection.execute(select(shelters.c.id).where(shelters.c.code == code)).first() is not None:
            raise ShelterTaken(shelter=code)
        connection.execute(insert(shelters), {"code": code, **facts})
        return
    row = find_shelter(connection, code, locked=True)
    inside = people_in(connection, row.id)
    if facts.get("capacity", row.capacity) < inside:
        raise ShelterFull(shelter=code, people=inside, room=facts["capacity"], status=row.status)
    if facts:
        connection.execute(update(shelters).where(shelters.c.id == row.id).values(**facts))


def people_in(connection: Connection, shelter: int, situation: str = LIVE) -> int:
    """Those who are there or on their way to it; of an exercise, those whom it sent there in play, and nobody else."""
    played = select(situations.c.code).where(situations.c.kind == "exercise")
    drill = connection.execute(played.where(situations.c.code == situation)).first() is not None
    whose = evacuees.c.situation_code == situation if drill else evacuees.c.situation_code.not_in(played)
    mine = (evacuees.c.shelter_id == shelter, evacuees.c.status.in_(["moving", "sheltered"]), whose)
    return int(connection.execute(select(func.coalesce(func.sum(evacuees.c.people), 0)).where(*mine)).scalar_one())


def list_households(
    connection: Connection, *, incident: str, households: Sequence[Household], responsible: Sequence[str],
    situation: str = LIVE,
) -> dict[str, str]:  # fmt: skip
    """Put households on the list; household -> who answers for it. Those that name nobody are shared out over
    `responsible` so that the numbers of two persons differ by one at the most, what they had before included.

    Raises SituationClosed, UnknownIncident, EvacueeTaken, UnknownPerson, NobodyResponsible.
    """
    still_open(connection, situation)
    find_incident(connection, incident, situation=situation)
    taken = set(connection.execute(select(evacuees.c.code).where(evacuees.c.situation_code == situation)).scalars())
    codes: set[str] = set()
    for one in households:
        if one.code in taken or one.code in codes:
            raise EvacueeTaken(evacuee=one.code, situation=situation)
        codes.add(one.code)
    named = sorted({*responsible, *(one.responsible for one in households if one.responsible is not None)})
    known = set(connection.execute(select(people.c.code).where(people.c.code.in_(named))).scalars())
    for person in named:
        if person not in known:
            raise UnknownPerson(person=person)
    open_ = [one for one in households if one.responsible is None]
    if open_ and not responsible:
        raise NobodyResponsible(households=len(open_))
    bound = {one.code: one.responsible for one in households if one.responsible is not None}
    bound |= _shared(connection, open_, responsible, Counter(bound.values()), situation)
    rows = [
        {
            "situation_code": situation, "code": one.code, "incident": incident, "people": one.people,
            "place_code": one.place, "batch": one.batch, "responsible": bound[one.code], "note": one.note,
        }
        for one in households
    ]  # fmt: skip
    if rows:
        connection.execute(insert(evacuees), rows)
    return bound


def _shared(
    connection: Connection, households: Sequence[Household], responsible: Sequence[str], more: Counter[str],
    situation: str,
) -> dict[str, str]:  # fmt: skip
    """Each to whoever has fewest so far; neighbours go together, as far as that allows."""
    counted = connection.execute(
        select(evacuees.c.responsible, func.count())
        .where(evacuees.c.situation_code == situation, evacuees.c.responsible.in_(list(responsible)))
        .group_by(evacuees.c.responsible)
    )
    load = Counter(dict.fromkeys(sorted(set(responsible)), 0))
    load.update({row[0]: row[1] for row in counted})
    load.update({person: number for person, number in more.items() if person in load})
    found = {}
    for one in sorted(households, key=lambda one: (one.batch, one.place, one.code)):
        person = min(load, key=lambda who: (load[who], who))
        load[person] += 1
        found[one.code] = person
    return found


def move_household(
    connection: Connection, code: str, *, status: str, act: Act, situation: str = LIVE, shelter: str | None = None
) -> None:
    """One step: on the move, in the shelter, home. Raises UnknownSituation, SituationClosed, UnknownEvacuee,
    NotNext, UnknownShelter, ShelterFull."""
    still_open(connection, situation)
    row = connection.execute(
        select(evacuees).where(evacuees.c.situation_code == situation, evacuees.c.code == code).with_for_update()
    ).first()
    if row is None:
        raise UnknownEvacuee(evacuee=code, situation=situation)
    if status not in NEXT[row.status]:
        raise NotNext(evacuee=code, status=row.status, asked=status, allowed=", ".join(NEXT[row.status]))
    there = row.shelter_id
    if status in ("moving", "sheltered"):
        if shelter is not None:
            there = _room(connection, shelter, row)
        elif there is None:
            raise UnknownShelter(shelter="-")
    elif status in ("home", "listed"):
        there = None
    values = {"status": status, "shelter_id": there, "moved_at": act.at}
    connection.execute(update(evacuees).where(evacuees.c.id == row.id).values(**values))


def _room(connection: Connection, code: str, household: Any) -> int:
    """The shelter's id, if the household fits in. The row is locked, so that the last places are given away once."""
    row = find_shelter(connection, code, locked=True)
    if household.shelter_id == row.id:
        return int(row.id)
    room = row.capacity - people_in(connection, row.id, household.situation_code)
    if row.status != "open" or household.people > room:
        raise ShelterFull(shelter=code, people=household.people, room=room, status=row.status)
    return int(row.id)
