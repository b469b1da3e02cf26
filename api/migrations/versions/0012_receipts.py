"""Orders are acknowledged; goods that came are put on record."""

import sqlalchemy as sa
from alembic import op

from api.migrations.rewriting import rewrite
from inventory.tables.base import Id, Instant, Quantity

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BEFORE = "state IN ('en_route', 'on_scene', 'done', 'home')"
AFTER = "state IN ('acknowledged', 'en_route', 'on_scene', 'done', 'home')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        rewrite("team_progress", BEFORE, AFTER)
    else:
        op.drop_constraint(op.f("ck_team_progress_state"), "team_progress")
        op.create_check_constraint(op.f("ck_team_progress_state"), "team_progress", AFTER)
    op.create_table(
        "shipment_receipts",
        sa.Column("id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("shipment", sa.String(length=64), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_receipts_quantity")),
        sa.ForeignKeyConstraint(
            ["plan_id", "shipment"],
            ["shipments.plan_id", "shipments.code"],
            name=op.f("fk_shipment_receipts_plan_id_shipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_receipts")),
    )
    op.create_index("ix_shipment_receipts_plan_id", "shipment_receipts", ["plan_id", "shipment"], unique=False)
