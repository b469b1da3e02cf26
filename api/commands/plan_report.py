"""What a situation came to, on paper and as data; and a plan as messages for other systems."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit, new_file
from api.commands.shared import SITUATION
from api.commands.stock_papers import wrote
from optimizer.errors import BadInput, Fault

DONE = 0


def register(group: typer.Typer, kit: Kit) -> None:
    """Add `wuding plan after-action|messages`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(group, "after-action", "cmd.plan.after_action")
    def after_action(
        out: Annotated[Path, option("--out", "opt.out.after_action")],
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
    ) -> int:
        from api.after_action import FORMATS, report_of, write_report
        from api.office import look

        format_ = _ending(out, FORMATS)
        with speaker.working():
            speaker.phase("phase.live")
            found = look(report_of, situation=situation)
            write_report(out, found, format=format_, lang=kit.lang)
        wrote(speaker, out)
        return DONE

    @command(group, "messages", "cmd.plan.messages")
    def messages(
        number: Annotated[int, argument("arg.plan.number", metavar="N", min=1)],
        out: Annotated[Path, option("--out", "opt.out.messages")],
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
    ) -> int:
        from api.office import look
        from inventory.files.write import replace_bytes
        from scenarios.edxl_rm import write
        from scenarios.resource_messages import messages_of

        _ending(out, ("xml",))
        replace_bytes(out, write(look(messages_of, number=number, situation=situation, lang=kit.lang)))
        wrote(speaker, out)
        return DONE


def _ending(path: Path, known: tuple[str, ...]) -> str:
    """The kind of file by its name. Raises BadInput."""
    new_file("--out", path)
    ending = path.suffix.lower().removeprefix(".")
    if ending not in known:
        facts = {"value": path.name, "known": [f".{one}" for one in known]}
        raise BadInput("--out", [Fault("--out", "NotAReportFile", facts)])
    return ending
