"""Teams to tasks: R | s_ijk | sum w_j C_j with eligibility, due times, deadlines, shifts, pins and started stops.

Level 1 (unserved) before level 3 (completion). SCHED construction, seeded annealing that stops on a work limit,
then column generation; lower bounds by an assignment relaxation (team_bound) and by the columns. References: Wex,
Schryen, Feuerriegel, Neumann, EJOR 235 (2014) 697-708 (model and SCHED). Numbers in brackets: docs/model.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.column_generation import generate
from optimizer.dispatch.kernels import construct
from optimizer.dispatch.plain_annealing import is_plain
from optimizer.dispatch.plan import StoppedBy
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.routes import Routes, from_assignment, out_of_reach, place_pins
from optimizer.dispatch.search import Search, default_moves, search
from optimizer.dispatch.team_bound import TeamBound, alone_bound, assignment_bound
from optimizer.dispatch.team_model import TeamModel, team_model, unserved_cost

COLUMNS_FROM = 5_000  # moves; a smaller budget is for re-planning at once, without columns

Progress = Callable[[tuple[int, int], TeamBound], None]


@dataclass(frozen=True)
class TeamSchedule:
    """`sequences[k]`: task indices of team k, started ones left out."""

    sequences: tuple[tuple[int, ...], ...]
    bound: TeamBound
    stopped_by: StoppedBy
    iterations: int
    broken_pins: tuple[tuple[str, str], ...]  # (team, task); PROOF: no plan keeps them, else none was found


def solve_teams(
    problem: DispatchProblem,
    model: TeamModel,
    *,
    seed: int,
    iterations: int | None,
    deadline: float | None,
    start: Sequence[Sequence[int]] | None = None,
    on_improvement: Progress | None = None,
) -> TeamSchedule:
    """The schedule, and the pins (T10) that it does not keep.

    `iterations` None: `default_moves`; below `COLUMNS_FROM` no columns are made. `deadline` is a time.monotonic()
    reading. `start`: task indices per team to begin with, in order; stops that cannot be kept are left out of it.
    `on_improvement` hears of every better (level 1, level 3) or bound.
    """
    data = model.data
    pins = [(slot, team, int(data.task_of[slot])) for slot, team in model.pinned]
    impossible = [(team, task) for _, team, task in pins if out_of_reach(data, team, task)]
    if impossible or model.broken_pins or not len(model.choices):
        iterations = 0
    routes = Routes(model)
    if start is None:
        place_pins(model, routes)
    else:
        routes.resume(start)
    found, bound = improve(
        model, routes, seed=seed, iterations=iterations, deadline=deadline, on_improvement=on_improvement
    )
    stopped = found.stopped_by
    if found.found.rank() == (bound.unserved, bound.completion):
        stopped = StoppedBy.PROOF
    named = [(problem.teams[team].id, problem.tasks[task].id) for team, task in impossible]
    left = [(problem.teams[k].id, problem.tasks[task].id) for slot, k, task in pins if found.found.team_of[slot] < 0]
    proven = sorted({*model.broken_pins, *named})
    return TeamSchedule(
        sequences=found.found.tasks(),
        bound=TeamBound(bound.unserved + model.surplus, bound.completion, bound.assignment),
        stopped_by=StoppedBy.PROOF if proven else stopped,
        iterations=found.moves,
        broken_pins=tuple(proven or sorted(left)),
    )


def improve(
    model: TeamModel,
    routes: Routes,
    *,
    seed: int,
    iterations: int | None,
    deadline: float | None,
    on_improvement: Progress | None = None,
) -> tuple[Search, TeamBound]:
    """Complete `routes`, then search, then columns; the best schedule and the best bound."""
    data, big = model.data, unserved_cost(model.data)
    budget = default_moves(model) if iterations is None else iterations
    if iterations is not None and 0 < iterations < COLUMNS_FROM:
        bound = TeamBound(0, None, ())
    elif is_plain(model) and model.slots > len(data.free):
        bound = alone_bound(model)  # the assignment takes longer, and proves nothing where every team has several stops
    else:
        bound = assignment_bound(data, model.able, model.start, model.choices, big)
    construct(data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    relaxed = from_assignment(model, bound.assignment) if bound.assignment else None
    if relaxed is not None and relaxed.rank() < routes.rank():
        routes = relaxed
    tell = None if on_improvement is None else lambda rank: on_improvement(rank, bound)
    if tell is not None:
        tell(routes.rank())
    target = None if bound.completion is None else bound.unserved * big + bound.completion
    result = search(model, routes, seed=seed, iterations=budget, deadline=deadline, target=target, on_improvement=tell)
    if result.stopped_by is StoppedBy.WORK and budget >= COLUMNS_FROM:
        bound = _columns(model, result, bound, deadline, on_improvement)
    return result, bound


def _columns(
    model: TeamModel, result: Search, bound: TeamBound, deadline: float | None, on_improvement: Progress | None
) -> TeamBound:
    """Column generation from the best found: a better schedule perhaps, and nearly always a better bound."""
    found = result.found
    longest = max((found.finish(int(team)) for team in np.flatnonzero(found.length)), default=0)
    charge = 2 * longest + int(model.data.penalty[0])
    unserved, completion = found.rank()

    def sharper(value: int | None, unserved: int) -> TeamBound:
        known = [] if bound.completion is None or bound.unserved != unserved else [bound.completion]
        if value is not None:
            known.append(value - charge * unserved)
        return TeamBound(bound.unserved, max(known, default=None), bound.assignment)

    def on_bound(value: int) -> None:
        if on_improvement is not None:
            on_improvement((unserved, completion), sharper(value, unserved))

    made = generate(
        model, found.tasks(), value=charge * unserved + completion, charge=charge, deadline=deadline,
        pool=result.pool, on_bound=on_bound,
    )  # fmt: skip
    if made.routes is not None:
        better = Routes(model).filled(made.routes)
        if better.rank() < found.rank():
            result.found = better
    result.stopped_by = StoppedBy.TIME if made.timed_out else StoppedBy.WORK
    best = sharper(made.bound, result.found.unserved())
    if on_improvement is not None:
        on_improvement(result.found.rank(), best)
    return best


def warm_up(problem: DispatchProblem) -> None:
    """Run every compiled kernel once on a problem that has a team for some task; arrays as they come from real
    problems, since machine code is kept per array type."""
    model = team_model(problem)
    routes = Routes(model)
    construct(model.data, model.start, model.choices, routes.team_of, routes.sequence, routes.length)
    found = search(model, routes, seed=0, iterations=10, deadline=None, target=None)
    bound = assignment_bound(model.data, model.able, model.start, model.choices, unserved_cost(model.data))
    _columns(model, found, bound, None, None)
