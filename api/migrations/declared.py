"""Every table of the product is declared once this is imported: for migrations, backup and restore."""

import api.access.tables  # noqa: F401
import inventory.tables  # noqa: F401
import scenarios.relief_tables
import scenarios.tables  # noqa: F401
