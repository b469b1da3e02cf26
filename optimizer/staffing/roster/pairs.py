"""Fixed pairs of one safety officer and one fire patroller, as many as there can be, the remainder named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from optimizer.staffing.roster.problem import FIRE_PATROLLER, SAFETY_OFFICER, Person


@dataclass(frozen=True, slots=True)
class Pairs:
    """`pairs`: (safety officer, fire patroller); `left`: id -> the role nobody is left for, ids in order."""

    pairs: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]


def pair_up(people: Iterable[Person], *, area: Mapping[str, str] | None = None) -> Pairs:
    """A matching of most pairs, and among those one with most pairs of one area; who holds both roles is either.

    `area`: person -> where they work. The order of `people` does not matter.
    """
    area = area or {}
    able = sorted((one for one in people if {SAFETY_OFFICER, FIRE_PATROLLER} & one.roles), key=lambda one: one.id)
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(one.id for one in able)
    for at, one in enumerate(able):
        for other in able[at + 1 :]:
            if _officer_first(one, other) is not None:
                same = one.id in area and area[one.id] == area.get(other.id)
                graph.add_edge(one.id, other.id, weight=2 if same else 1)
    by_id = {one.id: one for one in able}
    pairs = []
    for first, second in nx.max_weight_matching(graph, maxcardinality=True):
        found = _officer_first(by_id[min(first, second)], by_id[max(first, second)])
        if found is not None:
            pairs.append(found)
    taken = {one for pair in pairs for one in pair}
    left = [(one.id, SAFETY_OFFICER if SAFETY_OFFICER in one.roles else FIRE_PATROLLER) for one in able]
    return Pairs(tuple(sorted(pairs)), tuple(one for one in left if one[0] not in taken))


def _officer_first(one: Person, other: Person) -> tuple[str, str] | None:
    if SAFETY_OFFICER in one.roles and FIRE_PATROLLER in other.roles:
        return one.id, other.id
    if SAFETY_OFFICER in other.roles and FIRE_PATROLLER in one.roles:
        return other.id, one.id
    return None
