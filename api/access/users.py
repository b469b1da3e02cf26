"""Accounts and what they may do. Nobody gives away more than they have, and the last administrator stays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.access import passwords
from api.access.roles import PERMISSIONS, PERMITTED, ROLES
from api.access.scope import Caller, Grant, OutsideScope
from api.access.sign_in import end_sessions_of, grants_of
from api.access.tables import grants, tokens, users
from api.access.tokens import MACHINE, kept, new_secret
from api.office import UnknownPlace
from inventory.errors import InventoryError
from inventory.places import division_level
from inventory.tables.places import places


class UnknownUser(InventoryError):
    """No account of that name. Facts: user."""


class UserTaken(InventoryError):
    """There is an account of that name. Facts: user."""


class UnknownRole(InventoryError):
    """No role of that name. Facts: role, known."""


class UnknownPermission(InventoryError):
    """No permission of that name, or not one of the account's own. Facts: permission, known."""


class LastAdministrator(InventoryError):
    """Nobody could manage accounts any more. Facts: user."""


class TooMuch(InventoryError):
    """More than whoever gives it may do themselves. Facts: role, place."""


class WrongOldPassword(InventoryError):
    """The present password is not this one."""


class TokenTaken(InventoryError):
    """The account has a token of that name. Facts: name."""


class SubjectTaken(InventoryError):
    """Another account is linked with that number of the identity provider. Facts: user."""


@dataclass(frozen=True, slots=True)
class User:
    code: str
    status: str
    lang: str
    must_change: bool
    person: str | None
    grants: tuple[Grant, ...]
    recorded_at: datetime


def find_user(connection: Connection, code: str, *, locked: bool = True) -> Row[Any]:
    """Raises UnknownUser."""
    wanted = select(users).where(users.c.code == code)
    row = connection.execute(wanted.with_for_update() if locked else wanted).first()
    if row is None:
        raise UnknownUser(user=code)
    return row


def add_user(
    connection: Connection, *, code: str, password: str | None, given: Sequence[Grant], at: datetime, by: Caller | None,
    lang: str = "zh", must_change: bool = False,
) -> None:  # fmt: skip
    """`by` None: from the command line of the machine itself. Raises UserTaken, WeakPassword, UnknownRole, TooMuch."""
    _may_give(connection, by, given)
    made = password and passwords.hashed(password, account=code)
    if connection.execute(select(users.c.id).where(users.c.code == code)).first() is not None:
        raise UserTaken(user=code)
    row = {"code": code, "password_hash": made, "lang": lang, "must_change": must_change, "recorded_at": at}
    number = connection.execute(insert(users).returning(users.c.id), row).scalar_one()
    _write_grants(connection, number, given)


def set_grants(connection: Connection, code: str, given: Sequence[Grant], *, by: Caller | None) -> None:
    """All of an account's grants anew. Raises UnknownUser, UnknownRole, TooMuch, LastAdministrator."""
    row = find_user(connection, code)
    _may_give(connection, by, {*given, *grants_of(connection, row.id)})
    connection.execute(delete(grants).where(grants.c.user_id == row.id))
    _write_grants(connection, row.id, given)
    _somebody_manages(connection, code)


def set_status(connection: Connection, code: str, status: str, *, at: datetime, by: Caller | None) -> None:
    """Close an account, or open it again. Raises UnknownUser, TooMuch, LastAdministrator."""
    row = find_user(connection, code)
    _may_give(connection, by, grants_of(connection, row.id))
    connection.execute(update(users).where(users.c.id == row.id).values(status=status, failed=0, locked_until=None))
    if status == "disabled":
        end_sessions_of(connection, row.id, at=at)
        _somebody_manages(connection, code)


def set_password(connection: Connection, code: str, password: str, *, at: datetime, by: Caller | None) -> None:
    """A password for somebody else, who has to change it at once. Raises UnknownUser, WeakPassword, TooMuch."""
    row = find_user(connection, code)
    _may_give(connection, by, grants_of(connection, row.id))
    made = passwords.hashed(password, account=code)
    change = {"password_hash": made, "must_change": by is not None, "failed": 0, "locked_until": None}
    connection.execute(update(users).where(users.c.id == row.id).values(**change))
    end_sessions_of(connection, row.id, at=at)


