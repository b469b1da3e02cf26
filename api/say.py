"""Where words go: results to standard output, everything else to standard error, in one language."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from scenarios.texts import explain, text

if TYPE_CHECKING:
    from optimizer.dispatch.check import Violation
    from optimizer.dispatch.plan import Plan
    from scenarios.commit import Change
    from scenarios.exchange.problem import Note

MAX_LINES = 200
MAX_NOTES = 3


PIPE_WIDTH = 140  # a file or a pipe has no width of its own


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


class Speaker:
    """Prints texts by key. Progress is a spinner on a terminal and nothing in a pipe."""

    def __init__(self, lang: str, *, out: Console | None = None, err: Console | None = None) -> None:
        self.lang = lang
        self.out = out or _console(stderr=False)
        self.err = err or _console(stderr=True)
        self.colon = "：" if lang == "zh" else ": "
        self._status: Any = None

    def words(self, key: str, /, **facts: Any) -> str:
        return text(key, self.lang, **facts)

    def say(self, key: str, /, **facts: Any) -> None:
        self.out.print(Text(self.words(key, **facts)), soft_wrap=True)

    def warn(self, line: str, *, style: str = "") -> None:
        self.err.print(Text(line, style=style), soft_wrap=True)

    def notes(self, notes: "Iterable[Note]") -> None:
        """Notes by kind, the first few of each: a county may have hundreds of one kind."""
        kinds: dict[str, list[str]] = {}
        for note in notes:
            place = f"{note.where}{self.colon}" if note.where else ""
            line = f"{self.words('said.note')}{place}{self.words(note.code, **note.facts)}"
            kinds.setdefault(note.code, []).append(line)
        for lines in kinds.values():
            self._some(lines, style="yellow", limit=MAX_NOTES, more="said.more_notes")

    def remarks(self, lines: Iterable[str]) -> None:
        """Notes that come as bilingual lines, `Chinese / English`."""
        own = [line.split(" / ", 1)[0 if self.lang == "zh" else -1] for line in lines]
        self._some([f"{self.words('said.note')}{line}" for line in own], style="yellow", limit=MAX_LINES)

    def error(self, error: Exception) -> None:
        """The error and each of its faults, with what would mend them."""
        first, *rest = explain(error, self.lang)
        self.warn(f"{self.words('said.error')}{first}", style="bold red")
        self._some([f"  {line}" for line in rest])

    def _some(self, lines: list[str], *, style: str = "", limit: int = MAX_LINES, more: str = "said.more") -> None:
        for line in lines[:limit]:
            self.warn(line, style=style)
        if len(lines) > limit:
            self.warn(f"  {self.words(more, count=len(lines) - limit)}", style=style)

    def violations(self, violations: "Iterable[Violation]", *, to_out: bool = False) -> None:
        """What the checker found, one line each, all of them."""
        console = self.out if to_out else self.err
        for violation in violations:
            words = self.words(violation.code, **violation.facts)
            console.print(Text(f"  {violation.where}{self.colon}{words}"), soft_wrap=True)

    def changes(self, changes: "Iterable[Change]") -> None:
        """The lots a plan takes more of than there is, all of them."""
        for one in changes:
            facts = {"store": one.store, "item": one.item, "lot": one.lot or "-"}
            self.warn(f"  {self.words('plan.change', **facts, needed=one.quantity, now=one.available)}")

    def infeasible(self, plan: "Plan") -> None:
        """The pins that nobody can keep, or that no plan was found for."""
        proven = plan.stopped_by == "proof"
        self.warn(self.words("said.infeasible" if proven else "said.pins_not_kept"), style="bold red")
        for row in plan.unmet:
            self.warn(f"  {self.words('said.pin', team=row.facts.get('pin_team', '?'), task=row.task)}")

    @contextmanager
    def working(self) -> Iterator["Speaker"]:
        with self.err.status("") as status:
            self._status = status
            try:
                yield self
            finally:
                self._status = None

    def phase(self, key: str, **facts: Any) -> None:
        """The phase that begins now (a text key and its facts)."""
        if self._status is not None:
            self._status.update(self.words(key, **facts))
