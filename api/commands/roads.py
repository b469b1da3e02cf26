"""The roads of a situation, where they did not come with a scenario."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit
from api.commands.shared import SITUATION

DONE = 0


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding roads`."""
    speaker, argument, option, command = kit.speaker, kit.argument, kit.option, kit.command

    @command(app, "roads", "cmd.roads")
    def roads(
        file: Annotated[Path, argument("arg.roads")],
        situation: Annotated[str, option("--situation", "opt.situation", show_default=True)] = SITUATION,
        crs: Annotated[str | None, option("--crs", "opt.crs")] = None,
    ) -> int:
        from api.situation import take_roads

        with speaker.working():
            network = take_roads(file, situation=situation, crs=crs, tell=speaker.phase)
        speaker.say("said.roads", situation=situation, nodes=network.node_count, edges=network.edge_count)
        return DONE
