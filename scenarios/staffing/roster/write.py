"""A roster as iCalendar, as a table, and as the table of people for the next month."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from inventory.files import write_table
from inventory.files.write import replace_bytes
from optimizer.staffing.roster import Slot, carried_after
from scenarios.staffing.roster.before import people_after
from scenarios.staffing.roster.make import Made, duty_name, name_of, role_name
from scenarios.texts import Lang, text

_SHANGHAI = ZoneInfo("Asia/Shanghai")


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


def write_people_after(path: Path, made: Made) -> None:
    """The table of people with `carried_*` as they stand at the end of the month: duties done, and the credit of long
    leave. With it and the roster as `before`, the next month goes on where this one ends."""
    write_table(path, "duty_people", people_after(made.statement.rows, carried_after(
        made.statement.problem, made.assignments)))  # fmt: skip


def write_roster_folder(folder: Path, made: Made) -> list[Path]:
    """One calendar for each person who has a duty, named by their id."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for who in sorted({one.person for one in made.assignments}):
        name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in who)
        found.append(folder / f"{name}.ics")
        write_roster_ics(found[-1], made, person=who)
    return found


def write_roster_ics(path: Path, made: Made, *, person: str | None = None) -> None:
    """One event per duty and person (RFC 5545), of one person if asked; the same roster gives the same bytes."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//wuding//duty roster//ZH")
    calendar.add("version", "2.0")
    month = f"{made.statement.first:%Y-%m}"
    name = text("roster.calendar", "zh", month=month)
    if person is not None:
        name = text("roster.own_calendar", "zh", month=month, name=name_of(made, person, "zh"))
    calendar.add("x-wr-calname", name)
    stamp = datetime(made.statement.first.year, made.statement.first.month, 1, tzinfo=UTC)
    slots = {slot.id: slot for slot in made.statement.problem.slots}
    for one in sorted(made.assignments, key=lambda one: (slots[one.slot].start_min, one)):
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
        event.add("location", name_of(made, f"post {slots[one.slot].post}", "zh"))
        event.add("categories", [one.role])
        calendar.add_component(event)
    replace_bytes(path, calendar.to_ical())


_LANGS: tuple[Lang, ...] = ("zh", "en")


def _times(made: Made, slot: Slot) -> tuple[datetime, datetime]:
    midnight = datetime(made.statement.first.year, made.statement.first.month, 1, tzinfo=_SHANGHAI)
    return midnight + timedelta(minutes=slot.start_min), midnight + timedelta(minutes=slot.end_min)
