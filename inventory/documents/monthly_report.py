"""The monthly five-fixed report (五定月报) of a county: its figures town by town, and what they are drawn from."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inventory.documents.words import Words

Figure = Decimal | float


@dataclass(frozen=True)
class TownRow:
    """One town, or the county as a whole. `score` and `serviceable_share` are 0 to 1; None = nothing to judge."""

    code: str
    town: Words
    stores: int
    score: Figure | None
    failed_stores: int
    serviceable_share: Figure | None
    overdue_minor: int
    overdue_major: int
    overdue_critical: int
    tasks_done: int  # in the month


@dataclass(frozen=True)
class WorstStore:
    """A store at the bottom of the list, and the main reason."""

    store_id: str
    store: Words
    town: Words
    score: Figure | None
    failed: bool
    reason: Words


@dataclass(frozen=True)
class CriticalFinding:
    """A critical finding in words, and since which day it holds."""

    store: Words
    item: Words
    text: Words
    since: date | None = None


@dataclass(frozen=True)
class MonthlyReport:
    """Everything the report says; `as_of` is an instant with offset, rows stand in the order given."""

    county_code: str
    county: Words
    year: int
    month: int
    as_of: datetime
    total: TownRow
    towns: tuple[TownRow, ...]
    worst_stores: tuple[WorstStore, ...] = ()
    critical_findings: tuple[CriticalFinding, ...] = ()

    @property
    def month_words(self) -> Words:
        """2024年6月 and June as 2024-06."""
        return Words(f"{self.year}年{self.month}月", f"{self.year}-{self.month:02d}")