def set_subject(connection: Connection, code: str, subject: str | None, *, at: datetime, by: Caller | None) -> None:
    """Who an account is at the identity provider ("issuer subject"); None: nobody. A password the account has stays,
    for when the provider is down. Ends its sessions. Raises UnknownUser, SubjectTaken, TooMuch."""
    row = find_user(connection, code)
    _may_give(connection, by, grants_of(connection, row.id))
    other = select(users.c.code).where(users.c.subject == subject, users.c.id != row.id)
    if subject is not None and (taken := connection.execute(other).scalar()) is not None:
        raise SubjectTaken(user=taken)
    if row.subject != subject:
        connection.execute(update(users).where(users.c.id == row.id).values(subject=subject))
        end_sessions_of(connection, row.id, at=at)


def change_password(connection: Connection, caller: Caller, *, old: str, new: str, at: datetime) -> None:
    """One's own; ends every session. Raises WrongOldPassword, WeakPassword."""
    row = find_user(connection, caller.name)
    if not passwords.fits(old, row.password_hash):
        raise WrongOldPassword
    made = passwords.hashed(new, account=caller.name)
    connection.execute(update(users).where(users.c.id == row.id).values(password_hash=made, must_change=False))
    end_sessions_of(connection, row.id, at=at)


def add_token(
    connection: Connection, code: str, *, name: str, permissions: Iterable[str], at: datetime, expires_at: datetime,
    by: Caller | None,
) -> str:  # fmt: skip
    """A machine token, shown this once. Raises UnknownUser, UnknownPermission, TokenTaken, TooMuch."""
    row = find_user(connection, code)
    mine = grants_of(connection, row.id)
    _may_give(connection, by, mine)
    own = frozenset[str]().union(*(PERMITTED[one.role] for one in mine))
    wanted = sorted(set(permissions))
    for one in wanted:
        if one not in own:
            raise UnknownPermission(permission=one, known=", ".join(sorted(own)))
    token = MACHINE + new_secret()
    try:
        connection.execute(
            insert(tokens),
            {"user_id": row.id, "name": name, "token_hash": kept(token), "permissions": wanted, "recorded_at": at,
             "expires_at": expires_at},
        )  # fmt: skip
    except IntegrityError:
        raise TokenTaken(name=name) from None
    return token


def revoke_token(connection: Connection, code: str, name: str, *, at: datetime, by: Caller | None) -> bool:
    """Whether there was one. Raises UnknownUser, TooMuch."""
    row = find_user(connection, code)
    _may_give(connection, by, grants_of(connection, row.id))
    mine = (tokens.c.user_id == row.id) & (tokens.c.name == name) & tokens.c.revoked_at.is_(None)
    return bool(connection.execute(update(tokens).where(mine).values(revoked_at=at)).rowcount)


def _may_give(connection: Connection, by: Caller | None, given: Iterable[Grant]) -> None:
    """A grant reaches no further than that of whoever gives it."""
    for one in given:
        if one.role not in ROLES:
            raise UnknownRole(role=one.role, known=", ".join(ROLES))
        if one.place is not None:
            division_level(one.place)
            if connection.execute(select(places.c.code).where(places.c.code == one.place)).first() is None:
                raise UnknownPlace(place=one.place)
        if by is None:
            continue
        mine = by.permissions
        if "users.manage" not in mine or not PERMITTED[one.role] <= mine:
            raise TooMuch(role=one.role, place=one.place or "-")
        try:
            by.scope("users.manage").check(one.place)
        except OutsideScope:
            raise TooMuch(role=one.role, place=one.place or "-") from None


def _write_grants(connection: Connection, user_id: int, given: Sequence[Grant]) -> None:
    rows = [
        {"user_id": user_id, "role": one.role, "place_code": one.place, "team_code": one.team}
        for one in dict.fromkeys(given)
    ]
    if rows:
        connection.execute(insert(grants), rows)


def _somebody_manages(connection: Connection, code: str) -> None:
    left = connection.execute(
        select(users.c.id)
        .join(grants, grants.c.user_id == users.c.id)
        .where(grants.c.role == "administrator", grants.c.place_code.is_(None), users.c.status == "active")
        .limit(1)
    ).first()
    if left is None:
        raise LastAdministrator(user=code)


ALL_PERMISSIONS = tuple(PERMISSIONS)
