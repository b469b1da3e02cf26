"""From posts to slots: which posts are manned on which day, in which shifts, in normal and in response mode."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from optimizer.staffing.roster.problem import DAY, Slot


class Mode(StrEnum):
    """When a post is manned: on days of normal duty, on days of response, or on both."""

    normal = "normal"
    response = "response"
    both = "both"


class Pattern(StrEnum):
    """How a day is cut into shifts; `station` is one stay over days in a village."""

    whole = "1x24"
    halves = "2x12"
    thirds = "3x8"
    station = "station"


SHIFTS = {Pattern.whole: 1, Pattern.halves: 2, Pattern.thirds: 3}
SHIFT_NAMES = {Pattern.whole: ("24h",), Pattern.halves: ("day", "night"), Pattern.thirds: ("early", "late", "night")}


@dataclass(frozen=True, slots=True)
class Post:
    """A post: its shifts begin at `start_min` of the day; `needs` are people per role and shift.

    A `station` is manned in response only, by stays of `stay_days` (3, assumed), the last one shorter.
    """

    id: str
    pattern: Pattern
    needs: tuple[tuple[str, int], ...]
    mode: Mode = Mode.both
    start_min: int = 8 * 60
    stay_days: int = 3


def slots_of(posts: Iterable[Post], *, days: int, response_days: Collection[int] = ()) -> tuple[Slot, ...]:
    """The slots of `days` days (0 to days - 1), of which `response_days` are in response mode."""
    slots: list[Slot] = []
    for post in posts:
        if post.pattern is Pattern.station:
            slots += _stays(post, sorted(set(response_days)))
            continue
        length = DAY // SHIFTS[post.pattern]
        for day in range(days):
            if post.mode is not Mode.both and (post.mode is Mode.response) != (day in response_days):
                continue
            for number, name in enumerate(SHIFT_NAMES[post.pattern]):
                start = day * DAY + post.start_min + number * length
                slot_id = f"{post.id}/{day + 1:02d}/{name}"
                slots.append(Slot(slot_id, post.id, name, day, start, start + length, post.needs))
    return tuple(slots)


def _stays(post: Post, days: list[int]) -> Iterable[Slot]:
    """Each run of response days is cut into stays."""
    while days:
        run = next((at for at in range(1, len(days)) if days[at] != days[at - 1] + 1), len(days))
        stay, days = days[: min(run, post.stay_days)], days[min(run, post.stay_days) :]
        start = stay[0] * DAY + post.start_min
        slot_id = f"{post.id}/{stay[0] + 1:02d}/station"
        yield Slot(slot_id, post.id, "station", stay[0], start, start + len(stay) * DAY, post.needs, standby=True)
