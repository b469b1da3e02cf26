"""The five fixed; incidents, closures and plans."""

import sqlalchemy as sa
from alembic import op

from inventory.tables.base import Id, Instant, Quantity

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", Id, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=128), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_about"), "attachments", ["about"], unique=False)
    op.create_table(
        "evaluations",
        sa.Column("id", Id, nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("as_of", Instant(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("seen", sa.String(length=255), nullable=False),
        sa.Column("rule_set", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
    )
    op.create_table(
        "situations",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title_zh", sa.String(length=4000), nullable=False),
        sa.Column("title_en", sa.String(length=4000), nullable=False),
        sa.Column("as_of", Instant(), nullable=True),
        sa.Column("roads", sa.String(length=4000), nullable=True),
        sa.Column("roads_crs", sa.String(length=16), nullable=True),
        sa.Column("parameters", sa.JSON(), server_default="{}", nullable=False),
        sa.CheckConstraint("kind IN ('live', 'exercise')", name=op.f("ck_situations_kind")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_situations")),
    )
    op.create_table(
        "closures",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_closures_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
        sa.UniqueConstraint("situation_code", "code", name=op.f("uq_closures_situation_code_code")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=4000), nullable=True),
        sa.Column("name_en", sa.String(length=4000), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.Column("people_affected", sa.Integer(), nullable=True),
        sa.Column("duration_h", Quantity(), nullable=True),
        sa.Column("status", sa.String(length=16), server_default="open", nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_incidents_status")),
        sa.CheckConstraint("severity BETWEEN 1 AND 5", name=op.f("ck_incidents_severity")),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_incidents_place_code")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_incidents_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("situation_code", "code", name=op.f("uq_incidents_situation_code_code")),
    )
    op.create_table(
        "plans",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("problem_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("operation_id", Id, nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'committed', 'superseded', 'cancelled')", name=op.f("ck_plans_status")),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_plans_operation_id")),
        sa.ForeignKeyConstraint(["situation_code"], ["situations.code"], name=op.f("fk_plans_situation_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_situation_code"), "plans", ["situation_code"], unique=False)
    op.create_index(
        "uq_plans_committed",
        "plans",
        ["situation_code"],
        unique=True,
        sqlite_where=sa.text("status = 'committed'"),
        postgresql_where=sa.text("status = 'committed'"),
    )
    op.create_table(
        "rule_overrides",
        sa.Column("id", Id, nullable=False),
        sa.Column("place_code", sa.String(length=12), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["place_code"], ["places.code"], name=op.f("fk_rule_overrides_place_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_overrides")),
    )
    op.create_table(
        "care_tasks",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=512), nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=True),
        sa.Column("lot", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("assignee", sa.String(length=64), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'assigned', 'done', 'failed', 'lapsed')", name=op.f("ck_care_tasks_status")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_care_tasks_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_tasks")),
    )
    op.create_index("ix_care_tasks_store_id", "care_tasks", ["store_id", "status"], unique=False)
    op.create_index(
        "uq_care_tasks_live",
        "care_tasks",
        ["key"],
        unique=True,
        sqlite_where=sa.text("status IN ('open', 'assigned')"),
        postgresql_where=sa.text("status IN ('open', 'assigned')"),
    )
    op.create_table(
        "findings",
        sa.Column("id", Id, nullable=False),
        sa.Column("evaluation_id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=True),
        sa.Column("lot", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("task", sa.String(length=512), nullable=True),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_findings_evaluation_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_findings_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index("ix_findings_store_id", "findings", ["store_id", "severity"], unique=False)
    op.create_table(
        "holds",
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("lot_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("failed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_holds_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_holds_store_id")),
        sa.PrimaryKeyConstraint("store_id", "item_id", "lot_code", "kind", name=op.f("pk_holds")),
    )
    op.create_table(
        "incident_demands",
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_incident_demands_quantity")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_incident_demands_incident_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_incident_demands_item_id")),
        sa.PrimaryKeyConstraint("incident_id", "item_id", name=op.f("pk_incident_demands")),
    )
    op.create_table(
        "incident_tasks",
        sa.Column("id", Id, nullable=False),
        sa.Column("incident_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("capability", sa.String(length=64), nullable=False),
        sa.Column("teams_needed", sa.Integer(), nullable=False),
        sa.Column("service_s", sa.Integer(), nullable=False),
        sa.Column("due_s", sa.Integer(), nullable=True),
        sa.Column("latest_s", sa.Integer(), nullable=True),
        sa.CheckConstraint("teams_needed > 0 AND service_s >= 0", name=op.f("ck_incident_tasks_size")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_incident_tasks_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_tasks")),
    )
    op.create_index(op.f("ix_incident_tasks_incident_id"), "incident_tasks", ["incident_id"], unique=False)
    op.create_table(
        "maintenance",
        sa.Column("id", Id, nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=True),
        sa.Column("lot_code", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.CheckConstraint(
            "item_id IS NOT NULL OR (lot_code IS NULL AND kind IN ('STOCKTAKE', 'SEASON_CHECK'))",
            name=op.f("ck_maintenance_whole_store"),
        ),
        sa.CheckConstraint(
            "kind IN ('INSPECT', 'RUN', 'CHARGE', 'TEST', 'LOAD_TEST', 'SERVICE', 'ROTATE', 'DISINFECT', 'FUEL_ROTATE', 'RETIRE', 'STOCKTAKE', 'SEASON_CHECK')",
            name=op.f("ck_maintenance_kind"),
        ),
        sa.CheckConstraint("result IN ('PASSED', 'FAILED')", name=op.f("ck_maintenance_result")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_maintenance_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_maintenance_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
    )
    op.create_index("ix_maintenance_store_id", "maintenance", ["store_id", "item_id"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("lot_code", sa.String(length=64), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipments_quantity")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_shipments_item_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_shipments_plan_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_shipments_store_id")),
        sa.PrimaryKeyConstraint("plan_id", "code", name=op.f("pk_shipments")),
    )
    op.create_table(
        "store_scores",
        sa.Column("store_id", Id, nullable=False),
        sa.Column("evaluation_id", Id, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("serviceable_share", sa.Float(), nullable=True),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("critical", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("due_soon", sa.Integer(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=op.f("fk_store_scores_evaluation_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_store_scores_store_id")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store_scores")),
    )
    op.create_table(
        "team_orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("incident", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("depart_s", sa.Integer(), nullable=True),
        sa.Column("arrive_s", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), server_default="issued", nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_team_orders_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_orders")),
        sa.UniqueConstraint("plan_id", "team", "position", name=op.f("uq_team_orders_plan_id_team_position")),
    )
    op.create_index(op.f("ix_team_orders_plan_id"), "team_orders", ["plan_id"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("id", Id, nullable=False),
        sa.Column("operation_id", Id, nullable=False),
        sa.Column("balance_id", Id, nullable=False),
        sa.Column("blocked", sa.JSON(), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["balance_id"], ["balances.id"], name=op.f("fk_overrides_balance_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_overrides_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(op.f("ix_overrides_operation_id"), "overrides", ["operation_id"], unique=False)
