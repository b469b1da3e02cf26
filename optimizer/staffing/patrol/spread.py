"""`plan_spread`: rounds of a town's year that fill the weeks evenly, with days to spare for what slips (P8)."""

from dataclasses import replace
from math import ceil

import numpy as np

from optimizer.staffing.patrol.model import TownPlan, TownYear
from optimizer.staffing.patrol.rounds import in_turn, plan_town

SPARE = (
    0.15,
    0.3,
    0.6,
)  # of the rounds, in days of a pair that nothing is planned on; the first that will do (assumed)


def plan_spread(year: TownYear, *, rounds: int, iterations: int | None = None, seed: int = 0) -> TownPlan:
    """As `plan_town`, on as few days of pairs, evenly over the year, as will do without leaving out a visit that a day
    could hold; on all of them where that needs more.

    rounds  that the town's year will take, about: what nearest-neighbour rounds take
    """
    alone = year.travel_s[0] + year.on_site_s + year.travel_s[:, 0]
    never = int(np.count_nonzero(alone[1:] > year.work_s.max(initial=0)))
    for spare in SPARE:
        few = thinned(year, ceil(rounds * (1 + spare)))
        if few is year:
            break
        plan = plan_town(few, iterations=iterations, seed=seed)
        if len(plan.left_out) <= never:
            slots = in_turn(year, [one.day for one in plan.rounds])
            pairs = [replace(one, pair=pair) for one, (pair, _) in zip(plan.rounds, slots, strict=True)]
            return replace(plan, rounds=tuple(sorted(pairs, key=lambda one: (one.day, one.pair))))
    return plan_town(year, iterations=iterations, seed=seed)


def thinned(year: TownYear, slots: int) -> TownYear:
    """The year with so many days of pairs, evenly over those that it has; itself where it has no more."""
    days, pairs = np.nonzero(year.on_patrol.T)
    if slots >= len(days):
        return year
    taken = np.arange(slots) * len(days) // max(1, slots)
    on_patrol = np.zeros_like(year.on_patrol)
    on_patrol[pairs[taken], days[taken]] = True
    return replace(year, on_patrol=on_patrol)
