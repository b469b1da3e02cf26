"""Level 5 where an incident shares several contested items: a bound by linear programs.

Lumps are let go of: the contested items become one program (optimizer/allocation), levels 2 and 4 are solved and
held, then leximin by rounds. What its fill rates are no plan of whole lumps can pass, so a plan whose fill rates are
the same (to `SAME`) is proven; else the vector stands beside the plan's as its bound, and nothing is claimed.
"""

from fractions import Fraction

import numpy as np

from optimizer.allocation.arcs import Arcs
from optimizer.allocation.leximin import leximin
from optimizer.allocation.program import Cost, Program
from optimizer.dispatch.supply_model import ItemSupply
from optimizer.units import BoolArray

SAME = 1e-7  # what the programs leave open
MOST_ARCS = 60_000  # of all contested items; beyond it the bound would take too long and there is none


def fairness_bound(
    supplies: tuple[ItemSupply, ...],
    allowed: tuple[BoolArray, ...],
    contested: tuple[bool, ...],
    critical: tuple[bool, ...],
    order: tuple[str, ...],
) -> tuple[float, ...] | None:
    """Rising fill rates that no plan passes that is optimal in the unmet levels before fairness; None: not found out.

    `contested`: items that cannot be shipped in full; `order`: the problem's levels. Incidents without demands do
    not count. The other items are shipped in full.
    """
    if order.index("deprivation") < order.index("fairness"):
        return None
    if sum(int(open_.sum()) for open_, c in zip(allowed, contested, strict=True) if c) > MOST_ARCS:
        return None
    demands: dict[int, int] = {}
    for supply in supplies:
        for incident in supply.incidents.tolist():
            demands[incident] = demands.get(incident, 0) + 1
    if not any(contested):
        return (1.0,) * len(demands)
    arcs, incidents = _arcs(supplies, allowed, contested, critical)
    program = Program(arcs)
    program.share = 1.0 / np.array([demands[incident] for incident in incidents])[arcs.incident]
    solution = program.nothing()
    for name in order[: order.index("fairness")]:
        if name in ("critical_unmet", "other_unmet"):
            chosen = arcs.critical == (name == "critical_unmet")
            solution = program.solve(Cost(unmet=np.where(chosen, arcs.weight, 0.0)), solution)
    rates = leximin(program, solution, seed=0).fill.tolist()
    return tuple(sorted([*rates, *[1.0] * (len(demands) - len(incidents))]))


def reached(fill: tuple[Fraction, ...], bound: tuple[float, ...]) -> bool:
    """Whether these fill rates, rising, are those of the bound."""
    return len(fill) == len(bound) and all(
        abs(float(rate) - most) <= SAME for rate, most in zip(fill, bound, strict=True)
    )


def _arcs(
    supplies: tuple[ItemSupply, ...],
    allowed: tuple[BoolArray, ...],
    contested: tuple[bool, ...],
    critical: tuple[bool, ...],
) -> tuple[Arcs, list[int]]:
    """The contested items; incidents are numbered anew, lumps are units, ways cost nothing."""
    chosen = [
        (supply, open_, first)
        for supply, open_, c, first in zip(supplies, allowed, contested, critical, strict=True)
        if c
    ]
    incidents = sorted({int(i) for supply, _, _ in chosen for i in supply.incidents})
    number = {incident: n for n, incident in enumerate(incidents)}
    parts: dict[str, list[np.ndarray]] = {}
    rows = cells = 0
    for item, (supply, open_, first) in enumerate(chosen):
        column, store = np.nonzero(open_.T)  # sorted by demand
        count = len(supply.incidents)
        for name, values in (
            ("incident", np.array([number[int(i)] for i in supply.incidents], np.int64)),
            ("item", np.full(count, item)),
            ("demand", supply.demand.astype(np.float64)),
            ("weight", np.array([float(w * int(d)) for w, d in zip(supply.weight, supply.demand, strict=True)])),
            ("critical", np.full(count, first)),
            ("row", rows + column),
            ("store", supply.stores[store]),
            ("cell", cells + store),
            ("held", supply.available.astype(np.float64)),
        ):
            parts.setdefault(name, []).append(values)
        rows, cells = rows + count, cells + len(supply.stores)
    whole = {name: np.concatenate(values) for name, values in parts.items()}
    arcs = Arcs(
        incidents=len(incidents), stores=int(whole["store"].max(initial=-1)) + 1,
        arrival=np.zeros(len(whole["row"])), kg=None, m3=None, capacity_kg=None, capacity_m3=None, horizon=0.0, **whole,
    )  # fmt: skip
    return arcs, incidents
