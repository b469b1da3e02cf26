"""Signing in, staying so, and signing out. Refresh tokens are used once; a second use ends the whole session."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from api.access import passwords
from api.access.scope import Caller, Grant
from api.access.tables import grants, sessions, tokens, users
from api.access.tokens import MACHINE, NotSignedIn, Pass, SessionOver, kept, new_secret
from inventory.errors import InventoryError
from inventory.ledger.post import insert_into

TRIES = 5  # wrong passwords in a row, then a pause that doubles up to an hour (assumed)
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


class WrongPassword(InventoryError):
    """No account of that name with that password; which of the two is not said."""


class LockedOut(InventoryError):
    """Too many wrong passwords. Facts: until."""


class NotLinked(InventoryError):
    """Somebody known to the identity provider, with no account here that may be used. Facts: subject."""


class MustChange(InventoryError):
    """Somebody else set this password: nothing but changing it is possible."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    user_id: int
    family: str
    refresh: str
    expires_at: datetime
    must_change: bool
    account: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An attempt that failed; it is returned, not raised, so that its count is committed."""

    error: InventoryError
    account: str | None = None  # whose, where there is such an account


def sign_in(connection: Connection, *, name: str, password: str, at: datetime, lasts: timedelta) -> SignedIn | Refused:
    """With name and password. Wrong ones are counted, for the account whoever tries."""
    user = connection.execute(select(users).where(users.c.code == name).with_for_update()).first()
    if user is not None and user.locked_until is not None and user.locked_until > at:
        return Refused(LockedOut(until=user.locked_until), user.code)
    right = passwords.fits(password, None if user is None or user.status != "active" else user.password_hash)
    if user is None:
        return Refused(WrongPassword())
    if not right:
        failed = user.failed + 1
        over = failed - TRIES
        until = at + min(PAUSE * 2 ** min(over, 10), LONGEST_PAUSE) if over >= 0 else None
        connection.execute(update(users).where(users.c.id == user.id).values(failed=failed, locked_until=until))
        return Refused(WrongPassword() if until is None else LockedOut(until=until), user.code)
    if user.failed:
        connection.execute(update(users).where(users.c.id == user.id).values(failed=0, locked_until=None))
    return begin_session(connection, user, at=at, lasts=lasts)


def sign_in_as(
    connection: Connection, *, subject: str, code: str, at: datetime, lasts: timedelta
) -> SignedIn | Refused:
    """Whom the identity provider vouched for. `code` is good for one session: a second use ends that one."""
    spent = select(sessions.c.family).where(sessions.c.refresh_hash == kept(code))
    user = connection.execute(select(users).where(users.c.subject == subject).with_for_update()).first()
    if user is None or user.status != "active":
        _, _, number = subject.partition(" ")
        return Refused(NotLinked(subject=number), None if user is None else user.code)
    family = secrets.token_hex(16)
    row = {"user_id": user.id, "family": family, "refresh_hash": kept(code), "recorded_at": at, "expires_at": at,
           "used_at": at}  # fmt: skip
    once = insert_into(connection.dialect.name)(sessions).on_conflict_do_nothing().returning(sessions.c.id)
    if connection.execute(once, row).scalar() is None:
        end_session(connection, connection.execute(spent).scalar_one(), at=at)
        return Refused(SessionOver(), user.code)
    return _next(connection, user, family, expires_at=at + lasts, at=at)


def begin_session(connection: Connection, user: Row[Any], *, at: datetime, lasts: timedelta) -> SignedIn:
    return _next(connection, user, secrets.token_hex(16), expires_at=at + lasts, at=at)


def _next(connection: Connection, user: Row[Any], family: str, *, expires_at: datetime, at: datetime) -> SignedIn:
    token = new_secret()
    connection.execute(
        insert(sessions),
        {
            "user_id": user.id,
            "family": family,
            "refresh_hash": kept(token),
            "recorded_at": at,
            "expires_at": expires_at,
        },
    )
    return SignedIn(user.id, family, token, expires_at, bool(user.must_change), user.code)


def refresh(
    connection: Connection, token: str, *, at: datetime, lasts: timedelta, whole: timedelta
) -> SignedIn | Refused:
    """The next refresh token for one that is spent by this. A session ends `whole` after it began, however often it
    was refreshed."""
    row = connection.execute(select(sessions).where(sessions.c.refresh_hash == kept(token)).with_for_update()).first()
    if row is None:
        return Refused(NotSignedIn())
    user = connection.execute(select(users).where(users.c.id == row.user_id)).one()
    if row.used_at is not None:  # somebody has a copy
        end_session(connection, row.family, at=at)
        return Refused(SessionOver(), user.code)
    if row.revoked_at is not None or row.expires_at <= at or user.status != "active":
        return Refused(SessionOver(), user.code)
    began = select(func.min(sessions.c.recorded_at)).where(sessions.c.family == row.family)
    over = connection.execute(began).scalar_one() + whole
    if over <= at:
        return Refused(SessionOver(), user.code)
    connection.execute(update(sessions).where(sessions.c.id == row.id).values(used_at=at))
    return _next(connection, user, row.family, expires_at=min(at + lasts, over), at=at)


def end_session(connection: Connection, family: str, *, at: datetime) -> None:
    connection.execute(
        update(sessions).where(sessions.c.family == family, sessions.c.revoked_at.is_(None)).values(revoked_at=at)
    )


def end_sessions_of(connection: Connection, user_id: int, *, at: datetime) -> None:
    """Everywhere: after a new password, or when an account is closed."""
    connection.execute(
        update(sessions).where(sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None)).values(revoked_at=at)
    )


def caller_of(connection: Connection, given: Pass, *, at: datetime) -> Caller:
    """The account behind an access token, as it is now. Raises SessionOver."""
    row = connection.execute(
        select(users.c.id, users.c.code, users.c.lang, users.c.must_change)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(users.c.id == given.user_id, users.c.status == "active", sessions.c.family == given.family)
        .where(sessions.c.revoked_at.is_(None), sessions.c.used_at.is_(None), sessions.c.expires_at > at)
    ).first()
    if row is None:
        raise SessionOver
    return Caller(row.id, row.code, grants_of(connection, row.id), row.lang, must_change=bool(row.must_change))


def machine_of(connection: Connection, token: str, *, at: datetime) -> Caller:
    """The account behind a machine token. Raises NotSignedIn, SessionOver."""
    if not token.startswith(MACHINE):
        raise NotSignedIn
    row = connection.execute(
        select(users.c.id, users.c.code, users.c.lang, tokens.c.permissions, tokens.c.name, tokens.c.expires_at,
               tokens.c.revoked_at)
        .join(tokens, tokens.c.user_id == users.c.id)
        .where(tokens.c.token_hash == kept(token), users.c.status == "active")
    ).first()  # fmt: skip
    if row is None:
        raise NotSignedIn
    if row.revoked_at is not None or row.expires_at <= at:
        raise SessionOver
    return Caller(row.id, row.code, grants_of(connection, row.id), row.lang, frozenset(row.permissions), row.name)


def grants_of(connection: Connection, user_id: int) -> tuple[Grant, ...]:
    rows = connection.execute(
        select(grants.c.role, grants.c.place_code, grants.c.team_code)
        .where(grants.c.user_id == user_id)
        .order_by(grants.c.role, grants.c.place_code, grants.c.team_code)
    )
    return tuple(Grant(*tuple(row)) for row in rows)


def shown_grants(given: tuple[Grant, ...]) -> list[Mapping[str, str | None]]:
    return [{"role": one.role, "place": one.place, "team": one.team} for one in given]
