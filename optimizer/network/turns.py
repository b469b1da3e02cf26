"""Turn restrictions: the affected nodes are split into ways in and ways out, joined by the allowed turns.

Only tens to hundreds of nodes of an extract carry restrictions, so the network hardly grows. Walkers are not
bound: for them every turn stays open.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.network.graph import TURN_CLASS
from optimizer.units import BoolArray, FloatArray, IntArray

TURN_KPH = 100.0  # of an edge without length: anything but closed


@dataclass(frozen=True, slots=True)
class Restriction:
    """From these ways at this node (OSM ids): never (`only` False) or only (True) into these ways."""

    from_ways: tuple[int, ...]
    via: int
    to_ways: tuple[int, ...]
    only: bool


@dataclass
class DirectedEdges:
    """Edge columns on their way into `build_network`; `way` is the OSM way of each edge."""

    segments: list[str]
    segment: IntArray  # index into segments
    against: BoolArray
    way: IntArray
    tail: IntArray
    head: IntArray
    length_m: FloatArray
    speed_kph: FloatArray
    road_class: list[str]
    name: list[str]
    max_height_m: FloatArray
    max_weight_t: FloatArray
    drive: BoolArray
    walk: BoolArray

    def columns(self) -> dict[str, Any]:
        """As keyword arguments of `build_network`."""
        found = {key: value for key, value in vars(self).items() if key not in ("segments", "segment", "way")}
        return found | {"segment_id": np.array(self.segments)[self.segment]}

    def append_turns(self, names: list[str], tail: list[int], head: list[int], drive: list[bool]) -> None:
        """Adds zero-length edges, open to walkers and where allowed to vehicles."""
        count = len(names)
        first = len(self.segments)
        self.segments = self.segments + names
        self.segment = np.concatenate((self.segment, np.arange(first, first + count)))
        self.against = np.concatenate((self.against, np.zeros(count, bool)))
        self.way = np.concatenate((self.way, np.full(count, -1)))
        self.tail = np.concatenate((self.tail, np.array(tail, np.int64)))
        self.head = np.concatenate((self.head, np.array(head, np.int64)))
        self.length_m = np.concatenate((self.length_m, np.zeros(count)))
        self.speed_kph = np.concatenate((self.speed_kph, np.full(count, TURN_KPH)))
        self.road_class = self.road_class + [TURN_CLASS] * count
        self.name = self.name + [""] * count
        self.max_height_m = np.concatenate((self.max_height_m, np.full(count, np.nan)))
        self.max_weight_t = np.concatenate((self.max_weight_t, np.full(count, np.nan)))
        self.drive = np.concatenate((self.drive, np.array(drive, bool)))
        self.walk = np.concatenate((self.walk, np.ones(count, bool)))


@dataclass(frozen=True)
class Split:
    """New nodes: their ids and the node each is a copy of; and how many restrictions could not be applied."""

    node_id: list[str]
    copy_of: IntArray
    unclear: int


def split_nodes(edges: DirectedEdges, via: dict[int, int], restrictions: list[Restriction]) -> Split:
    """Applies restrictions to `edges` in place. `via` maps an OSM node id to its node index.

    A restricted node becomes one node per group of edges that come in with the same forbidden turns, and one
    per group that go out; zero-length edges join them where vehicles may turn.
    """
    forbidden, unclear = _forbidden_turns(edges, via, restrictions)
    osm_id = {index: osm for osm, index in via.items()}
    new_ids: list[str] = []
    copies: list[int] = []
    names: list[str] = []
    turn_tail: list[int] = []
    turn_head: list[int] = []
    turn_drive: list[bool] = []
    node_count = len(via)
    incoming = _grouped(edges.head, set(forbidden))
    outgoing = _grouped(edges.tail, set(forbidden))
    for node in sorted(forbidden):
        turns = forbidden[node]
        ins: dict[frozenset[int], list[int]] = {frozenset(): []}
        for edge in incoming.get(node, []):
            ins.setdefault(frozenset(out for into, out in turns if into == edge), []).append(edge)
        outs: dict[frozenset[int], list[int]] = {}
        for edge in outgoing.get(node, []):
            outs.setdefault(frozenset(into for into, out in turns if out == edge), []).append(edge)

        def copy(label: str, of: int = node) -> int:
            new_ids.append(f"{osm_id[of]}.{label}")
            copies.append(of)
            return node_count + len(new_ids) - 1

        # The free way in keeps the node itself, so that a journey may begin there.
        in_node = {key: node if not key else copy(f"in{k}") for k, key in enumerate(ins)}
        out_node = {key: copy(f"out{k}") for k, key in enumerate(outs)}
        for key, members in ins.items():
            edges.head[members] = in_node[key]
        for key, members in outs.items():
            edges.tail[members] = out_node[key]
        for i, barred in enumerate(ins):
            for o, (key, members) in enumerate(outs.items()):
                names.append(f"turn.{osm_id[node]}.{i}.{o}")
                turn_tail.append(in_node[barred])
                turn_head.append(out_node[key])
                turn_drive.append(not barred.intersection(members))
    edges.append_turns(names, turn_tail, turn_head, turn_drive)
    return Split(new_ids, np.array(copies, np.int64), unclear)


def _forbidden_turns(
    edges: DirectedEdges, via: dict[int, int], restrictions: list[Restriction]
) -> tuple[dict[int, set[tuple[int, int]]], int]:
    """node -> (edge in, edge out) pairs that vehicles may not drive, and how many restrictions are not clear."""
    nodes = {via[r.via] for r in restrictions if r.via in via}
    incoming, outgoing = _grouped(edges.head, nodes), _grouped(edges.tail, nodes)
    forbidden: dict[int, set[tuple[int, int]]] = {}
    unclear = 0
    for restriction in restrictions:
        node = via.get(restriction.via, -1)
        into = [e for e in incoming.get(node, []) if edges.drive[e] and edges.way[e] in restriction.from_ways]
        out = [e for e in outgoing.get(node, []) if edges.drive[e]]
        named = [e for e in out if edges.way[e] in restriction.to_ways]
        # A way that runs through the node has two edges there: which one is meant cannot be told.
        through = len(into) > len(restriction.from_ways) or len(named) > len(restriction.to_ways)
        if through or node < 0 or (restriction.only and not named):
            unclear += 1
            continue
        # Without an edge in or out (one-ways) there is nothing left to forbid.
        barred = [e for e in out if e not in named] if restriction.only else named
        if into and barred:
            forbidden.setdefault(node, set()).update((i, o) for i in into for o in barred)
    return forbidden, unclear


def _grouped(ends: IntArray, nodes: set[int]) -> dict[int, list[int]]:
    """Edges by their node, for the nodes asked."""
    found: dict[int, list[int]] = {}
    for edge in np.flatnonzero(np.isin(ends, sorted(nodes))).tolist():
        found.setdefault(int(ends[edge]), []).append(edge)
    return found
