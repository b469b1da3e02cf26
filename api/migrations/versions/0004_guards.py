"""What the database itself refuses: a changed ledger, two primary custodians at a time."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# as inventory/tables/guards.py had them at this version
SQLITE = (
    "CREATE TRIGGER operations_no_update BEFORE UPDATE ON operations BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER operations_no_delete BEFORE DELETE ON operations BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER movements_no_update BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER movements_no_delete BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER maintenance_no_update BEFORE UPDATE ON maintenance BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER maintenance_no_delete BEFORE DELETE ON maintenance BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER order_events_no_update BEFORE UPDATE ON order_events BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER order_events_no_delete BEFORE DELETE ON order_events BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER attachments_no_update BEFORE UPDATE ON attachments BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER attachments_no_delete BEFORE DELETE ON attachments BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER overrides_no_update BEFORE UPDATE ON overrides BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER overrides_no_delete BEFORE DELETE ON overrides BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: reverse the entry instead'); END",
    "CREATE TRIGGER custodianships_one_primary_insert AFTER INSERT ON custodianships WHEN NEW.role = 'primary' AND EXISTS (SELECT 1 FROM custodianships c WHERE c.id <> NEW.id AND c.role = 'primary' AND c.store_id = NEW.store_id AND coalesce(c.bin_id, 0) = coalesce(NEW.bin_id, 0) AND coalesce(c.item_id, 0) = coalesce(NEW.item_id, 0) AND c.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(c.valid_to, '9999-12-31') >= NEW.valid_from) BEGIN SELECT RAISE(ABORT, 'two primary custodians of one scope at a time'); END",
    "CREATE TRIGGER custodianships_one_primary_update AFTER UPDATE ON custodianships WHEN NEW.role = 'primary' AND EXISTS (SELECT 1 FROM custodianships c WHERE c.id <> NEW.id AND c.role = 'primary' AND c.store_id = NEW.store_id AND coalesce(c.bin_id, 0) = coalesce(NEW.bin_id, 0) AND coalesce(c.item_id, 0) = coalesce(NEW.item_id, 0) AND c.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(c.valid_to, '9999-12-31') >= NEW.valid_from) BEGIN SELECT RAISE(ABORT, 'two primary custodians of one scope at a time'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION wuding_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is append-only: reverse the entry instead' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER operations_append_only BEFORE UPDATE OR DELETE ON operations FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER operations_no_truncate BEFORE TRUNCATE ON operations FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER movements_append_only BEFORE UPDATE OR DELETE ON movements FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER movements_no_truncate BEFORE TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER maintenance_append_only BEFORE UPDATE OR DELETE ON maintenance FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER maintenance_no_truncate BEFORE TRUNCATE ON maintenance FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE ON order_events FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER order_events_no_truncate BEFORE TRUNCATE ON order_events FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER attachments_append_only BEFORE UPDATE OR DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER attachments_no_truncate BEFORE TRUNCATE ON attachments FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER overrides_append_only BEFORE UPDATE OR DELETE ON overrides FOR EACH ROW EXECUTE FUNCTION wuding_append_only()",
    "CREATE TRIGGER overrides_no_truncate BEFORE TRUNCATE ON overrides FOR EACH STATEMENT EXECUTE FUNCTION wuding_append_only()",
    "CREATE FUNCTION wuding_one_primary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.role = 'primary' THEN PERFORM 1 FROM stores WHERE id = NEW.store_id FOR UPDATE; IF EXISTS (SELECT 1 FROM custodianships c WHERE c.id <> NEW.id AND c.role = 'primary' AND c.store_id = NEW.store_id AND coalesce(c.bin_id, 0) = coalesce(NEW.bin_id, 0) AND coalesce(c.item_id, 0) = coalesce(NEW.item_id, 0) AND c.valid_from <= coalesce(NEW.valid_to, '9999-12-31') AND coalesce(c.valid_to, '9999-12-31') >= NEW.valid_from) THEN RAISE EXCEPTION 'two primary custodians of one scope at a time' USING ERRCODE = 'exclusion_violation'; END IF; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER custodianships_one_primary AFTER INSERT OR UPDATE ON custodianships FOR EACH ROW EXECUTE FUNCTION wuding_one_primary()",
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)
