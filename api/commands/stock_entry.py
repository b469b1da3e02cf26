"""What the commands on stock share: who acts and why, words of choice in either language, and tables of rows."""

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from api.commands import kit as rules
from api.commands.kit import Kit, acting, moment
from api.office import Entry, plain
from api.say import Speaker
from inventory.kinds import REASONS
from optimizer.errors import BadInput, Fault

PIPE_COLUMNS = 2000  # a pipe has no width: nothing is folded there
_CHINA = ZoneInfo("Asia/Shanghai")


class Writes:
    """Adds to a command what every entry has: --actor, --key, --note, --occurred-at, and --reason where it is coded.

    The command gets them as its first argument, an `Entry`.
    """

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    def __call__(
        self,
        group: typer.Typer,
        name: str,
        key: str,
        *,
        reason: str | None,
        others: Sequence[str] = (),
        fixed: bool = False,
        keyed: bool = True,
    ) -> Callable[[Any], Any]:
        """`reason` stands where none is given (None: the command finds it); `others` are usual ones, named in the help;
        `fixed`: no other; `keyed`: it is an entry of the ledger, which a key makes safe to send again."""
        kit = self.kit
        usual = ", ".join(f"{code} {REASONS[code][kit.lang == 'en']}" for code in (reason, *others) if code)
        names = ("actor", "key", "note", "occurred_at") if keyed else ("actor", "note")
        given: list[tuple[str, Any]] = [
            (f"entry_{name}", kit.option(f"--{name.replace('_', '-')}", f"opt.{name}")) for name in names
        ]
        if not fixed:
            given.append(("entry_reason", kit.option("--reason", "opt.stock.reason", {"usual": usual})))

        def made(function: Callable[..., int]) -> Callable[..., int]:
            def command(**values: Any) -> int:
                said = {name: values.pop(name, None) for name, _ in given}
                for one in own:
                    _check(one, values.get(one.name))
                occurred = said.get("entry_occurred_at")
                entry = Entry(
                    actor=acting(said["entry_actor"], key=said.get("entry_key"), note=said["entry_note"]),
                    reason=coded("--reason", said.get("entry_reason"), REASONS) or reason or "",
                    key=said.get("entry_key"),
                    note=said["entry_note"],
                    occurred_at=None if occurred is None else moment("--occurred-at", occurred),
                )
                return function(entry, **values)

            own = list(inspect.signature(function).parameters.values())[1:]
            more = [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
                )
                for name, option in given
            ]
            signature = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own] + more
            command.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
            command.__annotations__ = {one.name: one.annotation for one in signature}
            kit.command(group, name, key)(command)
            return function

        return made


# arguments of commands that are no codes -> how many characters they may have
TEXTS = {
    "supplier": 4000, "borrower": 4000, "override_why": 4000, "reference": 128, "task": 512, "asked": 4000,
    "only": 4000, "arrived": 4000, "what": 4000,
}  # fmt: skip


def _check(parameter: inspect.Parameter, value: Any) -> None:
    """What was written for one argument may stand in a table. Raises BadInput."""
    shown = parameter.annotation.__metadata__[0]
    name = next(iter(getattr(shown, "param_decls", None) or ()), None) or shown.metavar or parameter.name.upper()
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and parameter.name in TEXTS:
            rules.words_of(name, one, most=TEXTS[parameter.name])
        elif isinstance(one, str):
            rules.code(name, one)


def coded(name: str, value: str | None, known: Mapping[str, tuple[str, str]]) -> str | None:
    """A word of a fixed list, written as its code or in either language. Raises BadInput naming the list."""
    if value is None or value in known:
        return value
    for code, words in known.items():
        if value.strip().lower() in (code.lower(), *(word.lower() for word in words)):
            return code
    choices = [f"{code} {words[0]}" for code, words in known.items()]
    raise BadInput(name, [Fault(name, "NOT_CHOICE", {"value": value[:60], "choices": choices})])


def word(known: Mapping[str, tuple[str, str]], code: str | None, lang: str) -> str:
    return "" if code is None else known.get(code, (code, code))[lang == "en"]


def shown(value: Any) -> str:
    """A cell for people: quantities with thousands apart and no idle zeros, instants in Shanghai time."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        whole, dot, part = plain(value).partition(".")
        sign = "-" if whole.startswith("-") else ""
        return f"{sign}{int(whole.lstrip('-')):,}{dot}{part}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def percent(share: float | None) -> str:
    """A share, never shown better than it is."""
    return "–" if share is None else f"{int(share * 1000 + 1e-9) / 10:.1f}%"


class Page:
    """Prints tables whose headings are text keys `col.<name>`; a name that ends in > is a figure."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        from rich import box
        from rich.table import Table

        out = self.speaker.out
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for column in columns:
            head = self.speaker.words(f"col.{column.rstrip('>')}")
            if column.endswith(">"):
                table.add_column(head, justify="right", no_wrap=out.is_terminal)
            else:
                table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in row))
        width = out.width
        if not out.is_terminal:
            out.width = PIPE_COLUMNS
        out.print(table)
        out.width = width

    def facts(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Label and value, a line each; those without a value are left out."""
        for key, value in pairs:
            if value not in (None, ""):
                line = f"{self.speaker.words(f'col.{key}')}{self.speaker.colon}{shown(value)}"
                self.speaker.out.print(Text(line), soft_wrap=True)

    def severity(self, severity: str) -> Text:
        style = {"critical": "bold red", "major": "yellow"}.get(severity, "")
        return Text(self.speaker.words(f"severity.{severity}"), style=style)


def print_json(value: Any) -> None:
    """One document for another program; the same keys in both languages."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")
