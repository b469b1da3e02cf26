"""The month before: duties whose rest reaches into this month, and what everybody carries over."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from inventory.files import read_table
from optimizer.errors import BadInput, Fault
from optimizer.staffing.roster import MEASURES, DayKind, PastDuty, Pattern, Person, Post, Rules, Slot
from optimizer.staffing.roster.facts import nights_of
from optimizer.staffing.roster.posts import SHIFT_NAMES, SHIFTS
from optimizer.staffing.roster.problem import DAY


class Before:
    """The rows of a duty_roster of earlier days, as slots on the clock of the month that begins on `first`.

    Rows of people who are no longer in the table are passed over. How long a stay lasted the table does not say:
    `stay_days` of its post is assumed, and that it ended with its month at the latest.
    Raises BadTable, BadInput for days that are not before the month, and for posts and shifts that are not known.
    """

    def __init__(self, path: Path, posts: Iterable[Post], people: Iterable[str], *, first: date) -> None:
        table = read_table(path, "duty_roster")
        known, staff = {post.id: post for post in posts}, set(people)
        faults: list[Fault] = []
        self.first = first
        self.rows: list[tuple[str, Slot]] = []
        for number, row in zip(table.row_numbers, table.rows(), strict=True):
            post, where = known.get(row["post"]), f"row {number}"
            if row["day"] >= first:
                faults.append(Fault(where, "RosterNotBefore", {"day": row["day"], "first": first}))
            elif post is None:
                faults.append(Fault(where, "RosterPostGone", {"post": row["post"]}))
            elif row["shift"] not in _shifts(post):
                faults.append(Fault(where, "RosterShiftGone", {"post": row["post"], "shift": row["shift"]}))
            elif row["person"] in staff:
                self.rows.append((row["person"], _slot(post, row["day"], row["shift"], first)))
        if faults:
            raise BadInput(str(path), faults)

    def past(self, rules: Rules) -> tuple[PastDuty, ...]:
        """The duties that rest and nights in a row can still ask about."""
        earliest = -(rules.nights_in_a_row + 1) * DAY - max(rules.long_rest_min, rules.rest_min)
        return tuple(
            PastDuty(who, slot.start_min, slot.end_min, slot.standby)
            for who, slot in self.rows
            if slot.end_min > earliest
        )

    def carried(self, people: Sequence[Person], rules: Rules) -> dict[str, tuple[int, int, int, int, int]]:
        """What everybody had, per measure. Who had nothing at all (newly come, or long away) begins where the mean of
        those they are compared with stands, rounded down: assumed, so that nobody has to work off a time before."""
        from scenarios.staffing.roster.read import day_kinds  # it reads us

        kinds: dict[date, DayKind] = {}
        counted: dict[str, list[int]] = {}
        for who, slot in self.rows:
            day = self.first + timedelta(days=slot.day)
            if day not in kinds:
                month = day.replace(day=1)
                kinds |= {month + timedelta(days=at): kind for at, kind in enumerate(day_kinds(month)[0])}
            row = counted.setdefault(who, [0] * len(MEASURES))
            night = bool(nights_of(slot.start_min, slot.end_min, rules))
            counts = (True, night, kinds[day] is DayKind.weekend, kinds[day] is DayKind.holiday, False)
            for m, name in enumerate(MEASURES):
                row[m] += name == "stationed" if slot.standby else counts[m]
        groups: dict[str, list[list[int]]] = {}
        for person in people:
            if person.id in counted:
                groups.setdefault(person.compared, []).append(counted[person.id])
        found = {}
        for person in people:
            them = groups.get(person.compared, [])
            mean = [sum(column) // len(them) for column in zip(*them, strict=True)] if them else [0] * len(MEASURES)
            d, n, w, h, t = counted.get(person.id, mean)
            found[person.id] = (d, n, w, h, t)
        return found


def _shifts(post: Post) -> tuple[str, ...]:
    return ("station",) if post.pattern is Pattern.station else SHIFT_NAMES[post.pattern]


def _slot(post: Post, when: date, shift: str, first: date) -> Slot:
    day = (when - first).days
    if post.pattern is Pattern.station:
        start, month_end = day * DAY + post.start_min, when.replace(day=monthrange(when.year, when.month)[1])
        days = min(post.stay_days, (month_end - when).days + 1)
        return Slot("", post.id, shift, day, start, start + days * DAY, post.needs, standby=True)
    length = DAY // SHIFTS[post.pattern]
    start = day * DAY + post.start_min + _shifts(post).index(shift) * length
    return Slot("", post.id, shift, day, start, start + length, post.needs)


def people_after(rows: Iterable[dict[str, Any]], carried: dict[str, Sequence[int]]) -> list[dict[str, Any]]:
    """The table of people for the next month: `carried_*` as they stand at the end of this one."""
    return [{**row, **{f"carried_{name}": carried[row["id"]][m] for m, name in enumerate(MEASURES)}} for row in rows]
