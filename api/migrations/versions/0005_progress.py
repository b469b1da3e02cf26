"""How far teams have come with their orders, and the moment a plan is for."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("as_of", Instant(), nullable=True))
    op.create_table(
        "team_progress",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("arrives_at", Instant(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.CheckConstraint("state IN ('en_route', 'on_scene', 'done', 'home')", name=op.f("ck_team_progress_state")),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_team_progress_place")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_team_progress_plan_id")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_team_progress_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_progress")),
    )
    op.create_index("ix_team_progress_situation_code", "team_progress", ["situation_code", "team"], unique=False)
