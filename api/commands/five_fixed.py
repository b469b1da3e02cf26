"""The five fixed: board, findings, tasks."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from api.commands.kit import MOST_ROWS, Kit, code, day, moment, new_file
from api.commands.stock_entry import Page, Writes, coded, percent, print_json, word
from api.commands.stock_papers import wrote
from api.office import Entry, known, look, names_of, record, writing
from inventory.kinds import KINDS
from inventory.places import TIERS
from optimizer.errors import BadInput, Fault

DONE = 0
RULES = {
    "custodian": ("定人", "custodian"), "location": ("定位", "location"), "quantity": ("定量", "quantity"),
    "quality": ("定质", "quality"), "period": ("定期", "period"),
}  # fmt: skip
SEVERITIES = {"critical": ("严重", "critical"), "major": ("较重", "major"), "minor": ("一般", "minor")}
TASK_STATES = {
    "open": ("待办", "open"), "assigned": ("已指派", "assigned"), "done": ("已完成", "done"),
    "failed": ("不合格", "failed"), "lapsed": ("已失效", "lapsed"),
}  # fmt: skip
# what has to be done besides the checks
STEPS = {
    "PUT_AWAY": ("上架", "put away"), "REPAIR": ("送修归库", "repair"), "RELEASE": ("解除隔离", "release"),
    "WRITE_OFF": ("核销", "write off"), "RECALL": ("召回退库", "return to the supplier"),
    "RECORD_MADE": ("补生产日期", "record the day of manufacture"),
}  # fmt: skip
PRESETS = {"general": ("通用", "general"), "medical": ("医疗", "medical")}


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands of this module."""
    group = kit.group(app, "five-fixed", "cmd.ff")
    _board(group, kit)
    _lists(group, kit)
    _tasks(group, kit)
    _report(group, kit)


def instant_of(name: str, value: str | None) -> Any:
    """An instant, or a Shanghai day (its noon stands for it); None where none is given. Raises BadInput."""
    if value is None:
        return None
    from api.care import noon

    found = day(name, value) if len(value) == 10 else None
    return moment(name, value) if found is None else noon(found)


def _board(group: typer.Typer, kit: Kit) -> None:
    option, speaker, lang = kit.option, kit.speaker, kit.lang
    place_of, preset_of = option("--place", "opt.stock.place"), option("--preset", "opt.ff.preset", show_default=True)

    @kit.command(group, "board", "cmd.ff.board")
    def board(
        place: Annotated[str | None, place_of] = None,
        as_of: Annotated[str | None, option("--as-of", "opt.ff.as_of.board")] = None,
        preset: Annotated[str, preset_of] = "general",
        stored: Annotated[bool, option("--stored", "opt.ff.stored")] = False,
        as_json: Annotated[bool, option("--json", "opt.stock.json")] = False,
    ) -> int:
        from api.care import board_of_day, fresh_board, stored_board, todays_board
        from inventory.database import now
        from inventory.five_fixed import shanghai_day

        at, wanted = now(), instant_of("--as-of", as_of)
        named = coded("--preset", preset, PRESETS) or preset
        look(known, place=place)
        with speaker.working():
            if stored:
                found = look(stored_board, today=shanghai_day(wanted or at), place=place)
            elif wanted is not None and shanghai_day(wanted) != shanghai_day(at):
                speaker.phase("phase.ff.evaluate")
                found = look(board_of_day, as_of=wanted, place=place, preset=named)
            else:
                kept = look(todays_board, at=at, place=place, preset=named)
                if kept is None:
                    speaker.phase("phase.ff.evaluate")
                    with writing() as connection:
                        kept = fresh_board(connection, at=at, place=place, preset=named)
                found = kept
        if as_json:
            print_json(found)
            return DONE
        if found.total is None:
            speaker.say("said.ff.never")
            return 1
        speaker.say("said.ff.board", day=found.day)
        if found.stale:
            speaker.warn(speaker.words("said.ff.stale"), style="yellow")
        heads = ("place", "level", "stores>", "score>", "worst>", "failed>", "ready>", "critical>", "major>", "minor>",
                 "overdue>", "due_soon>")  # fmt: skip
        Page(speaker).table(heads, [_board_row(row, lang) for row in (found.total, *found.rows)])
        return DONE

    @kit.command(group, "evaluate", "cmd.ff.evaluate")
    def evaluate(
        place: Annotated[str | None, place_of] = None,
        as_of: Annotated[str | None, option("--as-of", "opt.ff.as_of.evaluate")] = None,
        preset: Annotated[str, preset_of] = "general",
    ) -> int:
        from api.care import evaluate as step
        from inventory.database import now

        look(known, place=place)
        with speaker.working():
            speaker.phase("phase.ff.evaluate")
            with writing() as connection:
                night = step(
                    connection, at=now(), as_of=instant_of("--as-of", as_of), place=place,
                    preset=coded("--preset", preset, PRESETS) or preset,
                )  # fmt: skip
        done = night.evaluated
        speaker.say(
            "said.ff.evaluated", day=done.day, stores=done.stores, findings=done.findings, opened=done.tasks_opened,
            lapsed=done.tasks_lapsed, released=night.released,
        )  # fmt: skip
        return DONE


