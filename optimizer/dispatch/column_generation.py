"""Column generation over team routes: a bound that is nearly always tight, and often the optimum.

Master (set covering, LP by GLOP): every task row is covered as often as teams are needed, or pays for being
unserved; every team has one route at most.
(C1) sum over routes holding row r + unserved_r >= needed_r        dual: prize_r, in [0, charge_r]
(C2) sum over routes of team k <= 1                                dual: rent_k <= 0
Pricing: `price_team`. Bound (Lagrange): sum needed_r prize_r + sum_k min(0, cheapest route of k at these prizes);
it holds for every schedule whose level 1 is U after taking off the charge of U. Integer finish: HiGHS over the
columns. References: Rauchecker & Schryen, EJOR 272 (2019) 352-363 (branch and price for this problem);
Luebbecke & Desrosiers, Operations Research 53 (2005) 1007-1023.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from ortools.linear_solver import pywraplp
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.pricing import gather, near_sets, price, scratch
from optimizer.dispatch.routes import route_cost
from optimizer.dispatch.team_model import TeamModel
from optimizer.units import FloatArray, IntArray

QUICK = 2_000  # labels of a pricing call while that finds routes; four times as many when it no longer does
LABELS = 50_000  # of one pricing call; more means that exact pricing is out of reach here
PAIRS = 8_000  # comparisons of labels that weigh as much as making one
WORK = 1_500_000  # labels and comparisons in all: a work limit that repeats, one to three seconds
ROUNDS = 200
ROUTES = 8  # new routes a team per round
NEAREST = 20  # teams of each task whose direct routes open the master
ROUNDING = 1e-9  # relative error of the float sums of a bound, with room to spare
DEBUG=False
NG = 10
HOLD = 0.6
LONGEST = 64
NODES = 200  # of the integer finish


@dataclass(frozen=True)
class Column:
    team: int
    tasks: tuple[int, ...]
    cost: int


@dataclass
class Master:
    """Rows: (task, pinned team or -1). A pinned slot is a row of its own that only its team can cover."""

    model: TeamModel
    charge: int  # per unit of severity unserved
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    needed: list[int] = field(default_factory=list)
    columns: dict[tuple[int, tuple[int, ...]], Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pinned = dict(self.model.pinned)
        for slot, task in enumerate(self.model.data.task_of.tolist()):
            key = task, pinned.get(slot, -1)
            if key not in self.rows:
                self.rows[key] = len(self.needed)
                self.needed.append(0)
            self.needed[self.rows[key]] += 1
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        prices = {
            self.rows[task, pinned.get(slot, -1)]: int(self.model.data.price[slot])
            for slot, task in enumerate(self.model.data.task_of.tolist())
        }
        self.weights = [prices[row] for row in range(len(self.needed))]
        self.shared: IntArray = np.full(len(self.model.data.task), -1, np.int64)
        self.own: dict[int, dict[int, int]] = {}
        for (task, team), row in self.rows.items():
            if team < 0:
                self.shared[task] = row
            else:
                self.own.setdefault(team, {})[task] = row
        self.cover = [self.solver.Constraint(need, self.solver.infinity()) for need in self.needed]
        teams = len(self.model.data.free)
        self.one_route = [self.solver.Constraint(-self.solver.infinity(), 1) for _ in range(teams)]
        for row, weight in enumerate(self.weights):
            unserved = self.solver.NumVar(0, self.solver.infinity(), "")
            self.solver.Objective().SetCoefficient(unserved, self.charge * weight)
            self.cover[row].SetCoefficient(unserved, 1)

    def rows_of(self, team: int) -> IntArray:
        """(tasks,) the row that this team covers by serving each task; -1: none."""
        own = self.own.get(team)
        if own is None:
            return self.shared
        rows = self.shared.copy()
        rows[list(own)] = list(own.values())
        return rows

    def add(self, team: int, tasks: tuple[int, ...], cost: int) -> bool:
        key = team, tasks
        if key in self.columns:
            return False
        self.columns[key] = Column(team, tasks, cost)
        variable = self.solver.NumVar(0, self.solver.infinity(), "")
        self.solver.Objective().SetCoefficient(variable, cost)
        self.one_route[team].SetCoefficient(variable, 1)
        rows = self.rows_of(team)
        for task in set(tasks):
            self.cover[rows[task]].SetCoefficient(variable, tasks.count(task))
        return True

    def duals(self) -> tuple[list[float], list[float]] | None:
        """Prizes of the rows, held inside what the bound allows, and rents of the teams; None if the LP failed."""
        status = self.solver.Solve()
        if status != pywraplp.Solver.OPTIMAL:
            return None
        prizes = [
            min(max(0.0, row.dual_value()), float(self.charge * weight))
            for row, weight in zip(self.cover, self.weights, strict=True)
        ]
        return prizes, [min(0.0, row.dual_value()) for row in self.one_route]


@dataclass(frozen=True)
class Generated:
    """`bound` on charge x level 1 + level 3; `routes` per team of the best integer solution, None if none was found."""

    bound: int | None
    routes: tuple[tuple[int, ...], ...] | None
    timed_out: bool


def savings(master: Master, start: tuple[tuple[int, ...], ...]) -> tuple[FloatArray, FloatArray]:
    """First prices: what each task of a schedule would save if it were left out, and what is left for the teams."""
    prize = np.array([float(master.charge * weight) for weight in master.weights])
    rent = np.zeros(len(start))
    for team, tasks in enumerate(start):
        rows = master.rows_of(team)
        whole = route_cost(master.model, team, tasks)
        rent[team] = whole
        for index, task in enumerate(tasks):
            saved = max(0, whole - route_cost(master.model, team, tasks[:index] + tasks[index + 1 :]))
            prize[rows[task]] = min(prize[rows[task]], saved)
            rent[team] -= saved
    return prize, np.minimum(0.0, rent)


def generate(
    model: TeamModel,
    start: tuple[tuple[int, ...], ...],
    *,
    charge: int,
    deadline: float | None,
    pool: Iterable[tuple[int, tuple[int, ...]]] = (),
) -> Generated:
    """Generate columns from the schedule `start` (task sequences per team) until no route improves, or `WORK`.

    `charge`: what a unit of severity unserved costs; any value gives a valid bound, one above what a slot costs in
    a good schedule a tight one. `deadline` is a time.monotonic() reading. `pool`: more (team, tasks) to begin with.
    """
    data = model.data
    master = Master(model, charge)
    for team, sequence in [*enumerate(start), *pool]:
        if sequence:
            master.add(team, sequence, route_cost(model, team, sequence))
    for slot, task in enumerate(data.task_of.tolist()):
        for team in model.choices[model.start[slot] : model.start[slot + 1]][:NEAREST].tolist():
            cost = route_cost(model, team, (task,))
            if cost < INFEASIBLE:
                master.add(team, (task,), cost)
    able, rows, near = [], [], []
    for k in range(len(data.free)):
        covered = master.rows_of(k)
        able.append(np.flatnonzero(model.able[:, k] & (covered >= 0)))
        rows.append(covered[able[-1]])
        near.append(near_sets(gather(data, k, able[-1]), NG))
    most = max((len(tasks) for tasks in able), default=0)
    space, few, quick = scratch(LABELS, most), scratch(QUICK, most), True
    routes, lengths = np.zeros((ROUTES, LONGEST), np.int64), np.zeros(ROUTES, np.int64)
    best, center, work, hold = -math.inf, savings(master, start), 0, HOLD
    needed = np.array(master.needed)
    for _ in range(ROUNDS):
        t0=time.process_time()
        duals = master.duals()
        t1=time.process_time()
        if duals is None:
            break
        out = np.array(duals[0]), np.array(duals[1])
        value = float(needed @ out[0] + out[1].sum())
        prize, rent = out if center is None else tuple(hold * c + (1 - hold) * o for c, o in zip(center, out, strict=True))
        least = np.zeros(len(able))
        fresh = 0; wl=0; over=0
        for k, tasks in enumerate(able):
            if not len(tasks):
                continue
            if deadline is not None and time.monotonic() >= deadline:
                return _finished(master, best, deadline, timed_out=True)
            found, least[k], labels = price(
                data, k, tasks, prize[rows[k]], near[k], min(0.0, rent[k] - 1e-6), few if quick else space, routes, lengths
            )
            over += labels >= (QUICK if quick else LABELS)
            wl += labels
            for route in range(found):
                chosen = tuple(tasks[routes[route, : lengths[route]]].tolist())
                fresh += master.add(k, chosen, route_cost(model, k, chosen))
        bound = float(needed @ prize + least.sum())
        if DEBUG: print(f"  lp {value:.1f} bound {bound:.1f} best {best:.1f} fresh {fresh} cols {len(master.columns)} labels {wl} over {over} lp {t1-t0:.3f} pr {time.process_time()-t1:.3f}")
        if bound > best:
            best, center = bound, (prize, least)
        if value - best < 0.5 or (not fresh and not hold and not (quick and over)):
            break
        quick = quick and fresh > 0
        hold = HOLD if fresh else 0.0
    return _finished(master, best, deadline, timed_out=False)


def _finished(master: Master, best: float, deadline: float | None, *, timed_out: bool) -> Generated:
    bound = None if best == -math.inf else math.ceil(best - ROUNDING * max(1.0, abs(best)))
    return Generated(bound, None if timed_out else _integer(master, deadline), timed_out)


def _integer(master: Master, deadline: float | None) -> tuple[tuple[int, ...], ...] | None:
    """Set covering over the columns by HiGHS, stopped by a node limit so that it repeats; None if it found nothing."""
    columns = sorted((c for c in master.columns.values() if len(set(c.tasks))==len(c.tasks)), key=lambda column: (column.team, column.tasks))
    rows, teams, count = len(master.needed), len(master.one_route), len(columns)
    row, col = [], []
    for index, column in enumerate(columns):
        covered = master.rows_of(column.team)
        for task in column.tasks:
            row.append(int(covered[task]))
            col.append(index)
        row.append(rows + column.team)
        col.append(index)
    row += range(rows)
    col += range(count, count + rows)
    matrix = csr_array((np.ones(len(row)), (row, col)), shape=(rows + teams, count + rows))
    lower = np.concatenate([np.array(master.needed, float), np.full(teams, -np.inf)])
    upper = np.concatenate([np.full(rows, np.inf), np.ones(teams)])
    cost = [float(column.cost) for column in columns] + [float(master.charge * weight) for weight in master.weights]
    options: dict[str, float] = {"node_limit": NODES, "mip_rel_gap": 0.0}
    if deadline is not None:
        options["time_limit"] = max(0.01, deadline - time.monotonic())
    result = milp(
        np.array(cost),
        integrality=np.ones(count + rows),
        bounds=Bounds(0, np.concatenate([np.ones(count), np.array(master.needed, float)])),
        constraints=LinearConstraint(matrix, lower, upper),
        options=options,
    )
    if result.x is None:
        return None
    routes: list[tuple[int, ...]] = [()] * teams
    for index in np.flatnonzero(result.x[:count] > 0.5).tolist():
        routes[columns[index].team] = columns[index].tasks
    return _without_surplus(master, routes)


def _without_surplus(master: Master, routes: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...] | None:
    """Covering may send a team too many: take each such stop from the route that gains most by it. None where a
    stop cannot be left out (only where a detour is quicker than the straight way)."""
    count = [0] * len(master.needed)
    holders: dict[int, list[int]] = {}
    for team, tasks in enumerate(routes):
        covered = master.rows_of(team)
        for task in tasks:
            count[covered[task]] += 1
            holders.setdefault(int(covered[task]), []).append(team)
    by_row = {row: task for (task, _), row in master.rows.items()}
    for row, teams in sorted(holders.items()):
        while count[row] > master.needed[row]:
            options = []
            for team in teams:
                if by_row[row] in routes[team]:
                    rest = tuple(task for task in routes[team] if task != by_row[row])
                    cost = route_cost(master.model, team, rest) if rest else 0
                    if cost < INFEASIBLE:
                        options.append((cost - route_cost(master.model, team, routes[team]), team, rest))
            if not options:
                return None
            _, team, rest = min(options)
            routes[team] = rest
            count[row] -= 1
    return tuple(routes)
