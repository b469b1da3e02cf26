"""Equipment that tasks need, what teams carry and where they are stationed, and since when a vehicle is free."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("teams", sa.Column("carries", sa.JSON(), nullable=True))
    # as SQL, because Alembic would copy the whole table in SQLite, and lose its checks
    id_type = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE teams ADD COLUMN store_id {id_type} CONSTRAINT fk_teams_store_id REFERENCES stores (id)")
    op.add_column("vehicles", sa.Column("available_from", Instant(), nullable=True))
    op.add_column("incident_tasks", sa.Column("equipment", sa.JSON(), nullable=True))
    op.add_column("incident_tasks", sa.Column("synchronised", sa.Boolean(), nullable=True))
    op.add_column("shipments", sa.Column("task", sa.String(length=64), nullable=True))
    op.add_column("shipments", sa.Column("team", sa.String(length=64), nullable=True))
