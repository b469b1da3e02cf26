"""The ledger, and the orders that take several steps."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant, Quantity

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "numbers",
        sa.Column("series", sa.String(length=64), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_numbers")),
    )
    op.create_table(
        "operations",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("occurred_at", Instant(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("reverses_id", Id, nullable=True),
        sa.CheckConstraint(
            "kind IN ('RECEIVE', 'MOVE', 'RESERVE', 'RELEASE', 'ISSUE', 'RETURN', 'TRANSFER_OUT', 'TRANSFER_IN', 'ADJUST', 'WRITE_OFF', 'REVERSE', 'ORDER')",
            name=op.f("ck_operations_kind"),
        ),
        sa.CheckConstraint(
            "reason IN ('OPENING', 'PURCHASE', 'DONATION', 'ALLOCATION', 'PUT_AWAY', 'REARRANGE', 'RESCUE', 'RELIEF', 'DRILL', 'LOAN', 'GIVE_BACK', 'REPLENISH', 'PLAN', 'COUNT', 'STATEMENT', 'DAMAGE', 'REPAIR', 'REPAIRED', 'QUARANTINE', 'RELEASED', 'RECALL', 'EXPIRY', 'RETIREMENT', 'LOSS', 'LOST_IN_TRANSIT', 'DAMAGED_IN_TRANSIT', 'CORRECTION', 'CANCELLED', 'EXPIRED_HOLD')",
            name=op.f("ck_operations_reason"),
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["operations.id"], name=op.f("fk_operations_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_operations_reverses_id")),
        sa.UniqueConstraint("scope", "idempotency_key", name=op.f("uq_operations_scope_idempotency_key")),
    )
    op.create_index("ix_operations_reference", "operations", ["reference"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "order_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("operation_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_order_events_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index(op.f("ix_order_events_number"), "order_events", ["number"], unique=False)
    op.create_table(
        "counts",
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("ledger_at", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'counted', 'approved', 'rejected')", name=op.f("ck_counts_status")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_counts_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counts")),
        sa.UniqueConstraint("number", name=op.f("uq_counts_number")),
    )
    op.create_index(op.f("ix_counts_store_id"), "counts", ["store_id"], unique=False)
    op.create_table(
        "stock_heads",
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("reserve_floor", Quantity(), nullable=True),
        sa.CheckConstraint("reserve_floor IS NULL OR reserve_floor >= 0", name=op.f("ck_stock_heads_floor")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_stock_heads_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_stock_heads_store_id")),
        sa.PrimaryKeyConstraint("store_id", "item_id", name=op.f("pk_stock_heads")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("from_store_id", Id, nullable=False),
        sa.Column("to_store_id", Id, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'picked', 'in_transit', 'received', 'refused', 'cancelled')",
            name=op.f("ck_transfers_status"),
        ),
        sa.CheckConstraint("from_store_id <> to_store_id", name=op.f("ck_transfers_stores")),
        sa.ForeignKeyConstraint(["from_store_id"], ["stores.id"], name=op.f("fk_transfers_from_store_id")),
        sa.ForeignKeyConstraint(["to_store_id"], ["stores.id"], name=op.f("fk_transfers_to_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("number", name=op.f("uq_transfers_number")),
    )
    op.create_index(op.f("ix_transfers_from_store_id"), "transfers", ["from_store_id"], unique=False)
    op.create_index(op.f("ix_transfers_to_store_id"), "transfers", ["to_store_id"], unique=False)
    op.create_table(
        "transfer_lines",
        sa.Column("id", Id, nullable=False),
        sa.Column("transfer_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("requested", Quantity(), nullable=False),
        sa.Column("approved", Quantity(), nullable=True),
        sa.CheckConstraint(
            "approved IS NULL OR (approved >= 0 AND approved <= requested)", name=op.f("ck_transfer_lines_approved")
        ),
        sa.CheckConstraint("requested > 0", name=op.f("ck_transfer_lines_requested")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_transfer_lines_item_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_lines_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_lines")),
    )
    op.create_index("uq_transfer_lines_item", "transfer_lines", ["transfer_id", "item_id"], unique=True)
    op.create_table(
        "balances",
        sa.Column("id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("lot_id", Id, nullable=False),
        sa.Column("bin_id", Id, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("reserved", Quantity(), server_default="0", nullable=False),
        sa.Column("received", sa.Date(), nullable=True),
        sa.CheckConstraint("reserved = 0 OR state = 'serviceable'", name=op.f("ck_balances_reserved_state")),
        sa.CheckConstraint(
            "state IN ('serviceable', 'damaged', 'repair', 'quarantined', 'recalled', 'expired', 'retired', 'issued', 'in_transit')",
            name=op.f("ck_balances_state"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_balances_quantity")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= quantity", name=op.f("ck_balances_reserved")),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.id"], name=op.f("fk_balances_bin_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_balances_lot_id")),
        sa.ForeignKeyConstraint(
            ["store_id", "item_id"],
            ["stock_heads.store_id", "stock_heads.item_id"],
            name=op.f("fk_balances_store_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balances")),
    )
    op.create_index("ix_balances_item_id", "balances", ["item_id", "store_id"], unique=False)
    op.create_index("ix_balances_lot_id", "balances", ["lot_id"], unique=False)
    op.create_index(
        "uq_balances_line",
        "balances",
        ["store_id", "item_id", "lot_id", "state", sa.literal_column("coalesce(bin_id, 0)")],
        unique=True,
    )
    op.create_table(
        "count_lines",
        sa.Column("id", Id, nullable=False),
        sa.Column("count_id", Id, nullable=False),
        sa.Column("balance_id", Id, nullable=False),
        sa.Column("book", Quantity(), nullable=False),
        sa.Column("expected", Quantity(), nullable=True),
        sa.Column("counted", Quantity(), nullable=True),
        sa.Column("counted_by", sa.String(length=64), nullable=True),
        sa.Column("counted_at", Instant(), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint(
            "book >= 0 AND (counted IS NULL OR (counted >= 0 AND expected IS NOT NULL))",
            name=op.f("ck_count_lines_quantity"),
        ),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_count_lines_balance_id")),
        sa.ForeignKeyConstraint(["count_id"], ["counts.id"], name=op.f("fk_count_lines_count_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_lines")),
    )
    op.create_index("uq_count_lines_balance", "count_lines", ["count_id", "balance_id"], unique=True)
    op.create_table(
        "loans",
        sa.Column("id", Id, nullable=False),
        sa.Column("operation_id", Id, nullable=False),
        sa.Column("balance_id", Id, nullable=False),
        sa.Column("home_id", Id, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("returned", Quantity(), server_default="0", nullable=False),
        sa.Column("borrower", sa.String(length=4000), nullable=False),
        sa.Column("due_back", sa.Date(), nullable=False),
        sa.CheckConstraint("quantity > 0 AND returned >= 0 AND returned <= quantity", name=op.f("ck_loans_quantity")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_loans_balance_id")),
        sa.ForeignKeyConstraint(["home_id"], ["balances.id"], name=op.f("fk_loans_home_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_loans_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans")),
    )
    op.create_index("ix_loans_balance_id", "loans", ["balance_id"], unique=False)
    op.create_table(
        "movements",
        sa.Column("id", Id, nullable=False),
        sa.Column("operation_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("from_id", Id, nullable=True),
        sa.Column("to_id", Id, nullable=True),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('RESERVE', 'RELEASE') THEN coalesce(from_id = to_id, false) ELSE coalesce(from_id <> to_id, true) END",
            name=op.f("ck_movements_own_leg"),
        ),
        sa.CheckConstraint(
            "kind IN ('RECEIVE', 'MOVE', 'RESERVE', 'RELEASE', 'ISSUE', 'RETURN', 'TRANSFER_OUT', 'TRANSFER_IN', 'ADJUST', 'WRITE_OFF', 'REVERSE')",
            name=op.f("ck_movements_kind"),
        ),
        sa.CheckConstraint("from_id IS NOT NULL OR to_id IS NOT NULL", name=op.f("ck_movements_legs")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movements_quantity")),
        sa.ForeignKeyConstraint(["from_id"], ["balances.id"], name=op.f("fk_movements_from_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_movements_operation_id")),
        sa.ForeignKeyConstraint(["to_id"], ["balances.id"], name=op.f("fk_movements_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
    )
    op.create_index("ix_movements_from_id", "movements", ["from_id", "id"], unique=False)
    op.create_index(op.f("ix_movements_operation_id"), "movements", ["operation_id"], unique=False)
    op.create_index("ix_movements_to_id", "movements", ["to_id", "id"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("id", Id, nullable=False),
        sa.Column("operation_id", Id, nullable=False),
        sa.Column("balance_id", Id, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_reservations_quantity")),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_reservations_balance_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_reservations_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(
        "ix_reservations_balance_id",
        "reservations",
        ["balance_id"],
        unique=False,
        sqlite_where=sa.text("quantity > 0"),
        postgresql_where=sa.text("quantity > 0"),
    )
    op.create_index(
        "ix_reservations_expires_at",
        "reservations",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("quantity > 0"),
        postgresql_where=sa.text("quantity > 0"),
    )
    op.create_index(op.f("ix_reservations_operation_id"), "reservations", ["operation_id"], unique=False)
    op.create_index("ix_reservations_reference", "reservations", ["reference"], unique=False)
    op.create_table(
        "transfer_picks",
        sa.Column("id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("reservation_id", Id, nullable=True),
        sa.Column("balance_id", Id, nullable=False),
        sa.Column("in_transit_id", Id, nullable=True),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("received", Quantity(), nullable=True),
        sa.Column("damaged", Quantity(), nullable=True),
        sa.Column("missing", Quantity(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_transfer_picks_quantity")),
        sa.CheckConstraint(
            "received IS NULL OR received + damaged + missing = quantity", name=op.f("ck_transfer_picks_arrival")
        ),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_transfer_picks_balance_id")),
        sa.ForeignKeyConstraint(["in_transit_id"], ["balances.id"], name=op.f("fk_transfer_picks_in_transit_id")),
        sa.ForeignKeyConstraint(["line_id"], ["transfer_lines.id"], name=op.f("fk_transfer_picks_line_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservations.id"], name=op.f("fk_transfer_picks_reservation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_picks")),
    )
    op.create_index(op.f("ix_transfer_picks_line_id"), "transfer_picks", ["line_id"], unique=False)
