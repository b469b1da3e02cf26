"""The database: make it, back it up, check it against its own history."""

import typer

from api.commands.kit import Kit


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands of this module."""
