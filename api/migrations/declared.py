"""Every module that declares tables on the shared metadata, in one import."""

import api.access.tables  # noqa: F401
import inventory.tables  # noqa: F401
import scenarios.relief_tables
import scenarios.tables

MODULES = (inventory.tables, scenarios.tables, scenarios.relief_tables, api.access.tables)
