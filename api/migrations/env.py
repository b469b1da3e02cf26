"""Run by Alembic, on the connection it is handed."""

from alembic import context

import api.migrations.declared
import inventory.tables

assert api.migrations.declared.MODULES
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=inventory.tables.metadata,
    render_as_batch=False,
)
context.run_migrations()