def _board_row(row: Any, lang: str) -> tuple[Any, ...]:
    name = (row.name_en or row.name) if lang == "en" else row.name
    failed = Text(f"{row.failed:,}", style="bold red" if row.failed else "")
    return (
        f"{row.code} {name}".strip(), word(TIERS, row.level if row.level in TIERS else None, lang), row.stores,
        percent(row.score), percent(row.worst), failed, percent(row.serviceable_share), row.critical, row.major,
        row.minor, row.overdue, row.due_soon,
    )  # fmt: skip


def _lists(group: typer.Typer, kit: Kit) -> None:
    option, speaker, lang = kit.option, kit.speaker, kit.lang
    page = Page(speaker)
    place_of, store_of = option("--place", "opt.stock.place"), option("--store", "opt.stock.store")
    json_wanted = option("--json", "opt.stock.json")
    limit_of = option("--limit", "opt.ff.limit", min=1, max=MOST_ROWS, show_default=True)

    @kit.command(group, "findings", "cmd.ff.findings")
    def findings(
        place: Annotated[str | None, place_of] = None,
        store: Annotated[str | None, store_of] = None,
        severity: Annotated[str | None, option("--severity", "opt.ff.severity")] = None,
        rule: Annotated[str | None, option("--rule", "opt.ff.rule")] = None,
        blocking: Annotated[bool, option("--blocking", "opt.ff.blocking")] = False,
        limit: Annotated[int, limit_of] = 200,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from api.care import finding_words
        from inventory.care.views import list_findings

        look(known, place=place, store=store)
        found = look(
            list_findings, place=place, store=store, severity=coded("--severity", severity, SEVERITIES),
            rule=coded("--rule", rule, RULES), blocking=blocking, limit=limit + 1,
        )  # fmt: skip
        more, found = len(found) > limit, found[:limit]
        if as_json:
            from dataclasses import asdict

            from inventory.care.words import in_words

            print_json([{**asdict(row), "words": in_words(row)} for row in found])
            return DONE
        names = look(names_of, stores=[row.store for row in found], items=[row.item for row in found])
        if not found:
            speaker.say("said.ff.no_findings")
            return DONE
        page.table(
            ("severity", "rule", "store", "item", "blocks", "what", "task"),
            (
                (page.severity(row.severity), word(RULES, row.rule, lang), names.store(row.store, lang),
                 names.item(row.item, lang), speaker.words("said.ff.blocks") if row.blocks else "",
                 finding_words(row, lang), row.task)
                for row in found
            ),
        )  # fmt: skip
        if more:
            speaker.say("said.ff.more", limit=limit)
        return DONE

    @kit.command(group, "tasks", "cmd.ff.tasks")
    def tasks(
        place: Annotated[str | None, place_of] = None,
        store: Annotated[str | None, store_of] = None,
        custodian: Annotated[str | None, option("--custodian", "opt.ff.custodian")] = None,
        due_by: Annotated[str | None, option("--due-by", "opt.ff.due_by")] = None,
        overdue: Annotated[bool, option("--overdue", "opt.ff.overdue")] = False,
        status: Annotated[str | None, option("--status", "opt.ff.status")] = None,
        limit: Annotated[int, limit_of] = 200,
        as_json: Annotated[bool, json_wanted] = False,
    ) -> int:
        from datetime import timedelta

        from inventory.care.views import list_tasks
        from inventory.database import now
        from inventory.five_fixed import shanghai_day

        look(known, place=place, store=store)
        today = shanghai_day(now())
        last = day("--due-by", due_by)
        if overdue:
            yesterday = today - timedelta(days=1)
            last = yesterday if last is None else min(last, yesterday)
        found = look(
            list_tasks, place=place, store=store, custodian=custodian, due_by=last, today=today, limit=limit + 1,
            status=coded("--status", status, TASK_STATES),
        )  # fmt: skip
        more, found = len(found) > limit, found[:limit]
        if as_json:
            print_json(found)
            return DONE
        names = look(names_of, stores=[row.store for row in found], items=[row.item for row in found])
        if not found:
            speaker.say("said.ff.no_tasks")
            return DONE
        page.table(
            ("due", "severity", "task_kind", "store", "item", "lot", "status", "assignee", "task"),
            (
                (Text(row.due.isoformat(), style="red" if row.due < today else "") if row.due else "",
                 page.severity(row.severity), word(KINDS | STEPS, row.kind, lang), names.store(row.store, lang),
                 names.item(row.item, lang), row.lot, word(TASK_STATES, row.status, lang), row.assignee, row.key)
                for row in found
            ),
        )  # fmt: skip
        if more:
            speaker.say("said.ff.more", limit=limit)
        return DONE


def _tasks(group: typer.Typer, kit: Kit) -> None:
    argument, option, speaker, writes = kit.argument, kit.option, kit.speaker, Writes(kit)
    task_of = argument("arg.ff.task", metavar="TASK")

    @kit.command(group, "assign", "cmd.ff.assign")
    def assign(
        task: Annotated[str, task_of], person: Annotated[str, argument("arg.ff.person", metavar="PERSON")]
    ) -> int:
        from inventory.care.done import assign_task

        code("PERSON", person)
        with writing() as connection:
            assign_task(connection, task=task, assignee=person)
        speaker.say("said.ff.assigned", task=task, person=person)
        return DONE

    @writes(group, "done", "cmd.ff.done", reason="CORRECTION", fixed=True, keyed=False)
    def done(
        entry: Entry,
        task: Annotated[str, task_of],
        failed: Annotated[bool, option("--failed", "opt.ff.failed")] = False,
        on: Annotated[str | None, option("--on", "opt.ff.on")] = None,
        evidence: Annotated[list[Path] | None, option("--evidence", "opt.ff.evidence")] = None,
        to: Annotated[str | None, option("--bin", "opt.ff.bin")] = None,
    ) -> int:
        from api.care import finish
        from api.settings import files_folder

        record(
            entry, finish, task=task, passed=not failed, done_on=day("--on", on), evidence=tuple(evidence or ()),
            folder=files_folder(), bin=to,
        )  # fmt: skip
        speaker.say("said.ff.failed" if failed else "said.ff.done", task=task, files=len(evidence or ()))
        return DONE


def _report(group: typer.Typer, kit: Kit) -> None:
    option, speaker, lang = kit.option, kit.speaker, kit.lang

    @kit.command(group, "report", "cmd.ff.report")
    def report(
        place: Annotated[str, option("--place", "opt.ff.county")],
        month: Annotated[str, option("--month", "opt.ff.month")],
        pdf: Annotated[Path | None, option("--pdf", "opt.stock.pdf")] = None,
        xlsx: Annotated[Path | None, option("--xlsx", "opt.stock.xlsx")] = None,
    ) -> int:
        from api.care import month_report
        from inventory.database import now
        from inventory.documents import write_monthly_report_pdf, write_monthly_report_xlsx

        if pdf is None and xlsx is None:
            raise BadInput("--pdf", [Fault("--pdf", "NoPaperAsked")])
        for name, file in (("--pdf", pdf), ("--xlsx", xlsx)):
            if file is not None:
                new_file(name, file)
        first = day("--month", f"{month}-01")
        assert first is not None
        with speaker.working():
            speaker.phase("phase.ff.evaluate")
            with writing() as connection:
                paper = month_report(connection, county=place, year=first.year, month=first.month, at=now())
        if pdf is not None:
            wrote(speaker, pdf, write_monthly_report_pdf(pdf, paper, lang=lang))  # type: ignore[arg-type]
        if xlsx is not None:
            write_monthly_report_xlsx(xlsx, paper, lang=lang)  # type: ignore[arg-type]
            wrote(speaker, xlsx)
        return DONE
