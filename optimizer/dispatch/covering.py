"""The integer finish of column generation: set covering over its columns (HiGHS), stopped by a node limit."""

import time
from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from optimizer.dispatch.kernels import INFEASIBLE
from optimizer.dispatch.master import Master, Prices, Route
from optimizer.dispatch.routes import route_cost

NODES = 200
COLUMNS = 6_000  # the cheapest at the last prices; more would take HiGHS too long


def reduced_costs(master: Master, prices: Prices) -> list[tuple[float, int, Route]]:
    """(reduced cost, team, tasks) of every column that visits no task twice, cheapest first."""
    found = []
    for (team, tasks), cost in master.columns.items():
        if len(set(tasks)) == len(tasks):
            rows = master.rows_of(team)
            prize = sum(float(prices.prize[rows[task]]) for task in tasks)
            found.append((cost - prize - float(prices.rent[team]), team, tasks))
    return sorted(found)


def cover(
    master: Master, prices: Prices, known: Sequence[Route], room: float, deadline: float | None
) -> tuple[Route, ...] | None:
    """The cheapest choice of columns; None if nothing was found.

    A column whose reduced cost exceeds `room`, the best known value less the bound of these prices, is in no
    better solution (Nemhauser & Wolsey 1988, II.5.2) and is left out, unless it is in the schedule `known`.
    """
    kept = set(enumerate(known))
    columns = [
        (team, tasks)
        for rank, (cost, team, tasks) in enumerate(reduced_costs(master, prices))
        if (cost <= room and rank < COLUMNS) or (team, tasks) in kept
    ]
    columns.sort()
    rows, teams, count = len(master.needed), sorted(master.one_route), len(columns)
    place = {team: rows + index for index, team in enumerate(teams)}
    row, col = [], []
    for index, (team, tasks) in enumerate(columns):
        row += [*master.rows_of(team)[list(tasks)].tolist(), place[team]]
        col += [index] * (len(tasks) + 1)
    row += range(rows)
    col += range(count, count + rows)
    matrix = csr_array((np.ones(len(row)), (row, col)), shape=(rows + len(teams), count + rows))
    lower = np.concatenate([master.needed.astype(float), np.full(len(teams), -np.inf)])
    upper = np.concatenate([np.full(rows, np.inf), np.ones(len(teams))])
    cost = [float(master.columns[column]) for column in columns] + (master.charge * master.weights).tolist()
    options: dict[str, float] = {"node_limit": NODES, "mip_rel_gap": 0.0}
    if deadline is not None:
        options["time_limit"] = max(0.01, deadline - time.monotonic())
    result = milp(
        np.array(cost),
        integrality=np.ones(count + rows),
        bounds=Bounds(0, np.concatenate([np.ones(count), master.needed.astype(float)])),
        constraints=LinearConstraint(matrix, lower, upper),
        options=options,
    )
    if result.x is None:
        return None
    routes: list[Route] = [()] * len(master.model.data.free)
    for index in np.flatnonzero(result.x[:count] > 0.5).tolist():
        team, tasks = columns[index]
        routes[team] = tasks
    return _without_surplus(master, routes)


def _without_surplus(master: Master, routes: list[Route]) -> tuple[Route, ...] | None:
    """Covering may send a team too many: take each such stop from the route that gains most by it. None where a
    stop cannot be left out (only where a detour is quicker than the straight way)."""
    holders: dict[int, list[tuple[int, int]]] = {}
    for team, tasks in enumerate(routes):
        rows = master.rows_of(team)
        for task in tasks:
            holders.setdefault(int(rows[task]), []).append((team, task))
    for row, served in sorted(holders.items()):
        for _ in range(len(served) - int(master.needed[row])):
            options = []
            for team, task in served:
                if task in routes[team]:
                    rest = tuple(other for other in routes[team] if other != task)
                    cost = route_cost(master.model, team, rest)
                    if cost < INFEASIBLE:
                        options.append((cost - route_cost(master.model, team, routes[team]), team, rest))
            if not options:
                return None
            _, team, rest = min(options)
            routes[team] = rest
    return tuple(routes)
