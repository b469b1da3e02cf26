"""What `wuding solve` does once it is clear what to solve: a problem, or the situation in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.commands.kit import moment, new_file, new_folder, quantity
from api.say import Speaker

if TYPE_CHECKING:
    from api.usecases import Solved

DONE, NO, NO_ANSWER = 0, 1, 3


@dataclass(frozen=True)
class Asked:
    """What both ways of solving take."""

    out: Path
    report: Path | None
    time_limit_s: float | None
    seed: int
    explain: bool = False


def _where(asked: Asked) -> None:
    new_file("--out", asked.out)
    if asked.report is not None:
        new_folder("--report", asked.report)


def solve_problem(speaker: Speaker, asked: Asked, problem: Path) -> int:
    from api.usecases import solve_file

    _where(asked)
    with speaker.working():
        solved = solve_file(
            problem,
            out=asked.out,
            seed=asked.seed,
            time_limit_s=asked.time_limit_s,
            report=asked.report,
            explain=asked.explain,
            lang=speaker.lang,
            tell=speaker.phase,
        )
    return _tell(speaker, asked, solved)


def solve_live(speaker: Speaker, asked: Asked, given: Mapping[str, Any]) -> int:
    """`given`: the options that were stated, by name."""
    from api import settings
    from api.commands.plan import print_committed
    from api.situation import names_now
    from api.situation import solve_live as solve

    _where(asked)
    situation = given.get("--situation", "live")
    with speaker.working():
        planned = solve(
            out=asked.out,
            situation=situation,
            place=given.get("--place"),
            as_of=moment("--as-of", given["--as-of"]) if "--as-of" in given else None,
            roads=given.get("--roads"),
            crs=given.get("--crs"),
            seed=asked.seed,
            time_limit_s=asked.time_limit_s,
            report=asked.report,
            explain=asked.explain,
            commit=bool(given.get("--commit")),
            hold_h=quantity("--hold-h", given["--hold-h"]) if "--hold-h" in given else None,
            actor=settings.actor(given.get("--actor")),
            key=given.get("--key"),
            lang=speaker.lang,
            tell=speaker.phase,
        )
    speaker.say("solve.live", situation=situation, as_of=planned.world.as_of, incidents=len(planned.world.incidents))
    code = _tell(speaker, asked, planned.solved)
    if planned.committed is not None:
        print_committed(speaker, planned.committed, names_now(situation))
    elif code == DONE:
        speaker.say("solve.next", next=f"wuding plan commit {asked.out} --situation {situation}")
    return code


def _tell(speaker: Speaker, asked: Asked, solved: "Solved") -> int:
    speaker.notes(solved.notes)
    if not solved.feasible:
        speaker.infeasible(solved.plan)
    status = speaker.words(f"status.{solved.plan.status}")
    speaker.say("said.solved", file=asked.out, status=status, seconds=f"{sum(solved.seconds.values()):.1f}")
    if not solved.feasible:
        return NO if solved.plan.stopped_by == "proof" else NO_ANSWER
    from api.show import print_levels

    print_levels(speaker, solved.problem, solved.plan)
    if asked.explain:
        from scenarios.exchange.why import why_path

        speaker.say("said.why", file=why_path(asked.out))
    if asked.report is not None:
        speaker.say("said.report", folder=asked.report)
    return DONE
