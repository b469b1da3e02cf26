"""What the database itself refuses: an exercise in the books of the real stock. Triggers, on SQLite and PostgreSQL."""

from collections.abc import Iterator

SAID = "an exercise never touches real stock"
# table -> what of a new row would be of an exercise, and when that is wrong
_WRONG = {
    "operations": ("'plan:' || s.code = NEW.reference", "substr(NEW.reference, 1, 5) = 'plan:'"),
    "reservations": ("'plan:' || s.code = NEW.reference", "substr(NEW.reference, 1, 5) = 'plan:' AND NEW.quantity > 0"),
    "plans": ("s.code = NEW.situation_code", "NEW.operation_id IS NOT NULL"),
}


def exercise_guards(dialect: str) -> Iterator[str]:
    """The DDL. Dialects: sqlite, postgresql."""
    if dialect == "postgresql":
        for table, (mine, _) in _WRONG.items():
            yield (
                f"CREATE FUNCTION wuding_no_exercise_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF EXISTS (SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND {mine}) THEN "
                f"RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
                "RETURN NEW; END $$"
            )
    for table, (mine, when) in _WRONG.items():
        if dialect == "postgresql":
            yield (
                f"CREATE TRIGGER {table}_no_exercise BEFORE INSERT ON {table} FOR EACH ROW WHEN ({when}) "
                f"EXECUTE FUNCTION wuding_no_exercise_{table}()"
            )
        else:
            yield (
                f"CREATE TRIGGER {table}_no_exercise BEFORE INSERT ON {table} WHEN {when} AND EXISTS "
                f"(SELECT 1 FROM situations s WHERE s.kind = 'exercise' AND {mine}) "
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )
