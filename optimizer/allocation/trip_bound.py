"""A bound on waits plus charges: Lagrangian decomposition by demand, then branch and bound incident by incident.

    (B1) sum over demands of (F1) with cost_a = wait_a - prices of the rooms arc a needs, fixed_a = its share of the
         charge, plus prices x rooms; prices <= 0, the shares of a pair are >= 0 and add up to the charge
    (B2) the same with the demands of an incident held to one choice of pairs

F1 keeps the last, partly used store of a demand whole, which the linear relaxation does not: that is most of its gap.
B1 is raised from the relaxation's duals by subgradient steps along a running mean of the answers (the volume
algorithm: Barahona & Anbil 2000, Mathematical Programming 87, 385-399; deflation as assumed below). B2 branches on the
pairs over which the demands of one incident disagree; a branch answers anew only the demands it touches.
"""

import numpy as np

from optimizer.allocation.arcs import Arcs
from optimizer.allocation.fills import compiled, fill_demand, fill_demands
from optimizer.allocation.program import Program
from optimizer.units import FloatArray, IntArray

ROUNDS = 60  # of B1
MEMORY = 0.1  # weight of the newest answer
STEP = 0.7  # share of the way to the target
PATIENCE = 12  # rounds without a better bound until steps are shortened
NODES = 300  # of B2, per incident
NEAR = 2e-3  # of the charge: fills are exact up to that
QUICK, THOROUGH = 5_000, 200_000  # steps of a fill, in B1 and in B2
AGREED = 1e-6  # of the charge
UNDECIDED, OPEN, SHUT = 0, 1, 2


@compiled
def _share_charge(
    share: FloatArray, slope: FloatArray, first: IntArray, member: IntArray, charge: float
) -> None:  # pragma: no cover
    """Put the shares of every pair that moved back on {>= 0, sum = charge} (Euclidean projection)."""
    for pair in range(len(first) - 1):
        arcs = member[first[pair] : first[pair + 1]]
        moved = False
        for a in arcs:
            moved = moved or slope[a] != 0
        if not moved:
            continue
        total, cut = 0.0, 0.0
        ranked = np.sort(share[arcs])[::-1]
        for k in range(len(ranked)):
            total += ranked[k]
            if ranked[k] > (total - charge) / (k + 1):
                cut = (total - charge) / (k + 1)
        for a in arcs:
            share[a] = max(0.0, share[a] - cut)


@compiled
def _branch(  # pragma: no cover
    first: IntArray, cost: FloatArray, fixed: FloatArray, most: FloatArray, demand: FloatArray,
    pair: IntArray, pairs: int, charge: float, nodes: int,
) -> float:  # fmt: skip
    """(B2) of one incident: its demands, arcs and pairs numbered from 0. Best first."""
    rows, arcs = len(demand), len(pair)
    state = np.zeros((nodes + 2, pairs), np.int8)
    value, used = np.zeros((nodes + 2, rows)), np.zeros((nodes + 2, arcs))
    bound, units = np.full(nodes + 2, np.inf), np.zeros(arcs)
    fill_demands(first, cost, fixed, most, demand, NEAR * charge, THOROUGH, units, used[0], value[0])
    bound[0] = value[0].sum()
    count = 1
    while True:
        node = int(np.argmin(bound[:count]))
        if bound[node] == np.inf or count >= nodes:
            return float(bound[node])
        paid, asked = np.zeros(pairs), np.zeros(pairs, np.bool_)
        for a in range(arcs):
            if most[a] > 0 and fixed[a] > 0:
                if used[node, a] > 0:
                    paid[pair[a]] += fixed[a]
                else:
                    asked[pair[a]] = True
        chosen, strife = -1, AGREED * charge
        for s in range(pairs):
            if state[node, s] == UNDECIDED and asked[s] and min(paid[s], charge - paid[s]) > strife:
                chosen, strife = s, min(paid[s], charge - paid[s])
        if chosen < 0:
            return float(bound[node])
        for way in (OPEN, SHUT):
            new = count if way == OPEN else node
            if way == OPEN:
                state[new], value[new], used[new] = state[node], value[node], used[node]
            state[new, chosen] = way
            bound[new] = 0.0
            for r in range(rows):
                a, b = first[r], first[r + 1]
                touched = False
                for k in range(a, b):
                    if pair[k] == chosen and most[k] > 0:
                        touched = touched or (fixed[k] > 0 if way == OPEN else used[new, k] > 0)
                if touched:
                    price, room = fixed[a:b].copy(), most[a:b].copy()
                    for k in range(a, b):
                        if state[new, pair[k]] == OPEN:
                            price[k - a] = 0.0
                        elif state[new, pair[k]] == SHUT:
                            room[k - a] = 0.0
                    y = used[new, a:b]
                    value[new, r] = fill_demand(
                        cost[a:b], price, room, demand[r], NEAR * charge, THOROUGH, units[a:b], y
                    )
                bound[new] += value[new, r]
            for s in range(pairs):
                bound[new] += charge * (state[new, s] == OPEN)
        count += 1


