"""How far the plan in force has come, all plans on record, what differs between two, and the way back."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.kit import Kit, acting, moment, new_folder, not_over, quantity
from api.commands.shared import SITUATION, Given, force_options, force_words
from api.say import Speaker

if TYPE_CHECKING:
    from datetime import datetime

    from api.situation import Names
    from optimizer.dispatch.replanning import Change, PlanDiff

DONE = 0
UNCHANGED = ("kept",)


class State(StrEnum):
    acknowledged = "acknowledged"
    en_route = "en_route"
    on_scene = "on_scene"
    done = "done"
    home = "home"


def register(group: typer.Typer, kit: Kit) -> None:
    """Add `wuding plan list|diff|rollback|progress|received|advance`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "list", "cmd.plan.list")
    def list_(
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        as_json: Annotated[bool, option("--json", "opt.json.list")] = False,
    ) -> int:
        from api.commands.lines import print_table
        from api.replanning import history

        with speaker.working():
            speaker.phase("phase.live")
            found = history(situation)
        if as_json:
            from scenarios.exchange.json_text import dumps

            rows = [{name: _plain(getattr(one, name)) for name in one.__slots__} for one in found]
            sys.stdout.write(dumps(rows))
            return DONE
        speaker.say("plan.listed", situation=situation, count=len(found))
        if found:
            heads = ("line.plan", "line.plan_status", "line.as_of", "line.recorded", "line.actor", "line.same_as")
            print_table(
                speaker,
                heads,
                (
                    (one.number, speaker.words(f"plan_status.{one.status}"), _at(speaker, one.as_of),
                     _at(speaker, one.recorded_at), one.actor, one.same_as)
                    for one in found
                ),
            )  # fmt: skip
        return DONE

    @command(group, "diff", "cmd.plan.diff")
    def diff(
        before: Annotated[Path, argument("arg.plan.before")],
        after: Annotated[Path, argument("arg.plan.after")],
        problem: Annotated[Path | None, option("--problem", "opt.problem.names")] = None,
        everything: Annotated[bool, option("--all", "opt.diff.all")] = False,
    ) -> int:
        from api.replanning import diff_files

        with speaker.working():
            speaker.phase("phase.read")
            found = diff_files(before, after)
            names = folder_names(problem)
        speaker.say("diff.relative")
        print_diff(speaker, found, names, everything=everything)
        return DONE

    @command(group, "rollback", "cmd.plan.rollback")
    @force_options(kit).added
    def rollback(
        number: Annotated[int, argument("arg.plan.number", metavar="N", min=1)],
        *,
        given: Given,
    ) -> int:
        from api.commands.plan import print_committed
        from api.replanning import rollback as back

        with speaker.working():
            speaker.phase("phase.commit")
            done = back(number, **force_words(given))
        speaker.say("plan.rolled_back", plan=number)
        print_committed(speaker, done.committed, done.names)
        if done.changes is not None:
            print_diff(speaker, done.changes, done.names, as_of=done.as_of)
        return DONE

    @command(group, "progress", "cmd.plan.progress")
    def progress(
        team: Annotated[str, argument("arg.team", metavar="TEAM")],
        task: Annotated[str, option("--task", "opt.task")],
        state: Annotated[State, option("--state", "opt.state.team")],
        at: Annotated[str | None, option("--at", "opt.at.progress")] = None,
        arrives_at: Annotated[str | None, option("--arrives-at", "opt.arrives_at")] = None,
        lat: Annotated[float | None, option("--lat", "opt.lat", min=-90, max=90)] = None,
        lon: Annotated[float | None, option("--lon", "opt.lon", min=-180, max=180)] = None,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
    ) -> int:
        from api.replanning import progress as report

        with speaker.working():
            speaker.phase("phase.post")
            done = report(
                team,
                task,
                state.value,
                situation=situation,
                at=None if at is None else moment("--at", at),
                arrives_at=None if arrives_at is None else moment("--arrives-at", arrives_at),
                lat=lat,
                lon=lon,
                actor=acting(actor),
            )
        words = speaker.words(f"progress.{done.state}")
        speaker.say("plan.progress", team=team, task=task, state=words, at=done.at)
        if done.arrives_at is not None:
            speaker.say("plan.arrives", at=done.arrives_at)
        return DONE

    @command(group, "received", "cmd.plan.received")
    def received(
        plan: Annotated[int, argument("arg.plan.number", metavar="PLAN")],
        shipment: Annotated[str, argument("arg.shipment", metavar="SHIPMENT")],
        qty: Annotated[str, argument("arg.stock.quantity", metavar="QTY")],
        at: Annotated[str | None, option("--at", "opt.at.progress")] = None,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        note: Annotated[str | None, option("--note", "opt.note")] = None,
    ) -> int:
        from api.replanning import received as came

        with speaker.working():
            speaker.phase("phase.post")
            done = came(
                plan,
                shipment,
                quantity("QTY", qty),
                situation=situation,
                at=None if at is None else moment("--at", at),
                actor=acting(actor, note=note),
                note=note,
            )
        speaker.say("plan.received", shipment=shipment, received=done.received, left=done.left)
        return DONE

    @command(group, "advance", "cmd.plan.advance")
    def advance(
        problem: Annotated[Path, argument("arg.problem")],
        plan: Annotated[Path, argument("arg.plan")],
        at: Annotated[str, option("--at", "opt.at")],
        out: Annotated[Path, option("--out", "opt.out.advance")],
        overwrite: Annotated[bool, option("--overwrite", "opt.overwrite")] = False,
    ) -> int:
        from api.replanning import advance_file

        new_folder("--out", out)
        not_over(out / "problem.json", overwrite=overwrite)
        with speaker.working():
            seen = advance_file(problem, plan, at=moment("--at", at), out=out, tell=speaker.phase).progress
        on_scene = sum(one.on_scene for one in seen.under_way)
        facts = {"done": len(seen.done), "on_scene": on_scene, "en_route": len(seen.under_way) - on_scene}
        speaker.say("plan.advanced", folder=out, left=len(seen.left), **facts)
        speaker.say(
            "plan.advanced_next", next=f"wuding replan {out / 'problem.json'} {out / 'plan.json'} --out plan2.json"
        )
        return DONE


