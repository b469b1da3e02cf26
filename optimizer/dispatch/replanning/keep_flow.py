"""Least change for one item: the running plan's flow where it still serves the same, else one close to it.

Where it cannot stay as a whole: single arcs moved to a store that the running plan used and that has lumps to spare,
two arcs crossed; each leaves level 6 of the item where it is.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from optimizer.dispatch.supplies import Flow
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import BoolArray, IntArray


def kept_flow(
    model: SupplyModel,
    supply: ItemSupply,
    allowed: BoolArray,
    grants: IntArray,
    flow: Flow,
    sent: dict[tuple[int, int], Any],
) -> Flow:
    """`flow`, or one that grants the same and keeps more of `sent`: (store, incident) numbers -> units."""
    if not sent:
        return flow
    arrive = model.arrivals(supply)
    now: dict[tuple[int, int], int] = {
        (int(s), int(i)): int(n) for s, i, n in zip(flow.store, flow.incident, flow.lumps, strict=True)
    }
    before = _by_position(supply, allowed, sent)
    if now == before:
        return flow
    if _fits(supply, grants, before):
        return _flow(flow, before)  # perhaps slower, to save trips: whoever adds up all items judges that
    changed = now.copy()
    spare = supply.available.copy()
    for (s, _), lumps in now.items():
        spare[s] -= lumps
    short = sorted((s, i) for (s, i), lumps in before.items() if lumps > now.get((s, i), 0))
    into: dict[int, set[int]] = {}  # incident -> stores that send more there than they did
    over: dict[int, set[int]] = {}  # store -> incidents
    for (s, i), lumps in now.items():
        if lumps > before.get((s, i), 0):
            into.setdefault(i, set()).add(s)
            over.setdefault(s, set()).add(i)
    for s, i in short:
        more = _Arc(s, i, before[s, i], tuple(sorted(into.get(i, ()))), tuple(sorted(over.get(s, ()))))
        _more(supply, arrive, allowed, changed, spare, before, more)
    return flow if changed == now else _flow(flow, changed)


class _Arc(NamedTuple):
    """An arc of the running plan that has lost lumps, and who may give them back."""

    s: int
    i: int
    lumps: int
    others: tuple[int, ...]  # stores that send more to i than they did
    elsewhere: tuple[int, ...]  # incidents that s sends more to than it did


def _more(
    supply: ItemSupply, arrive: IntArray, allowed: BoolArray, now: dict[tuple[int, int], int], spare: IntArray,
    before: dict[tuple[int, int], int], arc: _Arc,
) -> None:  # fmt: skip
    """Up to the running plan's lumps from s to i, at no cost, taken from arcs to i that exceed the running plan."""
    weight, (s, i, lumps, others, elsewhere) = supply.weight, arc
    for other in others:
        wanted = lumps - now.get((s, i), 0)
        over = now.get((other, i), 0) - before.get((other, i), 0)
        if wanted <= 0:
            return
        if over <= 0:
            continue
        rise = weight[i] * int(arrive[s, i] - arrive[other, i])
        if rise == 0:
            _shift(now, spare, (other, i), (s, i), min(wanted, over, int(spare[s])))
        for i2 in elsewhere:
            wanted = lumps - now.get((s, i), 0)
            over = now.get((other, i), 0) - before.get((other, i), 0)
            extra = now.get((s, i2), 0) - before.get((s, i2), 0)
            if i2 == i or min(wanted, over, extra) <= 0 or not allowed[other, i2]:
                continue
            if rise + weight[i2] * int(arrive[other, i2] - arrive[s, i2]) == 0:
                part = min(wanted, over, extra)
                _shift(now, spare, (other, i), (s, i), part, within=True)
                _shift(now, spare, (s, i2), (other, i2), part, within=True)


def _shift(
    now: dict[tuple[int, int], int], spare: IntArray, source: tuple[int, int], to: tuple[int, int], part: int,
    *, within: bool = False,
) -> None:  # fmt: skip
    if part <= 0:
        return
    now[source] -= part
    if not now[source]:
        del now[source]
    now[to] = now.get(to, 0) + part
    if not within:
        spare[source[0]] += part
        spare[to[0]] -= part


def _by_position(
    supply: ItemSupply, allowed: BoolArray, sent: dict[tuple[int, int], Any]
) -> dict[tuple[int, int], int]:
    row_of = {int(store): row for row, store in enumerate(supply.stores)}
    column_of = {int(incident): column for column, incident in enumerate(supply.incidents)}
    found = {}
    for (store, incident), units in sent.items():
        row, column = row_of.get(store), column_of.get(incident)
        if row is not None and column is not None and allowed[row, column]:
            lumps = int(units / supply.lump)
            if lumps:
                found[row, column] = lumps
    return found


def _fits(supply: ItemSupply, grants: IntArray, flow: dict[tuple[int, int], int]) -> bool:
    out, into = np.zeros_like(supply.available), np.zeros_like(grants)
    for (s, i), lumps in flow.items():
        out[s] += lumps
        into[i] += lumps
    return bool((out <= supply.available).all() and (into == grants).all())


def _flow(flow: Flow, arcs: dict[tuple[int, int], int]) -> Flow:
    listed = sorted(arcs)
    return replace(
        flow,
        store=np.array([s for s, _ in listed], np.int64),
        incident=np.array([i for _, i in listed], np.int64),
        lumps=np.array([arcs[arc] for arc in listed], np.int64),
    )
