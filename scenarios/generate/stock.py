"""Stores and what is in them: the catalogue stocked at 0.6 to 2 times its minima, with lots, expiries, checks done
and checks missed. Shares of damaged, expired and overdue stock are assumed, and meant to look like a real year."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from inventory.files import Table
from inventory.five_fixed import shanghai_day
from optimizer.units import IntArray
from scenarios.build import built_in
from scenarios.generate.ground import Ground
from scenarios.world import table_of

OVERDUE = 0.08  # share of checks not done in time
FAILED = 0.004
STATES = (("damaged", 0.006), ("repair", 0.01), ("quarantined", 0.004), ("recalled", 0.002))
NO_BIN = 0.004
EXPIRED = 0.02  # share of lots with a shelf life that is over
NO_DEPUTY = 0.04
AREA_M2 = {"county": (800, 2000), "town": (200, 400), "village": (30, 60)}  # the minima are the rule's
METRE = 1 / 111_320.0


def stores_table(rng: np.random.Generator, ground: Ground) -> Table:
    """A county store at every seat, a town store in every town, a room in every village."""
    columns: dict[str, list[Any]] = {name: [] for name in ("id", "name", "name_en", "tier", "place", "area_m2")}
    lat, lon = [], []
    levels = (("county", ground.counties, "C"), ("town", ground.towns, "T"), ("village", ground.villages, "V"))
    words = {"county": ("县级储备库", "County Store"), "town": ("储备库", "Store"), "village": ("储备室", "Room")}
    for (tier, settled, letter), codes in zip(levels, ground.codes(), strict=True):
        count = len(settled)
        low, high = AREA_M2[tier]
        zh, en = words[tier]
        columns["id"] += [f"S{letter}{index + 1:04d}" for index in range(count)]
        columns["name"] += [name.removesuffix("县") + zh if tier == "county" else name + zh for name in settled.name]
        columns["name_en"] += [f"{name.removesuffix(' County')} {en}" for name in settled.name_en]
        columns["tier"] += [tier] * count
        columns["place"] += codes
        columns["area_m2"] += [Decimal(int(area)) for area in rng.integers(low, high, count)]
        # beside the junction, not on it
        lat += np.round(settled.lat + rng.normal(0, 60, count) * METRE, 6).tolist()
        lon += np.round(settled.lon + rng.normal(0, 60, count) * METRE, 6).tolist()
    return table_of("stores", {**columns, "lat": lat, "lon": lon})


class Calendar:
    """Dates from day numbers, each made once: a city has half a million of them."""

    def __init__(self) -> None:
        self._dates: dict[int, date] = {}

    def __call__(self, ordinals: IntArray) -> list[date]:
        known = self._dates
        for day in np.unique(ordinals).tolist():
            if day not in known:
                known[day] = date.fromordinal(day)
        return [known[day] for day in ordinals.tolist()]


def stock_table(rng: np.random.Generator, stores: Table, *, as_of: Any, mean: float, lots: bool) -> Table:
    """stock.csv: `mean` is the mean of stock over minimum; `lots` splits consumables into two lots.

    The county store keeps back a tenth of what is most critical (`reserve_floor`).
    """
    catalogue, _ = built_in()
    items = list(catalogue)
    day = shanghai_day(as_of).toordinal()
    tiers = np.array([("county", "town", "village").index(tier) for tier in stores["tier"]])
    least = np.array([[float(item.minimum(tier)) for item in items] for tier in ("county", "town", "village")])
    store, item = np.nonzero(least[tiers] > 0)
    share = 0.6 + 1.4 * rng.beta(1.2, 1.2 * (2 - mean) / (mean - 0.6), store.size)
    quantity = np.maximum(1, np.rint(least[tiers[store], item] * share)).astype(np.int64)
    if lots:
        split = np.array([entry.consumable for entry in items])[item] & (quantity >= 4) & (rng.random(store.size) < 0.6)
        second = quantity[split] // 2
        quantity[split] -= second
        lot = np.concatenate([np.ones(store.size, np.int64), np.full(second.size, 2)])
        store, item = np.concatenate([store, store[split]]), np.concatenate([item, item[split]])
        quantity = np.concatenate([quantity, second])
        order = np.lexsort((lot, item, store))
        store, item, quantity, lot = store[order], item[order], quantity[order], lot[order]
    else:
        lot = np.ones(store.size, np.int64)
    life = np.array([round((entry.shelf_life_months or 120) * 30.4375) for entry in items])[item]
    used_up = np.array([entry.consumable for entry in items])[item]
    age = rng.uniform(0.02, 0.9, store.size) * life
    over = used_up & (rng.random(store.size) < EXPIRED)
    age[over] = life[over] * rng.uniform(1.02, 1.3, int(over.sum()))
    made = day - np.maximum(age.astype(np.int64), 1)
    received = np.minimum(made + rng.integers(10, 60, store.size), day - 1)
    received = np.maximum(received, made)
    dates = Calendar()
    expires = dates(made + life)
    state = np.full(store.size, "serviceable", dtype="U12")
    draw, edge = rng.random(store.size), 0.0
    for name, part in STATES:
        state[(draw >= edge) & (draw < edge + part)] = name
        edge += part
    floor: list[Decimal | None] = [None] * store.size
    critical = np.array([entry.criticality == 3 for entry in items])[item] & (tiers[store] == 0)
    for row in np.flatnonzero(critical).tolist():
        floor[row] = Decimal(int(np.ceil(0.1 * least[0, item[row]])))
    ids, bins = stores["id"], _bins()
    no_bin = rng.random(store.size) < NO_BIN
    amounts = [Decimal(value) for value in range(int(quantity.max(initial=0)) + 1)]
    return table_of(
        "stock",
        {
            "store": [ids[index] for index in store.tolist()],
            "bin": [None if lost else bins[index] for lost, index in zip(no_bin.tolist(), item.tolist(), strict=True)],
            "item": [items[index].id for index in item.tolist()],
            "lot": [f"L{number}" for number in lot.tolist()],
            "quantity": [amounts[value] for value in quantity.tolist()],
            "state": state.tolist(),
            "made": dates(made),
            "expires": [d if used else None for d, used in zip(expires, used_up.tolist(), strict=True)],
            "received": dates(received),
            "reserve_floor": floor,
        },
    )


def _bins() -> list[str]:
    """A bin for each item: zone by class, then rack, shelf and place."""
    catalogue, _ = built_in()
    return [
        f"{'ABCDEFGH'[(entry.class_no - 1) // 4]}-{entry.class_no:02d}-1-{index % 6 + 1}"
        for index, entry in enumerate(catalogue)
    ]


def maintenance_table(rng: np.random.Generator, stores: Table, stock: Table, *, as_of: Any) -> Table:
    """maintenance.csv: the last time each check was done, most in time; stocktake and season check by store."""
    catalogue, book = built_in()
    day = shanghai_day(as_of).toordinal()
    rows: dict[str, list[Any]] = {name: [] for name in ("store", "item", "lot", "kind", "last_done", "result")}
    dates = Calendar()
    made = np.array([value.toordinal() for value in stock["made"]], np.int64)
    item = np.array(stock["item"])

    def add(store: list[str], of: list[str | None], lot: list[str | None], kind: str, done: IntArray) -> None:
        failed = rng.random(done.size) < FAILED
        rows["store"] += store
        rows["item"] += of
        rows["lot"] += lot
        rows["kind"] += [kind] * done.size
        rows["last_done"] += dates(done)
        rows["result"] += ["FAILED" if bad else "PASSED" for bad in failed.tolist()]

    def last(period: int, tolerance: int, count: int) -> IntArray:
        in_time = day - rng.integers(1, max(2, period), count)
        late = day - period - tolerance - rng.integers(1, max(2, period), count)
        result: IntArray = np.where(rng.random(count) < OVERDUE, late, in_time)
        return result

    for entry in catalogue:
        lines = np.flatnonzero(item == entry.id)
        for check in book.checks(entry.id):
            if check.kind in ("STOCKTAKE", "SEASON_CHECK", "RETIRE"):
                continue
            chosen = lines
            if check.anchor == "manufacture":  # due some years after manufacture; younger units have none yet
                chosen = lines[day - made[lines] > check.first_period_days - check.warning_days]
            done = last(check.period_days, check.tolerance_days, chosen.size)
            done = np.maximum(done, made[chosen])
            add(
                [stock["store"][row] for row in chosen.tolist()],
                [entry.id] * chosen.size,
                [stock["lot"][row] for row in chosen.tolist()],
                check.kind,
                done,
            )
    count = len(stores)
    for kind, period, tolerance in (("STOCKTAKE", 30, 5), ("SEASON_CHECK", 365, 30)):
        add(list(stores["id"]), [None] * count, [None] * count, kind, last(period, tolerance, count))
    return table_of("maintenance", rows)


def custodians_table(rng: np.random.Generator, stores: Table, *, as_of: Any) -> Table:
    """custodians.csv: a primary and a deputy for every store, by number; the phones begin with 000 and ring nowhere."""
    start = date.fromordinal(shanghai_day(as_of).toordinal() - 500)
    rows: dict[str, list[Any]] = {name: [] for name in ("store", "person", "phone", "role", "valid_from")}
    alone = rng.random(len(stores)) < NO_DEPUTY
    number = 0
    for index, store in enumerate(stores["id"]):
        for role in ("primary",) if alone[index] else ("primary", "deputy"):
            number += 1
            for name, value in (
                ("store", store), ("person", f"P{number:06d}"), ("phone", f"000{number:08d}"), ("role", role),
                ("valid_from", start),
            ):  # fmt: skip
                rows[name].append(value)
    return table_of("custodians", rows)
