"""The working days on which patrols go: announced years from the calendar library, others reckoned and marked."""

from datetime import date, timedelta

import chinese_calendar

FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))  # those that stand on days of the solar calendar


def working_dates(year: int) -> tuple[tuple[date, ...], bool]:
    """(working days of the year, whether they are assumed). A year that is not announced: Mondays to Fridays less the
    statutory holidays with a fixed date; holidays of the lunar calendar are announced with their exchange days."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    known = {day.year for day in chinese_calendar.constants.holidays}
    if year in known:
        return tuple(chinese_calendar.get_workdays(first, last)), False
    every = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple(day for day in every if day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS), True


def mondays(year: int) -> tuple[date, ...]:
    """52 or 53: the weeks of patrols that go on holidays too."""
    first = date(year, 1, 1)
    first += timedelta(days=-first.weekday() % 7)
    return tuple(
        first + timedelta(days=7 * week) for week in range(53) if (first + timedelta(days=7 * week)).year == year
    )


def week_numbers(days: tuple[date, ...]) -> tuple[int, ...]:
    """The week of each day, Mondays first; the week of 1 January is 0."""
    if not days:
        return ()
    monday = date(days[0].year, 1, 1)
    monday -= timedelta(days=monday.weekday())
    return tuple((day - monday).days // 7 for day in days)
