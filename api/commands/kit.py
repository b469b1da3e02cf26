"""What every command module needs: words in the user's language, arguments and options that explain themselves."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from api.say import Speaker
from optimizer.errors import BadInput, Fault
from scenarios.texts import text


class Counted(StrEnum):
    """How closures count (`parameters.closures` of a problem)."""

    as_of = "as_of"
    cautious = "cautious"


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

    def option(
        self, name: str, key: str, facts: dict[str, Any] | None = None, *, also: tuple[str, ...] = (), **more: Any
    ) -> Any:
        shown = {"rich_help_panel": self.words("panel.options"), "show_default": False, **more}
        return typer.Option(name, *also, help=self.words(key, **(facts or {})), **shown)

    def command(self, group: typer.Typer, name: str, key: str) -> Callable[[Any], Any]:
        """In the list of commands stands the first sentence; the parser would cut it after so many letters."""
        told = self.words(key)
        first = told.partition("。" if self.lang == "zh" else ". ")[0].removesuffix(".")
        short = f"{first}{'。' if self.lang == 'zh' else '.'}"
        return group.command(name, help=told, short_help=short, rich_help_panel=self.words("panel.commands"))

    def group(self, app: typer.Typer, name: str, key: str) -> typer.Typer:
        made = typer.Typer(help=self.words(key), short_help=self.words(key), **self.settings)
        app.add_typer(made, name=name, rich_help_panel=self.words("panel.commands"))
        return made


MOST_NUMBER = 2**63 - 2  # what the databases count to, and one to spare
MOST_ROWS = 1_000_000  # of a list on the screen
MOST_UNITS = 10**9  # of any one quantity, as in inventory.tables
YEARS = range(1900, 9999)


def code(name: str, value: str, *, most: int = 64) -> str:
    """A code as it may stand in a table, by the rules of files. Raises BadInput naming the argument."""
    from inventory.written import code_problem

    return _allowed(name, value, code_problem(value), most)


def words_of(name: str, value: str, *, most: int = 4000) -> str:
    """A text as it may stand in a table. Raises BadInput naming the argument."""
    from inventory.written import text_problem

    return _allowed(name, value, text_problem(value), most)


def _allowed(name: str, value: str, problem: Any, most: int) -> str:
    if problem is not None:
        fault = "OptionEmpty" if problem.code == "CELL_EMPTY" else problem.code
        raise BadInput(name, [Fault(name, fault, problem.facts)])
    if len(value) > most:
        raise BadInput(name, [Fault(name, "TOO_LONG", {"value": f"{value[:57]}...", "most": most})])
    return value


def acting(actor: str | None, *, key: str | None = None, note: str | None = None) -> str:
    """Who acts, of those three options that every entry has. Raises BadInput."""
    from api import settings  # with it come the drivers of the database: not for `--help`

    if key is not None:
        code("--key", key)
    if note is not None:
        words_of("--note", note)
    if actor is not None:
        code("--actor", actor)
    return code("WUDING_ACTOR", settings.actor(actor))


def new_file(name: str, path: Path) -> Path:
    """Where a file can be written: asked before the work, not after it. Raises BadInput for an empty name, for a folder
    and for one that nothing can be written into."""
    if not path.name:
        raise BadInput(name, [Fault(name, "OptionEmpty")])
    if path.is_dir():
        raise BadInput(name, [Fault(name, "IsFolder", {"value": path})])
    new_folder(name, path.parent)
    return path


def new_folder(name: str, path: Path) -> Path:
    """A folder to write into, there already or to be made. Raises BadInput."""
    there = next(one for one in (path, *path.parents) if one.exists())
    if not there.is_dir():
        raise BadInput(name, [Fault(name, "NotFolder", {"value": there})])
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(name, [Fault(name, "NotWritable", {"value": there})])
    return path


def old_file(name: str, path: Path) -> Path:
    """A file that is there. Raises BadInput."""
    if not path.name:
        raise BadInput(name, [Fault(name, "OptionEmpty")])
    if not path.is_file():
        raise BadInput(name, [Fault(name, "IsFolder" if path.is_dir() else "NoSuchFile", {"value": path})])
    return path


def not_over(path: Path, *, overwrite: bool) -> None:
    """Work done by hand is not replaced unasked. Raises BadInput where the file is there."""
    if path.exists() and not overwrite:
        raise BadInput("--out", [Fault("--out", "WouldOverwrite", {"file": path})])


def plan_to(path: Path) -> Path:
    """Where a plan is written: over an earlier plan perhaps, never over a file of another kind. Raises BadInput."""
    if path.is_file() and path.suffix.lower() != ".json":
        raise BadInput("--out", [Fault("--out", "NotAPlanFile", {"file": path})])
    return new_file("--out", path)


def whole_number(name: str, value: str) -> int:
    """Raises BadInput naming the argument."""
    if not value.isascii() or not value.isdigit():
        raise BadInput(name, [Fault(name, "NOT_INTEGER", {"value": value[:60]})])
    digits = value.lstrip("0") or "0"
    if len(digits) > 19 or int(digits) > MOST_NUMBER:
        raise BadInput(name, [Fault(name, "TOO_LARGE", {"value": value[:60], "most": MOST_NUMBER})])
    return int(digits)


def quantity(name: str, value: str, *, zero: bool = False) -> Decimal:
    """An exact decimal above zero, or not below it. Raises BadInput naming the argument."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise BadInput(name, [Fault(name, "NOT_DECIMAL", {"value": value[:60]})]) from None
    if zero and amount.is_zero():
        return Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise BadInput(name, [Fault(name, "TOO_SMALL" if zero else "NOT_ABOVE", {"value": value[:60], "least": 0})])
    return in_bounds(name, value, amount)


