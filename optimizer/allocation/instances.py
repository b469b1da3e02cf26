"""Seeded allocation instances: the public benchmark class of `allocate_supplies`."""

from dataclasses import dataclass

import numpy as np

from optimizer.units import FloatArray, IntArray


@dataclass(frozen=True)
class AllocationInstance:
    """The arguments of `allocate_supplies`, as one value: I incidents, S stores, P items."""

    demand: IntArray  # (I, P) units
    severity: IntArray  # (I,)
    critical: IntArray  # (P,) 0 or 1
    stock: IntArray  # (S, P) units
    arrival_s: IntArray  # (S, I)
    mass_kg: FloatArray  # (P,) per unit
    volume_m3: FloatArray  # (P,)
    capacity_kg: FloatArray  # (S,) for the whole plan
    capacity_m3: FloatArray  # (S,)


def allocation_instance(
    incidents: int = 200,
    stores: int = 3000,
    items: int = 32,
    *,
    wanted: int = 6,
    scarcity: float = 0.8,
    seed: int = 0,
) -> AllocationInstance:
    """Incidents and stores uniform on a 120 x 120 km plane, 40 km/h by air line plus 5 minutes of loading (assumed).

    Every incident asks for `wanted` items, its demand the people affected (20 to 400, rounded to tens) times a ratio
    of the item; a third of the items are life-critical. One item in eight is scarce: a tenth of the stores hold it,
    all together the share `scarcity` of what is asked for. The others are held by 30 to 90 % of the stores, all
    together 2 to 20 times what is asked for. Stocks are lognormal (sigma 1.2): few large stores, many small ones.
    What a store can load in the plan is one to four lorries of 1.5, 4 or 10 t with 2.5 to 6 m3 per tonne.
    """
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 120, (incidents, 2))
    depot = rng.uniform(0, 120, (stores, 2))
    km = np.hypot(*(depot[:, None, :] - place[None, :, :]).transpose(2, 0, 1))
    arrival = (300 + km / 40 * 3600).astype(np.int64)
    severity = rng.integers(1, 6, incidents)
    people = rng.integers(2, 41, incidents) * 10
    ratio = rng.choice([0.1, 0.2, 0.5, 1.0, 2.0, 3.0], items)
    demand = np.zeros((incidents, items), np.int64)
    for row in range(incidents):
        chosen = rng.choice(items, min(wanted, items), replace=False)
        demand[row, chosen] = np.maximum(1, people[row] * ratio[chosen]).astype(np.int64)
    scarce = np.arange(items) % 8 == 0
    held_by = np.where(scarce, 0.1, rng.uniform(0.3, 0.9, items))
    plenty = np.where(scarce, scarcity, rng.uniform(2, 20, items))
    size = rng.lognormal(0, 1.2, (stores, items)) * (rng.random((stores, items)) < held_by)
    stock = np.round(size * (demand.sum(axis=0) * plenty / np.maximum(size.sum(axis=0), 1e-9))).astype(np.int64)
    mass = rng.choice([0.5, 1.0, 2.5, 12.0], items)
    volume = mass * rng.choice([0.002, 0.004, 0.01], items)
    kg = rng.integers(1, 5, stores) * rng.choice([1500.0, 4000.0, 10000.0], stores)
    return AllocationInstance(
        demand=demand,
        severity=severity.astype(np.int64),
        critical=(np.arange(items) % 3 == 0).astype(np.int64),
        stock=stock,
        arrival_s=arrival,
        mass_kg=mass,
        volume_m3=volume,
        capacity_kg=kg,
        capacity_m3=kg / 1000 * rng.uniform(2.5, 6, stores),
    )
