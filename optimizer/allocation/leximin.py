"""Level 5 on a face: leximin of incident fill rates by linear programs.

First which fill rates are not decided yet: two programs with opposite random weights meet only where the fill rates
they are asked about are constant on the face (an edge direction orthogonal to continuous random weights has
probability 0). Most are constant, because levels 2 and 4 already say who gets what. Then rounds: raise the least
open fill rate; incidents whose row P5 has a dual cannot rise further and are closed at that rate
(Ogryczak, Pioro & Tomaszewski 2005; Nace & Orlin, Transportation Science 41 (2007) 254-268).
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sparse

from optimizer.allocation.program import Cost, Face, Program, Solution
from optimizer.units import BoolArray

SAME = 1e-7  # fill rates closer than this are one
NEAR = 1e-7
SLACK = 1e-9  # room for the solver below a held fill rate


def _loose(program: Program, face: Face) -> BoolArray:
    """(R,) demands whose unmet share no chain of equations fixes, each with one unknown left."""
    arcs = program.arcs
    count = len(arcs.demand)
    own = sparse.csr_matrix((np.ones(len(arcs.row)), (arcs.row, np.arange(len(arcs.row)))), (count, len(arcs.row)))
    tight = program.coupling[np.flatnonzero(face.tight)]
    equations = sparse.vstack(
        [sparse.hstack([own, sparse.eye(count)]), sparse.hstack([tight, sparse.csr_matrix((tight.shape[0], count))])],
        format="csr",
    )
    equations.data[:] = 1
    free = np.append(face.arc[1] > face.arc[0], face.unmet[1] > face.unmet[0])
    while True:
        single = np.flatnonzero(equations @ free == 1)
        found = free & (equations[single].T @ np.ones(len(single)) > 0)
        if not found.any():
            return free[len(arcs.row) :]
        free &= ~found


def undecided(program: Program, start: Solution, rng: np.random.Generator) -> BoolArray:
    """(I,) incidents whose fill rate is not the same everywhere on the face of `start`."""
    count = program.arcs.incidents
    moving = np.zeros(count, np.bool_)
    loose = np.bincount(program.arcs.incident, weights=_loose(program, start.face), minlength=count) > 0
    while True:
        rest = loose & ~moving
        weights = np.where(rest, rng.uniform(0.5, 1.5, count), 0.0)
        low = program.solve(Cost(fill=weights), start).fill
        high = program.solve(Cost(fill=-weights), start).fill
        new = rest & (np.abs(high - low) > SAME)
        if not new.any():
            return moving  # also where nothing was left to ask about
        moving |= new


def leximin(program: Program, start: Solution, *, seed: int) -> Solution:
    """A leximin solution; its face is that of all of them."""
    left = undecided(program, start, np.random.default_rng(seed))
    solution, face = start, start.face
    low = face.fill[0].copy()
    while left.any():
        held = replace(solution, face=replace(face, fill=(low.copy(), face.fill[1])))
        solution = program.solve(Cost(open=left), held)
        least = -solution.value
        at_least = left & (solution.fill < least + NEAR)
        closed = at_least & (solution.open_dual > SAME)
        if not closed.any():  # duals add up to one, so this is a matter of tolerances
            closed = at_least
        low[closed] = np.maximum(low[closed], least - SLACK)
        left &= ~closed
    return replace(solution, face=replace(face, fill=(low, face.fill[1])))
