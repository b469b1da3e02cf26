"""A plan on the console: tables of the same rows that the reports are made of, top to bottom as a dispatcher
reads: what we have, what happened, who goes, what is sent, what is short, how good it is."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from rich import box
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from api.say import Speaker
from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from scenarios.exchange.json_text import plain_decimal
from scenarios.report import Label, ReportView, view_of
from scenarios.report.foreseen_rows import ForeseenView, foreseen_view
from scenarios.report.labels import say
from scenarios.report.rows import Situation
from scenarios.texts import catalogue
from scenarios.world import World

if TYPE_CHECKING:
    from api.usecases import Solved

MAX_ROWS = 40  # a longer table is for the workbook
MAX_WARNINGS = 12

_SEVERE = {5: "bold red", 4: "red", 3: "yellow"}
_BETTER = {True: "green", False: "red", None: ""}
_LEFT = {"level", "incident", "team", "tier", "task", "store", "item", "lot", "reason", "cure", "what", "rule", "check"}


class Show:
    """Prints the parts of a `ReportView` in one language."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.lang = speaker.lang

    def of(self, label: Label | None) -> str:
        return "" if label is None else label.of(self.lang)  # type: ignore[arg-type]

    def title(self, words: str) -> None:
        self.speaker.out.print()
        self.speaker.out.print(Rule(Text(words, style="bold cyan"), align="left", characters="─"))

    def section(self, key: str) -> None:
        self.title(self.of(say(f"section.{key}")))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, limit: int = MAX_ROWS) -> None:
        """Rows of text; columns are keys of the report's table headings. What goes beyond `limit` is counted."""
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for column in columns:
            own = f"head.{column}" in catalogue()
            head = self.speaker.words(f"head.{column}") if own else self.of(say(f"table.{column}"))
            # on a narrow screen words wrap and figures stay whole
            if column in _LEFT:
                table.add_column(head, overflow="fold")
            else:
                table.add_column(head, justify="right", no_wrap=True)
        listed = list(rows)
        for row in listed[:limit]:
            table.add_row(*row)
        self.speaker.out.print(table)
        if len(listed) > limit:
            self.speaker.say("said.rows_more", count=len(listed) - limit)

    def levels(self, view: ReportView) -> None:
        self.table(
            ("level", "plan", "practice", "change", "bound", "gap"),
            (
                (
                    f"{row.order} {self.of(row.label)}",
                    _stacked(self.of(row.value)),
                    _stacked(self.of(row.practice)),
                    Text(self.of(row.change), style=_BETTER[row.better]),
                    _stacked(self.of(row.bound)),
                    self.of(row.gap),
                )
                for row in view.levels
            ),
        )

    def situation(self, situation: Situation) -> None:
        """The county, its stock and the five fixed rules, before the plan."""
        self.title(self.of(situation.title))
        if situation.summary is not None:
            self.speaker.out.print(Text(self.of(situation.summary)), soft_wrap=True)
        figures = Text()
        for label, value in situation.figures:
            figures.append(f"{self.of(label)} ").append(f"{value}   ", style="bold")
        if situation.figures:
            self.speaker.out.print(figures)
        if situation.five_fixed:
            self.table(
                ("rule", "checked", "passed", "share", "critical", "major", "minor"),
                (
                    (
                        self.of(row.rule),
                        f"{row.checked:,}",
                        f"{row.passed:,}",
                        f"{row.passed / max(1, row.checked):.1%}",
                        Text(f"{row.critical:,}", style="red" if row.critical else ""),
                        f"{row.major:,}",
                        f"{row.minor:,}",
                    )
                    for row in situation.five_fixed
                ),
            )

    def overdue(self, situation: Situation, *, limit: int = 8) -> None:
        """The overdue checks that keep most from dispatch."""
        if not situation.overdue:
            return
        self.section("overdue")
        blocking = sorted(situation.overdue, key=lambda row: (not row.blocks, -(row.units or 0)))
        self.table(
            ("check", "store", "item", "due", "units"),
            (
                (
                    self.of(row.check),
                    self.of(row.store),
                    self.of(row.item),
                    row.due.isoformat() if row.due else "",
                    _number(row.units) if row.units else "",
                )
                for row in blocking
            ),
            limit=limit,
        )

    def stock(self, view: ReportView) -> None:
        """The items that somebody asks for: what there is of them, and what may leave."""
        self.section("stock")
        self.table(
            ("item", "on_hand", "blocked", "expired", "kept", "dispatchable", "demanded", "shipped"),
            (
                (
                    f"{self.of(row.name)} ({self.of(row.unit)})" if self.of(row.unit) else self.of(row.name),
                    *map(_number, (row.on_hand, row.blocked, row.expired, row.kept, row.dispatchable)),
                    _number(row.demanded),
                    Text(_number(row.shipped), style="red" if row.shipped < row.demanded else "green"),
                )
                for row in view.stock
                if row.demanded
            ),
        )

    def incidents(self, view: ReportView) -> None:
        self.section("incidents")
        self.table(
            ("number", "incident", "severity", "reported", "people", "teams", "first", "fill"),
            (
                (
                    str(card.number),
                    self.of(card.name),
                    Text("●" * card.severity, style=_SEVERE.get(card.severity, "")),
                    self.of(card.reported),
                    "" if card.people is None else f"{card.people:,}",
                    Text(f"{card.provided}/{card.needed}", style="red" if card.provided < card.needed else ""),
                    self.of(card.first_arrival),
                    "" if card.fill_rate is None else f"{card.fill_rate:.0%}",
                )
                for card in view.incidents
            ),
        )

    def teams(self, view: ReportView) -> None:
        """Every stop in order of departure, with its arrival and the tier it meets."""
        self.section("teams")
        self.table(
            ("team", "tier", "order", "incident", "task", "depart", "arrive", "response", "tier_met"),
            (
                (
                    self.of(row.team_name),
                    self.of(row.tier_name),
                    str(row.order),
                    f"{row.number} {self.of(row.incident_name)}",
                    self._with(row.task_name, None if row.takes is None else say("stop.takes", goods=row.takes)),
                    self.of(row.depart),
                    Text(self._with(row.arrive, row.waits), style="red" if row.late_s else ""),
                    self.of(row.response),
                    self.of(row.tier_met_name),
                )
                for row in view.teams
            ),
            limit=200,
        )

    def _with(self, label: Label, more: Label | None) -> str:
        """`more` under it, where there is any."""
        return self.of(label) if more is None else f"{self.of(label)}\n{self.of(more)}"

    def supplies(self, view: ReportView) -> None:
        """By store and lot, earliest expiry first."""
        self.section("supplies")
        rows = sorted(
            view.supplies,
            key=lambda row: (row.store, row.item, row.expires is None, str(row.expires), row.lot, row.depart_s),
        )
        self.table(
            ("store", "item", "lot", "expires", "quantity", "incident", "vehicle", "depart", "arrive"),
            (
                (
                    self.of(row.store_name),
                    self._with(row.item_name, row.use),
                    row.lot,
                    row.expires.isoformat() if row.expires else "",
                    f"{_number(row.quantity)} {self.of(row.unit)}",
                    f"{row.number} {self.of(row.incident_name)}",
                    self.of(row.vehicle_name) if row.vehicle or row.team else "",
                    self.of(row.depart),
                    self.of(row.arrive),
                )
                for row in rows
            ),
        )

    def unmet(self, view: ReportView) -> None:
        self.section("unmet")
        if not view.unmet:
            self.speaker.say("said.all_met")
            return
        self.table(
            ("incident", "what", "quantity", "reason", "cure"),
            (
                (
                    f"{row.number} {self.of(row.incident_name)}",
                    self.of(row.what),
                    f"{_number(row.quantity)} {self.of(row.unit)}",
                    Text(self.of(row.reason_name), style="yellow"),
                    self.of(row.cure),
                )
                for row in view.unmet
            ),
        )

    def foreseen(self, view: ForeseenView | None) -> None:
        """Legs that meet a closure on the way, a sentence each, and what to do; nothing where no road changes."""
        if view is None:
            return
        self.section("foreseen")
        say_line = partial(self.speaker.out.print, soft_wrap=True)
        say_line(Text(self.of(view.summary), style="bold red" if view.rows else ""))
        for row in view.rows[:MAX_WARNINGS]:
            say_line(Text(f"  {self.of(row.said)}", style="yellow"))
        if len(view.rows) > MAX_WARNINGS:
            self.speaker.say("said.foreseen_more", count=len(view.rows) - MAX_WARNINGS)
        for line in (view.remedy, view.quicker):
            if line is not None:
                say_line(Text(self.of(line)))

    def verdict(self, view: ReportView) -> None:
        """Plan against practice, with what is proven."""
        self.section("levels")
        self.speaker.out.print(Text(f"{self.of(view.status)} · {self.of(view.stopped_by)}", style="bold"))
        self.levels(view)

    def whole(self, view: ReportView) -> None:
        """The report from top to bottom."""
        parts: tuple[Callable[[], None], ...] = (
            lambda: self.situation(view.situation),
            lambda: self.overdue(view.situation),
            lambda: self.stock(view),
            lambda: self.incidents(view),
            lambda: self.teams(view),
            lambda: self.supplies(view),
            lambda: self.unmet(view),
            lambda: self.foreseen(view.foreseen),
            lambda: self.verdict(view),
        )
        for part in parts:
            part()


