"""What `wuding solve` does once it is clear what to solve: a problem, or the situation in the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.kit import new_folder
from api.commands.shared import Given, live_words
from api.say import Speaker
from scenarios.exchange.problem import Counting

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
    closures: Counting | None = None


def _where(asked: Asked) -> None:
    if asked.report is not None:
        new_folder("--report", asked.report)


def solve_problem(speaker: Speaker, asked: Asked, problem: Path) -> int:
    from api.usecases import solve_file

    _where(asked)
    with speaker.working():
        solved = solve_file(problem, **vars(asked), lang=speaker.lang, tell=speaker.phase)
    return _tell(speaker, asked, solved)


def solve_live(speaker: Speaker, asked: Asked, given: Given) -> int:
    from api.commands.plan import print_committed
    from api.situation import names_now
    from api.situation import solve_live as solve

    _where(asked)
    words = live_words(given)
    situation = words["situation"]
    with speaker.working():
        planned = solve(**vars(asked), **words, lang=speaker.lang, tell=speaker.phase)
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
    from api.show import print_foreseen, print_levels

    print_levels(speaker, solved.problem, solved.plan)
    print_foreseen(speaker, solved)
    if asked.explain:
        from scenarios.exchange.why import why_path

        speaker.say("said.why", file=why_path(asked.out))
    if asked.report is not None:
        speaker.say("said.report", folder=asked.report)
    return DONE
