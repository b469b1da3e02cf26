"""Findings as the database keeps them, in words again."""

from inventory.care.views import FindingRow
from inventory.errors import RowFault
from inventory.files.wording import told
from inventory.five_fixed import Finding


def as_finding(row: FindingRow) -> Finding:
    """The finding of a row, whose facts are what JSON holds (exact numbers and days as text)."""
    return Finding(
        rule=row.rule, code=row.code, severity=row.severity, store=row.store, item=row.item, lot=row.lot, kind=row.kind,
        due=row.due, task=row.task, blocks=row.blocks, facts=row.facts,
    )  # fmt: skip


def in_words(row: FindingRow) -> dict[str, str]:
    """{"zh": ..., "en": ...}: what is wrong and what would mend it."""
    return told(RowFault(None, None, row.code, as_finding(row).text_facts()))
