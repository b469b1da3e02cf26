"""`wuding replan`: a plan from the running one, for a problem file or for the situation in the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.kit import Kit, moment, new_file, quantity
from api.say import Speaker
from optimizer.errors import BadInput, Fault

if TYPE_CHECKING:
    from api.replanning import Replanning

DONE, NO, NO_ANSWER = 0, 1, 3


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding replan`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "replan", "cmd.replan")
    def replan(
        out: Annotated[Path, option("--out", "opt.out.plan")],
        problem: Annotated[Path | None, argument("arg.problem")] = None,
        plan: Annotated[Path | None, argument("arg.plan")] = None,
        at: Annotated[str | None, option("--at", "opt.at")] = None,
        live: Annotated[bool, option("--live", "opt.replan.live")] = False,
        seed: Annotated[int, option("--seed", "opt.seed", min=0, show_default=True)] = 0,
        situation: Annotated[str | None, option("--situation", "opt.live.situation")] = None,
        place: Annotated[str | None, option("--place", "opt.live.place")] = None,
        as_of: Annotated[str | None, option("--as-of", "opt.live.as_of")] = None,
        roads: Annotated[Path | None, option("--roads", "opt.live.roads")] = None,
        crs: Annotated[str | None, option("--crs", "opt.crs")] = None,
        commit: Annotated[bool, option("--commit", "opt.live.commit")] = False,
        hold_h: Annotated[str | None, option("--hold-h", "opt.hold_h")] = None,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        key: Annotated[str | None, option("--key", "opt.key")] = None,
    ) -> int:
        new_file("--out", out)
        only_live = {
            "--situation": situation, "--place": place, "--as-of": as_of, "--roads": roads, "--crs": crs,
            "--commit": commit or None, "--hold-h": hold_h, "--actor": actor, "--key": key,
        }  # fmt: skip
        given = {name: value for name, value in only_live.items() if value is not None}
        if live and (problem is not None or at is not None):
            raise BadInput("replan", [Fault("", "ProblemAndLive", {"problem": problem or "--at"})])
        if not live and given:
            raise BadInput("replan", [Fault(name, "OnlyLive", {"name": name}) for name in given])
        if live:
            from api import settings
            from api.replanning import replan_live

            with speaker.working():
                done = replan_live(
                    out=out,
                    situation=situation or "live",
                    place=place,
                    as_of=None if as_of is None else moment("--as-of", as_of),
                    roads=roads,
                    crs=crs,
                    seed=seed,
                    commit=commit,
                    actor=settings.actor(actor),
                    key=key,
                    hold_h=None if hold_h is None else quantity("--hold-h", hold_h),
                    tell=speaker.phase,
                )
            code = _tell(speaker, done, out, situation or "live")
            if done.committed is None and code == DONE:
                speaker.say("solve.next", next=f"wuding plan commit {out} --situation {situation or 'live'}")
            return code
        if problem is None or plan is None:
            raise BadInput("replan", [Fault("", "ReplanNeeds", {})])
        from api.replanning import replan_file

        with speaker.working():
            done = replan_file(
                problem, plan, out=out, at=None if at is None else moment("--at", at), seed=seed, tell=speaker.phase
            )
        return _tell(speaker, done, out, None)


def _tell(speaker: Speaker, done: "Replanning", out: Path, situation: str | None) -> int:
    from api.commands.plan import print_committed
    from api.commands.plan_history import print_diff
    from api.show import print_levels
    from api.situation import names_now

    solved = done.solved
    speaker.notes(solved.notes)
    if not solved.feasible:
        speaker.infeasible(solved.plan)
    status = speaker.words(f"status.{solved.plan.status}")
    speaker.say("said.solved", file=out, status=status, seconds=f"{sum(solved.seconds.values()):.1f}")
    if done.problem_file is not None:
        speaker.say("plan.problem_written", file=done.problem_file)
    if not solved.feasible:
        return NO if solved.plan.stopped_by == "proof" else NO_ANSWER
    print_levels(speaker, solved.problem, solved.plan)
    names = None if situation is None else names_now(situation)
    changes = 0 if solved.plan.replans is None else solved.plan.replans.changes
    speaker.say("plan.changes", count=changes)
    print_diff(speaker, done.changes, names)
    if done.committed is not None and names is not None:
        print_committed(speaker, done.committed, names)
    return DONE
