"""The compiled search once, on a town of two visits, so that no planner waits for a compiler."""

import numpy as np

from optimizer.staffing.patrol.model import TownYear
from optimizer.staffing.patrol.rounds import plan_town


def warm_up() -> None:
    """The machine code is cached on disk."""
    ones, none = np.ones(3, np.int64), np.zeros(3, np.int64)
    travel = np.ones((3, 3), np.int64)
    year = TownYear(travel, none, none, ones, ones, np.ones((1, 2), np.bool_), np.arange(2), np.full(2, 9))
    plan_town(year, iterations=2)
