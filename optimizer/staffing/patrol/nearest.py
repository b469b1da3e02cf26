"""The rounds that are usually made: from each place to the nearest one that is left. What plans are compared with."""

import numpy as np

from optimizer.staffing.patrol.model import Round, TownPlan, TownYear
from optimizer.staffing.patrol.rounds import planned, walk
from optimizer.units import UNREACHABLE

AHEAD_DAYS = (0, 20, 40, 60, 80)  # working days: none, a month, ... a third of a year


def usual_rounds(year: TownYear) -> TownPlan:
    """The best that going to the nearest place gives: of `nearest_rounds` with each of AHEAD_DAYS, those that leave
    out least, and of them those with least travel."""
    plans = [nearest_rounds(year, ahead_days=ahead) for ahead in AHEAD_DAYS]
    return min(plans, key=lambda one: (len(one.left_out), one.travel_s))


def nearest_rounds(year: TownYear, *, ahead_days: int = 0) -> TownPlan:
    """Day by day, pair by pair, to the nearest visit whose window is open and which leaves time to come back, until
    none is left for the day; visits whose window ends within `ahead_days` come before all others. Ties by number."""
    left = np.ones(year.visits + 1, np.bool_)
    left[0] = False
    rounds: list[Round] = []
    for day in range(len(year.week)):
        open_ = left & (year.first_day <= day) & (day <= year.last_day)
        later = np.where(year.last_day > day + ahead_days, UNREACHABLE, 0)
        for pair in np.flatnonzero(year.on_patrol[:, day]).tolist():
            route: list[int] = []
            here, now = 0, 0
            while True:
                ends = now + year.travel_s[here] + year.on_site_s + year.travel_s[:, 0]
                fits = np.flatnonzero(open_ & (ends <= year.work_s[day]))
                if not len(fits):
                    break
                visit = int(fits[np.argmin(year.travel_s[here, fits] + later[fits])])
                now += int(year.travel_s[here, visit] + year.on_site_s[visit])
                open_[visit] = left[visit] = False
                route.append(visit)
                here = visit
            if route:
                rounds.append(walk(year, pair, day, route))
    return planned(year, rounds, per_week=0, seed=0, iterations=0)
