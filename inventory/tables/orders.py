"""Work on stock that takes several steps: transfers, stocktakes, loans."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from inventory.tables.base import APPEND_ONLY, Id, Instant, Quantity, metadata, words

TRANSFER_STATES = ("requested", "approved", "picked", "in_transit", "received", "refused", "cancelled")
COUNT_STATES = ("open", "counted", "approved", "rejected")

transfers = Table(
    "transfers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("from_store_id", Id, ForeignKey("stores.id"), nullable=False, index=True),
    Column("to_store_id", Id, ForeignKey("stores.id"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("note", String(4000)),
    Column("requested_at", Instant, nullable=False),
    CheckConstraint("from_store_id <> to_store_id", name="stores"),
    CheckConstraint(words(*TRANSFER_STATES, column="status"), name="status"),
)

transfer_lines = Table(
    "transfer_lines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("transfer_id", Id, ForeignKey("transfers.id"), nullable=False),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False),
    Column("requested", Quantity, nullable=False),
    Column("approved", Quantity),
    CheckConstraint("requested > 0", name="requested"),
    CheckConstraint("approved IS NULL OR (approved >= 0 AND approved <= requested)", name="approved"),
)
Index("uq_transfer_lines_item", transfer_lines.c.transfer_id, transfer_lines.c.item_id, unique=True)

# which units of which lot go, from approval on; `in_transit_id` holds them between the stores
transfer_picks = Table(
    "transfer_picks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("line_id", Id, ForeignKey("transfer_lines.id"), nullable=False, index=True),
    Column("reservation_id", Id, ForeignKey("reservations.id")),
    Column("balance_id", Id, ForeignKey("balances.id"), nullable=False),
    Column("in_transit_id", Id, ForeignKey("balances.id")),
    Column("quantity", Quantity, nullable=False),
    Column("received", Quantity),  # sound units that arrived
    Column("damaged", Quantity),
    Column("missing", Quantity),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("received IS NULL OR received + damaged + missing = quantity", name="arrival"),
)

# every step of a transfer or a count: who, when; never changed afterwards
order_events = Table(
    "order_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(32), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("note", String(4000)),
    Column("recorded_at", Instant, nullable=False),
    Column("operation_id", Id, ForeignKey("operations.id")),
    info={APPEND_ONLY: True},
)

counts = Table(
    "counts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("store_id", Id, ForeignKey("stores.id"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ledger_at", Integer, nullable=False),  # the last movement the book quantities know of
    CheckConstraint(words(*COUNT_STATES, column="status"), name="status"),
)

count_lines = Table(
    "count_lines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("count_id", Id, ForeignKey("counts.id"), nullable=False),
    Column("balance_id", Id, ForeignKey("balances.id"), nullable=False),
    Column("book", Quantity, nullable=False),  # at the opening; the counter does not see it
    Column("expected", Quantity),  # with what came and went until it was counted
    Column("counted", Quantity),
    Column("counted_by", String(64)),
    Column("counted_at", Instant),
    Column("note", String(4000)),
    CheckConstraint("book >= 0 AND (counted IS NULL OR (counted >= 0 AND expected IS NOT NULL))", name="quantity"),
)
Index("uq_count_lines_balance", count_lines.c.count_id, count_lines.c.balance_id, unique=True)

loans = Table(
    "loans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operation_id", Id, ForeignKey("operations.id"), nullable=False),
    Column("balance_id", Id, ForeignKey("balances.id"), nullable=False),  # the issued units
    Column("home_id", Id, ForeignKey("balances.id"), nullable=False),  # where they go back to
    Column("quantity", Quantity, nullable=False),
    Column("returned", Quantity, nullable=False, server_default="0"),
    Column("borrower", String(4000), nullable=False),
    Column("due_back", Date, nullable=False),
    CheckConstraint("quantity > 0 AND returned >= 0 AND returned <= quantity", name="quantity"),
)
Index("ix_loans_balance_id", loans.c.balance_id)
