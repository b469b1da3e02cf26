"""The tables of a duty roster (duty_people, duty_posts, duty_requests, duty_roster) as a statement."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from inventory.files import Table, read_table
from optimizer.errors import BadInput, Fault
from optimizer.staffing.roster import (
    PAIR,
    Asked,
    Assignment,
    DayKind,
    Mode,
    Pairs,
    PastDuty,
    Pattern,
    Person,
    Post,
    Request,
    RosterProblem,
    Rules,
    pair_up,
    slots_of,
)
from scenarios.staffing.roster.before import Before

CARRIED = ("carried_duties", "carried_nights", "carried_weekends", "carried_holidays", "carried_stationed")


@dataclass(frozen=True)
class Statement:
    """What is asked for, with the names to say it in. `assumed_days`: no public holidays are announced yet."""

    problem: RosterProblem
    first: date
    names: dict[str, dict[str, str]]
    """id of a person or `post id` -> {zh, en}"""
    posts: tuple[str, ...]
    pairs: Pairs
    response: tuple[int, ...]
    assumed_days: bool
    rows: tuple[dict[str, Any], ...] = ()
    """The table of people as it was read, to be written for the next month."""

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)


def month_of(value: str) -> date:
    """The first day of a month written 2026-10. Raises BadInput."""
    try:
        if len(value) != 7:
            raise ValueError
        found = date.fromisoformat(f"{value}-01")
    except ValueError:
        raise BadInput("--month", [Fault("--month", "RosterNotMonth", {"value": value[:60]})]) from None
    if not 2000 <= found.year <= 2100:
        raise BadInput("--month", [Fault("--month", "YearOutOfRange", {"value": value, "least": 2000, "most": 2100})])
    return found


def day_kinds(first: date) -> tuple[tuple[DayKind, ...], bool]:
    """Kinds of the days of a month, and whether only Saturdays and Sundays are known (no holidays announced yet)."""
    import chinese_calendar  # its tables load slowly

    days = [first + timedelta(days=at) for at in range(monthrange(first.year, first.month)[1])]
    plain = tuple(DayKind.weekend if day.weekday() >= 5 else DayKind.work for day in days)
    if first.year not in {day.year for day in chinese_calendar.constants.holidays}:
        return plain, True
    kinds = []
    for day in days:
        off, name = chinese_calendar.get_holiday_detail(day)
        kinds.append(DayKind.work if not off else DayKind.weekend if name is None else DayKind.holiday)
    return tuple(kinds), False


def response_days(spans: Iterable[str], *, first: date, days: int) -> tuple[int, ...]:
    """Days of the month that lie in any of the spans `2026-10-10..2026-10-15`. Raises BadInput."""
    found: set[int] = set()
    for span in spans:
        begin, _, end = span.partition("..")
        try:
            low, high = date.fromisoformat(begin), date.fromisoformat(end or begin)
        except ValueError:
            raise BadInput("--response", [Fault("--response", "RosterNotSpan", {"value": span[:60]})]) from None
        inside = set(range(max(0, (low - first).days), min(days - 1, (high - first).days) + 1))
        if not inside:
            raise BadInput("--response", [Fault("--response", "RosterSpanOutside", {"value": span[:60]})])
        found |= inside
    return tuple(sorted(found))


def read_statement(
    people: Path, posts: Path, *, month: str, requests: Path | None = None, response: Iterable[str] = (),
    rules: Rules | None = None, before: Path | None = None,
) -> Statement:  # fmt: skip
    """Raises BadTable with every fault of a file, BadInput for what the files say together.

    Requests that reach beyond the month count on its days; those of other months are passed over. `before` is the
    duty_roster of the month before: its last duties ask for their rest here, and where the table of people has no
    `carried_*` numbers, its duties are what everybody carries over.
    """
    first = month_of(month)
    kinds, assumed = day_kinds(first)
    days = len(kinds)
    who, where = read_table(people, "duty_people"), read_table(posts, "duty_posts")
    for path, table in ((people, who), (posts, where)):
        if not len(table):
            raise BadInput(str(path), [Fault("", "RosterEmptyTable", {"table": table.name})])
    known = {"duty_people.id": set(who["id"]), "duty_posts.id": set(where["id"])}
    asked = None if requests is None else read_table(requests, "duty_requests", references=known)
    in_response = response_days(response, first=first, days=days)
    staff, places = tuple(_person(row) for row in who.rows()), [_post(row) for row in where.rows()]
    rules = rules or Rules()
    past: tuple[PastDuty, ...] = ()
    if before is not None:
        earlier = Before(before, places, (one.id for one in staff), first=first)
        past = earlier.past(rules)
        if all(row[name] is None for row in who.rows() for name in CARRIED):
            carried = earlier.carried(staff, rules)
            staff = tuple(replace(one, carried=carried[one.id]) for one in staff)
    pairs = pair_up(staff, area={row["id"]: row["area"] for row in who.rows() if row["area"]})
    slots = slots_of(places, days=days, response_days=in_response)
    if not slots:
        raise BadInput(str(posts), [Fault("", "RosterNoSlots", {})])
    manned = {slot.post for slot in slots}
    problem = RosterProblem(
        day_kinds=kinds,
        people=staff,
        slots=slots,
        requests=() if asked is None else tuple(_requests(asked, first, days, manned)),
        rules=rules,
        past=past,
        pairs=pairs.pairs,
    )
    names = {}
    for row in [*who.rows(), *({**row, "id": f"post {row['id']}"} for row in where.rows())]:
        plain = row["id"].removeprefix("post ")
        names[row["id"]] = {"zh": row["name"] or plain, "en": row["name_en"] or row["name"] or plain}
    return Statement(problem, first, names, tuple(sorted(manned)), pairs, in_response, assumed, tuple(who.rows()))


def _person(row: dict[str, Any]) -> Person:
    d, n, w, h, t = (row[name] or 0 for name in CARRIED)
    return Person(row["id"], frozenset(row["roles"]), row["group"] or "", row["most_duties"], (d, n, w, h, t))


def _post(row: dict[str, Any]) -> Post:
    faults = [(role, count) for role, count in row["needs"] if count != int(count) or not 1 <= count <= 200]
    if faults:
        where = f"duty_posts {row['id']}"
        raise BadInput("duty_posts", [Fault(where, "RosterNotHeads", {"role": r, "count": c}) for r, c in faults])
    needs = tuple((role, int(count)) for role, count in row["needs"])
    start = 8 if row["start_h"] is None else row["start_h"]
    mode = Mode(row["mode"] or "both")
    return Post(row["id"], Pattern(row["pattern"]), needs, mode, start * 60, row["stay_days"] or 3)


def _requests(table: Table, first: date, days: int, manned: set[str]) -> Iterable[Request]:
    for number, row in zip(table.row_numbers, table.rows(), strict=True):
        low, high = (row["first"] - first).days, ((row["last"] or row["first"]) - first).days
        if high < 0 or low >= days or (row["post"] is not None and row["post"] not in manned):
            continue
        kind = Asked(row["kind"])
        yield Request(row["person"], kind, max(0, low), min(days - 1, high), row["post"], number)


def read_roster(path: Path, statement: Statement) -> tuple[Assignment, ...]:
    """A roster written earlier (duty_roster). Raises BadTable, BadInput for duties that the month does not have, and
    for more people on a shift than it needs."""
    known = {"duty_people.id": {one.id for one in statement.problem.people}, "duty_posts.id": set(statement.posts)}
    table = read_table(path, "duty_roster", references=known)
    slots = {(slot.post, slot.day, slot.shift): slot.id for slot in statement.problem.slots}
    room = {
        slot.id: sum(heads * (2 if role == PAIR else 1) for role, heads in slot.needs)
        for slot in statement.problem.slots
    }
    found, faults = [], []
    for number, row in zip(table.row_numbers, table.rows(), strict=True):
        slot = slots.get((row["post"], (row["day"] - statement.first).days, row["shift"]))
        if slot is None:
            facts = {"post": row["post"], "day": row["day"], "shift": row["shift"]}
            faults.append(Fault(f"row {number}", "RosterNoSuchSlot", facts))
        else:
            found.append(Assignment(slot, row["role"], row["person"]))
            room[slot] -= 1
            if room[slot] < 0:
                facts = {"post": row["post"], "day": row["day"], "shift": row["shift"]}
                faults.append(Fault(f"row {number}", "RosterTooMany", facts))
    if faults:
        raise BadInput(str(path), faults)
    return tuple(sorted(found))
