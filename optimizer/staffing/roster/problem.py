"""What a roster is asked for: people, slots of duty, rules, requests. Times are minutes from midnight of day 0."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from optimizer.errors import BadInput, Fault

DAY = 24 * 60
PAIR = "pair"
"""A need of this role is met by a fixed pair: one safety officer and one fire patroller."""
SAFETY_OFFICER, FIRE_PATROLLER = "safety_officer", "fire_patroller"
MEASURES = ("duties", "nights", "weekends", "holidays", "stationed")
"""What is shared out fairly, the first first."""


class DayKind(StrEnum):
    """A weekend day that is worked in lieu of a holiday is a work day."""

    work = "work"
    weekend = "weekend"
    holiday = "holiday"


class Asked(StrEnum):
    """What a request says; `leave` also keeps duties of the day before from reaching into it."""

    leave = "leave"
    must = "must"
    must_not = "must_not"
    wish = "wish"
    wish_not = "wish_not"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be put on duty.

    `group`: who is compared with whom; empty = everybody with the same roles. `most`: duties a month at most.
    `carried`: what the person has done before, per measure, when fairness runs on over months.
    """

    id: str
    roles: frozenset[str]
    group: str = ""
    most: int | None = None
    carried: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    @property
    def compared(self) -> str:
        return self.group or "+".join(sorted(self.roles))


@dataclass(frozen=True, slots=True)
class Slot:
    """One duty to be filled: people needed per role from `start_min` to `end_min`.

    `day` is the duty day it belongs to: a night shift that begins at midnight belongs to the day before.

    `standby`: being stationed in a village, which is rest enough at night to count as no night duty (assumed).
    """

    id: str
    post: str
    shift: str
    day: int
    start_min: int
    end_min: int
    needs: tuple[tuple[str, int], ...]
    standby: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """`post` None = at any post. `row` says where it was asked, for messages."""

    person: str
    kind: Asked
    first_day: int
    last_day: int
    post: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class PastDuty:
    """A duty before the first day, which asks for its rest."""

    person: str
    start_min: int
    end_min: int
    standby: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Rest and nights. Sources: 11 h of rest and "a night duty has 3 h or more of the night" are articles 3 and 2(4)
    of Directive 2003/88/EC (Chinese labour law sets no hours between shifts); a day off after a duty of 24 h is common
    practice of duty offices, assumed; 2 nights in a row and the excused share are assumed."""

    rest_min: int = 11 * 60
    long_duty_min: int = 24 * 60
    long_rest_min: int = 24 * 60
    nights_in_a_row: int = 2
    night_from_min: int = 22 * 60
    night_to_min: int = 6 * 60
    night_least_min: int = 3 * 60
    excused_share: float = 0.25
    """Who is on leave for more than this share of the days may have less than the others, never more."""


@dataclass(frozen=True)
class RosterProblem:
    """Everything a roster must answer to. Order of people, slots and requests does not matter.

    Raises `BadInput` with every fault: ids that are there twice, unknown people, posts and days, slots without people.
    """

    day_kinds: tuple[DayKind, ...]
    people: tuple[Person, ...]
    slots: tuple[Slot, ...]
    requests: tuple[Request, ...] = ()
    rules: Rules = field(default_factory=Rules)
    past: tuple[PastDuty, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    """(safety officer, fire patroller), fixed; see `pairs.pair_up`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", tuple(sorted(self.people, key=lambda one: one.id)))
        object.__setattr__(self, "slots", tuple(sorted(self.slots, key=lambda one: (one.start_min, one.post, one.id))))
        order = sorted(self.requests, key=lambda one: (one.person, one.first_day, one.kind, one.post or "",
                                                       one.last_day, one.row or 0))  # fmt: skip
        object.__setattr__(self, "requests", tuple(order))
        object.__setattr__(self, "pairs", tuple(sorted(self.pairs)))
        past = sorted(self.past, key=lambda one: (one.person, one.start_min, one.end_min, one.standby))
        object.__setattr__(self, "past", tuple(past))
        faults = list(_faults(self))
        if faults:
            raise BadInput("roster", faults)

    @property
    def days(self) -> int:
        return len(self.day_kinds)

    def with_requests(self, *more: Request) -> "RosterProblem":
        return replace(self, requests=(*self.requests, *more))


@dataclass(frozen=True, order=True, slots=True)
class Assignment:
    """A person on a slot in a role. Both of a pair have the role they hold in it."""

    slot: str
    role: str
    person: str


def _faults(problem: RosterProblem) -> Iterable[Fault]:
    people = [person.id for person in problem.people]
    for name, ids in (("person", people), ("slot", [slot.id for slot in problem.slots])):
        for one in sorted({one for one in ids if ids.count(one) > 1} if len(set(ids)) < len(ids) else ()):
            yield Fault(f"{name} {one}", "RosterTwice", {"what": name, "id": one})
    posts = {slot.post for slot in problem.slots}
    for slot in problem.slots:
        if not slot.needs or any(count < 1 for _, count in slot.needs):
            yield Fault(f"slot {slot.id}", "RosterNobodyNeeded", {"slot": slot.id})
        if (
            slot.end_min <= slot.start_min
            or not 0 <= slot.start_min // DAY - slot.day <= 1
            or not 0 <= slot.day < problem.days
        ):
            yield Fault(f"slot {slot.id}", "RosterWrongTimes", {"slot": slot.id})
    known = set(people)
    for request in problem.requests:
        where = f"row {request.row}" if request.row is not None else f"request of {request.person}"
        if request.person not in known:
            yield Fault(where, "RosterUnknownPerson", {"person": request.person})
        if request.post is not None and request.post not in posts:
            yield Fault(where, "RosterUnknownPost", {"post": request.post, "known": sorted(posts)[:12]})
        if not 0 <= request.first_day <= request.last_day < problem.days:
            yield Fault(where, "RosterDayOutside", {"days": problem.days})
    for past in problem.past:
        if past.person not in known:
            yield Fault(f"past duty of {past.person}", "RosterUnknownPerson", {"person": past.person})
    paired = [one for pair in problem.pairs for one in pair]
    for one in sorted({one for one in paired if paired.count(one) > 1 or one not in known}):
        yield Fault(f"pair of {one}", "RosterBadPair", {"person": one})
