"""`wuding replan`: a plan from the running one, for a problem file or for the situation in the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.kit import Counted, Kit, moment, new_folder, plan_to
from api.commands.shared import Given, check_live, live_options, live_words
from api.say import Speaker
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from api.replanning import Replanning

DONE, NO, NO_ANSWER = 0, 1, 3


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding replan`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "replan", "cmd.replan")
    @live_options(kit).added
    def replan(
        out: Annotated[Path, option("--out", "opt.out.plan")],
        problem: Annotated[Path | None, argument("arg.problem")] = None,
        plan: Annotated[Path | None, argument("arg.plan")] = None,
        at: Annotated[str | None, option("--at", "opt.at")] = None,
        live: Annotated[bool, option("--live", "opt.replan.live")] = False,
        report: Annotated[Path | None, option("--report", "opt.report.replan")] = None,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        closures: Annotated[Counted | None, option("--closures", "opt.counting.replan")] = None,
        *,
        given: Given,
    ) -> int:
        plan_to(out)
        if report is not None:
            new_folder("--report", report)
        if live and problem is not None:
            raise BadInput("replan", [Fault("", "ProblemAndLive", {"problem": problem})])
        if live and at is not None:
            raise BadInput("replan", [Fault("--at", "AtAndLive")])
        check_live("replan", given, live=live)
        if live:
            from api.replanning import replan_live

            words = live_words(given)
            situation = words["situation"]
            with speaker.working():
                done = replan_live(
                    out=out, seed=seed, closures=closures and closures.value, report=report, lang=speaker.lang,
                    tell=speaker.phase, **words,
                )  # fmt: skip
            code = _tell(speaker, done, out, situation, report)
            if done.committed is None and code == DONE:
                speaker.say("solve.next", next=f"wuding plan commit {out} --situation {situation}")
            return code
        if problem is None or plan is None:
            raise BadInput("replan", [Fault("", "ReplanNeeds", {})])
        from api.replanning import replan_file

        with speaker.working():
            done = replan_file(
                problem,
                plan,
                out=out,
                at=None if at is None else moment("--at", at),
                seed=seed,
                closures=closures and closures.value,
                report=report,
                lang=speaker.lang,
                tell=speaker.phase,
            )
        return _tell(speaker, done, out, None, report, folder=problem)


def _tell(
    speaker: Speaker, done: "Replanning", out: Path, situation: str | None, report: Path | None, *,
    folder: Path | None = None,
) -> int:  # fmt: skip
    from api.commands.plan import print_committed
    from api.commands.plan_history import folder_names, print_diff
    from api.show import print_foreseen, print_levels
    from api.situation import names_now

    solved = done.solved
    speaker.notes(solved.notes)
    if not solved.feasible:
        speaker.infeasible(solved.plan)
    status = speaker.words(f"status.{solved.plan.status}")
    speaker.say("said.solved", file=out, status=status, seconds=f"{sum(solved.seconds.values()):.1f}")
    if done.problem_file is not None:
        speaker.say("plan.problem_written", file=done.problem_file)
    if done.lost:
        speaker.say("plan.lost", teams=list(done.lost))
    if not solved.feasible:
        return NO if solved.plan.stopped_by == "proof" else NO_ANSWER
    print_levels(speaker, solved.problem, solved.plan)
    print_foreseen(speaker, solved)
    names = folder_names(folder) if situation is None else names_now(situation)
    changes = 0 if solved.plan.replans is None else solved.plan.replans.changes
    speaker.say("plan.changes", count=changes)
    print_diff(speaker, done.changes, names, as_of=solved.problem.as_of)
    if report is not None:
        speaker.say("said.report", folder=report)
    if done.committed is not None:
        print_committed(speaker, done.committed, names)
    return DONE
