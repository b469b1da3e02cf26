"""A roster as a workbook (a calendar of days, people by days, fairness, changes), as iCalendar, and as a table."""

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inventory.files import Sheet, write_table, write_workbook
from inventory.files.write import replace_bytes
from optimizer.staffing.roster import MEASURES, Slot
from optimizer.staffing.roster.facts import counts_as
from scenarios.staffing.roster.make import Made, duty_name, name_of, role_name, told_change
from scenarios.texts import Lang, text

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_MARKS = {"24h": "24", "day": "白 D", "night": "夜 N", "early": "早 E", "late": "中 L", "station": "驻 S"}
_WEEKDAYS = ("一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")


def write_roster_xlsx(path: Path, made: Made) -> None:
    """Sheets: calendar (a row a day), people (a row each, a column a day), fairness, pairs, changes where there are
    any. Both languages; nothing runs as a formula. Raises BadTable for texts that a workbook cannot hold."""
    sheets = [_calendar(made), _people(made)]
    if made.spreads:
        sheets.append(_fairness(made))
    if made.statement.pairs.pairs or made.statement.pairs.left:
        sheets.append(_pairs(made))
    if made.changes:
        rows = [(told_change(made, one, "zh"), told_change(made, one, "en")) for one in made.changes]
        sheets.append(Sheet(_title("roster.sheet.changes"), ("变动", "Change"), rows))
    write_workbook(path, sheets)


def write_roster_table(path: Path, made: Made) -> None:
    """The roster as `duty_roster`, to be read again when somebody drops out."""
    slots = {slot.id: slot for slot in made.statement.problem.slots}
    rows = [
        {"day": made.statement.day(slots[one.slot].day), "post": slots[one.slot].post, "shift": slots[one.slot].shift,
         "role": one.role, "person": one.person}
        for one in made.assignments
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["day"], str(row["post"]), str(row["shift"]), row["role"], row["person"]))
    write_table(path, "duty_roster", rows)


