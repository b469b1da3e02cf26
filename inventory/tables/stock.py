"""The ledger: operations, their movements, and the balances kept with them in one transaction."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from inventory.kinds import ELSEWHERE, MOVEMENTS, OPERATIONS, REASONS, STATES
from inventory.tables.base import APPEND_ONLY, Id, Instant, Quantity, metadata, words

# one row per store and item: the row that is locked before any stock of the pair is read for writing
stock_heads = Table(
    "stock_heads",
    metadata,
    Column("store_id", Id, ForeignKey("stores.id"), primary_key=True),
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("reserve_floor", Quantity),  # units this store always keeps
    CheckConstraint("reserve_floor IS NULL OR reserve_floor >= 0", name="floor"),
)

balances = Table(
    "balances",
    metadata,
    Column("id", Id, primary_key=True),
    Column("store_id", Id, nullable=False),
    Column("item_id", Id, nullable=False),
    Column("lot_id", Id, ForeignKey("lots.id"), nullable=False),
    Column("bin_id", Id, ForeignKey("bins.id")),  # none = not put away
    Column("state", String(16), nullable=False),
    Column("quantity", Quantity, nullable=False),
    Column("reserved", Quantity, nullable=False, server_default="0"),  # of `quantity`, for somebody
    Column("received", Date),
    ForeignKeyConstraint(["store_id", "item_id"], ["stock_heads.store_id", "stock_heads.item_id"]),
    CheckConstraint("quantity >= 0", name="quantity"),
    CheckConstraint("reserved >= 0 AND reserved <= quantity", name="reserved"),
    CheckConstraint("reserved = 0 OR state = 'serviceable'", name="reserved_state"),
    CheckConstraint(words(*STATES, *ELSEWHERE, column="state"), name="state"),
)
Index(
    "uq_balances_line",
    balances.c.store_id,
    balances.c.item_id,
    balances.c.lot_id,
    balances.c.state,
    text("coalesce(bin_id, 0)"),
    unique=True,
)
Index("ix_balances_item_id", balances.c.item_id, balances.c.store_id)
Index("ix_balances_lot_id", balances.c.lot_id)

# what one person did at one moment; never changed afterwards
operations = Table(
    "operations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("scope", String(64), nullable=False),  # whose keys: an account, a device
    Column("idempotency_key", String(64)),
    Column("request_hash", String(64)),  # of what was asked for under that key
    Column("actor", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("note", String(4000)),
    Column("reference", String(128)),  # a transfer order, a plan, an incident
    Column("occurred_at", Instant),  # what the person says; orders nothing
    Column("recorded_at", Instant, nullable=False),  # the server's clock
    Column("reverses_id", Id, ForeignKey("operations.id"), unique=True),
    UniqueConstraint("scope", "idempotency_key"),
    CheckConstraint(words(*OPERATIONS, column="kind"), name="kind"),
    CheckConstraint(words(*REASONS, column="reason"), name="reason"),
    info={APPEND_ONLY: True},
)
Index("ix_operations_reference", operations.c.reference)

# two legs: out of one balance and into another; none = from or to outside. Item and lot are those of the balances
movements = Table(
    "movements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operation_id", Id, ForeignKey("operations.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("quantity", Quantity, nullable=False),
    Column("from_id", Id, ForeignKey("balances.id")),
    Column("to_id", Id, ForeignKey("balances.id")),
    CheckConstraint(words(*MOVEMENTS, column="kind"), name="kind"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("from_id IS NOT NULL OR to_id IS NOT NULL", name="legs"),
    CheckConstraint(
        "CASE WHEN kind IN ('RESERVE', 'RELEASE') THEN coalesce(from_id = to_id, false) "
        "ELSE coalesce(from_id <> to_id, true) END",
        name="own_leg",
    ),
    info={APPEND_ONLY: True},
)
Index("ix_movements_from_id", movements.c.from_id, movements.c.id)
Index("ix_movements_to_id", movements.c.to_id, movements.c.id)

reservations = Table(
    "reservations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operation_id", Id, ForeignKey("operations.id"), nullable=False, index=True),
    Column("balance_id", Id, ForeignKey("balances.id"), nullable=False),
    Column("quantity", Quantity, nullable=False),  # what is left of it
    Column("reference", String(128), nullable=False),
    Column("expires_at", Instant),
    CheckConstraint("quantity >= 0", name="quantity"),
)
Index("ix_reservations_balance_id", reservations.c.balance_id, sqlite_where=text("quantity > 0"),
      postgresql_where=text("quantity > 0"))  # fmt: skip
Index("ix_reservations_reference", reservations.c.reference)
Index("ix_reservations_expires_at", reservations.c.expires_at, sqlite_where=text("quantity > 0"),
      postgresql_where=text("quantity > 0"))  # fmt: skip

numbers = Table(  # the last number given out of each series (transfer orders of a year, counts of a year)
    "numbers",
    metadata,
    Column("series", String(64), primary_key=True),
    Column("last", Integer, nullable=False),
)

settings = Table(  # facts about the database itself, such as the version of its rules
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)