def print_diff(
    speaker: Speaker, found: "PlanDiff", names: "Names | None" = None, *, everything: bool = False,
    as_of: "datetime | None" = None,
) -> None:  # fmt: skip
    """Both languages alike: what moved, came, went, changed or is re-timed; what stays is only counted. `as_of` of
    the later plan, where it is known, makes clock times."""
    from api.commands.lines import print_table

    def called(kind: str, code: str | None) -> str:
        if code is None:
            return "-"
        return code if names is None else names.of(kind, code, speaker.lang)

    for title, rows, who in (
        ("diff.assignments", found.assignments, "-"),
        ("diff.shipments", found.shipments, "stores"),
    ):
        counts = {kind: sum(row.kind == kind for row in rows) for kind in KINDS}
        speaker.say(title, **counts)
        shown = [row for row in rows if everything or row.kind not in UNCHANGED]
        if not shown:
            continue
        goods = who == "stores"
        what = ("line.item", "line.store") if goods else ("line.task", "line.team")
        heads = ("line.change", "line.incident", *what, "line.was", "line.arrive_before", "line.arrive_now")
        if goods:
            heads += ("line.quantity_before", "line.quantity_now")
        print_table(speaker, heads, (_row(speaker, row, called, goods=goods, as_of=as_of) for row in shown))
    levels = [(speaker.words(f"level.{one.name}"), _value(one.before), _value(one.after)) for one in found.levels
              if one.before != one.after]  # fmt: skip
    if levels:
        print_table(speaker, ("line.level", "line.before", "line.after"), levels)
    if found.unmet:
        rows_unmet = [(called("incidents", incident), called("items", what), before, after)
                      for incident, what, before, after in found.unmet]  # fmt: skip
        print_table(speaker, ("line.incident", "line.unmet", "line.before", "line.after"), rows_unmet)


KINDS = ("kept", "added", "dropped", "moved", "retimed", "changed")


def _row(speaker: Speaker, row: "Change", called: Any, *, goods: bool, as_of: "datetime | None") -> tuple[Any, ...]:
    from api.commands.plan import clock

    who = "stores" if goods else "teams"
    first = (
        speaker.words(f"diff.{row.kind}"), called("incidents", row.incident),
        called("items", row.what) if goods else row.what,
        called(who, row.who), called(who, row.was),
        clock(row.arrive_before_s, as_of, speaker.lang), clock(row.arrive_s, as_of, speaker.lang),
    )  # fmt: skip
    return (*first, row.quantity_before, row.quantity) if goods else first


def _value(value: float | tuple[float, ...] | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return f"≥ {min(value, default=1.0):.3f}"
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _at(speaker: Speaker, value: Any) -> str:
    return "-" if value is None else speaker.words("plan.until", at=value)


def folder_names(folder: Path | None) -> "Names | None":
    """What stores, items and incidents of a World folder are called; the catalogue's items in any case."""
    from api.situation import Names
    from inventory.catalogue import load_catalogue

    items = {item.id: (item.name_zh, item.name_en) for item in load_catalogue()}
    if folder is None or not folder.is_dir():
        return Names({}, items, {})
    from inventory.files import read_table

    def read(kind: str) -> dict[str, tuple[str, str]]:
        table = read_table(folder / f"{kind}.csv", kind)
        rows = zip(table["id"], table["name"], table["name_en"], strict=True)
        return {code: (zh or "", en or zh or "") for code, zh, en in rows}

    return Names(read("stores"), items, read("incidents"), read("teams"))
