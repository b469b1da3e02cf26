"""Dispatch over HTTP: directives, drafts of plans, alerts; whose situation it is; duplicates of incidents."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=False),
        sa.Column("identifier", sa.String(length=255), nullable=False),
        sa.Column("sent", Instant(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("msg_type", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("headline", sa.String(length=4000), nullable=True),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("certainty", sa.String(length=16), nullable=False),
        sa.Column("effective", Instant(), nullable=True),
        sa.Column("expires", Instant(), nullable=True),
        sa.Column("area", sa.JSON(), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_alerts_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("sender", "identifier", name=op.f("uq_alerts_sender_identifier")),
    )
    op.create_index(op.f("ix_alerts_situation_code"), "alerts", ["situation_code"], unique=False)
    op.create_table(
        "directives",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("task", sa.String(length=64), nullable=True),
        sa.Column("store", sa.String(length=64), nullable=True),
        sa.Column("incident", sa.String(length=64), nullable=True),
        sa.Column("item", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "(team IS NOT NULL AND task IS NOT NULL AND store IS NULL AND incident IS NULL AND item IS NULL) OR (kind = 'ban' AND team IS NULL AND task IS NULL AND store IS NOT NULL AND incident IS NOT NULL)",
            name=op.f("ck_directives_subject"),
        ),
        sa.CheckConstraint("kind IN ('pin', 'ban')", name=op.f("ck_directives_kind")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_directives_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directives")),
    )
    op.create_index(op.f("ix_directives_situation_code"), "directives", ["situation_code"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("replans_id", Id, nullable=True),
        sa.Column("as_of", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("plan_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_drafts_plan_id")),
        sa.ForeignKeyConstraint(["replans_id"], ["plans.id"], name=op.f("fk_drafts_replans_id")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_drafts_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_situation_code"), "drafts", ["situation_code"], unique=False)
    op.add_column("incidents", sa.Column("note", sa.String(length=4000), nullable=True))
    op.add_column("incidents", sa.Column("reported_by", sa.String(length=64), nullable=True))
    op.add_column("incidents", sa.Column("source", sa.String(length=255), nullable=True))
    op.add_column("incidents", sa.Column("merged_into", sa.String(length=64), nullable=True))
    op.add_column("situations", sa.Column("place_code", sa.String(length=12), nullable=True))
    op.add_column("situations", sa.Column("closed_at", Instant(), nullable=True))