def write_roster_ics(path: Path, made: Made, *, person: str | None = None) -> None:
    """One event per duty and person (RFC 5545), of one person if asked; the same roster gives the same bytes."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//wuding//duty roster//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", text("roster.calendar", "zh", month=f"{made.statement.first:%Y-%m}"))
    stamp = datetime(made.statement.first.year, made.statement.first.month, 1, tzinfo=UTC)
    slots = {slot.id: slot for slot in made.statement.problem.slots}
    for one in made.assignments:
        if person is not None and one.person != person:
            continue
        begin, end = _times(made, slots[one.slot])
        event = Event()
        key = f"{made.statement.first:%Y-%m}/{one.slot}/{one.role}/{one.person}"
        event.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@wuding")
        event.add("dtstamp", stamp)
        event.add("dtstart", begin.astimezone(UTC))
        event.add("dtend", end.astimezone(UTC))
        who = name_of(made, one.person, "zh")
        event.add("summary", f"{duty_name(made, one.slot, 'zh')[11:]} {role_name(one.role, 'zh')} {who}")
        told = [f"{duty_name(made, one.slot, lang)} {role_name(one.role, lang)} {name_of(made, one.person, lang)}"
                for lang in _LANGS]  # fmt: skip
        event.add("description", "\n".join(told))
        event.add("categories", [one.role])
        calendar.add_component(event)
    replace_bytes(path, calendar.to_ical())


_LANGS: tuple[Lang, ...] = ("zh", "en")


def _times(made: Made, slot: Slot) -> tuple[datetime, datetime]:
    midnight = datetime(made.statement.first.year, made.statement.first.month, 1, tzinfo=_SHANGHAI)
    return midnight + timedelta(minutes=slot.start_min), midnight + timedelta(minutes=slot.end_min)


def _both(key: str) -> str:
    zh, en = text(key, "zh"), text(key, "en")
    return zh if zh == en else f"{zh} / {en}"


def _title(key: str) -> str:
    return f"{text(key, 'zh')} {text(key, 'en')}"[:31]


def _name(made: Made, key: str) -> str:
    zh, en = name_of(made, key, "zh"), name_of(made, key, "en")
    return zh if zh == en else f"{zh} / {en}"


def _calendar(made: Made) -> Sheet:
    """A row a day, a column for each post and shift; a stay stands on each of its days."""
    problem = made.statement.problem
    on: dict[str, list[str]] = defaultdict(list)
    for one in made.assignments:
        on[one.slot].append(_name(made, one.person))
    columns = sorted({(slot.post, _order(slot.shift), slot.shift) for slot in problem.slots})
    cells: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for slot in problem.slots:
        for day in range(slot.day, slot.day + (-(-(slot.end_min - slot.start_min) // 1440) if slot.standby else 1)):
            cells[day, slot.post, slot.shift] += on[slot.id]
    header = [_both("roster.day"), _both("roster.weekday"), _both("roster.kind")]
    header += [f"{_name(made, f'post {post}')} · {_both(f'roster.shift.{shift}')}" for post, _, shift in columns]
    rows = []
    for day, kind in enumerate(problem.day_kinds):
        when = made.statement.day(day)
        mode = [_both("roster.response")] if day in made.statement.response else []
        kinds = " · ".join([_both(f"roster.kind.{kind.value}"), *mode])
        rows.append((when, _WEEKDAYS[when.weekday()], kinds,
                     *("\n".join(cells[day, post, shift]) or None for post, _, shift in columns)))  # fmt: skip
    return Sheet(_title("roster.sheet.calendar"), header, rows)


def _order(shift: str) -> int:
    return ("24h", "early", "day", "late", "night", "station").index(shift)


def _people(made: Made) -> Sheet:
    """A row a person: what they have on each day, and what it comes to."""
    problem = made.statement.problem
    slots = {slot.id: slot for slot in problem.slots}
    marks: dict[tuple[str, int], list[str]] = defaultdict(list)
    tally: dict[str, list[int]] = {person.id: [0, 0, 0, 0, 0, 0] for person in problem.people}
    for one in made.assignments:
        slot = slots[one.slot]
        marks[one.person, slot.day].append(_MARKS[slot.shift])
        row = tally[one.person]
        for m, counts in enumerate(counts_as(slot, problem)):
            row[m] += counts
        row[5] += 0 if slot.standby else (slot.end_min - slot.start_min) // 60
    header: list[Any] = ["id", "姓名", "Name", "角色 / Roles"]
    header += [f"{day + 1} {_WEEKDAYS[made.statement.day(day).weekday()][0]}" for day in range(problem.days)]
    header += [_both(f"roster.measure.{name}") for name in (*MEASURES, "hours")]
    rows = []
    for person in problem.people:
        roles = "、".join(role_name(role, "zh") for role in sorted(person.roles))
        days = ["+".join(marks[person.id, day]) or None for day in range(problem.days)]
        rows.append((person.id, name_of(made, person.id, "zh"), name_of(made, person.id, "en"), roles, *days,
                     *tally[person.id]))  # fmt: skip
    return Sheet(_title("roster.sheet.people"), header, rows)


def _fairness(made: Made) -> Sheet:
    header = [_both(f"roster.{name}") for name in ("group", "measure", "least", "most", "spread", "bound")]
    rows: list[Any] = [
        (one.group, _both(f"roster.measure.{one.measure}"), one.least, one.most, one.value, one.bound)
        for one in made.spreads
    ]
    return Sheet(_title("roster.sheet.fairness"), header, rows)


def _pairs(made: Made) -> Sheet:
    rows: list[Any] = [(_name(made, a), _name(made, b)) for a, b in made.statement.pairs.pairs]
    for one, role in made.statement.pairs.left:
        alone = f"{_name(made, one)}（{_both('roster.left')}）"
        rows.append((alone, None) if role == "safety_officer" else (None, alone))
    header = (_both("roster.role.safety_officer"), _both("roster.role.fire_patroller"))
    return Sheet(_title("roster.sheet.pairs"), header, rows)
