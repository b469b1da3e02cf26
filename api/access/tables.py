"""Accounts, what they may do, their sessions and tokens; the audit log; answers to repeated requests."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from api.access.roles import ROLES
from inventory.tables.base import APPEND_ONLY, Id, Instant, metadata, words

USER_STATES = ("active", "disabled")

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),  # what one signs in with
    Column("person_id", Id, ForeignKey("people.id")),
    Column("password_hash", String(255)),  # none: signs in elsewhere, or is a machine
    Column("subject", String(255), unique=True),  # "issuer subject" of the county's own sign-in (OIDC)
    Column("lang", String(2), nullable=False, server_default="zh"),
    Column("status", String(16), nullable=False, server_default="active"),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),  # a password somebody else gave
    Column("failed", Integer, nullable=False, server_default="0"),  # sign-ins in a row
    Column("locked_until", Instant),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint(words(*USER_STATES, column="status"), name="status"),
    CheckConstraint(words("zh", "en", column="lang"), name="lang"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("role", String(32), nullable=False),
    Column("place_code", String(12)),  # this division and everything below it; none = everything
    Column("team_code", String(64)),  # of a team leader: the team that is theirs
    CheckConstraint(words(*ROLES, column="role"), name="role"),
)
Index(
    "uq_grants_user_id",
    grants.c.user_id,
    grants.c.role,
    text("coalesce(place_code, '')"),
    text("coalesce(team_code, '')"),
    unique=True,
)

# one row for each refresh token that was given out; those of one sign-in are a family
sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("family", String(32), nullable=False, index=True),
    Column("refresh_hash", String(64), nullable=False, unique=True),
    Column("recorded_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),  # exchanged for the next one; a second use betrays a thief
    Column("revoked_at", Instant),
)

tokens = Table(  # of machines
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("permissions", JSON, nullable=False),  # of those of its account, no others
    Column("recorded_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("user_id", "name"),
)

# append-only
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recorded_at", Instant, nullable=False, index=True),
    Column("actor", String(64), nullable=False, index=True),
    Column("request_id", String(64), nullable=False),
    Column("action", String(64), nullable=False),  # stock.issue, users.edit …
    Column("resource", String(64), nullable=False),
    Column("code", String(255), nullable=False),
    Column("place_code", String(12), index=True),
    Column("before", JSON),
    Column("after", JSON),
    info={APPEND_ONLY: True},
)
Index("ix_audit_resource", audit.c.resource, audit.c.code)

# what was answered to a request, so that the same request sent again does nothing and hears the same
answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scope", String(64), nullable=False),  # the account
    Column("key", String(64), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("etag", String(64)),
    Column("body", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False, index=True),
    UniqueConstraint("scope", "key"),
)