@compiled
def _branch_all(  # pragma: no cover
    incident: IntArray, first: IntArray, cost: FloatArray, fixed: FloatArray, most: FloatArray, demand: FloatArray,
    pair: IntArray, charge: float, nodes: int,
) -> float:  # fmt: skip
    """The sum of (B2); demands are sorted by incident, and so are the numbers of pairs."""
    total, r = 0.0, 0
    while r < len(demand):
        end = r
        while end < len(demand) and incident[end] == incident[r]:
            end += 1
        a, b = first[r], first[end]
        if b > a:
            low = pair[a:b].min()
            total += _branch(
                first[r : end + 1] - a, cost[a:b], fixed[a:b], most[a:b], demand[r:end],
                pair[a:b] - low, pair[a:b].max() - low + 1, charge, nodes,
            )  # fmt: skip
        r = end
    return total


def bound_on_trips(
    program: Program, grant: FloatArray, most: FloatArray, pair: IntArray, share: FloatArray, price: FloatArray,
    *, charge: float, target: float,
) -> float:  # fmt: skip
    """The best (B2) found for filling `grant`; `share` (A,) and `price` (rooms,) start it, `target` is a value."""
    arcs: Arcs = program.arcs
    first = np.searchsorted(arcs.row, np.arange(len(grant) + 1))
    member = np.argsort(pair, kind="stable")
    members = np.searchsorted(pair[member], np.arange(int(pair.max(initial=-1)) + 2))
    among = np.diff(members)
    size = 1 / np.maximum(1, program.room)
    units, used, values = np.zeros(len(pair)), np.zeros(len(pair)), np.zeros(len(grant))

    def answer(share: FloatArray, price: FloatArray) -> float:
        cost = arcs.wait - program.across @ price
        fill_demands(first, cost, share, most, grant, NEAR * charge, QUICK, units, used, values)
        return float(values.sum() + price @ program.room)

    value = best = answer(share, price)
    top = share, price
    mean_units, mean_used, step, idle = units.copy(), used.copy(), STEP, 0
    for _ in range(ROUNDS):
        over = program.coupling @ mean_units - program.room
        over = np.where((price >= 0) & (over < 0), 0, over) * size
        slope = mean_used - (np.bincount(pair, weights=mean_used, minlength=len(among)) / among)[pair]
        norm = float(slope @ slope + over @ over)
        if norm <= 0 or not value < target:
            break
        length = step * (target - value) / norm
        share, price = share + length * slope, np.minimum(0, price - length * over * size)
        _share_charge(share, slope, members, member, charge)
        value = answer(share, price)
        mean_units, mean_used = mean_units + MEMORY * (units - mean_units), mean_used + MEMORY * (used - mean_used)
        idle += 1
        if value > best:
            best, top, idle = value, (share, price), 0
        if idle >= PATIENCE:
            (share, price), step, idle = top, 0.7 * step, 0
    share, price = top
    cost = arcs.wait - program.across @ price
    whole = _branch_all(arcs.incident, first, cost, share, most, grant, pair, charge, NODES)
    bound = max(best, whole + float(price @ program.room))
    return bound if np.isfinite(bound) else -np.inf


def warm_up() -> None:
    """Compile the kernels, on one demand that two stores could fill."""
    first, member, ones = np.array([0, 2]), np.arange(2), np.ones(2)
    share = 0.5 * ones
    _share_charge(share, ones, np.arange(3), member, 1.0)
    fill_demands(first, ones, share, ones, np.ones(1), NEAR, QUICK, np.zeros(2), np.zeros(2), np.zeros(1))
    _branch_all(np.zeros(1, np.int64), first, ones, share, ones, np.ones(1), member, 1.0, NODES)
