"""Findings as the database keeps them, in words again."""

from inventory.care.views import FindingRow
from inventory.errors import RowFault
from inventory.files.wording import pattern, told
from inventory.five_fixed import Finding

CODES = (
    "NO_PRIMARY", "NO_DEPUTY", "MANY_PRIMARIES", "MANY_DEPUTIES", "SAME_PERSON", "NO_PHONE", "CUSTODIAN_GAP", "NO_BIN",
    "MANY_BINS", "BIN_OVERFULL", "BELOW_MIN", "ABOVE_MAX", "DAMAGED", "IN_REPAIR", "QUARANTINED", "RECALLED",
    "EXPIRED_HELD", "EXPIRED", "EXPIRY_UNKNOWN", "CHECK_FAILED", "PAST_RETIREMENT", "TOO_MANY_AWAY", "DUE_SOON",
    "OVERDUE", "OVERDUE_TWICE", "NEVER_DONE", "MADE_UNKNOWN", "ROUND_DUE_SOON", "ROUND_OVERDUE", "ROUND_OVERDUE_TWICE",
    "ROUND_FAILED",
)  # fmt: skip


def as_finding(row: FindingRow) -> Finding:
    """The finding of a row, whose facts are what JSON holds (exact numbers and days as text)."""
    return Finding(
        rule=row.rule, code=row.code, severity=row.severity, store=row.store, item=row.item, lot=row.lot, kind=row.kind,
        due=row.due, task=row.task, blocks=row.blocks, facts=row.facts,
    )  # fmt: skip


def in_words(row: FindingRow) -> dict[str, str]:
    """{"zh": ..., "en": ...}: what is wrong and what would mend it."""
    return told(RowFault(None, None, row.code, as_finding(row).text_facts()))


def patterns() -> dict[str, tuple[str, str]]:
    """The words of every kind of finding, Chinese and English, with {facts} in braces: for a page that fills them."""
    return {code: (words["zh"], words["en"]) for code in CODES for words in (pattern(code),)}
