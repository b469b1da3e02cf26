"""The database: make it, back it up, check it against its own history."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.kit import Kit, new_file, old_file

DONE, NO = 0, 1


def register(app: typer.Typer, kit: Kit) -> None:
    """Add `wuding db upgrade|backup|restore|verify`."""
    group = kit.group(app, "db", "cmd.db")
    speaker, argument, command = kit.speaker, kit.argument, kit.command

    @command(group, "upgrade", "cmd.db.upgrade")
    def upgrade() -> int:
        from api.upkeep import upgrade_database

        with speaker.working():
            speaker.phase("phase.database")
            done = upgrade_database()
        if done.before is None:
            speaker.say("db.made", url=done.url, after=done.after)
        elif done.before == done.after:
            speaker.say("db.newest", url=done.url, after=done.after)
        else:
            speaker.say("db.upgraded", url=done.url, before=done.before, after=done.after)
        return DONE

    @command(group, "backup", "cmd.db.backup")
    def backup(file: Annotated[Path, argument("arg.backup")]) -> int:
        from api.upkeep import back_up

        with speaker.working():
            speaker.phase("phase.backup")
            saved = back_up(new_file("FILE", file))
        speaker.say("db.backed_up", file=file, rows=saved.done.rows, files=saved.done.files)
        if saved.roads:
            speaker.warn(speaker.words("db.roads_left_out", roads=list(saved.roads)), style="yellow")
        return DONE

    @command(group, "restore", "cmd.db.restore")
    def restore(file: Annotated[Path, argument("arg.backup")]) -> int:
        from api.upkeep import bring_back

        with speaker.working():
            speaker.phase("phase.restore")
            done = bring_back(old_file("FILE", file))
        speaker.say("db.restored", file=file, rows=done.rows, files=done.files)
        return DONE

    @command(group, "verify", "cmd.db.verify")
    def verify() -> int:
        from api.commands.lines import print_table
        from api.settings import shown_url
        from api.upkeep import verify_database

        with speaker.working():
            speaker.phase("phase.verify")
            found = verify_database()
        speaker.say("db.verified", url=shown_url(), balances=found.balances, movements=found.movements)
        if not found.differences:
            speaker.say("db.agrees")
            return DONE
        speaker.say("db.differs", count=len(found.differences))
        print_table(
            speaker,
            ("line.differs", "line.store", "line.item", "line.lot", "line.book", "line.replayed"),
            (
                (speaker.words(f"db.what.{one.what}"), one.store, one.item, one.lot or "-", one.book, one.replayed)
                for one in found.differences
            ),
        )
        return NO