def in_bounds(name: str, value: str, amount: Decimal) -> Decimal:
    """An amount that can be kept: neither beyond a thousand million nor with endless digits. Raises BadInput."""
    if amount > MOST_UNITS:
        raise BadInput(name, [Fault(name, "TOO_LARGE", {"value": value[:60], "most": MOST_UNITS})])
    if (amount and len(value) > 60) or amount.adjusted() < -7:
        raise BadInput(name, [Fault(name, "NOT_DECIMAL", {"value": f"{value[:57]}..." if len(value) > 60 else value})])
    return amount


def day(name: str, value: str | None) -> date | None:
    """A day written 2026-06-15. Raises BadInput."""
    if value is None:
        return None
    try:
        if len(value) != 10:
            raise ValueError
        found = date.fromisoformat(value)
    except ValueError:
        raise BadInput(name, [Fault(name, "NOT_DATE", {"value": value[:60]})]) from None
    _this_age(name, value, found.year)
    return found


def _this_age(name: str, value: str, year: int) -> None:
    if year not in YEARS:  # no day of stock, and days around it could not be reckoned
        facts = {"value": value, "least": YEARS[0], "most": YEARS[-1]}
        raise BadInput(name, [Fault(name, "YearOutOfRange", facts)])


def to_come(name: str, value: str | None) -> date | None:
    """A day that is not past. Raises BadInput."""
    from inventory.five_fixed import shanghai_day

    found = day(name, value)
    if found is not None and found < shanghai_day(datetime.now(UTC)):
        raise BadInput(name, [Fault(name, "IsPast", {"value": value})])
    return found


def moment_to_come(name: str, value: str | None) -> datetime | None:
    """An instant that is not past; None where none is given. Raises BadInput."""
    if value is None:
        return None
    found = moment(name, value)
    if found <= datetime.now(UTC):
        raise BadInput(name, [Fault(name, "IsPast", {"value": value})])
    return found


def moment(name: str, value: str | None) -> datetime:
    """An instant with offset; now, where none is given. Raises BadInput."""
    from scenarios.exchange.fields import Refused, instant

    if value is None:
        return datetime.now(UTC)
    try:
        found = instant(value)
    except Refused as refused:
        raise BadInput(name, [Fault(name, refused.code, {"value": value[:60]})]) from None
    _this_age(name, value, found.year)
    return found
