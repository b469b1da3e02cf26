"""The rounds that are usually made: from each place to the nearest one that is left. What plans are compared with."""

import numpy as np

from optimizer.staffing.patrol.model import Round, TownPlan, TownYear
from optimizer.staffing.patrol.rounds import planned, walk
from optimizer.units import UNREACHABLE


def nearest_rounds(year: TownYear, *, due_first: bool = False) -> TownPlan:
    """Day by day, pair by pair, to the nearest visit whose window is open and which leaves time to come back, until
    none is left for the day; ties by number. due_first: the first visit of a round is the one whose window ends first."""
    left = np.ones(year.visits + 1, np.bool_)
    left[0] = False
    rounds: list[Round] = []
    for day in range(len(year.week)):
        open_ = left & (year.first_day <= day) & (day <= year.last_day)
        for pair in np.flatnonzero(year.on_patrol[:, day]).tolist():
            route: list[int] = []
            here, now = 0, 0
            while True:
                ends = now + year.travel_s[here] + year.on_site_s + year.travel_s[:, 0]
                fits = np.flatnonzero(open_ & (ends <= year.work_s[day]))
                if not len(fits):
                    break
                way = year.travel_s[here, fits]
                if due_first and not route:
                    way = year.last_day[fits] * UNREACHABLE + way
                visit = int(fits[np.argmin(way)])
                now += int(year.travel_s[here, visit] + year.on_site_s[visit])
                open_[visit] = left[visit] = False
                route.append(visit)
                here = visit
            if route:
                rounds.append(walk(year, pair, day, route))
    return planned(year, rounds, per_week=0, seed=0, iterations=0)
