"""Staffing studies: what was asked, and what it last came to."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staffing_studies",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("question_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("edited_by", sa.String(length=64), nullable=True),
        sa.Column("edited_at", Instant(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answered_sha256", sa.String(length=64), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('size', 'share', 'roster', 'patrol')", name=op.f("ck_staffing_studies_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_studies")),
    )
    op.create_index(op.f("ix_staffing_studies_place_code"), "staffing_studies", ["place_code"], unique=False)
