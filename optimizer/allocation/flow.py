"""Items that nothing couples: one exact integer min-cost flow each, levels 2 or 4 and 6 at once.

What the stores can bring of one item is a polymatroid, so for the unmet level only the order of the weights per unit
matters (Edmonds 1970): rank r costs r x M, and M exceeds what any cycle can gain on level 6. So one flow is
lexicographic. Level 6 costs are rounded to integers; its bound takes the rounding off, hence is valid.
"""

import numpy as np
from ortools.graph.python import min_cost_flow

from optimizer.allocation.arcs import Arcs
from optimizer.units import FloatArray, IntArray

ROOM = float(1 << 61)  # costs x nodes stay below, so that nothing overflows in the solver


def flow_of_items(arcs: Arcs, *, ranked: bool, timed: bool) -> tuple[FloatArray, float]:
    """Units per arc, and a lower bound on level 6 among the plans that keep the unmet levels.

    `ranked`: the unmet levels come first; else level 6 alone decides (unmet demand waits until the horizon).
    `timed`: level 6 counts at all.
    """
    units, bound = np.zeros(len(arcs.row)), 0.0
    by_item = np.argsort(arcs.item[arcs.row], kind="stable")
    ends = np.searchsorted(arcs.item[arcs.row][by_item], np.arange(arcs.item.max(initial=-1) + 2))
    rows_of = np.argsort(arcs.item, kind="stable")
    row_ends = np.searchsorted(arcs.item[rows_of], np.arange(arcs.item.max(initial=-1) + 2))
    for item in np.unique(arcs.item).tolist():
        use = by_item[ends[item] : ends[item + 1]]
        rows = rows_of[row_ends[item] : row_ends[item + 1]]
        units[use], least = _one(arcs, use, rows, ranked=ranked, timed=timed)
        bound += least
    return units, bound


def _one(arcs: Arcs, use: IntArray, rows: IntArray, *, ranked: bool, timed: bool) -> tuple[FloatArray, float]:
    count = len(rows)
    place = np.zeros(len(arcs.demand), np.int64)
    place[rows] = np.arange(count)
    cells, cell = np.unique(arcs.cell[use], return_inverse=True)
    demand = arcs.demand[rows].astype(np.int64)
    each = arcs.weight[rows] / arcs.demand[rows]
    wait = arcs.wait[use] if timed else np.zeros(len(use))
    late = each * arcs.horizon if timed else np.zeros(count)
    rank = np.unique(each, return_inverse=True)[1] + 1 if ranked else np.zeros(count, np.int64)
    nodes = len(cells) + count + 2
    longest = 2 * (min(len(cells), count) + 1)  # arcs with a cost on a cycle
    largest = max(1.0, float(late.max(initial=0)), float(wait.max(initial=0)))
    # (rank x M + level 6) x nodes < ROOM with M = longest x largest
    scale = ROOM / (nodes * largest * (1 + longest * float(rank.max(initial=0))) * 4)
    scale = min(2.0 ** np.floor(np.log2(scale)), 2.0**40)
    big = int(longest * np.ceil(largest * scale)) if ranked else 0
    cost = np.rint(wait * scale).astype(np.int64)
    unmet = rank * big + np.rint(late * scale).astype(np.int64)
    solver = min_cost_flow.SimpleMinCostFlow()
    source, sink = len(cells) + count, len(cells) + count + 1
    held = arcs.held[cells].astype(np.int64)
    carried = solver.add_arcs_with_capacity_and_unit_cost(
        cell, len(cells) + place[arcs.row[use]], arcs.most[use].astype(np.int64), cost
    )
    zero = np.zeros(max(len(cells), count), np.int64)
    every = np.arange(count)
    solver.add_arcs_with_capacity_and_unit_cost(
        np.full(len(cells), source), np.arange(len(cells)), held, zero[: len(cells)]
    )
    solver.add_arcs_with_capacity_and_unit_cost(np.full(count, source), len(cells) + every, demand, unmet)
    solver.add_arcs_with_capacity_and_unit_cost(len(cells) + every, np.full(count, sink), demand, zero[:count])
    total = int(demand.sum())
    solver.set_nodes_supplies(np.array([source, sink]), np.array([total, -total]))
    status = solver.solve()
    if status != solver.OPTIMAL:  # all demand can stay unmet, so this is a defect
        raise AssertionError(f"min-cost flow ended with {status}")
    flow = solver.flows(carried).astype(np.float64)
    missing = demand - np.bincount(place[arcs.row[use]], weights=flow, minlength=count)
    level = float(cost @ flow) + float(np.rint(late * scale) @ missing)
    return flow, (level - 0.5 * total) / scale if timed else 0.0
