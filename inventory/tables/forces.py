"""Who goes and in what: teams, their members and shifts, vehicles."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from inventory.tables.base import Id, Instant, Quantity, metadata, words

TEAM_STATES = ("ready", "out", "resting", "disbanded")
VEHICLE_STATES = ("ready", "out", "repair", "retired")

teams = Table(
    "teams",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(4000)),
    Column("name_en", String(4000)),
    Column("tier", String(64), nullable=False),
    Column("place_code", String(12), ForeignKey("places.code"), index=True),
    Column("lat", Float),
    Column("lon", Float),
    Column("capabilities", JSON, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("turnout_s", Integer, nullable=False),
    Column("available_from", Instant),
    Column("available_until", Instant),
    Column("carries", JSON),  # codes of items
    Column("store_id", Id, ForeignKey("stores.id")),  # at its base
    Column("status", String(16), nullable=False, server_default="ready"),
    CheckConstraint(words(*TEAM_STATES, column="status"), name="status"),
    CheckConstraint("headcount > 0 AND turnout_s >= 0", name="size"),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", Id, ForeignKey("teams.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("role", String(16), nullable=False, server_default="member"),
    CheckConstraint(words("leader", "core", "member", "auxiliary", column="role"), name="role"),
)

shifts = Table(
    "shifts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("team_id", Id, ForeignKey("teams.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id")),  # none = the whole team
    Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    CheckConstraint("ends > starts", name="range"),
)
Index("ix_shifts_team_id", shifts.c.team_id, shifts.c.starts)

vehicles = Table(
    "vehicles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False, index=True),
    Column("payload_kg", Quantity, nullable=False),
    Column("volume_m3", Quantity, nullable=False),
    Column("profile", String(64), nullable=False),
    Column("available_from", Instant),
    Column("status", String(16), nullable=False, server_default="ready"),
    CheckConstraint(words(*VEHICLE_STATES, column="status"), name="status"),
    CheckConstraint("payload_kg > 0 AND volume_m3 > 0", name="size"),
)
