"""Exercises have a book of their own, and the database refuses them the ledger. What they held of it is set free."""

import sqlalchemy as sa
from alembic import op

from inventory.database import now
from inventory.tables.base import Id, Instant, Quantity

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# as scenarios/guards.py had them at this version
SQLITE = (
    "CREATE TRIGGER operations_no_exercise BEFORE INSERT ON operations WHEN substr(NEW.reference, 1, 5) = 'plan:' AND EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND 'plan:' || s.code = NEW.reference) BEGIN SELECT RAISE(ABORT, 'an exercise never touches real stock'); END",
    "CREATE TRIGGER reservations_no_exercise BEFORE INSERT ON reservations WHEN substr(NEW.reference, 1, 5) = 'plan:' AND NEW.quantity > 0 AND EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND 'plan:' || s.code = NEW.reference) BEGIN SELECT RAISE(ABORT, 'an exercise never touches real stock'); END",
    "CREATE TRIGGER plans_no_exercise BEFORE INSERT ON plans WHEN NEW.operation_id IS NOT NULL AND EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND s.code = NEW.situation_code) BEGIN SELECT RAISE(ABORT, 'an exercise never touches real stock'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION wuding_no_exercise_operations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND 'plan:' || s.code = NEW.reference) THEN RAISE EXCEPTION 'an exercise never touches real stock' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION wuding_no_exercise_reservations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND 'plan:' || s.code = NEW.reference) THEN RAISE EXCEPTION 'an exercise never touches real stock' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION wuding_no_exercise_plans() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND s.code = NEW.situation_code) THEN RAISE EXCEPTION 'an exercise never touches real stock' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER operations_no_exercise BEFORE INSERT ON operations FOR EACH ROW WHEN (substr(NEW.reference, 1, 5) = 'plan:') EXECUTE FUNCTION wuding_no_exercise_operations()",
    "CREATE TRIGGER reservations_no_exercise BEFORE INSERT ON reservations FOR EACH ROW WHEN (substr(NEW.reference, 1, 5) = 'plan:' AND NEW.quantity > 0) EXECUTE FUNCTION wuding_no_exercise_reservations()",
    "CREATE TRIGGER plans_no_exercise BEFORE INSERT ON plans FOR EACH ROW WHEN (NEW.operation_id IS NOT NULL) EXECUTE FUNCTION wuding_no_exercise_plans()",
)

OF_EXERCISES = "(SELECT code FROM situations WHERE kind = 'exercise')"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _operation_optional(sqlite=sqlite)
    op.create_table(
        "exercise_entries",
        sa.Column("id", Id, nullable=False),
        sa.Column("situation_code", sa.String(length=64), nullable=False),
        sa.Column("plan_id", Id, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('LOAD', 'PLAN', 'CANCEL', 'ISSUE', 'RETURN')", name=op.f("ck_exercise_entries_kind")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_exercise_entries_plan_id")),
        sa.ForeignKeyConstraint(
            ["situation_code"], ["situations.code"], name=op.f("fk_exercise_entries_situation_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise_entries")),
        sa.UniqueConstraint("scope", "idempotency_key", name=op.f("uq_exercise_entries_scope_idempotency_key")),
    )
    op.create_index(op.f("ix_exercise_entries_plan_id"), "exercise_entries", ["plan_id"], unique=False)
    op.create_index(op.f("ix_exercise_entries_situation_code"), "exercise_entries", ["situation_code"], unique=False)
    op.create_table(
        "exercise_lines",
        sa.Column("id", Id, nullable=False),
        sa.Column("entry_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("store_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("lot_code", sa.String(length=64), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.CheckConstraint("kind IN ('KEEP', 'FREE', 'ISSUE', 'RETURN')", name=op.f("ck_exercise_lines_kind")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_exercise_lines_quantity")),
        sa.ForeignKeyConstraint(["entry_id"], ["exercise_entries.id"], name=op.f("fk_exercise_lines_entry_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_exercise_lines_item_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_exercise_lines_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercise_lines")),
    )
    op.create_index(op.f("ix_exercise_lines_entry_id"), "exercise_lines", ["entry_id"], unique=False)
    _set_free()
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def _operation_optional(*, sqlite: bool) -> None:
    """A plan of an exercise has no operation. SQLite cannot alter a column; its own way to lift a NOT NULL is to
    rewrite the words of the table (sqlite.org/lang_altertable.html, section 7): no row is touched."""
    if not sqlite:
        op.alter_column("plans", "operation_id", existing_type=sa.BigInteger(), nullable=True)
        return
    run = op.get_bind().exec_driver_sql
    words = run("SELECT sql FROM sqlite_master WHERE name = 'plans'").scalar_one()
    before = "operation_id INTEGER NOT NULL"
    if words.count(before) != 1:
        raise RuntimeError(f"plans is not as 0003 made it: {words}")
    version = run("PRAGMA schema_version").scalar_one()
    run("PRAGMA writable_schema = ON")
    run("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = 'plans'",
        (words.replace(before, "operation_id INTEGER"),))  # fmt: skip
    run(f"PRAGMA schema_version = {int(version) + 1}")
    run("PRAGMA writable_schema = OFF")


def _set_free() -> None:
    """Before this version the plan of an exercise reserved real stock. It is released by an entry of the ledger; the
    plan may be put in force again."""
    run = op.get_bind().execute
    held = run(
        sa.text(
            "SELECT r.id, r.balance_id, r.quantity FROM reservations r JOIN situations s "
            "ON r.reference = 'plan:' || s.code WHERE s.kind = 'exercise' AND r.quantity > 0 ORDER BY r.id"
        )
    ).all()
    if held:
        operations = sa.table(
            "operations", sa.column("id", Id), sa.column("kind"), sa.column("scope"), sa.column("actor"),
            sa.column("reason"), sa.column("note"), sa.column("recorded_at", Instant()),
        )  # fmt: skip
        entry = {"kind": "RELEASE", "scope": "system", "actor": "system", "reason": "CANCELLED", "recorded_at": now(),
                 "note": "演练不占用实际库存 / exercises keep no real stock"}  # fmt: skip
        number = run(sa.insert(operations).returning(operations.c.id), entry).scalar_one()
        for reservation, balance, units in held:  # units as they are stored: millionths
            facts = {"operation": number, "balance": balance, "units": units, "reservation": reservation}
            run(sa.text(
                "INSERT INTO movements (operation_id, kind, quantity, from_id, to_id) "
                "VALUES (:operation, 'RELEASE', :units, :balance, :balance)"
            ), facts)  # fmt: skip
            run(sa.text("UPDATE balances SET reserved = reserved - :units WHERE id = :balance"), facts)
            run(sa.text("UPDATE reservations SET quantity = 0 WHERE id = :reservation"), facts)
    run(sa.text(
        f"UPDATE plans SET status = 'cancelled' WHERE status = 'committed' AND situation_code IN {OF_EXERCISES}"
    ))  # fmt: skip
    run(sa.text(f"UPDATE plans SET operation_id = NULL WHERE situation_code IN {OF_EXERCISES}"))
