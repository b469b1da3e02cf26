"""Why a town got what it got, and when its turn comes again; the words stand in texts.csv under `posts.why.*`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from optimizer.staffing.post_types import PostShare
from optimizer.staffing.posts import Order, lowest

Cause = Literal["gave", "district", "cap", "floor", "served", "waits", "least"]


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
    """One for each town, of a share by `share_posts`. O(towns^2).

    gave: posts moved away; cap, district: it could have had more, were it not for that limit; floor: the floor gave it
    more than its ratio would have; least: the district's minimum did; served: post by post as the worst off;
    waits: others were worse off.
    """
    level = _level(share)
    room = district_room(share)
    waits = [_wait(share, index, room) for index in range(len(share.towns))]
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
    order = Order(share.towns, replace(share.rules, posts=share.rules.posts - share.unplaced + count))
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


def _turn(share: PostShare, index: int, posts: int) -> tuple[int, bool, str]:
    town = share.towns[index]
    return town.required, posts >= town.actual, town.code


def _wait(share: PostShare, index: int, room: Mapping[str, int | None]) -> int | None:
    """Of every other town: the steps it takes before its own ratio passes this one's, within cap and district."""
    town, posts = share.towns[index], share.after[index]
    if posts == town.cap or room[town.district] == 0:
        return None
    ahead: dict[str, int] = {}
    for other, (its, there) in enumerate(zip(share.towns, share.after, strict=True)):
        if other == index or there == its.cap:
            continue
        reach, rest = divmod(posts * its.required, town.required)  # it is served while below this
        if rest or (reach >= there and _turn(share, other, reach) < _turn(share, index, posts)):
            reach += 1
        if its.cap is not None:
            reach = min(reach, its.cap)
        if reach > there:
            ahead[its.district] = ahead.get(its.district, 0) + reach - there
    own = room[town.district]
    if own is not None and ahead.get(town.district, 0) >= own:
        return None
    return 1 + sum(count if (free := room[name]) is None else min(count, free) for name, count in ahead.items())
