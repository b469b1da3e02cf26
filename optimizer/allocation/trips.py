"""Few trips as a price: every (store, incident) pair that carries anything costs a charge (fixed-charge flow).

    min  sum of wait_a x_a + charge x sum of y_pair
    s.t. (P1) with what each demand gets as given, (P2), (P3), x_a <= most_a y_pair (a link for every arc), y binary

most_a is what the store can bring of the item alone: its stock, its loading capacity, the grant. The linear relaxation
is solved over the pairs that matter; its prices leave, for every pair there is, one decision in closed form
(Lagrangian relaxation), which bounds the optimum over all pairs and says which of them are missing. The integer
program then runs over the pairs the relaxation opens at all, and over every pair in question where the gap leaves few
of them. HiGHS stops at NODES nodes, not at the clock. Beside it `trip_bound` starts from the
prices.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.allocation.program import Program
from optimizer.allocation.simplex import simplex
from optimizer.allocation.trip_bound import bound_on_trips
from optimizer.units import BoolArray, FloatArray, IntArray

PASSES = 2  # of the relaxation
LEFT = 1_500  # pairs in question that the integer program takes at once
NODES = 400
GAP = 5e-4
PROVEN = 1e-6
REACH = 0.55  # how far from the relaxation to its plan rounded up the optimum is taken to lie (measured: 0.54 to 0.89)


@dataclass(frozen=True)
class Trips:
    units: FloatArray  # (A,)
    value: float  # wait of what is shipped, unmet until the horizon, and the charges
    bound: float


@dataclass(frozen=True)
class _Model:
    """Columns are the arcs `use`, then one y for every pair of `opened`."""

    use: IntArray
    opened: IntArray
    rooms: IntArray
    cost: FloatArray
    upper: FloatArray
    matrix: sparse.csr_matrix
    low: FloatArray
    high: FloatArray


def fewer_trips(program: Program, units: FloatArray, *, charge: float) -> Trips:
    """Least wait plus charges that ship to every demand what `units` ships to it."""
    arcs = program.arcs
    grant: FloatArray = np.bincount(arcs.row, weights=units, minlength=len(arcs.demand)).astype(np.float64)
    numbers, pair = np.unique(arcs.pair, return_inverse=True)
    most = np.minimum(arcs.most_at_once, grant[arcs.row])
    carries = units > 1e-9 * np.maximum(1.0, arcs.demand[arcs.row])
    inside = np.zeros(len(numbers), np.bool_)
    inside[pair[program.active | carries]] = True
    bound = -np.inf
    for _ in range(PASSES):
        model = _model(program, grant, most, pair, np.flatnonzero(inside), charge)
        columns, duals = simplex(
            0 * model.upper, model.upper, model.cost, model.low, model.high, model.matrix, dual=True
        )
        duals = np.nan_to_num(duals)
        row, room = duals[: len(grant)], np.zeros(len(program.room))
        room[model.rooms] = np.minimum(0, duals[len(grant) : len(grant) + len(model.rooms)])
        gain = most * np.maximum(row[arcs.row] + program.across @ room - arcs.wait, 0)
        net = charge - np.bincount(pair, weights=gain, minlength=len(numbers))
        value = float(row @ grant + room @ program.room + np.minimum(net, 0).sum())
        if value > bound:
            bound, prices, gains, nets = value, room, gain, net
        missing = (net < -1e-9 * charge) & ~inside
        if not missing.any():
            break
        inside |= missing
    flows = columns[: len(model.use)]
    relaxed, opened = bound, model.opened[columns[len(model.use) :] > 1e-9]

    def worth(plan: FloatArray) -> float:
        there = np.unique(pair[plan > 1e-9 * np.maximum(1.0, arcs.demand[arcs.row])])
        return float(arcs.wait @ plan) + charge * len(there)

    rounded = np.zeros(len(arcs.row))
    rounded[model.use] = flows
    with ThreadPoolExecutor(1) as pool:  # HiGHS works beside it
        whole = pool.submit(_integer, _model(program, grant, most, pair, opened, charge), len(arcs.row))
        if charge > 0 and bound < (1 - PROVEN) * worth(rounded):
            # the duals share the charge over the arcs of a pair: by what each gains, what is left evenly
            among, least_net = np.bincount(pair)[pair], nets[pair]
            over = np.maximum(1.0, (charge - least_net) / charge)
            share = np.where(least_net <= 0, gains / over, gains + least_net / among)
            target = bound + REACH * (worth(rounded) - bound)
            bound = max(bound, bound_on_trips(program, grant, most, pair, share, prices, charge=charge, target=target))
        found, _ = whole.result()
    best = min((units, rounded, *([] if found is None else [found])), key=worth)
    question = np.flatnonzero(nets <= worth(best) - relaxed)
    if bound < (1 - PROVEN) * worth(best) and len(question) <= LEFT:
        # a pair that is not in question is closed in every better plan
        found, least = _integer(_model(program, grant, most, pair, question, charge), len(arcs.row))
        if found is not None and worth(found) < worth(best):
            best = found
        bound = max(bound, min(least, worth(best)))
    late = arcs.horizon * float(arcs.weight @ np.maximum(0, 1 - grant / arcs.demand))
    return Trips(best, worth(best) + late, bound + late)


def _model(
    program: Program, grant: FloatArray, most: FloatArray, pair: IntArray, opened: IntArray, charge: float
) -> _Model:
    arcs = program.arcs
    place = np.full(int(pair.max(initial=0)) + 1, -1)
    place[opened] = np.arange(len(opened))
    use = np.flatnonzero((place[pair] >= 0) & (most > 0))
    n, wide, each = len(use), len(use) + len(opened), np.arange(len(use))
    part = program.coupling[:, use]
    rooms = np.flatnonzero(np.diff(part.indptr))
    part = part[rooms]
    part.resize(len(rooms), wide)
    links = sparse.csr_matrix(
        (np.append(np.ones(n), -most[use]), (np.append(each, each), np.append(each, n + place[pair[use]]))), (n, wide)
    )
    top = sparse.csr_matrix((np.ones(n), (arcs.row[use], each)), (len(grant), wide))
    return _Model(
        use=use,
        opened=opened,
        rooms=rooms,
        cost=np.append(arcs.wait[use], np.full(len(opened), charge)),
        upper=np.append(most[use], np.ones(len(opened))),
        matrix=sparse.vstack([top, part, links], format="csr"),
        low=np.concatenate([grant, np.full(len(rooms) + n, -np.inf)]),
        high=np.concatenate([grant, program.room[rooms], np.zeros(n)]),
    )


def _integer(model: _Model, arcs: int) -> tuple[FloatArray | None, float]:
    """Units of the best plan found (None: none), and a bound among the plans over the model's pairs."""
    if not len(model.cost):
        return None, -np.inf
    whole: BoolArray = np.arange(len(model.cost)) >= len(model.use)
    result = milp(
        model.cost,
        constraints=LinearConstraint(model.matrix, model.low, model.high),
        bounds=Bounds(np.zeros(len(model.upper)), model.upper),
        integrality=whole.astype(np.int64),
        options={"node_limit": NODES, "mip_rel_gap": GAP},
    )
    least = -np.inf if result.mip_dual_bound is None else float(result.mip_dual_bound)
    if result.x is None:
        return None, least
    units = np.zeros(arcs)
    units[model.use] = result.x[: len(model.use)]
    return units, least