def print_levels(speaker: Speaker, problem: DispatchProblem, plan: Plan) -> None:
    """Plan against practice on every level, with bound and gap."""
    Show(speaker).levels(view_of(problem, plan))


def print_foreseen(speaker: Speaker, solved: "Solved") -> None:
    """What a plan drives into, things named as people name them where a World knows."""
    if solved.foreseen is None:
        return
    from api.stage import plain_names

    names = None if solved.world is None else plain_names(solved.world)
    Show(speaker).foreseen(foreseen_view(solved.problem, solved.foreseen, names=names))


def _stacked(words: str) -> str:
    """A vector's parts below each other, so that the column stays narrow."""
    return words.replace(" · ", "\n")


def _number(value: Decimal | int) -> str:
    whole, _, part = plain_decimal(Decimal(value)).partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")


def print_world(speaker: Speaker, world: World) -> None:
    """What is in a scenario: its counts, its incidents and its closures."""
    from api.stage import closures_of, label, names_of, situation_of
    from scenarios.build import five_fixed

    show, report = Show(speaker), five_fixed(world)
    show.situation(situation_of(world, report))
    names, capabilities = names_of(world, report), _tasks_by_incident(world)
    show.section("incidents")
    show.table(
        ("id", "incident", "kind", "severity", "people", "task"),
        (
            (
                row["id"],
                show.of(names.name("incidents", row["id"])),
                show.of(names.name("kinds", row["kind"])),
                Text("●" * row["severity"], style=_SEVERE.get(row["severity"], "")),
                "" if row["people_affected"] is None else f"{row['people_affected']:,}",
                speaker.words(
                    "show.tasks",
                    tasks=[
                        f"{show.of(names.name('capabilities', capability))} ×{teams}"
                        for capability, teams in capabilities.get(row["id"], [])
                    ],
                ),
            )
            for row in world.incidents.rows()
        ),
    )
    for closure in closures_of(world):
        speaker.out.print(Text(f"  {show.of(label('stage.closures'))}: {show.of(closure)}"))
    speaker.remarks(world.notes)


def _tasks_by_incident(world: World) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for row in world.tasks.rows():
        found.setdefault(row["incident"], []).append((row["capability"], row["teams_needed"]))
    return found
