"""Share new posts out over towns so that the worst WISN ratio is as good as possible, then the next worst (leximin).

Towns i in districts d; r_i posts required, a_i there today; x_i posts afterwards:

    (1) leximax  sort(x_i / r_i)                    the WISN ratios, worst first
    (2) l_i <= x_i <= u_i                           l_i = max(floor_i, a_i - lose), u_i the cap
    (3) least_d <= sum_{i in d} (x_i - a_i) <= most_d
    (4) sum_i (x_i - a_i) = posts                   less what no town may take any more (`unplaced`)
    (5) of all that are best by (1), the fewest posts moved: min sum_i max(0, a_i - x_i)

(2)-(4) are the integer points of a base polytope (towns, districts and the county are a laminar family), where the
greedy rule is exact for every separable convex objective (Federgruen & Groenevelt, Operations Research 34 (1986)
909-918): post by post to the town with the lowest ratio that may still take one. (1) is such an objective, the sum of
M^(-x_i/r_i) for M large, whose marginal values are ordered by (x_i/r_i, r_i): of equal ratios the smaller town rises
more. (5) breaks what is left. District minima (3) are filled first, inside the district; what the greedy rule gives it
then is part of an optimum for every larger total, so one order of towns answers every number of posts at once.

Integers throughout: ratios are compared as floor(x 2^64 / r). Two ratios that differ do so by at least 1/(r r'), which
is over 2^-62 for r < 2^31: the order is exact, and equal ratios have equal keys.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush

from optimizer.errors import BadInput, Fault
from optimizer.staffing.post_types import MOST, DistrictLimit, PostLevel, PostRules, PostShare, PostTown, Proof

SCALE = 64


def key(posts: int, required: int) -> int:
    """In the order of posts / required, exactly (for required < 2^31)."""
    return (posts << SCALE) // required


def lowest(town: PostTown, lose: int) -> int:
    """The fewest posts a town may have afterwards (2)."""
    return max(town.floor, town.actual - lose)


def share_posts(towns: Iterable[PostTown], *, rules: PostRules) -> PostShare:
    """The leximin share, proven: see the head of this module. O((posts + towns) log towns).

    The same for every order of towns; of towns alike in everything the one with the lower code comes first.
    Raises BadInput with every fault of towns and rules.
    """
    listed = tuple(towns)
    order = Order(listed, rules)
    after = list(order.start)
    for index in order.steps:
        after[index] += 1
    unplaced = rules.posts - sum(after) + sum(town.actual for town in listed)
    return PostShare(listed, rules, tuple(after), unplaced, "OPTIMAL", levels_of(listed, after, "greedy"))


def levels_of(towns: Sequence[PostTown], after: Sequence[int], proof: Proof) -> tuple[PostLevel, ...]:
    """Ratios from the worst up, with the number of towns at each."""
    count: dict[Fraction, int] = {}
    for town, posts in zip(towns, after, strict=True):
        ratio = Fraction(posts, town.required)
        count[ratio] = count.get(ratio, 0) + 1
    return tuple(PostLevel(ratio, count[ratio], count[ratio], proof) for ratio in sorted(count))


class Order:
    """In which order towns get posts: `start` (2), then the district minima (`must` steps), then all others."""

    def __init__(self, towns: Sequence[PostTown], rules: PostRules) -> None:
        """Raises BadInput."""
        check_input(towns, rules)
        self.towns, self.rules = towns, rules
        self.start = [lowest(town, rules.lose) for town in towns]
        limits = {limit.district: limit for limit in rules.districts}
        self.members: dict[str, list[int]] = {}
        returned: dict[str, int] = {}  # posts that stand at the start below today's: theirs to give out again
        for index, town in enumerate(towns):
            self.members.setdefault(town.district, []).append(index)
            returned[town.district] = returned.get(town.district, 0) + town.actual - self.start[index]
        self._rank = {index: rank for rank, index in enumerate(sorted(range(len(towns)), key=self._code))}
        self.after = list(self.start)
        self.room: dict[str, int | None] = {}
        self.steps: list[int] = []
        for name in sorted(self.members):
            limit = limits.get(name, DistrictLimit(name))
            least = None if limit.least is None else limit.least + returned[name]
            self.room[name] = None if limit.most is None else limit.most + returned[name]
            if least is not None and least > 0:
                self._fill(self.members[name], least)
        self.must = len(self.steps)
        self.returned = sum(returned.values())  # steps that give out what towns may lose; below 0: what floors take
        total = rules.posts + self.returned
        if self.must > total:
            facts = {"posts": rules.posts, "needed": self.must - self.returned}
            raise BadInput("posts", [Fault("", "PostsTooFew", facts)])
        self._fill(range(len(towns)), total - self.must)

    def _code(self, index: int) -> str:
        return self.towns[index].code

    def _entry(self, index: int) -> tuple[int, int, bool, int, int]:
        town, posts = self.towns[index], self.after[index]
        return key(posts, town.required), town.required, posts >= town.actual, self._rank[index], index

    def _fill(self, members: Iterable[int], posts: int) -> None:
        queue = [self._entry(index) for index in members]
        heapify(queue)
        while posts and queue:
            index = heappop(queue)[-1]
            town = self.towns[index]
            room = self.room[town.district]
            if self.after[index] == town.cap or room == 0:
                continue  # for good: caps and rooms only shrink
            if room is not None:
                self.room[town.district] = room - 1
            self.after[index] += 1
            self.steps.append(index)
            posts -= 1
            heappush(queue, self._entry(index))


def check_input(towns: Sequence[PostTown], rules: PostRules) -> None:
    """Raises BadInput with everything wrong at once; what districts need and can take is counted last."""
    faults = [] if towns else [Fault("", "PostsNoTowns", {})]
    seen: set[str] = set()
    for town in towns:
        if town.code in seen:
            faults.append(Fault(town.code, "PostsTownTwice", {"town": town.code}))
        seen.add(town.code)
        if not 1 <= town.required <= MOST:
            facts = {"town": town.code, "value": town.required, "most": MOST}
            faults.append(Fault(town.code, "PostsRequired", facts))
        for name in ("actual", "floor", "cap"):
            value = getattr(town, name)
            if value is not None and not 0 <= value <= MOST:
                facts = {"town": town.code, "name": name, "value": value, "most": MOST}
                faults.append(Fault(town.code, "PostsOutOfRange", facts))
        if town.cap is not None and town.cap < lowest(town, rules.lose):
            facts = {"town": town.code, "cap": town.cap, "lowest": lowest(town, rules.lose)}
            faults.append(Fault(town.code, "PostsCapTooLow", facts))
    for name, value in (("posts", rules.posts), ("lose", rules.lose)):
        if not 0 <= value <= MOST:
            faults.append(Fault(name, "PostsNumber", {"name": name, "value": value, "most": MOST}))
    named: set[str] = set()
    for limit in rules.districts:
        if limit.district in named:
            faults.append(Fault(limit.district, "PostsDistrictTwice", {"district": limit.district}))
        named.add(limit.district)
    if not faults:
        faults = [fault for limit in rules.districts for fault in _district_faults(limit, towns, rules.lose)]
    if faults:
        raise BadInput("towns", faults)


def _district_faults(limit: DistrictLimit, towns: Sequence[PostTown], lose: int) -> list[Fault]:
    own = [town for town in towns if town.district == limit.district]
    facts: dict[str, object] = {"district": limit.district, "least": limit.least, "most": limit.most}
    if not own:
        return [Fault(limit.district, "PostsDistrictUnknown", facts)]
    if limit.least is not None and limit.most is not None and limit.least > limit.most:
        return [Fault(limit.district, "PostsDistrictReversed", facts)]
    needed = sum(lowest(town, lose) - town.actual for town in own)
    room = None if any(town.cap is None for town in own) else sum((town.cap or 0) - town.actual for town in own)
    if limit.most is not None and limit.most < needed:
        return [Fault(limit.district, "PostsDistrictFloors", facts | {"needed": needed})]
    if limit.least is not None and room is not None and limit.least > room:
        return [Fault(limit.district, "PostsDistrictCaps", facts | {"room": room})]
    return []
