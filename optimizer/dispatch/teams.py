"""Teams to tasks: R | s_ijk | sum w_j C_j with eligibility, due times, deadlines, shifts, pins and started stops.

Level 1 (unserved) before level 3 (completion). SCHED construction, seeded annealing that stops on a work limit,
then column generation; lower bounds by an assignment relaxation (team_bound) and by the columns. References: Wex,
Schryen, Feuerriegel, Neumann, EJOR 235 (2014) 697-708 (model and SCHED). Numbers in brackets: docs/model.md.
"""

import time
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.annealing import anneal, splitmix_state
from optimizer.dispatch.column_generation import generate
from optimizer.dispatch.kernels import construct
from optimizer.dispatch.plan import StoppedBy
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.routes import Routes, from_assignment, out_of_reach, place_pins
from optimizer.dispatch.team_bound import TeamBound, assignment_bound
from optimizer.dispatch.team_model import TeamModel, team_model, unserved_cost

# (share of the moves, first and last temperature as shares of the mean cost of a slot): a hot round that leaves
# the construction's valley, then a cool one from the best found (measured on class B and on tight small problems)
ROUNDS = ((0.3, 1.0, 0.02), (0.7, 0.15, 0.002))
SOFT = 5.0  # what an unserved slot weighs while the walk judges a move, in mean costs of a slot
CHUNK = 50_000  # moves between two looks at the clock


@dataclass(frozen=True)
class TeamSchedule:
    """`sequences[k]`: task indices of team k, started ones left out."""

    sequences: tuple[tuple[int, ...], ...]
    bound: TeamBound
    stopped_by: StoppedBy
    iterations: int
    broken_pins: tuple[tuple[str, str], ...]  # (team, task); PROOF: no plan keeps them, else none was found


def search(
    model: TeamModel, routes: Routes, *, seed: int, iterations: int, deadline: float | None, target: int | None
) -> tuple[Routes, int, StoppedBy]:
    """Anneal from `routes`; stop at `iterations` moves, at the bound `target`, or at the clock."""
    data, big = model.data, unserved_cost(model.data)
    cost = routes.costs()
    best = np.array([int(cost.sum()) + big * routes.unserved(), 0, 0], np.int64)
    found = routes.copy()
    mean = max(1.0, float(cost.sum()) / max(1, model.slots))
    state = splitmix_state(seed)
    done = 0
    for share, hot, cold in ROUNDS:
        routes, total = found.copy(), int(share * iterations)
        cost = routes.costs()
        best[1:] = routes.unserved(), cost.sum()
        for first in range(0, total, CHUNK):
            if target is not None and best[0] <= target:
                return found, done, StoppedBy.PROOF
            if deadline is not None and time.monotonic() >= deadline:
                return found, done, StoppedBy.TIME
            last = min(total, first + CHUNK)
            anneal(
                data, model.start, model.choices, routes.team_of, routes.sequence, routes.length, cost,
                found.sequence, found.length, best, state, first, last, total, hot * mean, cold * mean,
                big, int(SOFT * mean) + 1,
            )  # fmt: skip
            done += last - first
            found.read_teams()
    return found, done, StoppedBy.WORK


def solve_teams(
    problem: DispatchProblem, model: TeamModel, *, seed: int, iterations: int | None, deadline: float | None
) -> TeamSchedule:
    """The schedule, and the pins (T10) that it does not keep.

    `iterations` None: `default_moves`. `deadline` is a time.monotonic() reading.
    """
    data, big = model.data, unserved_cost(model.data)
    pins = [(slot, team, int(data.task_of[slot])) for slot, team in model.pinned]
    impossible = [(team, task) for _, team, task in pins if out_of_reach(data, team, task)]
    routes = Routes(model)
    place_pins(model, routes)
    bound = assignment_bound(data, model.able, model.start, model.choices, big)
    construct(data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    relaxed = from_assignment(model, bound.assignment)
    if relaxed is not None and relaxed.rank() < routes.rank():
        routes = relaxed
    target = None if bound.completion is None else bound.unserved * big + bound.completion
    if iterations is None:
        iterations = default_moves(model)
    if impossible or model.broken_pins or not len(model.choices):
        iterations = 0
    found, done, stopped = search(model, routes, seed=seed, iterations=iterations, deadline=deadline, target=target)
    if stopped is StoppedBy.WORK and iterations:
        found, bound, stopped = _columns(model, found, bound, deadline)
    if found.rank() == (bound.unserved, bound.completion):
        stopped = StoppedBy.PROOF
    named = [(problem.teams[team].id, problem.tasks[task].id) for team, task in impossible]
    left = [(problem.teams[team].id, problem.tasks[task].id) for slot, team, task in pins if found.team_of[slot] < 0]
    proven = sorted({*model.broken_pins, *named})
    return TeamSchedule(
        sequences=found.tasks(),
        bound=TeamBound(bound.unserved + model.surplus, bound.completion, bound.assignment),
        stopped_by=StoppedBy.PROOF if proven else stopped,
        iterations=done,
        broken_pins=tuple(proven or sorted(left)),
    )


def default_moves(model: TeamModel) -> int:
    """10,000 a slot, at most 1,000,000; fewer where teams have many stops, since a move costs their square."""
    stops = model.slots / max(1, int(model.able.any(axis=0).sum()))
    return int(min(1_000_000, 10_000 * model.slots) / max(1.0, (stops / 8) ** 2))


def _columns(
    model: TeamModel, found: Routes, bound: TeamBound, deadline: float | None
) -> tuple[Routes, TeamBound, StoppedBy]:
    """Column generation from the best found: a better schedule perhaps, and nearly always a better bound."""
    longest = max((stop_s for team in np.flatnonzero(found.length) for stop_s in [found.finish(int(team))]), default=0)
    charge = 2 * longest + int(model.data.penalty[0])
    made = generate(model, found.tasks(), charge=charge, deadline=deadline)
    if made.routes is not None:
        better = Routes(model).filled(made.routes)
        if better.rank() < found.rank():
            found = better
    unserved, _ = found.rank()
    known = [] if bound.completion is None or bound.unserved != unserved else [bound.completion]
    if made.bound is not None:
        known.append(made.bound - charge * unserved)
    completion = max(known, default=None)
    stopped = StoppedBy.TIME if made.timed_out else StoppedBy.WORK
    return found, TeamBound(bound.unserved, completion, bound.assignment), stopped


def warm_up(problem: DispatchProblem) -> None:
    """Run every compiled kernel once on a problem that has a team for some task; arrays as they come from real
    problems, since machine code is kept per array type."""
    model = team_model(problem)
    routes = Routes(model)
    construct(model.data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    found, _, _ = search(model, routes, seed=0, iterations=10, deadline=None, target=None)
    bound = assignment_bound(model.data, model.able, model.start, model.choices, unserved_cost(model.data))
    _columns(model, found, bound, None)
