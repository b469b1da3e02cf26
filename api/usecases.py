"""What people can ask for, the same from the command line and over HTTP. Each use case reads its input, does
one thing and returns the result; words, colours and exit codes are for the caller."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from optimizer.dispatch.plan import Plan, Status
from optimizer.dispatch.problem import DispatchProblem
from optimizer.errors import BadInput, Fault, OptimizerError
from scenarios.exchange.json_text import dumps, write_text
from scenarios.exchange.load import LoadedProblem, counted_otherwise, load_problem, nothing_thrown_away
from scenarios.exchange.plan import load_plan, run_path, run_record, write_plan
from scenarios.exchange.problem import Counting, Note

if TYPE_CHECKING:
    from inventory.five_fixed import Report
    from optimizer.dispatch.check import Violation
    from optimizer.dispatch.replanning import PlanDiff
    from scenarios.exchange.foreseen import Foreseen
    from scenarios.explanation import Explanation
    from scenarios.world import World

MOST_PAIRS = 10_000_000  # of a table of travel times: as text, some 300 MB

Tell = Callable[[str], None]
"""Called with the text key of each phase as it begins (`phase.solve`)."""


def silent(_: str) -> None: ...


class PlanRefused(OptimizerError):
    """The checker found violations in a plan of our own solver; nothing was written. Facts: violations."""

    def __init__(self, violations: "Sequence[Violation]") -> None:
        self.violations = tuple(violations)
        super().__init__(violations=len(violations))


class NoAnswerInTime(OptimizerError):
    """The time limit was over before the search could begin. Facts: limit_s, spent_s."""


@dataclass
class Phases:
    """Seconds per phase of one run, told as they begin."""

    tell: Tell = silent
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.tell(f"phase.{name}")
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    @property
    def spent(self) -> float:
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Opened:
    """A problem ready to solve, and the World it was made from where there is one."""

    loaded: LoadedProblem
    world: "World | None" = None

    @cached_property
    def stock(self) -> "Report | None":
        """The five-fixed state of that World: for the pages, the decision does not wait for it."""
        from scenarios.build import five_fixed

        with nothing_thrown_away():
            return None if self.world is None else five_fixed(self.world)

    def with_every_lot(self, problem: DispatchProblem) -> DispatchProblem:
        """The problem with the lots of items that nobody asks for as well, which a page shows."""
        from scenarios.exchange.stock import in_order, stock_of
        from scenarios.lots import floors_of, lots_of, stock_of_lots

        if self.world is None or self.stock is None:
            every = stock_of(self.loaded.file)
        else:
            every = stock_of_lots(lots_of(self.stock), floors_of(self.world))
        asked = {row.item for row in problem.demands} | {line.item for line in problem.stock}
        lines = (*problem.stock, *(line for line in every.lines if line.item not in asked))
        return replace(
            problem, stock=tuple(sorted(lines, key=in_order)), reserve_floor={**every.floors, **problem.reserve_floor}
        )


def open_problem(path: Path, *, closures: Counting | None = None) -> Opened:
    """The problem of a problem.json, or of a World folder as its tables now stand (its problem.json is not read);
    `closures`: counted so for this run (N1), whatever its parameters say. Raises `BadInput`."""
    if not path.is_dir():
        return Opened(load_problem(path, closures=closures))
    from scenarios.world_files import read_world

    return open_world(read_world(path), source=str(path), closures=closures)


def open_world(world: "World", *, source: str | None = None, closures: Counting | None = None) -> Opened:
    """The problem of a World, on the roads it holds in memory; `closures` as in `open_problem`."""
    from scenarios.build import problem_parts
    from scenarios.exchange.load import to_problem

    source = source or world.title_en
    if closures is not None:
        own = world.parameters.get("closures", "as_of")
        world = replace(world, parameters={**world.parameters, "closures": closures})
    with nothing_thrown_away():
        file, stock = problem_parts(world, source=source)
        loaded = to_problem(file, folder=Path(), network=world.network, source=source, stock=stock)
        left_out = [Note("incidents", "IncidentWithoutPlace", {"incident": code}) for code in world.unplaced]
        loaded = replace(loaded, notes=(*loaded.notes, *left_out))
        return Opened(loaded if closures is None else counted_otherwise(loaded, own), world)


@dataclass(frozen=True)
class Solved:
    problem: DispatchProblem
    plan: Plan
    notes: tuple[Note, ...]
    seconds: dict[str, float]
    foreseen: "Foreseen | None" = None  # what the plan drives into; None: no road changes while it does
    world: "World | None" = None  # that it was made from, for names

    @property
    def feasible(self) -> bool:
        return self.plan.status is not Status.INFEASIBLE


def solve_file(
    path: Path,
    *,
    out: Path,
    seed: int = 0,
    time_limit_s: float | None = None,
    report: Path | None = None,
    explain: bool = False,
    closures: Counting | None = None,
    lang: str = "zh",
    tell: Tell = silent,
) -> Solved:
    """Read a problem (a file, or a World folder as it stands), solve it, have the plan checked, write plan.json and
    plan.run.json, with `explain` plan.why.json, and with `report` the pages and tables for people.

    `time_limit_s` counts from here, reading included; `closures` as in `open_problem`. Raises `BadInput`,
    `NoAnswerInTime`, `PlanRefused`.
    """
    phases = Phases(tell)
    with phases.phase("read"):
        opened = open_problem(path, closures=closures)
    return solve_and_write(
        opened, out=out, seed=seed, time_limit_s=time_limit_s, report=report, explain=explain, lang=lang, phases=phases
    )


def solve_and_write(
    opened: Opened,
    *,
    out: Path,
    seed: int,
    time_limit_s: float | None,
    report: Path | None,
    lang: str,
    phases: Phases,
    explain: bool = False,
) -> Solved:
    """The second half of `solve_file`, for a problem that is open already."""
    solved = solve_loaded(opened.loaded, seed=seed, time_limit_s=time_limit_s, phases=phases)
    solved = replace(solved, world=opened.world)
    with phases.phase("write"):
        write_plan(out, solved.plan)
    why = None
    if explain and solved.feasible:
        from api.why import explain_opened, write_explanation

        with phases.phase("explain"):
            why = explain_opened(opened, solved.plan, seed=seed, tell=phases.tell)
        if why is not None:
            write_explanation(out, opened, solved.plan, why)
    reported(out, opened, solved, report=report, lang=lang, phases=phases, why=why)
    return solved


def reported(
    out: Path,
    opened: Opened,
    solved: Solved,
    *,
    report: Path | None,
    lang: str,
    phases: Phases,
    why: "Explanation | None" = None,
    changes: "PlanDiff | None" = None,
) -> None:
    """The pages and tables for people, where they are asked for, and plan.run.json."""
    if report is not None and solved.feasible:
        from api.demo import write_reports

        with phases.phase("report"):
            write_reports(report, opened, solved, lang=lang, why=why, changes=changes)
    write_run(out, solved, phases)


def write_run(out: Path, solved: Solved, phases: Phases) -> None:
    """plan.run.json: how long the phases took, and what the plan is foreseen to drive into."""
    ahead = None
    if solved.foreseen is not None:
        from scenarios.report.foreseen_rows import foreseen_content

        ahead = foreseen_content(solved.problem, solved.foreseen)
    write_text(run_path(out), dumps(run_record(phases.seconds, foreseen=ahead)))


def solve_loaded(
    loaded: LoadedProblem, *, seed: int = 0, time_limit_s: float | None = None, phases: Phases | None = None
) -> Solved:
    """Solve a problem in memory and have the plan checked before anyone sees it."""
    from optimizer.dispatch.pipeline import SolveLimits, solve  # compiled kernels and solvers: not for `--help`

    phases = phases or Phases()
    left_s = None if time_limit_s is None else time_limit_s - phases.spent
    if left_s is not None and left_s <= 0:
        raise NoAnswerInTime(limit_s=time_limit_s, spent_s=round(phases.spent, 1))
    with phases.phase("solve"), nothing_thrown_away():
        plan = solve(loaded.problem, seed=seed, limits=SolveLimits(time_limit_s=left_s))
    return verified(loaded, replace(plan, limits={**plan.limits, "time_limit_s": time_limit_s}), phases)


def verified(loaded: LoadedProblem, plan: Plan, phases: Phases) -> Solved:
    """A plan of our own solver, checked before anyone sees it, with its routes. Raises `PlanRefused`."""
    from optimizer.dispatch.check import check

    with phases.phase("check"), nothing_thrown_away():
        violations = check(loaded.problem, plan)
    if violations:
        raise PlanRefused(violations)
    foreseen = None
    if loaded.roads is not None:
        from scenarios.exchange.cut_off import with_closures_named
        from scenarios.exchange.foreseen import foresee
        from scenarios.exchange.routes import with_routes

        with phases.phase("routes"):
            plan = with_routes(plan, problem=loaded.problem, roads=loaded.roads)
            plan = with_closures_named(plan, problem=loaded.problem, roads=loaded.roads)
        with phases.phase("foresee"):
            foreseen = foresee(loaded.problem, plan, loaded.roads)
    return Solved(loaded.problem, plan, loaded.notes, dict(phases.seconds), foreseen)


@dataclass(frozen=True)
class Checked:
    violations: "tuple[Violation, ...]"
    plan: Plan
    notes: tuple[Note, ...]


def counted_by(plan: Plan) -> Counting | None:
    """How a plan counts closures, so that its problem is opened alike; None where it does not say."""
    counting: Counting | None = plan.parameters.get("closures")
    return counting if counting in get_args(Counting) else None


def open_with_plan(problem: Path, plan: Path) -> tuple[Opened, Plan]:
    """A plan and its problem, closures counted as the plan does. Raises `BadInput`, first what is wrong with the
    problem."""
    try:
        read = load_plan(plan)
    except BadInput:
        open_problem(problem)
        raise
    return open_problem(problem, closures=counted_by(read)), read


def check_files(problem: Path, plan: Path, *, tell: Tell = silent) -> Checked:
    """Every violation of a plan against its problem, closures counted as the plan does. Raises `BadInput`."""
    from optimizer.dispatch.check import check

    phases = Phases(tell)
    with phases.phase("read"):
        opened, read = open_with_plan(problem, plan)
        loaded = opened.loaded
    with phases.phase("check"):
        return Checked(check(loaded.problem, read), read, loaded.notes)


@dataclass(frozen=True)
class Matrix:
    """Travel times written to a file: how many pairs, how many without a way, which points lie off the roads."""

    pairs: int
    unreachable: int
    far: tuple[str, ...]
    notes: tuple[Note, ...]


def travel_matrix(
    roads: Path,
    *,
    origins: Path,
    destinations: Path,
    out: Path,
    profile: str,
    crs: str | None = None,
    closures: Path | None = None,
    as_of: datetime | None = None,
    depart_at: datetime | None = None,
    tell: Tell = silent,
) -> Matrix:
    """Seconds from every origin to every destination as a CSV: on the roads as they are at `as_of`, or for a
    departure at `depart_at` with the closures that begin and end on the way. Raises `BadInput`, `BadTable`,
    `UnknownProfile`."""
    from inventory.files import read_table, write_table
    from optimizer.network.closures import apply_closures
    from optimizer.network.read import read_network
    from optimizer.network.travel import Router
    from optimizer.units import UNREACHABLE
    from scenarios.exchange.closures import read_closures

    if as_of is not None and depart_at is not None:
        raise BadInput("travel", [Fault("--depart-at", "AsOfAndDepartAt")])
    instant = depart_at or as_of
    phases = Phases(tell)
    with phases.phase("points"):
        starts, ends = read_table(origins, "origins"), read_table(destinations, "destinations")
        pairs = len(starts["id"]) * len(ends["id"])
        if pairs > MOST_PAIRS:
            raise BadInput(
                "travel", [Fault("--destinations", "TravelTooManyPairs", {"pairs": pairs, "limit": MOST_PAIRS})]
            )
        closed = [] if closures is None else read_closures(closures, as_of=instant)
    with phases.phase("roads"):
        network = read_network(roads, crs=crs)
    notes: tuple[Note, ...] = ()
    with phases.phase("travel"):
        router = Router(network, profile=profile)
        leaving, arriving = (router.snap(table["lat"], table["lon"]) for table in (starts, ends))
        if closed:
            # without `as_of` no closure here depends on the time, and any instant will do
            changed, report = apply_closures(network, closed, at=instant or _ANY_INSTANT)
            notes = tuple(Note(fault.where, fault.code, fault.facts) for fault in report.warnings)
        if closed and depart_at is not None:
            from optimizer.network.timed import earliest_arrivals

            ends_at = earliest_arrivals(router, origins=leaving, destinations=arriving, closures=closed, at=depart_at)
            seconds = ends_at.seconds
        else:
            router = router.with_closures(changed) if closed else router
            seconds = router.times(origins=leaving, destinations=arriving)
    with phases.phase("write"):
        cells = seconds.ravel().tolist()
        columns = {
            "origin": [name for name in starts["id"] for _ in ends["id"]],
            "destination": ends["id"] * len(starts["id"]),
            "seconds": [None if value >= UNREACHABLE else value for value in cells],
        }
        write_table(out, "travel", columns)
    far = [
        name
        for table, points in ((starts, leaving), (ends, arriving))
        for name, snapped in zip(table["id"], points.snapped.tolist(), strict=True)
        if not snapped
    ]
    return Matrix(len(cells), int((seconds >= UNREACHABLE).sum()), tuple(dict.fromkeys(far)), notes)


_ANY_INSTANT = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
