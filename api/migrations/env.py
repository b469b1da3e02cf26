"""Run by Alembic, on the connection it is handed."""

from alembic import context

import api.access.tables
import api.jobs.tables  # noqa: F401  (the same)
import inventory.tables
import scenarios.relief_tables
import scenarios.tables  # noqa: F401  (the same)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=inventory.tables.metadata,
    render_as_batch=False,
)
context.run_migrations()
