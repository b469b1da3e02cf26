"""One solve in a process of its own: better and better whole plans, each checked, until the work is done.

The first stage searches little and has no columns, so that there is a plan at once; each further one starts from the
plan before and works more. Stages count work, not seconds: the same situation and seed give the same plans.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from typing import Any

from api.reasons import AskWhy, keep_problem, reasons_by
from optimizer.dispatch.plan import Plan
from scenarios.basis import Basis

QUICK_MOVES = 4_000  # no columns below 5,000
STAGES: tuple[int | None, ...] = (QUICK_MOVES, None)  # None: the usual work


@dataclass(frozen=True)
class Ask:
    """What is to be planned, and where the database is."""

    database_url: str
    situation: str
    place: str | None = None
    as_of: datetime | None = None
    seed: int = 0
    replan: bool = False  # from the plan in force, with least change


@dataclass(frozen=True)
class Found:
    """A whole plan."""

    stage: int
    content: str  # plan.json
    levels: tuple[dict[str, Any], ...]  # name, value, bound, gap, practice
    status: str
    seconds: dict[str, float]
    as_of: datetime
    basis: Basis
    replans: bool
    last: bool
    unplaced: tuple[str, ...] = ()  # incidents that are in no plan, for want of a place


def run(ask: Ask | AskWhy, pipe: Pipe) -> None:
    """Send (`phase`, name), (`found`, what) … and (`failed`, error); the pipe ends when the work does."""
    try:
        work: Any = found_by if isinstance(ask, Ask) else reasons_by
        for found in work(ask, lambda phase: pipe.send(("phase", phase))):
            pipe.send(("found", found))
    except BrokenPipeError:  # nobody listens any more
        return
    except Exception as error:
        pipe.send(("failed", error))
    finally:
        pipe.close()


def found_by(ask: Ask, tell: Any) -> Iterator[Found]:
    """Raises what `live`, `open_world` and `solve_loaded` raise."""
    from api.replanning import left_of
    from api.situation import live
    from api.usecases import Phases, open_world
    from inventory.database import open_engine, reading
    from scenarios.basis import basis_of
    from scenarios.commit import running_plan
    from scenarios.exchange.plan import parse_plan_text
    from scenarios.live import afoot

    phases = Phases(tell)
    engine = open_engine(ask.database_url)
    try:
        with reading(engine) as connection:
            world = live(connection, situation=ask.situation, place=ask.place, as_of=ask.as_of, phases=phases)
            basis = basis_of(afoot(connection, situation=ask.situation, place=ask.place))
            running = None
            if ask.replan:
                content = running_plan(connection, ask.situation)
                running = left_of(connection, ask.situation, parse_plan_text(content, source=ask.situation))
    finally:
        engine.dispose()
    with phases.phase("problem"):
        opened = open_world(world, source=ask.situation)
    for number, (plan, last) in enumerate(_plans(ask, opened.loaded, running, phases), start=1):
        if last:
            keep_problem(opened.loaded)
        yield Found(number, *_shown(plan), dict(phases.seconds), world.as_of, basis, ask.replan, last, world.unplaced)
        if not last:  # the first plan does not wait for it
            keep_problem(opened.loaded)


def _plans(ask: Ask, loaded: Any, running: tuple[Plan, str] | None, phases: Any) -> Iterator[tuple[Plan, bool]]:
    from api.usecases import verified
    from optimizer.dispatch.pipeline import SolveLimits, solve
    from optimizer.dispatch.replanning import replan
    from optimizer.dispatch.replanning.teams import running_sequences
    from scenarios.exchange.load import nothing_thrown_away

    if running is not None:
        with phases.phase("solve"), nothing_thrown_away():
            plan = replan(loaded.problem, running[0], running_sha256=running[1], seed=ask.seed).plan
        yield verified(loaded, plan, phases).plan, True
        return
    start = None
    for number, moves in enumerate(STAGES):
        with phases.phase("solve"), nothing_thrown_away():
            plan = solve(loaded.problem, seed=ask.seed, limits=SolveLimits(iterations=moves), start=start)
        done = number == len(STAGES) - 1 or plan.status.value in ("optimal", "infeasible")
        yield verified(loaded, plan, phases).plan, done
        if done:
            return
        start = running_sequences(loaded.problem, plan)


def _shown(plan: Plan) -> tuple[str, tuple[dict[str, Any], ...], str]:
    from scenarios.exchange.plan import dump_plan, plan_content

    content = dump_plan(plan)
    return content, tuple(plan_content(plan)["levels"]), str(plan.status.value)


def warm_up() -> None:
    """Everything a solve needs is imported and compiled before the first dispatcher asks."""
    from api.warm import warm_up as warm_kernels

    warm_kernels()
