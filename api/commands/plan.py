"""A plan in force: commit, show, cancel; and what it reckons with: incidents that are over, teams that can go."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands import plan_history, plan_report
from api.commands.kit import Kit, acting
from api.commands.shared import SITUATION, Given, force_options, force_words
from api.say import Speaker

if TYPE_CHECKING:
    from datetime import datetime

    from api.situation import Names
    from scenarios.commit import Committed
    from scenarios.texts import Lang

DONE = 0


class TeamStatus(StrEnum):
    ready = "ready"
    out = "out"
    resting = "resting"
    disbanded = "disbanded"


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding plan commit|show|cancel|close-incident|team`, and those of `plan_history`."""
    group = kit.group(app, "plan", "cmd.plan")
    plan_history.register(group, kit)
    plan_report.register(group, kit)
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "commit", "cmd.plan.commit")
    @force_options(kit).added
    def commit(
        plan: Annotated[Path, argument("arg.plan")],
        occurred_at: Annotated[str | None, option("--occurred-at", "opt.occurred_at")] = None,
        *,
        given: Given,
    ) -> int:
        from api import situation as cases
        from api.commands.kit import moment

        with speaker.working():
            speaker.phase("phase.commit")
            words = force_words(given)
            instant = None if occurred_at is None else moment("--occurred-at", occurred_at)
            _, done = cases.commit(plan, occurred_at=instant, **words)
            names = cases.names_now(words["situation"])
        print_committed(speaker, done, names)
        return DONE

    @command(group, "show", "cmd.plan.show")
    def show(
        number: Annotated[int | None, option("--plan", "opt.plan.number", min=1)] = None,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        as_json: Annotated[bool, option("--json", "opt.json.plan")] = False,
    ) -> int:
        from api.replanning import on_record
        from api.situation import in_force

        with speaker.working():
            speaker.phase("phase.live")
            found: Any = in_force(situation) if number is None else on_record(number, situation)
        if as_json:
            sys.stdout.write(found.content)
        else:
            _print_plan(speaker, found, situation)
        return DONE

    @command(group, "cancel", "cmd.plan.cancel")
    def cancel(
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        key: Annotated[str | None, option("--key", "opt.key")] = None,
        note: Annotated[str | None, option("--note", "opt.note")] = None,
    ) -> int:
        from api import situation as cases

        with speaker.working():
            speaker.phase("phase.commit")
            released = cases.cancel(situation=situation, actor=acting(actor, key=key, note=note), key=key, note=note)
            names = cases.names_now(situation)
        speaker.say("plan.cancelled", situation=situation, lines=len(released))
        _print_units(speaker, released, names)
        return DONE

    @command(group, "close-incident", "cmd.plan.close")
    def close(
        incident: Annotated[str, argument("arg.incident", metavar="CODE")],
        reopen: Annotated[bool, option("--reopen", "opt.reopen")] = False,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
    ) -> int:
        from api import situation as cases

        with speaker.working():
            speaker.phase("phase.post")
            changed = cases.close(incident, situation=situation, reopen=reopen)
            name = cases.names_now(situation).of("incidents", incident, speaker.lang)
        speaker.say(("plan.reopened" if reopen else "plan.closed") if changed else "plan.no_change", incident=name)
        return DONE

    @command(group, "team", "cmd.plan.team")
    def team(
        code: Annotated[str, argument("arg.team", metavar="TEAM")],
        status: Annotated[TeamStatus, option("--status", "opt.team_status")],
    ) -> int:
        from api import situation as cases

        with speaker.working():
            speaker.phase("phase.post")
            changed = cases.team_status(code, status.value)
        words = speaker.words(f"team_status.{status.value}")
        speaker.say("plan.team" if changed else "plan.team_same", team=code, status=words)
        if status is not TeamStatus.ready:
            speaker.say("plan.team_left", team=code)
        return DONE


def print_committed(speaker: Speaker, done: "Committed", names: "Names") -> None:
    """What a commit came to."""
    if done.replayed:
        speaker.say("plan.replayed", plan=done.plan)
        return
    key = "plan.committed" if done.replaces is None else "plan.replaced"
    speaker.say(key, plan=done.plan, before=done.replaces)
    if not done.reserved and not done.released:
        speaker.say("plan.nothing")
    if done.reserved:
        speaker.say("plan.reserved", lines=len(done.reserved))
        _print_units(speaker, done.reserved, names)
    if done.released:
        speaker.say("plan.released", lines=len(done.released))
        _print_units(speaker, done.released, names)


