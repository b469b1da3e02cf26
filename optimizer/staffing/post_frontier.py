"""What every number of posts would reach: worst and mean WISN ratio for 0, 1, 2, ... new posts.

The greedy order of `posts` answers all of them in one run: the share of n + 1 posts is that of n and one post more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heapify, heappop, heappush

from optimizer.errors import BadInput
from optimizer.staffing.post_types import PostRules, PostTown
from optimizer.staffing.posts import SCALE, Order, key, lowest


@dataclass(frozen=True)
class FrontierPoint:
    """`worst` is exact. `mean` is the mean of the towns' ratios, from integers (within 2^-64 before rounding); `whole`
    is all posts over all required. `town` is where post number `posts` adds one (-1 for the first point)."""

    posts: int
    worst: Fraction
    mean: float
    whole: Fraction
    town: int


def frontier(towns: Iterable[PostTown], *, rules: PostRules) -> tuple[FrontierPoint, ...]:
    """From the fewest new posts that floors and district minima allow to `rules.posts`, or as many as can be placed.

    O((posts + towns) log towns). Raises BadInput as `share_posts` does.
    """
    listed = tuple(towns)
    order = Order(listed, rules)
    after = list(order.start)
    keys = [key(posts, town.required) for posts, town in zip(after, listed, strict=True)]
    total_key, total, required = sum(keys), sum(after), sum(town.required for town in listed)
    queue = [(value, index) for index, value in enumerate(keys)]
    heapify(queue)
    points: list[FrontierPoint] = []
    first = max(order.must, order.returned)  # steps before the point that is reached first
    actual = sum(town.actual for town in listed)

    def point(town: int) -> FrontierPoint:
        while queue[0][0] != keys[queue[0][1]]:
            heappop(queue)
        worst = queue[0][1]
        mean = total_key / (len(listed) << SCALE)  # true division of integers rounds once
        return FrontierPoint(
            total - actual, Fraction(after[worst], listed[worst].required), mean, Fraction(total, required), town
        )

    if first <= 0:
        points.append(point(-1))
    for number, index in enumerate(order.steps, 1):
        after[index] += 1
        value = key(after[index], listed[index].required)
        total_key += value - keys[index]
        total += 1
        keys[index] = value
        heappush(queue, (value, index))
        if number >= first:
            points.append(point(index if points else -1))
    if not points:  # caps hold so little that not even what towns give up can be placed again
        points.append(point(-1))
    return tuple(points)


def posts_for(towns: Iterable[PostTown], *, rules: PostRules, ratio: Fraction) -> int | None:
    """The fewest new posts with which every town reaches `ratio`; None where caps or district limits forbid it.

    `rules.posts` is not looked at. Raises BadInput.
    """
    listed = tuple(towns)
    try:
        Order(listed, replace(rules, posts=0))
    except BadInput as error:
        if any(fault.code != "PostsTooFew" for fault in error.faults):
            raise
    needs: dict[str, int] = {}
    for town in listed:
        wanted = max(lowest(town, rules.lose), -(-ratio.numerator * town.required // ratio.denominator))
        if town.cap is not None and wanted > town.cap:
            return None
        needs[town.district] = needs.get(town.district, 0) + wanted - town.actual
    for limit in rules.districts:
        if limit.most is not None and needs[limit.district] > limit.most:
            return None
        if limit.least is not None:
            needs[limit.district] = max(needs[limit.district], limit.least)
    return max(0, sum(needs.values()))
