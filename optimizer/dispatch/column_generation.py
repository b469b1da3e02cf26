"""Column generation over team routes: a bound that is nearly always tight, and often the optimum.

Master (set covering, LP): every task row is covered as often as teams are needed, or pays for being unserved;
every team has one route at most.
(C1) sum over routes holding row r + unserved_r >= needed_r        dual: prize_r, in [0, charge_r]
(C2) sum over routes of team k <= 1                                dual: rent_k <= 0
(C3) bound (Lagrange): sum needed_r prize_r + sum_k min(0, cheapest route of k at these prizes), for any prizes; it
     holds for every schedule whose level 1 is U after taking off the charge of U. Pricing (`pricing`) gives the
     cheapest route or a bound on it, so that (C3) holds even where its labels run out.
(C4) the prices asked for lie between those of the LP and those of the best bound (Wentges, International
     Transactions in Operational Research 4 (1997) 151-162); where that finds no column the LP's own are asked.
(C5) no route of a team costs less than - sum_j max(0, prize_j - w_j x soonest finish of j): where that does not reach
     its rent the team is not priced. So teams that are far from everything cost nothing.
References: Rauchecker & Schryen, EJOR 272 (2019) 352-363 (branch and price for this problem); Luebbecke &
Desrosiers, Operations Research 53 (2005) 1007-1023.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.covering import cover
from optimizer.dispatch.master import Master, Prices, Route
from optimizer.dispatch.pricing import price, scratch
from optimizer.dispatch.routes import route_cost
from optimizer.dispatch.soonest import soonest_finish
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import FloatArray, IntArray

QUICK, LABELS = 2_000, 30_000  # labels of a pricing call, and of one that ran out of them
FEW = 0.05  # columns of a round, or teams out of labels, per team
NEAR = 10  # tasks that each task remembers: routes are elementary but for long cycles
WORK = 600_000_000  # labels x tasks and completion bounds, in all: a limit that repeats, some thirty seconds
ROUNDS = 400
ROUTES = 20  # new routes a team per round
LONGEST = 128  # stops of a route that pricing makes; a longer one is not looked for
NEAREST = 8  # teams of each task whose direct routes open the master
HOLD = 0.4  # share of the best bound's prices in (C4)
ROUNDING = 1e-9  # relative error of the float sums of a bound, with room to spare
FINISHES = 3  # integer finishes, each with the columns that its better value still allows
DEPTHS = np.array([0.75, 0.5, 0.25, 0.0])  # thresholds tried, as shares of the way to the relaxed optimum
AT_ONCE = np.zeros(1)
AT_A_TIME = 64  # teams priced between two looks at the clock
RESERVE = 0.7  # of the time that is left is for columns, the rest for the finish


@dataclass(frozen=True)
class Generated:
    """`bound` on charge x level 1 + level 3; `routes` per team of the best integer solution, None if none was found."""

    bound: int | None
    routes: tuple[Route, ...] | None
    timed_out: bool


class Pricing:
    """Rounds of pricing over all teams at given prices."""

    def __init__(self, model: TeamModel, master: Master) -> None:
        self.model, self.master = model, master
        soonest, self.straight = soonest_finish(model.data, model.able)
        self.least_cost = np.ascontiguousarray(soonest.T) * model.data.weight  # (teams, tasks)
        self.able = np.ascontiguousarray(model.able.T)
        most = int(self.able.sum(axis=1).max(initial=0))
        self.spaces = {cap: scratch(cap, most) for cap in (QUICK, LABELS)}
        self.work, self.fresh = 0, 0
        self.least = np.zeros(len(model.data.free))

    def round(
        self, prices: Prices, deadline: float | None, *, room: float = -1e-6, depths: FloatArray = DEPTHS
    ) -> float | None:
        """(C3) at `prices`, None out of time. Columns cheaper than rent + room go to the master.

        Teams whose labels run out are looked at again, with more of them, where these teams or the columns are few.
        """
        master = self.master
        each = np.where(master.shared >= 0, prices.prize[master.shared], 0.0)
        gain = np.maximum(0.0, each - self.least_cost)
        most = gain.sum(axis=1)
        most[list(master.own)] = np.inf
        self.least, self.fresh = -most, 0
        teams = np.flatnonzero(-most < prices.rent + room)
        for cap in (QUICK, LABELS):
            full: list[IntArray] = []
            for first in range(0, len(teams), AT_A_TIME):
                if deadline is not None and time.monotonic() >= deadline:
                    return None
                some = teams[first : first + AT_A_TIME]
                full.append(some[self._price(some, prices, gain, each, room, depths, cap) >= cap])
            teams = np.concatenate([teams[:0], *full])
            if min(self.fresh, len(teams)) > FEW * len(master.one_route):
                break
        return float(master.needed @ prices.prize + self.least.sum())

    def _price(
        self, teams: IntArray, prices: Prices, gain: FloatArray, each: FloatArray, room: float, depths: FloatArray,
        cap: int,
    ) -> IntArray:  # fmt: skip
        """Price these teams; their columns go to the master. The labels that each took."""
        master = self.master
        open_to, prize = self.able[teams] & (master.shared >= 0), np.repeat(each[None, :], len(teams), axis=0)
        if self.straight:
            open_to &= gain[teams] > 0
        for number in np.flatnonzero(np.isin(teams, list(master.own))).tolist():
            covered = master.rows_of(int(teams[number]))
            open_to[number] = self.able[teams[number]] & (covered >= 0)
            prize[number] = np.where(covered >= 0, prices.prize[covered], 0.0)
        most = ROUTES * len(teams)
        routes, lengths, owner = np.empty((most, LONGEST), np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
        least, labels = np.empty(len(teams)), np.empty(len(teams), np.int64)
        made = price(
            self.model.data, teams, open_to, prize, NEAR, prices.rent[teams] + room, depths, self.spaces[cap], routes,
            lengths, owner, least, labels,
        )  # fmt: skip
        self.least[teams] = least
        tasks = open_to.sum(axis=1)
        self.work += int(((labels + tasks) * tasks).sum())
        found = zip(owner[:made].tolist(), routes[:made], lengths[:made].tolist(), strict=True)
        self.fresh += master.add([(team, tuple(route[:length].tolist())) for team, route, length in found])
        return labels


def generate(
    model: TeamModel,
    start: tuple[Route, ...],
    *,
    value: int,
    charge: int,
    deadline: float | None,
    pool: Iterable[tuple[int, Route]] = (),
    on_bound: Callable[[int], None] | None = None,
) -> Generated:
    """Generate columns from the schedule `start` (task sequences per team) until no route improves, or `WORK`.

    `value`: charge x level 1 + level 3 of `start`. `charge`: what a unit of severity unserved costs; any value gives
    a valid bound, one above what a slot costs in a good schedule a tight one. `deadline` is a time.monotonic()
    reading. `pool`: more (team, tasks) to begin with.
    """
    until = None if deadline is None else time.monotonic() + RESERVE * (deadline - time.monotonic())
    master = Master(model, charge)
    master.open(start, pool, NEAREST, until)
    pricing = Pricing(model, master)
    center, best, hold = master.savings(start), -math.inf, HOLD
    timed_out = False
    for _ in range(ROUNDS):
        solved = master.solve(until)
        if solved is None:
            timed_out = until is not None and time.monotonic() >= until
            break
        relaxed, prices = solved
        prices = prices.between(center, hold)
        bound = pricing.round(prices, until)
        if bound is None:
            timed_out = True
            break
        if bound > best:
            best, center = bound, Prices(prices.prize, pricing.least)
            if on_bound is not None:
                on_bound(_whole(best))
        if _whole(best) >= value:
            return Generated(_whole(best), None, timed_out=False)
        if relaxed - best < 0.5 or pricing.work > WORK or not (pricing.fresh or hold):
            break
        hold = HOLD if pricing.fresh else 0.0
    if best == -math.inf:
        return Generated(None, None, timed_out)
    routes, timed_out = _finish(master, pricing, center, start, value, _whole(best), deadline, timed_out)
    return Generated(_whole(best), routes, timed_out)


def _whole(bound: float) -> int:
    """Values are whole, so a bound may be rounded up."""
    return math.ceil(bound - ROUNDING * max(1.0, abs(bound)) - 1e-6)


def _finish(
    master: Master,
    pricing: Pricing,
    center: Prices,
    start: Sequence[Route],
    value: int,
    bound: int,
    deadline: float | None,
    timed_out: bool,
) -> tuple[tuple[Route, ...] | None, bool]:
    """Cover with the columns, priced once more for all that could still be in a better solution."""
    routes: tuple[Route, ...] | None = None
    known: Sequence[Route] = start
    for _ in range(FINISHES):
        if deadline is not None and time.monotonic() >= deadline:
            return routes, True
        room = float(value - bound)
        if not timed_out:
            pricing.round(center, deadline, room=room, depths=AT_ONCE)
        better = cover(master, center, known, room, deadline)
        if better is None:
            break
        cost = _value(master, better)
        if cost >= value:
            break
        routes, known, value = better, better, cost
        if value <= bound:
            break
    return routes, timed_out


def _value(master: Master, routes: Sequence[Route]) -> int:
    """charge x level 1 + level 3."""
    missing = master.needed.copy()
    total = 0
    for team, tasks in enumerate(routes):
        if tasks:
            total += route_cost(master.model, team, tasks)
            np.subtract.at(missing, master.rows_of(team)[list(tasks)], 1)
    return total + master.charge * int((missing * master.weights).sum())