def _print_units(speaker: Speaker, units: Any, names: "Names") -> None:
    from api.commands.lines import print_table
    from api.situation import lines

    if units:
        heads = ("line.store", "line.item", "line.lot", "line.quantity")
        print_table(speaker, heads, lines(units, names, speaker.lang))


def _print_plan(speaker: Speaker, found: Any, situation: str) -> None:
    from api.commands.lines import print_table

    lang, names, plan = speaker.lang, found.names, found.plan
    of = getattr(found, "kept", None)
    on_record = hasattr(of, "number")  # any plan on record, else the one in force with its reservations
    head = of if on_record else found
    facts = {"plan": head.number, "situation": situation, "actor": head.actor, "at": head.recorded_at}
    if on_record:
        speaker.say("plan.on_record", status=speaker.words(f"plan_status.{head.status}"), **facts)
    else:
        speaker.say("plan.in_force", **facts)
    as_of = head.as_of
    speaker.say("plan.relative" if as_of is None else "plan.clock", as_of=as_of)
    stops = [
        (
            names.of("teams", order.team, lang),
            names.of("incidents", stop.incident, lang),
            stop.task,
            *(clock(at_s, as_of, lang) for at_s in (stop.depart_s, stop.arrive_s, stop.start_s)),
        )
        for order in plan.team_orders
        for stop in order.stops
    ]
    speaker.say("plan.orders", count=len(stops))
    if stops:
        heads = ("line.team", "line.incident", "line.task", "line.depart", "line.arrive", "line.start")
        print_table(speaker, heads, stops)
    goods = [
        (one.id, names.of("stores", one.store, lang), names.of("incidents", one.incident, lang),
         names.of("items", one.item, lang), one.lot or "-", one.quantity, _carrier(speaker, one),
         clock(one.arrive_s, as_of, lang), _use(speaker, one))
        for one in plan.shipments
    ]  # fmt: skip
    speaker.say("plan.shipments", count=len(goods))
    if goods:
        columns = ["line.shipment", "line.store", "line.incident", "line.item", "line.lot", "line.quantity",
                   "line.trip", "line.arrive", "line.use"]  # fmt: skip
        said = {"line.trip": any(one.vehicle for one in plan.shipments),
                "line.use": any(one.task for one in plan.shipments)}  # fmt: skip
        shown = [at for at, name in enumerate(columns) if said.get(name, True)]
        print_table(speaker, [columns[at] for at in shown], [[row[at] for at in shown] for row in goods])
    if on_record:
        return
    speaker.say("plan.kept", count=len(found.kept))
    if found.kept:
        print_table(
            speaker,
            ("line.store", "line.item", "line.lot", "line.quantity", "line.until"),
            (
                (names.of("stores", one.store, lang), names.of("items", one.item, lang), one.lot or "-", one.quantity,
                 speaker.words("plan.no_end") if one.until is None else speaker.words("plan.until", at=one.until))
                for one in found.kept
            ),
        )  # fmt: skip


def _carrier(speaker: Speaker, shipment: Any) -> str:
    """Vehicle and trip; the same trip to several incidents is a round."""
    if shipment.vehicle is None:
        return "-"
    return speaker.words("plan.trip", vehicle=shipment.vehicle, trip=shipment.trip)


def _use(speaker: Speaker, shipment: Any) -> str:
    """The task that equipment is for, and the team that takes it along."""
    if shipment.task is None:
        return "-"
    key = "plan.equipment" if shipment.team is None else "plan.equipment_along"
    return speaker.words(key, task=shipment.task, team=shipment.team)


def clock(seconds: int | None, as_of: "datetime | None" = None, lang: "Lang" = "zh") -> str:
    """The clock time in Shanghai; where the moment of the plan is not known, the time from it: +1:05:30."""
    if seconds is None:
        return "-"
    if as_of is not None:
        from scenarios.report.wording import clock as of_day

        return of_day(as_of, seconds).of(lang)
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'+' if seconds >= 0 else '-'}{hours}:{rest // 60:02}:{rest % 60:02}"
