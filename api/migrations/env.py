"""Run by Alembic, on the connection it is handed."""

from alembic import context

import api.migrations.declared  # noqa: F401
import inventory.tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=inventory.tables.metadata,
    render_as_batch=False,
)
context.run_migrations()
