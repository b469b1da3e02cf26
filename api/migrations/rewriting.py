"""SQLite cannot alter a column or a check. Its own way to lift one is to rewrite the words of the table
(sqlite.org/lang_altertable.html, section 7): no row is touched."""

from alembic import op


def rewrite(table: str, before: str, after: str) -> None:
    """Raises RuntimeError where `before` does not stand there exactly once."""
    run = op.get_bind().exec_driver_sql
    words = run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).scalar_one()
    if words.count(before) != 1:
        raise RuntimeError(f"{table} is not as it was made: {words}")
    version = run("PRAGMA schema_version").scalar_one()
    run("PRAGMA writable_schema = ON")
    run("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (words.replace(before, after), table))
    run(f"PRAGMA schema_version = {int(version) + 1}")
    run("PRAGMA writable_schema = OFF")
