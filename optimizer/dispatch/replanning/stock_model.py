"""The supply model of a problem that differs little from one whose model is known: only items whose stock, floors
or precision changed are read anew."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from optimizer.dispatch.problem import Demand, DispatchProblem, StockLine
from optimizer.dispatch.supply_model import (
    SHANGHAI,
    ItemSupply,
    SupplyModel,
    earliest_arrivals,
    fleet,
    supply_model,
)

Wanted = dict[str, list[Demand]]


def updated_model(before: SupplyModel | None, problem: DispatchProblem) -> SupplyModel:
    """Equal in content to `supply_model(problem)`. Raises `BadInput` as that does."""
    if before is None or not _comparable(before.problem, problem):
        return supply_model(problem)
    old = before.problem
    wanted, known = _by_item(problem.demands), _by_item(old.demands)
    anew = _stock_changed(old.stock, problem.stock) | _floors_changed(old.reserve_floor, problem.reserve_floor)
    anew |= {item for item, rows in wanted.items() if _places(rows) != _places(known.get(item, []))}
    anew &= wanted.keys()
    # an item that nobody asked for before was not read before
    anew |= wanted.keys() - known.keys()
    lots, fresh = before.lots, {}
    if anew:
        part = replace(
            problem,
            stock=tuple(line for line in problem.stock if line.item in anew),
            demands=tuple(row for row in problem.demands if row.item in anew),
        )
        made = supply_model(part)
        fresh = made.by_item
        lots = {key: lines for key, lines in lots.items() if key[1] not in anew} | made.lots
    severity = {incident.id: incident.severity for incident in problem.incidents}
    was = {incident.id: incident.severity for incident in old.incidents}
    items = []
    for item, rows in sorted(wanted.items()):
        if item in fresh:
            items.append(fresh[item])
            continue
        same = rows == known[item] and all(severity[row.incident] == was[row.incident] for row in rows)
        items.append(_asked(problem, before.by_item[item], rows, severity, same=same))
    return SupplyModel(problem, earliest_arrivals(problem), tuple(items), lots, fleet(problem))


def _comparable(old: DispatchProblem, new: DispatchProblem) -> bool:
    """Same day (expiry), same stores and items: their numbers mean the same."""
    day = old.as_of.astimezone(SHANGHAI).date() == new.as_of.astimezone(SHANGHAI).date()
    stores = old.stores is new.stores or [store.id for store in old.stores] == [store.id for store in new.stores]
    return day and stores and (old.items is new.items or old.items == new.items)


def _stock_changed(old: tuple[StockLine, ...], new: tuple[StockLine, ...]) -> set[str]:
    """Items of lines that are not the very same objects: a copy is read anew, which costs time and nothing else."""
    if old is new:
        return set()
    if len(old) == len(new):
        pairs = ((a, b) for a, b in zip(old, new, strict=True) if a is not b)
        return {line.item for pair in pairs if pair[0] != pair[1] for line in pair}
    before, after = {id(line): line for line in old}, {id(line): line for line in new}
    return {(before.get(key) or after[key]).item for key in before.keys() ^ after.keys()}


def _floors_changed(old: dict[tuple[str, str], Decimal], new: dict[tuple[str, str], Decimal]) -> set[str]:
    if old is new:
        return set()
    return {item for (_, item), _ in old.items() ^ new.items()}


def _by_item(demands: Iterable[Demand]) -> Wanted:
    wanted: Wanted = {}
    for demand in demands:
        wanted.setdefault(demand.item, []).append(demand)
    return wanted


def _places(rows: Iterable[Demand]) -> int:
    """Most decimals in these demands (S8)."""
    exponents = (row.quantity.normalize().as_tuple().exponent for row in rows)
    return max((max(0, -int(exponent)) for exponent in exponents), default=0)


def _asked(
    problem: DispatchProblem, supply: ItemSupply, rows: list[Demand], severity: dict[str, int], *, same: bool
) -> ItemSupply:
    """The same stores, and what is asked for now."""
    incidents = np.array([problem.incident_index[row.incident] for row in rows], np.int64)
    if same:
        return replace(supply, incidents=incidents)
    scale = 1 / supply.lump
    return replace(
        supply,
        incidents=incidents,
        demand=np.array([int(row.quantity * scale) for row in rows], np.int64),
        weight=tuple(Fraction(severity[row.incident]) / Fraction(row.quantity * scale) for row in rows),
    )
