"""Every module that declares tables on the shared metadata, in one import."""

import api.access.tables
import api.jobs.tables
import api.staffing.tables
import inventory.tables
import scenarios.relief_tables
import scenarios.tables

MODULES = (
    inventory.tables,
    scenarios.tables,
    scenarios.relief_tables,
    api.access.tables,
    api.jobs.tables,
    api.staffing.tables,
)
