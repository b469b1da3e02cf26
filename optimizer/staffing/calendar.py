"""Working days of a year in China: announced years from the calendar library, later ones reckoned and marked."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import chinese_calendar

from optimizer.errors import BadInput, Fault

STATUTORY_DAYS: Final = 13
"""Public holidays a year from 2025 on (State Council decree 795: the Spring Festival and May Day got one day each)."""
LAST_YEAR: Final = 2100


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """`weekdays` are Mondays to Fridays; `public_holidays` those of them that are off, less weekend days worked."""

    year: int
    days: int
    weekdays: int
    assumed: bool  # not announced yet: weekdays less the statutory days

    @property
    def public_holidays(self) -> int:
        return self.weekdays - self.days


def announced_years() -> range:
    """The years the calendar library knows."""
    years = {day.year for day in chinese_calendar.constants.holidays}
    return range(min(years), max(years) + 1)


def working_days(year: int) -> WorkingDays:
    """Working days of a year. Raises BadInput for a year before the first known or after 2100."""
    known = announced_years()
    if not known.start <= year <= LAST_YEAR:
        facts = {"value": year, "least": known.start, "most": LAST_YEAR}
        raise BadInput("year", [Fault("year", "YearOutOfRange", facts)])
    first, last = date(year, 1, 1), date(year, 12, 31)
    every = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    weekdays = sum(day.weekday() < 5 for day in every)
    if year in known:
        return WorkingDays(year, len(chinese_calendar.get_workdays(first, last)), weekdays, assumed=False)
    return WorkingDays(year, weekdays - STATUTORY_DAYS, weekdays, assumed=True)
