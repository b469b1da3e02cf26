"""The five fixed: checks done, their evidence, holds, findings, tasks and scores."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    exists,
    text,
)

from inventory.kinds import KINDS
from inventory.tables.base import APPEND_ONLY, Id, Instant, Quantity, metadata, words

TASK_STATES = ("open", "assigned", "done", "failed", "lapsed")

# append-only, like the ledger
maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("item_id", Id, ForeignKey("items.id")),  # none = the whole store
    Column("lot_code", String(64)),  # none = every lot of the item
    Column("kind", String(16), nullable=False),
    Column("done_on", Date, nullable=False),
    Column("result", String(8), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("note", String(4000)),
    CheckConstraint(words(*KINDS, column="kind"), name="kind"),
    CheckConstraint(words("PASSED", "FAILED", column="result"), name="result"),
    CheckConstraint(
        "item_id IS NOT NULL OR (lot_code IS NULL AND kind IN ('STOCKTAKE', 'SEASON_CHECK'))", name="whole_store"
    ),
    info={APPEND_ONLY: True},
)
Index("ix_maintenance_store_id", maintenance.c.store_id, maintenance.c.item_id)

_later = maintenance.alias("later")
in_force = ~(
    (maintenance.c.result == "FAILED")
    & exists().where(
        _later.c.result == "PASSED",
        _later.c.recorded_at > maintenance.c.recorded_at,
        _later.c.store_id == maintenance.c.store_id,
        _later.c.kind == maintenance.c.kind,
        _later.c.done_on == maintenance.c.done_on,
        _later.c.item_id.is_not_distinct_from(maintenance.c.item_id),
        _later.c.lot_code.is_not_distinct_from(maintenance.c.lot_code),
    )
)
"""Records that count: all but failures that were mended and checked again on the same day, for a day keeps no order
of its own, while the records do."""

# lots whose last word is a failed check: unserviceable at once, whatever their state says
holds = Table(
    "holds",
    metadata,
    Column("store_id", Id, ForeignKey("stores.id"), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("lot_code", String(64), primary_key=True),  # "" = stock without a lot number
    Column("kind", String(16), primary_key=True),
    Column("failed_on", Date, nullable=False),
)

# evidence and other files; the bytes lie in a folder, named by their hash
attachments = Table(
    "attachments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("about", String(255), nullable=False, index=True),  # a task key, an operation
    Column("actor", String(64), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    info={APPEND_ONLY: True},
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scope", String(64), nullable=False),  # a division code, or "" for all
    Column("as_of", Instant, nullable=False),
    Column("day", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("seen", String(255), nullable=False),  # what it saw: last movement, last check, versions
    Column("rule_set", String(64), nullable=False),
)

# the findings and the score of each store as last evaluated
findings = Table(
    "findings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("evaluation_id", Id, ForeignKey("evaluations.id"), nullable=False),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("code", String(32), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("item", String(64)),
    Column("lot", String(64)),
    Column("kind", String(16)),
    Column("due", Date),
    Column("task", String(512)),
    Column("blocks", Boolean, nullable=False),
    Column("facts", JSON, nullable=False),
)
Index("ix_findings_store_id", findings.c.store_id, findings.c.severity)

store_scores = Table(
    "store_scores",
    metadata,
    Column("store_id", Id, ForeignKey("stores.id"), primary_key=True),
    Column("evaluation_id", Id, ForeignKey("evaluations.id"), nullable=False),
    Column("score", Float, nullable=False),  # 0 to 1
    Column("failed", Boolean, nullable=False),
    Column("serviceable_share", Float),  # none where nothing is held
    Column("minor", Integer, nullable=False),
    Column("major", Integer, nullable=False),
    Column("critical", Integer, nullable=False),
    Column("overdue", Integer, nullable=False),
    Column("due_soon", Integer, nullable=False),
    Column("shares", JSON, nullable=False),  # rule -> pass share
)

# what somebody has to do; one open task of a key at a time
tasks = Table(
    "care_tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(512), nullable=False),  # STORE/ITEM/LOT/KIND
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False),
    Column("item", String(64)),
    Column("lot", String(64)),
    Column("kind", String(32), nullable=False),
    Column("due", Date),
    Column("severity", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("assignee", String(64)),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", String(64)),
    Column("note", String(4000)),
    CheckConstraint(words(*TASK_STATES, column="status"), name="status"),
)
_LIVE = "status IN ('open', 'assigned')"
Index("uq_care_tasks_live", tasks.c.key, unique=True, sqlite_where=text(_LIVE), postgresql_where=text(_LIVE))
Index("ix_care_tasks_store_id", tasks.c.store_id, tasks.c.status)

# the county's changes to the built-in rules, as they were imported
rule_overrides = Table(
    "rule_overrides",
    metadata,
    Column("id", Id, primary_key=True),
    Column("place_code", String(12), ForeignKey("places.code")),  # none = everywhere
    Column("content", JSON, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
)

# an emergency override of a gate: who lifted what, why
overrides = Table(
    "overrides",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operation_id", Id, ForeignKey("operations.id"), nullable=False, index=True),
    Column("balance_id", Id, ForeignKey("balances.id"), nullable=False),
    Column("blocked", JSON, nullable=False),  # the tasks that were overdue, or the state
    Column("quantity", Quantity, nullable=False),
    Column("person", String(64), nullable=False),
    Column("reason", String(4000), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    info={APPEND_ONLY: True},
)
