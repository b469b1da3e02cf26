"""An independent check of a share of posts: the rules, and a certificate that nothing better exists.

Shares no code with the model. What may be decided is an M-convex set and the leximin order a separable convex function
on it, so a share that no single move of one post improves is optimal (Murota, Discrete Convex Analysis, SIAM 2003,
theorem 6.26). `best_by_enumeration` needs no theorem and is for small cases.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from optimizer.staffing.post_types import PostRules, PostShare, PostTown


@dataclass(frozen=True)
class PostViolation:
    """A rule that is broken (`code` of a text), where, and the facts."""

    code: str
    where: str
    facts: dict[str, Any]


def check_posts(share: PostShare) -> tuple[PostViolation, ...]:
    """Everything that is wrong with a share; empty: it keeps the rules and is leximin optimal. O(towns + districts^2).

    Codes: POSTS_LOW, POSTS_HIGH (a town's bounds), POSTS_DISTRICT, POSTS_TOTAL, POSTS_LEVELS (levels told differ from
    those there), POSTS_IMPROVABLE (a post would do more good elsewhere), POSTS_LEFT (an unplaced post has a place),
    POSTS_MOVED (a move that does no good).
    """
    towns, after, rules = share.towns, share.after, share.rules
    found: list[PostViolation] = []
    change: dict[str, int] = {}
    for town, posts in zip(towns, after, strict=True):
        facts = {"town": town.code, "after": posts, "actual": town.actual, "floor": town.floor, "cap": town.cap}
        if posts < town.floor or posts < town.actual - rules.lose:
            found.append(PostViolation("POSTS_LOW", town.code, facts | {"lose": rules.lose}))
        if town.cap is not None and posts > town.cap:
            found.append(PostViolation("POSTS_HIGH", town.code, facts))
        change[town.district] = change.get(town.district, 0) + posts - town.actual
    limits = {limit.district: (limit.least, limit.most) for limit in rules.districts}
    for name, total in change.items():
        least, most = limits.get(name, (None, None))
        if (least is not None and total < least) or (most is not None and total > most):
            facts = {"district": name, "given": total, "least": least, "most": most}
            found.append(PostViolation("POSTS_DISTRICT", name, facts))
    given = sum(change.values())
    if given + share.unplaced != rules.posts or share.unplaced < 0:
        facts = {"given": given, "unplaced": share.unplaced, "posts": rules.posts}
        found.append(PostViolation("POSTS_TOTAL", "", facts))
    ratios = sorted(Fraction(posts, town.required) for town, posts in zip(towns, after, strict=True))
    told = [level.ratio for level in share.levels for _ in range(level.towns)]
    if told != ratios:
        found.append(PostViolation("POSTS_LEVELS", "", {"told": len(told), "there": len(ratios)}))
    return tuple(found) if found else tuple(_certificate(share, change, limits))


def _certificate(
    share: PostShare, change: dict[str, int], limits: dict[str, tuple[int | None, int | None]]
) -> Iterator[PostViolation]:
    """Taking from i and giving to j is better just where (x_j / r_j, r_j) < ((x_i - 1) / r_i, r_i); where they are
    equal nothing changes but how many posts have moved. So the best giver and taker of each district decide."""
    givers: dict[str, tuple[Fraction, int, bool, str]] = {}
    takers: dict[str, tuple[Fraction, int, bool, str]] = {}
    for town, posts in zip(share.towns, share.after, strict=True):
        if posts - 1 >= max(town.floor, town.actual - share.rules.lose):
            mark = Fraction(posts - 1, town.required), town.required, posts - 1 >= town.actual, town.code
            givers[town.district] = max(givers.get(town.district, mark), mark)
        if town.cap is None or posts < town.cap:
            mark = Fraction(posts, town.required), town.required, posts >= town.actual, town.code
            takers[town.district] = min(takers.get(town.district, mark), mark)
    none = None, None
    for to, taker in takers.items():
        most = limits.get(to, none)[1]
        may_take = most is None or change[to] < most
        if share.unplaced and may_take:
            yield PostViolation("POSTS_LEFT", taker[3], {"town": taker[3], "unplaced": share.unplaced})
        for start, giver in givers.items():
            least = limits.get(start, none)[0]
            may_give = least is None or change[start] > least
            if to != start and not (may_take and may_give):
                continue
            facts = {"town": taker[3], "other": giver[3]}
            if taker[:2] < giver[:2]:
                yield PostViolation("POSTS_IMPROVABLE", taker[3], facts)
            elif taker[:3] < giver[:3]:
                yield PostViolation("POSTS_MOVED", taker[3], facts)


def best_by_enumeration(towns: Sequence[PostTown], rules: PostRules) -> tuple[tuple[Fraction, ...], int, int]:
    """(sorted ratios, fewest moves, unplaced) of the best share by trying all: for some 100,000 combinations.

    Raises ValueError where no share keeps the rules.
    """
    actual = sum(town.actual for town in towns)
    best: tuple[int, tuple[Fraction, ...], int] | None = None
    spans = []
    for town in towns:
        low = max(town.floor, town.actual - rules.lose)
        top = rules.posts + actual if town.cap is None else town.cap
        spans.append(range(low, top + 1))
    for after in product(*spans):
        total = sum(after) - actual
        if total > rules.posts or not _within(towns, rules, after):
            continue
        ratios = tuple(sorted(Fraction(posts, town.required) for town, posts in zip(towns, after, strict=True)))
        moved = sum(max(0, town.actual - posts) for town, posts in zip(towns, after, strict=True))
        best = max(best or (total, ratios, -moved), (total, ratios, -moved))
    if best is None:
        raise ValueError("no share keeps the rules")
    return best[1], -best[2], rules.posts - best[0]


def _within(towns: Iterable[PostTown], rules: PostRules, after: Iterable[int]) -> bool:
    change: dict[str, int] = {}
    for town, posts in zip(towns, after, strict=True):
        change[town.district] = change.get(town.district, 0) + posts - town.actual
    return all(
        (limit.least is None or change.get(limit.district, 0) >= limit.least)
        and (limit.most is None or change.get(limit.district, 0) <= limit.most)
        for limit in rules.districts
    )
