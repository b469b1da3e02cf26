"""Relief: shelters, evacuees with whoever answers for them, requests for aid, shift hand-overs."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQLITE = tuple(
    f"CREATE TRIGGER aid_events_no_{event.lower()} BEFORE {event} ON aid_events "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END"
    for event in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    "CREATE TRIGGER aid_events_append_only BEFORE UPDATE OR DELETE ON aid_events FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER aid_events_no_truncate BEFORE TRUNCATE ON aid_events FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "aid_requests",
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("from_place", sa.String(length=12), nullable=False),
        sa.Column("to_place", sa.String(length=12), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=True),
        sa.Column("short", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("passed_on_as", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'passed_on', 'accepted', 'refused', 'met', 'withdrawn')",
            name=op.f("ck_aid_requests_status"),
        ),
        sa.CheckConstraint("from_place <> to_place", name=op.f("ck_aid_requests_places")),
        sa.ForeignKeyConstraint(["from_place"], ["places.code"], name=op.f("fk_aid_requests_from_place")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_aid_requests_situation_code")),
        sa.ForeignKeyConstraint(["to_place"], ["places.code"], name=op.f("fk_aid_requests_to_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_aid_requests_number")),
    )
    op.create_index(op.f("ix_aid_requests_from_place"), "aid_requests", ["from_place"], unique=False)
    op.create_index(op.f("ix_aid_requests_situation_code"), "aid_requests", ["situation_code"], unique=False)
    op.create_index(op.f("ix_aid_requests_to_place"), "aid_requests", ["to_place"], unique=False)
    op.create_table(
        "handovers",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("content", sa.String(length=20000), nullable=False),
        sa.Column("open_points", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_handovers_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(op.f("ix_handovers_situation_code"), "handovers", ["situation_code"], unique=False)
    op.create_table(
        "shelters",
        sa.Column("id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=False),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.Column("place_code", sa.String(length=12), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="ready", nullable=False),
        sa.CheckConstraint("status IN ('ready', 'open', 'closed')", name=op.f("ck_shelters_status")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_shelters_capacity")),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_shelters_place_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelters")),
        sa.UniqueConstraint("code", name=op.f("uq_shelters_code")),
    )
    op.create_index(op.f("ix_shelters_place_code"), "shelters", ["place_code"], unique=False)
    op.create_table(
        "aid_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("request_id", Id, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["aid_requests.id"], name=op.f("fk_aid_events_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_events")),
    )
    op.create_index(op.f("ix_aid_events_request_id"), "aid_events", ["request_id"], unique=False)
    op.create_table(
        "evacuees",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("responsible", sa.String(length=64), nullable=False),
        sa.Column("shelter_id", Id, nullable=True),
        sa.Column("status", sa.String(length=16), server_default="listed", nullable=False),
        sa.Column("moved_at", Instant(), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("status <> 'sheltered' OR shelter_id IS NOT NULL", name=op.f("ck_evacuees_shelter")),
        sa.CheckConstraint("status IN ('listed', 'moving', 'sheltered', 'home')", name=op.f("ck_evacuees_status")),
        sa.CheckConstraint("people > 0 AND batch > 0", name=op.f("ck_evacuees_size")),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_evacuees_place_code")),
        sa.ForeignKeyConstraint(["shelter_id"], ["shelters.id"], name=op.f("fk_evacuees_shelter_id")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_evacuees_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuees")),
        sa.UniqueConstraint("situation_code", "code", name=op.f("uq_evacuees_situation_code_code")),
    )
    op.create_index(op.f("ix_evacuees_place_code"), "evacuees", ["place_code"], unique=False)
    op.create_index("ix_evacuees_responsible", "evacuees", ["situation_code", "responsible"], unique=False)
    op.create_index("ix_evacuees_shelter_id", "evacuees", ["shelter_id"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
