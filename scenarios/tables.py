"""The tables of what happens: situations, incidents with their tasks and needs, closures, plans and orders."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from inventory.tables.base import TRIGGERS, Id, Instant, Quantity, metadata, words
from scenarios.guards import exercise_guards

SITUATION_KINDS = ("live", "exercise")
ENTRY_KINDS = ("LOAD", "PLAN", "CANCEL", "ISSUE", "RETURN")
LINE_KINDS = ("KEEP", "FREE", "ISSUE", "RETURN")
PLAN_REFERENCE = "plan:"  # and the situation: under this the stock of its plan is kept and issued
INCIDENT_STATES = ("open", "closed")
PLAN_STATES = ("draft", "committed", "superseded", "cancelled")
PROGRESS_STATES = ("en_route", "on_scene", "done", "home")
LIVE = "live"

situations = Table(
    "situations",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title_zh", String(4000), nullable=False),
    Column("title_en", String(4000), nullable=False),
    Column("as_of", Instant),  # of an exercise or a loaded scenario; the live one goes by the clock
    Column("roads", String(4000)),  # the road file, as the county has it
    Column("roads_crs", String(16)),
    Column("parameters", JSON, nullable=False, server_default="{}"),
    Column("place_code", String(12)),  # the division whose situation it is; none = of everything there is
    Column("closed_at", Instant),
    CheckConstraint(words(*SITUATION_KINDS, column="kind"), name="kind"),
    info={TRIGGERS: exercise_guards},
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False),
    Column("code", String(64), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("name", String(4000)),
    Column("name_en", String(4000)),
    Column("severity", Integer, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("place_code", String(12), ForeignKey("places.code")),
    Column("reported_at", Instant, nullable=False),
    Column("people_affected", Integer),
    Column("duration_h", Quantity),
    Column("status", String(16), nullable=False, server_default="open"),
    Column("note", String(4000)),
    Column("reported_by", String(64)),
    Column("source", String(255)),  # of an alert: sender, identifier
    Column("merged_into", String(64)),  # a duplicate of that one, and closed
    UniqueConstraint("situation_code", "code"),
    CheckConstraint("severity BETWEEN 1 AND 5", name="severity"),
    CheckConstraint(words(*INCIDENT_STATES, column="status"), name="status"),
)

incident_tasks = Table(
    "incident_tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident_id", Id, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("code", String(64), nullable=False),
    Column("capability", String(64), nullable=False),
    Column("teams_needed", Integer, nullable=False),
    Column("service_s", Integer, nullable=False),
    Column("due_s", Integer),
    Column("latest_s", Integer),
    Column("equipment", JSON),  # [[item, quantity as text], ...] for each team
    Column("synchronised", Boolean),
    CheckConstraint("teams_needed > 0 AND service_s >= 0", name="size"),
)

incident_demands = Table(
    "incident_demands",
    metadata,
    Column("incident_id", Id, ForeignKey("incidents.id"), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("quantity", Quantity, nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
)

closures = Table(
    "closures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False),
    Column("code", String(64), nullable=False),
    Column("content", JSON, nullable=False),  # as in problem.json
    UniqueConstraint("situation_code", "code"),
)

# what a dispatcher decides beforehand: this team to that task; never from that store to that incident
directives = Table(
    "directives",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("team", String(64)),
    Column("task", String(64)),
    Column("store", String(64)),
    Column("incident", String(64)),
    Column("item", String(64)),
    Column("note", String(4000)),
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", String(64)),
    CheckConstraint(words("pin", "ban", column="kind"), name="kind"),
    CheckConstraint(
        "(team IS NOT NULL AND task IS NOT NULL AND store IS NULL AND incident IS NULL AND item IS NULL) OR "
        "(kind = 'ban' AND team IS NULL AND task IS NULL AND store IS NOT NULL AND incident IS NOT NULL)",
        name="subject",
    ),
)

# plans that were made and not yet approved, with what they were made from
drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("content", Text, nullable=False),  # plan.json, byte for byte
    Column("sha256", String(64), nullable=False),
    Column("basis", JSON, nullable=False),  # kind -> code -> digest
    Column("replans_id", Id, ForeignKey("plans.id")),  # the plan in force it was made from
    Column("as_of", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("plan_id", Id, ForeignKey("plans.id")),  # once it is approved
)

# Common Alerting Protocol 1.2, as it came
alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("sender", String(255), nullable=False),
    Column("identifier", String(255), nullable=False),
    Column("sent", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("msg_type", String(16), nullable=False),
    Column("event", String(255), nullable=False),
    Column("headline", String(4000)),
    Column("urgency", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("certainty", String(16), nullable=False),
    Column("effective", Instant),
    Column("expires", Instant),
    Column("area", JSON, nullable=False),  # GeoJSON MultiPolygon and circles, with their descriptions
    Column("place_code", String(12)),
    Column("content", Text, nullable=False),  # the XML
    Column("incident", String(64)),  # that was made of it
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    UniqueConstraint("sender", "identifier"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),  # of plan.json
    Column("problem_sha256", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("content", Text, nullable=False),  # plan.json, byte for byte
    Column("operation_id", Id, ForeignKey("operations.id")),  # that put it in force; of an exercise, no operation did
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("as_of", Instant),  # the moment the plan is for: its seconds count from here
    CheckConstraint(words(*PLAN_STATES, column="status"), name="status"),
)
_COMMITTED = text("status = 'committed'")
# a situation runs by one plan at a time
Index("uq_plans_committed", plans.c.situation_code, unique=True, sqlite_where=_COMMITTED, postgresql_where=_COMMITTED)

shipments = Table(
    "shipments",
    metadata,
    Column("plan_id", Id, ForeignKey("plans.id"), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("incident", String(64), nullable=False),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False),
    Column("lot_code", String(64), nullable=False),
    Column("quantity", Quantity, nullable=False),
    Column("task", String(64)),  # equipment for it, not for a demand
    Column("team", String(64)),  # that takes it along
    CheckConstraint("quantity > 0", name="quantity"),
)

orders = Table(
    "team_orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False, index=True),
    Column("team", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("incident", String(64), nullable=False),
    Column("task", String(64), nullable=False),
    Column("depart_s", Integer),  # none: under way before the plan
    Column("arrive_s", Integer, nullable=False),
    Column("status", String(16), nullable=False, server_default="issued"),
    UniqueConstraint("plan_id", "team", "position"),
)

progress = Table(
    "team_progress",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),  # in force when it was reported
    Column("team", String(64), nullable=False),
    Column("incident", String(64), nullable=False),
    Column("task", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("arrives_at", Instant),  # of a team on its way
    Column("lat", Float),  # where a team on its way was at that instant
    Column("lon", Float),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    CheckConstraint(words(*PROGRESS_STATES, column="state"), name="state"),
    CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="place"),
    Index("ix_team_progress_situation_code", "situation_code", "team"),
)

# what an exercise draws: its own book beside the ledger. Nothing of it ever reaches a balance
exercise_entries = Table(
    "exercise_entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("situation_code", String(64), ForeignKey("situations.code"), nullable=False, index=True),
    Column("plan_id", Id, ForeignKey("plans.id"), index=True),  # that it put in force
    Column("kind", String(16), nullable=False),
    Column("scope", String(64), nullable=False),  # as of operations
    Column("idempotency_key", String(64)),
    Column("request_hash", String(64)),
    Column("actor", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("note", String(4000)),
    Column("at", Instant, nullable=False),  # by the clock of the exercise
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("scope", "idempotency_key"),
    CheckConstraint(words(*ENTRY_KINDS, column="kind"), name="kind"),
)

exercise_lines = Table(
    "exercise_lines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entry_id", Id, ForeignKey("exercise_entries.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False),
    Column("lot_code", String(64), nullable=False),
    Column("quantity", Quantity, nullable=False),
    CheckConstraint(words(*LINE_KINDS, column="kind"), name="kind"),
    CheckConstraint("quantity > 0", name="quantity"),
)
