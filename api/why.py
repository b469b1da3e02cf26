"""Why a plan is as it is: the use case behind `wuding explain` and `wuding solve --explain`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.usecases import Opened, Phases, Tell, open_with_plan, silent
from optimizer.dispatch.plan import Plan
from optimizer.errors import OptimizerError
from scenarios.exchange.why import why_path, write_why
from scenarios.explanation import Explanation, WhyLimits, explain_plan
from scenarios.report.labels import Label, Names
from scenarios.report.why_rows import Words

if TYPE_CHECKING:
    from scenarios.exchange.cover import Inhabited


class PlanNotValid(OptimizerError):
    """A plan that breaks rules of its problem is not explained. Facts: plan, violations."""


class NothingToExplain(OptimizerError):
    """A plan that orders nothing, because no plan keeps the pins. Facts: plan."""


@dataclass(frozen=True)
class Explained:
    opened: Opened
    plan: Plan
    found: Explanation
    written: Path


def explain_files(
    problem: Path,
    plan: Path,
    *,
    output: Path | None = None,
    seed: int = 0,
    limits: WhyLimits | None = None,
    tell: Tell = silent,
) -> Explained:
    """Explain a plan file of a problem (a file, or a World folder) and write plan.why.json beside it, or `output`.

    Raises `BadInput`, `PlanNotValid` (also where the plan is of another problem), `NothingToExplain`.
    """
    from optimizer.dispatch.check import check

    phases = Phases(tell)
    with phases.phase("read"):
        opened, read = open_with_plan(problem, plan)
    with phases.phase("check"):
        violations = check(opened.loaded.problem, read)
    if violations:
        raise PlanNotValid(plan=plan, problem=problem, violations=len(violations))
    found = explain_opened(opened, read, seed=seed, limits=limits, tell=tell)
    if found is None:
        raise NothingToExplain(plan=plan)
    return Explained(opened, read, found, write_explanation(plan, opened, read, found, output=output))


def explain_opened(
    opened: Opened, plan: Plan, *, seed: int = 0, limits: WhyLimits | None = None, tell: Tell = silent
) -> Explanation | None:
    """The explanation of a valid plan; None where it orders nothing."""
    return explain_plan(
        opened.loaded.problem,
        plan,
        roads=opened.loaded.roads,
        inhabited=_inhabited(opened),
        seed=seed,
        limits=limits,
        tell=tell,
    )


def write_explanation(
    plan_file: Path, opened: Opened, plan: Plan, found: Explanation, *, output: Path | None = None
) -> Path:
    path = output or why_path(plan_file)
    write_why(path, opened.loaded.problem, plan, found)
    return path


def _inhabited(opened: Opened) -> "tuple[Inhabited, ...]":
    if opened.world is None or opened.loaded.roads is None:
        return ()
    from scenarios.exchange.cover import inhabited

    return inhabited(opened.world.places.rows())


def words_of(opened: Opened) -> Words:
    """Names of everything the World knows; ids for the rest, save that the usual capabilities have names."""
    problem, world = opened.loaded.problem, opened.world
    from api.stage import closures_of, names_of, names_of_codes

    if world is None or opened.stock is None:
        return Words(problem, names_of_codes(problem))

    names: Names = names_of(world, opened.stock)
    closures = {str(row["id"]): label for row, label in zip(world.closures, closures_of(world), strict=True)}
    rows = world.places.rows()
    places = {str(row["code"]): Label(row["name"], row["name_en"] or row["name"]) for row in rows}
    return Words(problem, names, closures, places)
