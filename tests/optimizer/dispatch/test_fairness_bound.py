"""The bound of level 5 holds against enumeration, and proves what is reached."""

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.dispatch.fairness import share_out
from optimizer.dispatch.fairness_bound import fairness_bound, reached
from optimizer.dispatch.supplies import contest
from optimizer.dispatch.supply_model import ItemSupply
from optimizer.units import BoolArray

ORDER = ("unserved", "critical_unmet", "completion", "other_unmet", "fairness", "deprivation", "cost")


def random_supplies(seed: int) -> tuple[tuple[ItemSupply, ...], tuple[BoolArray, ...]]:
    """Two scarce items that the same incidents ask for; severities are often equal."""
    rng = np.random.default_rng(seed)
    incidents = int(rng.integers(2, 4))
    severity = rng.integers(1, 3, incidents)
    supplies, opened = [], []
    for item in range(2):
        demand = np.full(incidents, int(rng.integers(1, 4)), np.int64)
        stores = int(rng.integers(1, 3))
        supplies.append(
            ItemSupply(
                item=item, lump=1, stores=np.arange(stores), available=rng.integers(0, 4, stores),  # type: ignore[arg-type]
                incidents=np.arange(incidents), demand=demand,
                weight=tuple(Fraction(int(s), int(d)) for s, d in zip(severity, demand, strict=True)),
            )
        )  # fmt: skip
        opened.append(rng.random((stores, incidents)) < 0.8)
    return tuple(supplies), tuple(opened)


def best_fill(supplies: tuple[ItemSupply, ...], opened: tuple[BoolArray, ...]) -> tuple[Fraction, ...]:
    """By enumeration of whole lumps: unmet per item first, then leximin."""
    choices = []
    for supply, open_ in zip(supplies, opened, strict=True):
        found: dict[tuple[int, ...], Fraction] = {}
        rows = [
            [g for g in product(*(range(int(d) * bool(o) + 1) for d, o in zip(supply.demand, way, strict=True)))
             if sum(g) <= have]
            for way, have in zip(open_, supply.available.tolist(), strict=True)
        ]  # fmt: skip
        for combination in product(*rows):
            grant = tuple(
                min(int(d), sum(x)) for d, x in zip(supply.demand, zip(*combination, strict=True), strict=True)
            )
            unmet = sum(
                (w * int(d - g) for w, d, g in zip(supply.weight, supply.demand, grant, strict=True)), Fraction(0)
            )
            found[grant] = unmet
        least = min(found.values())
        choices.append([grant for grant, unmet in found.items() if unmet == least])
    best: tuple[Fraction, ...] = ()
    for grants in product(*choices):
        rates = [
            sum(
                (Fraction(g[i], int(s.demand[i])) for g, s in zip(grants, supplies, strict=True)), Fraction(0)
            ) / len(supplies)
            for i in range(len(supplies[0].incidents))
        ]  # fmt: skip
        best = max(best, tuple(sorted(rates)))
    return best


@given(seed=st.integers(0, 10**9))
@settings(max_examples=80, deadline=None)
def test_no_plan_of_whole_lumps_passes_the_bound_and_what_reaches_it_is_best(seed: int) -> None:
    supplies, opened = random_supplies(seed)
    best = best_fill(supplies, opened)
    held = tuple(contest(s, o) for s, o in zip(supplies, opened, strict=True))
    bound = fairness_bound(supplies, opened, tuple(c is not None for c in held), (True, False), ORDER)
    assert bound is not None
    rounded = tuple(round(rate, 6) for rate in bound)
    assert tuple(round(float(rate), 6) for rate in best) <= rounded
    share = share_out(supplies, opened, held)
    fill = tuple(
        sorted(
            sum(
                (Fraction(int(g[i]), int(s.demand[i])) for g, s in zip(share.grants, supplies, strict=True)),
                Fraction(0),
            )
            / 2
            for i in range(len(supplies[0].incidents))
        )
    )
    assert fill <= best
    if reached(fill, bound):
        assert fill == best
