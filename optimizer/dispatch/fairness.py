"""Level 5: share what groups of equal weight may share so that incident fill rates are leximin.

Lump by lump to the incident with the lowest fill rate (of equals, the one that rises most): optimal for leximin over
an integer polymatroid when each incident has one item to share out (Federgruen & Groenevelt, Operations
Research 34 (1986) 909-918). An incident that shares several contested items gets the same rule; then the result
is good but not proven, and says so.
"""

from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush

import numpy as np

from optimizer.dispatch.supplies import Contest, cheapest_grants, reach
from optimizer.dispatch.supply_model import ItemSupply, SupplyModel
from optimizer.units import BoolArray, IntArray

STEPS = 4_000  # most rounds of sharing; larger groups share in bigger portions and prove nothing


@dataclass(frozen=True)
class Share:
    """Grants per item, and whether they are proven leximin."""

    grants: tuple[IntArray, ...]  # per supply: (I,) lumps
    proven: bool


def fairness_first(model: SupplyModel) -> bool:
    """Whether the county puts level 5 before level 6."""
    order = model.problem.parameters.levels
    return order.index("fairness") < order.index("deprivation")


def shares(
    model: SupplyModel,
    supplies: tuple[ItemSupply, ...],
    opened: tuple[BoolArray, ...],
    contests: tuple[Contest | None, ...],
) -> Share:
    """Who gets how much of every item, by whichever of levels 5 and 6 comes first."""
    if fairness_first(model):
        return share_out(supplies, opened, contests)
    rows = zip(supplies, opened, contests, strict=True)
    return Share(tuple(cheapest_grants(model, *row) for row in rows), proven=False)


def share_out(
    supplies: tuple[ItemSupply, ...], allowed: tuple[BoolArray, ...], contests: tuple[Contest | None, ...]
) -> Share:
    """Grants of every item: all that was asked, or the held group totals shared by leximin."""
    grants = [supply.demand.copy() for supply in supplies]
    free: list[tuple[int, tuple[int, ...], int]] = []  # (supply, group, total) still to share
    for index, (supply, held) in enumerate(zip(supplies, contests, strict=True)):
        if held is None:
            continue
        for group, total in zip(held.groups, held.totals, strict=True):
            members = list(group)
            if total == int(supply.demand[members].sum()):
                continue
            grants[index][members] = 0
            if len(group) == 1:
                grants[index][members] = total
            elif total:
                free.append((index, group, total))
    if not free:
        return Share(tuple(grants), True)
    return _share(supplies, allowed, contests, grants, free)


def _share(
    supplies: tuple[ItemSupply, ...],
    allowed: tuple[BoolArray, ...],
    contests: tuple[Contest | None, ...],
    grants: list[IntArray],
    free: list[tuple[int, tuple[int, ...], int]],
) -> Share:
    demands: dict[int, int] = {}
    fill: dict[int, Fraction] = {}
    for supply, grant in zip(supplies, grants, strict=True):
        for position, incident in enumerate(supply.incidents.tolist()):
            demands[incident] = demands.get(incident, 0) + 1
            share = Fraction(int(grant[position]), int(supply.demand[position]))
            fill[incident] = fill.get(incident, Fraction(0)) + share
    fill = {incident: total / demands[incident] for incident, total in fill.items()}
    left = {number: total for number, (_, _, total) in enumerate(free)}
    portion = {number: max(1, total * len(free) // STEPS) for number, total in left.items()}
    proven = all(size == 1 for size in portion.values())
    contested: dict[int, int] = {}
    queue: list[tuple[Fraction, Fraction, int, int, int]] = []
    for number, (index, group, _) in enumerate(free):
        for position in group:
            incident = int(supplies[index].incidents[position])
            contested[incident] = contested.get(incident, 0) + 1
            # lowest fill rate first, then the one that rises most, then by number
            step = Fraction(1, int(supplies[index].demand[position]) * demands[incident])
            queue.append((fill[incident], -step, incident, number, position))
    heapify(queue)
    proven = proven and all(count == 1 for count in contested.values())

    while queue:
        then, step, incident, number, position = heappop(queue)
        if not left[number]:
            continue
        if then != fill[incident]:  # the incident got something of another item meanwhile
            heappush(queue, (fill[incident], step, incident, number, position))
            continue
        index = free[number][0]
        supply, grant = supplies[index], grants[index]
        give = min(portion[number], left[number], int(supply.demand[position] - grant[position]))
        while give and not _possible(supply, allowed[index], contests[index], grant, number, free, position, give):
            give //= 2
        if not give:
            continue  # full, or in a tight set, which stays tight
        grant[position] += give
        left[number] -= give
        fill[incident] -= step * give
        heappush(queue, (fill[incident], step, incident, number, position))
    return Share(tuple(grants), proven)


def _possible(
    supply: ItemSupply,
    allowed: BoolArray,
    held: Contest | None,
    grant: IntArray,
    number: int,
    free: list[tuple[int, tuple[int, ...], int]],
    position: int,
    give: int,
) -> bool:
    """Whether the groups before this one can keep their totals when `position` gets `give` more."""
    if held is None or held.uniform:
        return True
    group = free[number][1]
    caps = np.zeros_like(grant)
    wanted = 0
    for earlier, total in zip(held.groups, held.totals, strict=True):
        if earlier == group:
            break
        caps[list(earlier)] = supply.demand[list(earlier)]
        wanted += total
    caps[list(group)] = grant[list(group)]
    caps[position] += give
    return reach(supply, allowed, caps) == wanted + int(caps[list(group)].sum())
