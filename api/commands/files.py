"""Tables in and out: import and export."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit, acting, new_file, old_file
from api.kinds import Kind
from api.say import MAX_LINES
from inventory.errors import BadTable
from scenarios.texts import explain

DONE, BAD_INPUT = 0, 2
SITUATION = "live"


class Headers(StrEnum):
    zh = "zh"
    en = "en"


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding import` and `wuding export`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "import", "cmd.import")
    def import_(
        kind: Annotated[Kind, argument("arg.kind.all", metavar="KIND")],
        file: Annotated[Path, argument("arg.import.file")],
        dry_run: Annotated[bool, option("--dry-run", "opt.dry_run")] = False,
        mend: Annotated[Path | None, option("--mend", "opt.mend")] = None,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        county: Annotated[str | None, option("--county", "opt.county")] = None,
        actor: Annotated[str | None, option("--actor", "opt.actor")] = None,
        key: Annotated[str | None, option("--key", "opt.key")] = None,
        note: Annotated[str | None, option("--note", "opt.note")] = None,
        occurred_at: Annotated[str | None, option("--occurred-at", "opt.occurred_at")] = None,
    ) -> int:
        from api.commands.kit import moment
        from api.intake import ImportRefused, import_file

        try:
            with speaker.working():
                done = import_file(
                    kind.value,
                    old_file("FILE", file),
                    actor=acting(actor, key=key, note=note),
                    key=key,
                    note=note,
                    occurred_at=None if occurred_at is None else moment("--occurred-at", occurred_at),
                    situation=situation,
                    county=county,
                    dry_run=dry_run,
                    mend=mend,
                    lang=kit.lang,
                    tell=speaker.phase,
                )
        except ImportRefused as refused:
            speaker.error(refused)
            if refused.mend is not None:
                speaker.warn(speaker.words("import.mend", file=refused.mend, kind=kind.value), style="yellow")
            return BAD_INPUT
        facts = {"file": file, "kind": speaker.words(f"kind_of_table.{kind.value}")}
        counts = {"added": done.added, "changed": done.changed, "same": done.same, "removed": done.removed}
        speaker.say("import.dry" if dry_run else "import.done", **facts, **counts)
        if done.removed:
            speaker.say("import.removed", removed=done.removed)
        if done.nothing:
            speaker.say("import.nothing")
        return DONE

    @command(app, "export", "cmd.export")
    def export(
        kind: Annotated[Kind, argument("arg.kind.all", metavar="KIND")],
        file: Annotated[Path, argument("arg.export.file")],
        place: Annotated[str | None, option("--place", "opt.place")] = None,
        headers: Annotated[Headers, option("--headers", "opt.headers", show_default=True)] = Headers.en,
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        county: Annotated[str | None, option("--county", "opt.county")] = None,
    ) -> int:
        from api.intake import export_file

        try:
            with speaker.working():
                done = export_file(
                    kind.value,
                    new_file("FILE", file),
                    place=place,
                    headers="zh" if headers is Headers.zh else "en",
                    situation=situation,
                    county=county,
                    tell=speaker.phase,
                )
        except BadTable as refused:  # of what is in the database, not of a file that somebody could mend
            first = speaker.words("export.refused", kind=speaker.words(f"kind_of_table.{kind.value}"))
            speaker.warn(f"{speaker.words('said.error')}{first}", style="bold red")
            for line in explain(refused, kit.lang)[1 : MAX_LINES + 1]:
                speaker.warn(f"  {line}")
            return BAD_INPUT
        speaker.say("export.done", file=file, kind=speaker.words(f"kind_of_table.{kind.value}"), rows=done.rows)
        return DONE
