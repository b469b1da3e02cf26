"""`allocate_supplies`: who gets what from where, on plain arrays, level by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from optimizer.allocation.arcs import Arcs, build_arcs
from optimizer.allocation.flow import flow_of_items
from optimizer.allocation.leximin import leximin
from optimizer.allocation.program import Cost, Program
from optimizer.allocation.trips import fewer_trips
from optimizer.units import UNREACHABLE, FloatArray, IntArray

LEVELS = ("critical_unmet", "other_unmet", "fairness", "deprivation")
PROVEN = 1e-8  # a relative gap that rounding explains
LARGEST = 10**9  # demand, weight and horizon: beyond, sums lose the units that the programs' tolerances need
EXACT = 1 << 40  # largest total of an item in whole units that flows take


class AllocationStatus(StrEnum):
    OPTIMAL = "optimal"  # every level is at its bound
    FEASIBLE = "feasible"


@dataclass(frozen=True)
class AllocationLevel:
    """`bound` holds given the levels before it; fairness has the sorted vector of fill rates."""

    name: str
    value: float | FloatArray
    bound: float | FloatArray | None
    gap: float | None


@dataclass(frozen=True)
class Allocation:
    """What is shipped: `quantity[k]` units of `item[k]` from `store[k]` to `incident[k]`, all > 0."""

    store: IntArray  # (n,)
    incident: IntArray
    item: IntArray
    quantity: FloatArray  # whole numbers where `exact`
    unmet: FloatArray  # (I, P) units
    fill: FloatArray  # (I,) mean over its demands of shipped / demanded; 1 without demands
    levels: tuple[AllocationLevel, ...]
    status: AllocationStatus
    exact: bool  # whole units by network flows; else divisible, by linear programs


def allocate_supplies(
    demand: npt.ArrayLike,
    *,
    weight: npt.ArrayLike,
    critical: npt.ArrayLike,
    stock: npt.ArrayLike,
    arrival_s: npt.ArrayLike,
    mass_kg: npt.ArrayLike | None = None,
    volume_m3: npt.ArrayLike | None = None,
    capacity_kg: npt.ArrayLike | None = None,
    capacity_m3: npt.ArrayLike | None = None,
    trip_charge: float | None = None,
    horizon_s: int = 72 * 3600,
    nearest: int | None = 60,
    levels: Sequence[str] = LEVELS,
    seed: int = 0,
) -> Allocation:
    """Ship stock to incidents by the levels of docs/model.md, each solved to its proof and then held.

    demand      (I, P) units >= 0; 0 is no demand
    weight      (I,) severity, or (I, P): what a demand unmet in full counts
    critical    (P,) true for life-critical items (level 2), else level 4
    stock       (S, P) units >= 0
    arrival_s   (S, I) whole seconds from now; `UNREACHABLE` or beyond `horizon_s` ships nothing
    mass_kg, volume_m3          (P,) per unit
    capacity_kg, capacity_m3    (S,) what a store can load in the whole plan
    trip_charge price of every (store, incident) pair used, in units of level 6 (weight x seconds); adds the level
                `trips` = deprivation + charge x pairs, with what each demand gets held
    nearest     arcs of a demand: that many nearest stores that hold the item, ties by number; None for all
    levels      which ones and in which order; fairness is leximin of the fill rates

    Where nothing couples items (no capacity, no fairness, no trip charge) and quantities are whole, the result is
    whole and exact by network flows; else quantities are divisible and proofs hold to about 1e-9 (relative).

    Raises ValueError, naming the argument, for shapes that do not fit, negative or non-finite numbers, demands, weights
    or a horizon above 1e9, parts of seconds, a horizon or number of stores that is not above 0.
    Ties break by the solver's fixed pivoting rules: the same arrays give the same answer.
    References: Edmonds 1970; Ogryczak et al. 2005 (leximin by programs); docs/model.md (levels).
    """
    wanted = _array("demand", demand, (None, None), largest=LARGEST)
    incidents, items = wanted.shape
    weights = np.asarray(weight, np.float64)
    weights = np.broadcast_to(weights[:, None], wanted.shape) if weights.shape == (incidents,) else weights
    weights = _array("weight", weights, (incidents, items), largest=LARGEST)
    held = _array("stock", stock, (None, items))
    stores = len(held)
    times = _array("arrival_s", arrival_s, (stores, incidents))
    if not (times % 1 == 0).all():
        raise ValueError("arrival_s: whole seconds; round them up")
    arrival = np.minimum(times, UNREACHABLE).astype(np.int64)
    if not (isinstance(horizon_s, int | np.integer) and 0 < horizon_s <= LARGEST):
        raise ValueError(f"horizon_s: {horizon_s!r}; whole seconds above 0, at most {LARGEST}")
    if nearest is not None and not (isinstance(nearest, int | np.integer) and nearest > 0):
        raise ValueError(f"nearest: {nearest!r}; a number of stores above 0, or None for all")
    first = _array("critical", critical, (items,)) > 0
    unknown = [name for name in levels if name not in LEVELS]
    if unknown or len(set(levels)) != len(levels):
        raise ValueError(f"levels: {unknown or list(levels)}; each of {', '.join(LEVELS)} at most once")
    if trip_charge is not None and not (trip_charge >= 0 and np.isfinite(trip_charge)):
        raise ValueError(f"trip_charge: {trip_charge}; a price is a number >= 0")
    arcs = build_arcs(
        wanted, weights, first, held, arrival,
        nearest=nearest, horizon_s=horizon_s,
        mass=_optional("mass_kg", mass_kg, (items,), capacity_kg),
        volume=_optional("volume_m3", volume_m3, (items,), capacity_m3),
        capacity_kg=_optional("capacity_kg", capacity_kg, (stores,), mass_kg),
        capacity_m3=_optional("capacity_m3", capacity_m3, (stores,), volume_m3),
    )  # fmt: skip
    whole = bool((wanted % 1 == 0).all() and (held % 1 == 0).all() and max(wanted.sum(), held.sum()) < EXACT)
    coupled = arcs.kg is not None or arcs.m3 is not None or "fairness" in levels
    if whole and not coupled and trip_charge is None and _in_order(levels):
        return _by_flows(arcs, wanted, tuple(levels))
    return _by_programs(arcs, wanted, tuple(levels), trip_charge, seed)


def _in_order(levels: Sequence[str]) -> bool:
    """Unmet levels before deprivation, and all of them or none: then one flow per item is lexicographic."""
    unmet = {"critical_unmet", "other_unmet"}
    return set(levels) == {"deprivation"} or (unmet <= set(levels) and "deprivation" not in levels[:2])


def _by_flows(arcs: Arcs, demand: FloatArray, levels: tuple[str, ...]) -> Allocation:
    ranked, timed = "critical_unmet" in levels, "deprivation" in levels
    units, least = flow_of_items(arcs, ranked=ranked, timed=timed)
    missing = arcs.demand - np.bincount(arcs.row, weights=units, minlength=len(arcs.demand))
    share = arcs.weight * missing / arcs.demand
    values = {
        "critical_unmet": float(share[arcs.critical].sum()),
        "other_unmet": float(share[~arcs.critical].sum()),
        "deprivation": float(arcs.wait @ units + arcs.horizon * share.sum()),
    }
    bounds = values | {"deprivation": min(least, values["deprivation"])}
    return _result(arcs, demand, units, tuple(_level(name, values[name], bounds[name]) for name in levels), True)


def _by_programs(
    arcs: Arcs, demand: FloatArray, levels: tuple[str, ...], trip_charge: float | None, seed: int
) -> Allocation:
    program = Program(arcs)
    solution = program.nothing()
    asked = np.zeros(arcs.incidents, np.bool_)
    asked[arcs.incident] = True
    done = []
    for name in levels:
        if name == "fairness":
            solution = leximin(program, solution, seed=seed)
            rates = np.sort(solution.fill[asked])
            done.append(AllocationLevel(name, rates, rates, 0.0))
            continue
        if name == "deprivation":
            cost = Cost(arc=arcs.wait, unmet=arcs.weight * arcs.horizon)
        else:
            cost = Cost(unmet=np.where(arcs.critical == (name == "critical_unmet"), arcs.weight, 0.0))
        solution = program.solve(cost, solution)
        done.append(_level(name, solution.value, solution.bound))
    units = solution.units
    if trip_charge is not None:
        trips = fewer_trips(program, units, charge=trip_charge)
        units = trips.units
        done.append(_level("trips", trips.value, trips.bound))
    return _result(arcs, demand, units, tuple(done), False)


def _level(name: str, value: float, bound: float) -> AllocationLevel:
    """A bound above the value by rounding is the value."""
    bound = max(0.0, min(bound, value))
    return AllocationLevel(name, value, bound, (value - bound) / max(1.0, value))


def _result(
    arcs: Arcs, demand: FloatArray, units: FloatArray, levels: tuple[AllocationLevel, ...], exact: bool
) -> Allocation:
    used = np.flatnonzero(units > (0 if exact else 1e-9 * np.maximum(1.0, arcs.demand[arcs.row])))
    row = arcs.row[used]
    unmet = demand.copy()
    np.subtract.at(unmet, (arcs.incident[row], arcs.item[row]), units[used])
    unmet[unmet < 1e-9 * np.maximum(1.0, demand)] = 0.0
    shares = np.divide(unmet, demand, out=np.zeros_like(unmet), where=demand > 0).sum(axis=1)
    fill = 1 - shares / np.maximum(1, (demand > 0).sum(axis=1))
    proven = all(level.gap is not None and level.gap <= PROVEN for level in levels)
    return Allocation(
        store=arcs.store[used], incident=arcs.incident[row], item=arcs.item[row], quantity=units[used],
        unmet=unmet, fill=fill, levels=levels,
        status=AllocationStatus.OPTIMAL if proven else AllocationStatus.FEASIBLE, exact=exact,
    )  # fmt: skip


def _array(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...], *, largest: float = np.inf) -> FloatArray:
    array = np.asarray(values, np.float64)
    if array.ndim != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
        raise ValueError(f"{name}: shape {array.shape}, expected {shape}")
    if not (np.isfinite(array).all() and (array >= 0).all()):
        raise ValueError(f"{name}: numbers must be finite and not negative")
    if array.size and array.max() > largest:
        raise ValueError(f"{name}: {array.max():g} is larger than {largest:g}, where proofs end; use a coarser unit")
    return array


def _optional(
    name: str, values: npt.ArrayLike | None, shape: tuple[int, ...], other: npt.ArrayLike | None
) -> FloatArray | None:
    """An argument of a pair: a load per unit and a capacity count only together."""
    if (values is None) != (other is None):
        raise ValueError(f"{name}: a load per unit and the stores' capacity go together")
    return None if values is None else _array(name, values, shape)
