"""The tables of relief: shelters, evacuees with whoever answers for them, requests for aid, shift hand-overs."""

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
    UniqueConstraint,
)

from inventory.tables.base import APPEND_ONLY, Id, Instant, metadata, words

SHELTER_STATES = ("ready", "open", "closed")
EVACUEE_STATES = ("listed", "moving", "sheltered", "home")
AID_STATES = ("asked", "passed_on", "accepted", "refused", "met", "withdrawn")

shelters = Table(
    "shelters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", String(4000), nullable=False),
    Column("name_en", String(4000)),
    Column("place_code", String(12), ForeignKey("places.code"), nullable=False, index=True),
    Column("lat", Float),
    Column("lon", Float),
    Column("capacity", Integer, nullable=False),  # people
    Column("status", String(16), nullable=False, server_default="ready"),
    CheckConstraint(words(*SHELTER_STATES, column="status"), name="status"),
    CheckConstraint("capacity > 0", name="capacity"),
)

# a household, or one person; each is bound to exactly one responsible person
evacuees = Table(
    "evacuees",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False),
    Column("code", String(64), nullable=False),
    Column("incident", String(64), nullable=False),
    Column("people", Integer, nullable=False),
    Column("place_code", String(12), ForeignKey("places.code"), nullable=False, index=True),
    Column("batch", Integer, nullable=False),  # 1 moves first
    Column("responsible", String(64), nullable=False),  # code of a person
    Column("shelter_id", Id, ForeignKey("shelters.id")),
    Column("status", String(16), nullable=False, server_default="listed"),
    Column("moved_at", Instant),
    Column("note", String(4000)),
    UniqueConstraint("situation_code", "code"),
    CheckConstraint(words(*EVACUEE_STATES, column="status"), name="status"),
    CheckConstraint("people > 0 AND batch > 0", name="size"),
    CheckConstraint("status <> 'sheltered' OR shelter_id IS NOT NULL", name="shelter"),
)
Index("ix_evacuees_shelter_id", evacuees.c.shelter_id)
Index("ix_evacuees_responsible", evacuees.c.situation_code, evacuees.c.responsible)

# help asked of the level above: village -> town -> county
aid_requests = Table(
    "aid_requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("from_place", String(12), ForeignKey("places.code"), nullable=False, index=True),
    Column("to_place", String(12), ForeignKey("places.code"), nullable=False, index=True),
    Column("incident", String(64)),
    Column("short", JSON, nullable=False),  # [{item|capability, quantity as text, reason}]
    Column("status", String(16), nullable=False),
    Column("passed_on_as", String(32)),  # the request one level up
    Column("note", String(4000)),
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint(words(*AID_STATES, column="status"), name="status"),
    CheckConstraint("from_place <> to_place", name="places"),
)

aid_events = Table(  # append-only
    "aid_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("request_id", Id, ForeignKey("aid_requests.id"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("note", String(4000)),
    Column("recorded_at", Instant, nullable=False),
    info={APPEND_ONLY: True},
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("place_code", String(12)),
    Column("content", String(20000), nullable=False),
    Column("open_points", JSON, nullable=False),  # texts
    Column("state", JSON, nullable=False),  # counts as they stood: incidents, teams out, unmet needs
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("taken_by", String(64)),
    Column("taken_at", Instant),
)
