"""Each hazard point has one responsible person (P12)."""

import numpy as np
from ortools.graph.python import min_cost_flow

from optimizer.errors import BadInput, Fault
from optimizer.units import UNREACHABLE, IntArray


def responsible(travel_s: IntArray, *, fixed: IntArray | None = None, most: IntArray | None = None) -> IntArray:
    """(H,) the person of each point: least travel among shares that are as even as can be, exact by a flow.

    travel_s  (H, P) seconds from each person of the town to each point
    fixed     (H,) person that a point has already, -1: none; they count in his share, which may grow by them
    most      (P,) points that a person may have; None: ceil(H / P)
    Raises BadInput where there is nobody, or less room than points.
    """
    points, people = travel_s.shape
    fixed = np.full(points, -1) if fixed is None else fixed
    open_ = np.flatnonzero(fixed < 0)
    taken = np.bincount(fixed[fixed >= 0], minlength=people)
    if most is None:
        share = -(-points // max(1, people))
        while people and np.maximum(0, share - taken).sum() < len(open_):
            share += 1
        most = np.full(people, share)
    room = np.maximum(0, most - taken)
    if len(open_) > room.sum():
        facts = {"points": len(open_), "people": people, "room": int(room.sum())}
        raise BadInput("hazard points", [Fault("", "hazard_points_without_person", facts)])
    found = fixed.astype(np.int64).copy()
    if not len(open_):
        return found
    flow = min_cost_flow.SimpleMinCostFlow()
    tail = np.repeat(np.arange(len(open_)), people)
    head = len(open_) + np.tile(np.arange(people), len(open_))
    cost = np.minimum(travel_s[open_], UNREACHABLE >> 12).reshape(-1)  # far, but a point still has its person
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, head, np.ones(len(tail), np.int64), cost)
    sink = len(open_) + people
    ends = np.full(people, sink)
    flow.add_arcs_with_capacity_and_unit_cost(len(open_) + np.arange(people), ends, room, np.zeros(people, np.int64))
    flow.set_nodes_supplies(
        np.arange(sink + 1), np.r_[np.ones(len(open_), np.int64), np.zeros(people, np.int64), -len(open_)]
    )
    assert flow.solve() == flow.OPTIMAL
    used = flow.flows(arcs) > 0
    found[open_[tail[used]]] = head[used] - len(open_)
    return found
