"""Parts of a roster that have nothing to do with each other: each is solved by itself, exactly.

Two people are of one part if they are compared with each other, hold a role in common that is needed, or are a fixed
pair that is; what else there is (rest, nights, requests) speaks of one person at a time. Every level is a sum over
people or groups, so the rosters that are best level after level are those whose parts are.
"""

from dataclasses import dataclass

import networkx as nx

from optimizer.staffing.roster.facts import Facts
from optimizer.staffing.roster.problem import PAIR, RosterProblem


@dataclass(frozen=True)
class Part:
    """`people`: indices, rising; `needs`: (slot, role, heads) in order of slots. A part without needs is people whom
    no post asks for; one without people is a need that nobody can meet."""

    people: tuple[int, ...]
    needs: tuple[tuple[int, str, int], ...]


def parts_of(problem: RosterProblem, facts: Facts) -> tuple[Part, ...]:
    """In order of their first person; needs that nobody can meet come first."""
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(range(len(problem.people)))
    for role in sorted({role for slot in problem.slots for role, _ in slot.needs}):
        holders = (p for pair in facts.pairs for p in pair) if role == PAIR else facts.holders.get(role, ())
        graph.add_edges_from((("role", role), p) for p in holders)
        graph.add_node(("role", role))
    for name, them in facts.groups:
        graph.add_edges_from((("group", name), p) for p in them)
    found = []
    for them in nx.connected_components(graph):
        roles = {one[1] for one in them if isinstance(one, tuple) and one[0] == "role"}
        needs = tuple((s, role, heads) for s, slot in enumerate(problem.slots) for role, heads in slot.needs
                      if role in roles)  # fmt: skip
        found.append(Part(tuple(sorted(one for one in them if not isinstance(one, tuple))), needs))
    return tuple(sorted(found, key=lambda part: (part.people, part.needs)))


def whole(problem: RosterProblem) -> Part:
    """Everybody and everything as one part."""
    needs = tuple((s, role, heads) for s, slot in enumerate(problem.slots) for role, heads in slot.needs)
    return Part(tuple(range(len(problem.people))), needs)
