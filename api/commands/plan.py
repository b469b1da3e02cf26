"""A plan in force: commit, show, cancel."""

import typer

from api.commands.kit import Kit


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands of this module."""
