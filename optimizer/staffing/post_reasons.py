"""Why a town got what it got, and when its turn comes again; the words stand in texts.csv under `posts.why.*`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from optimizer.staffing.post_types import MOST, PostShare
from optimizer.staffing.posts import Order, lowest

Cause = Literal["gave", "district", "cap", "floor", "served", "waits", "least"]
_NO_CAP: Final = 1 << 60


@dataclass(frozen=True)
class PostReason:
    """`last`: the ratio at which the town got its last post (None: it got none). `wait`: its next post is this many
    posts away (1: the very next); None: it may take no more. `key` and `facts` make the sentence."""

    town: int
    cause: Cause
    before: Fraction
    after: Fraction
    last: Fraction | None
    wait: int | None

    @property
    def key(self) -> str:
        return f"posts.why.{self.cause}"


def reasons(share: PostShare) -> tuple[PostReason, ...]:
    """One for each town, of a share by `share_posts`. O(different ratios · towns).

    gave: posts moved away; cap, district: it could have had more, were it not for that limit; floor: the floor gave it
    more than its ratio would have; least: the district's minimum did; served: post by post as the worst off;
    waits: others were worse off.
    """
    level = _level(share)
    room = district_room(share)
    waits = _waits(share, room)
    found = []
    for index, (town, after, given) in enumerate(zip(share.towns, share.after, share.given, strict=True)):
        last = Fraction(after - 1, town.required) if given > 0 else None
        cause: Cause = "served" if given > 0 else "waits"
        worse = level is None or Fraction(after, town.required) < level
        if given < 0:
            cause = "gave"
        elif worse and after == town.cap:
            cause = "cap"
        elif worse and room[town.district] == 0:
            cause = "district"
        elif last is not None and level is not None and last > level:
            cause = "floor" if after == town.floor else "least"
        ratios = Fraction(town.actual, town.required), Fraction(after, town.required)
        found.append(PostReason(index, cause, *ratios, last, waits[index]))
    return tuple(found)


def threshold(share: PostShare) -> Fraction | None:
    """The lowest ratio of a town that may still take a post: whoever stands there is next. None: nobody may."""
    room = district_room(share)
    open_to = [
        Fraction(after, town.required)
        for after, town in zip(share.after, share.towns, strict=True)
        if after != town.cap and room[town.district] != 0
    ]
    return min(open_to, default=None)


def next_towns(share: PostShare, *, count: int = 5) -> tuple[int, ...]:
    """The towns that would get the next posts, in turn."""
    order = Order(share.towns, replace(share.rules, posts=min(MOST, share.rules.posts - share.unplaced + count)))
    placed = sum(share.after) - sum(order.start)
    return tuple(order.steps[placed:])


def district_room(share: PostShare) -> Mapping[str, int | None]:
    """How many posts each district may still take; None: no limit."""
    got: dict[str, int] = {}
    for town, given in zip(share.towns, share.given, strict=True):
        got[town.district] = got.get(town.district, 0) + given
    most = {limit.district: limit.most for limit in share.rules.districts}
    return {name: None if (limit := most.get(name)) is None else limit - total for name, total in got.items()}


def _level(share: PostShare) -> Fraction | None:
    """The highest ratio at which a post was given by turn: above it only floors and minima give."""
    turns = [
        Fraction(after - 1, town.required)
        for town, after in zip(share.towns, share.after, strict=True)
        if after > lowest(town, share.rules.lose)
    ]
    now = threshold(share)
    if now is None:
        return max(turns, default=None)
    return max((ratio for ratio in turns if ratio <= now), default=now)


def _waits(share: PostShare, room: Mapping[str, int | None]) -> list[int | None]:
    """Of each town: one more than the steps the others take before its next post, within caps and districts.

    Towns at one ratio x are looked at together: another is served while below x · its required posts, and once more
    where that is a whole number and its turn among equals comes first. O(ratios · towns + ties log ties).
    """
    listed, names = share.towns, list(room)
    required = np.array([town.required for town in listed], np.int64)
    there = np.array(share.after, np.int64)
    caps = np.array([_NO_CAP if town.cap is None else town.cap for town in listed], np.int64)
    place = {name: number for number, name in enumerate(names)}
    district = np.array([place[town.district] for town in listed], np.int64)
    free = np.array([_NO_CAP if (left := room[name]) is None else left for name in names], np.int64)
    at_ratio: dict[Fraction, list[int]] = {}
    for index, (town, posts) in enumerate(zip(listed, share.after, strict=True)):
        if posts != town.cap and room[town.district] != 0:
            at_ratio.setdefault(Fraction(posts, town.required), []).append(index)
    waits: list[int | None] = [None] * len(listed)
    for ratio, own in at_ratio.items():
        reach, rest = np.divmod(required * ratio.numerator, ratio.denominator)  # whoever is below is served first
        steps = np.maximum(np.minimum(reach + (rest > 0), caps) - there, 0)
        ahead = np.zeros(len(names), np.int64)
        np.add.at(ahead, district, steps)
        counted = int(np.minimum(ahead, free).sum())
        equal = np.flatnonzero((rest == 0) & (reach >= there) & (reach < caps)).tolist()
        mine = set(own)
        for index in sorted(equal, key=lambda one: _turn(share, one, int(reach[one]))):
            where = district[index]
            if index in mine:
                waits[index] = None if ahead[where] >= free[where] else 1 + counted
            counted += bool(ahead[where] < free[where])
            ahead[where] += 1
    return waits


def _turn(share: PostShare, index: int, posts: int) -> tuple[int, bool, str]:
    town = share.towns[index]
    return town.required, posts >= town.actual, town.code
