"""What every command module needs: words in the user's language, arguments and options that explain themselves."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import typer

from api.say import Speaker
from optimizer.errors import BadInput, Fault
from scenarios.texts import text


class Kit:
    """Builds commands in one language. `kit.words(key)`, `kit.argument(key)`, `kit.option("--x", key)`."""

    def __init__(self, lang: str, speaker: Speaker) -> None:
        self.lang = lang
        self.speaker = speaker
        self.settings: dict[str, Any] = {
            "no_args_is_help": True,
            "add_completion": False,
            "rich_markup_mode": None if not sys.stdout.isatty() else "rich",
            "context_settings": {"help_option_names": ["--help", "-h"]},
        }

    def words(self, key: str, /, **facts: Any) -> str:
        return text(key, self.lang, **facts)

    def argument(self, key: str, **more: Any) -> Any:
        panel = self.words("panel.arguments")
        return typer.Argument(help=self.words(key), show_default=False, rich_help_panel=panel, **more)

    def option(self, name: str, key: str, facts: dict[str, Any] | None = None, **more: Any) -> Any:
        shown = {"rich_help_panel": self.words("panel.options"), "show_default": False, **more}
        return typer.Option(name, help=self.words(key, **(facts or {})), **shown)

    def command(self, group: typer.Typer, name: str, key: str) -> Callable[[Any], Any]:
        return group.command(name, help=self.words(key), rich_help_panel=self.words("panel.commands"))

    def group(self, app: typer.Typer, name: str, key: str) -> typer.Typer:
        made = typer.Typer(help=self.words(key), **self.settings)
        app.add_typer(made, name=name, rich_help_panel=self.words("panel.commands"))
        return made


def quantity(name: str, value: str) -> Decimal:
    """An exact decimal above zero. Raises BadInput naming the argument."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise BadInput(name, [Fault(name, "NOT_DECIMAL", {"value": value})]) from None
    if not amount.is_finite() or amount <= 0:
        raise BadInput(name, [Fault(name, "NOT_ABOVE", {"value": value, "least": 0})])
    return amount


def day(name: str, value: str | None) -> date | None:
    """A day written 2026-06-15. Raises BadInput."""
    if value is None:
        return None
    try:
        if len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise BadInput(name, [Fault(name, "NOT_DATE", {"value": value})]) from None


def moment(name: str, value: str | None) -> datetime:
    """An instant with offset; now, where none is given. Raises BadInput."""
    from scenarios.exchange.fields import Refused, instant

    try:
        return datetime.now(UTC) if value is None else instant(value)
    except Refused as refused:
        raise BadInput(name, [Fault(name, refused.code, {"value": value})]) from None
