"""People, who is in a team, and when a team is on duty: what no table of a county's files holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from inventory.errors import InventoryError
from inventory.ledger.post import AnyRow, ids_by_code
from inventory.ledger.rules import registers_changed
from inventory.tables.forces import shifts, team_members, teams, vehicles
from inventory.tables.places import custodianships, people, stores

MEMBER_ROLES = ("leader", "core", "member", "auxiliary")


class NoSuchPerson(InventoryError):
    """No person of that code, or none within reach. Facts: person."""


class UnknownForce(InventoryError):
    """No team or vehicle of that code. Facts: code."""


class UnknownShift(InventoryError):
    """No shift of that number in that team. Facts: shift."""


class TwoLeaders(InventoryError):
    """A team with more than one leader, or a person named twice. Facts: team."""


class ShiftEndsFirst(InventoryError):
    """A shift that ends before it starts. Facts: team."""


def save_person(connection: Connection, *, code: str, facts: Mapping[str, Any]) -> None:
    """Add a person, or change what is said of one."""
    if ids_by_code(connection, people, [code]):
        if facts:
            connection.execute(update(people).where(people.c.code == code).values(**facts))
    else:
        connection.execute(insert(people), {"roles": [], **facts, "code": code})
    registers_changed(connection)


def places_of_person(connection: Connection, code: str) -> set[str | None]:
    """Divisions of the stores a person keeps and of the teams one is in. Raises NoSuchPerson."""
    person = ids_by_code(connection, people, [code]).get(code)
    if person is None:
        raise NoSuchPerson(person=code)
    kept = select(stores.c.place_code).join(custodianships, custodianships.c.store_id == stores.c.id)
    serves = select(teams.c.place_code).join(team_members, team_members.c.team_id == teams.c.id)
    return {
        *connection.execute(kept.where(custodianships.c.person_id == person)).scalars(),
        *connection.execute(serves.where(team_members.c.person_id == person)).scalars(),
    }


def places_of_persons(connection: Connection, codes: Iterable[str]) -> dict[str, set[str | None]]:
    """The same of many at once; who keeps no store and is in no team is not in it."""
    wanted = sorted(set(codes))
    kept = (
        select(people.c.code, stores.c.place_code)
        .join(custodianships, custodianships.c.person_id == people.c.id)
        .join(stores, stores.c.id == custodianships.c.store_id)
    )
    serves = (
        select(people.c.code, teams.c.place_code)
        .join(team_members, team_members.c.person_id == people.c.id)
        .join(teams, teams.c.id == team_members.c.team_id)
    )
    found: dict[str, set[str | None]] = {}
    for start in range(0, len(wanted), 500):
        for query in (kept, serves):
            for code, place in connection.execute(query.where(people.c.code.in_(wanted[start : start + 500]))):
                found.setdefault(code, set()).add(place)
    return found


def set_status(connection: Connection, *, table: str, code: str, status: str) -> None:
    """A team or a vehicle is ready, resting, away for repair, … Raises UnknownForce."""
    of = {"teams": teams, "vehicles": vehicles}[table]
    if not connection.execute(update(of).where(of.c.code == code).values(status=status)).rowcount:
        raise UnknownForce(code=code)


def set_members(connection: Connection, *, team: str, members: Sequence[tuple[str, str]]) -> None:
    """(person, role) of everybody in a team, instead of who was. Raises UnknownForce, NoSuchPerson, TwoLeaders."""
    team_id = _team(connection, team).id
    codes = [person for person, _ in members]
    known = ids_by_code(connection, people, codes)
    for person in codes:
        if person not in known:
            raise NoSuchPerson(person=person)
    if len(set(codes)) < len(codes) or sum(role == "leader" for _, role in members) > 1:
        raise TwoLeaders(team=team)
    connection.execute(delete(team_members).where(team_members.c.team_id == team_id))
    rows = [{"team_id": team_id, "person_id": known[person], "role": role} for person, role in members]
    if rows:
        connection.execute(insert(team_members), rows)


def members_of(connection: Connection, team: str) -> list[dict[str, Any]]:
    """Who is in a team, by code. Raises UnknownForce."""
    rows = connection.execute(
        select(people.c.code, people.c.name, team_members.c.role)
        .join(team_members, team_members.c.person_id == people.c.id)
        .where(team_members.c.team_id == _team(connection, team).id)
        .order_by(people.c.code)
    )
    return [{"person": code, "name": name, "role": role} for code, name, role in rows]


def add_shift(connection: Connection, *, team: str, starts: datetime, ends: datetime, person: str | None = None) -> int:
    """On duty from `starts` to `ends`: a person, or the whole team. Its number. Raises UnknownForce, NoSuchPerson,
    ShiftEndsFirst."""
    team_id, person_id = _team(connection, team).id, None
    if ends <= starts:
        raise ShiftEndsFirst(team=team)
    if person is not None:
        person_id = ids_by_code(connection, people, [person]).get(person)
        if person_id is None:
            raise NoSuchPerson(person=person)
    row = {"team_id": team_id, "person_id": person_id, "starts": starts, "ends": ends}
    return int(connection.execute(insert(shifts).returning(shifts.c.id), row).scalar_one())


def end_shift(connection: Connection, *, team: str, shift: int) -> None:
    """Take a shift off the list. Raises UnknownForce, UnknownShift."""
    mine = (shifts.c.id == shift, shifts.c.team_id == _team(connection, team).id)
    if not connection.execute(delete(shifts).where(*mine)).rowcount:
        raise UnknownShift(shift=shift)


def _team(connection: Connection, code: str) -> AnyRow:
    row = connection.execute(select(teams.c.id, teams.c.place_code).where(teams.c.code == code)).first()
    if row is None:
        raise UnknownForce(code=code)
    return row
