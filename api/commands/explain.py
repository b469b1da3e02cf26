"""What `wuding explain` prints: short tables of the reasons; the document beside the plan holds all of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from api.commands.kit import new_file
from api.commands.lines import print_table
from api.say import Speaker
from api.show import Show
from api.why import explain_files, words_of
from scenarios.report.foreseen_rows import foreseen_view
from scenarios.report.labels import Label, say
from scenarios.report.why_rows import WhyView, why_view

DONE = 0
MOST = 12  # rows of a table on the console


def explain_problem(speaker: Speaker, problem: Path, plan: Path, *, output: Path | None, seed: int) -> int:
    """Explain, write the document, print what matters most."""
    if output is not None:
        new_file("--out", output)
    with speaker.working():
        done = explain_files(problem, plan, output=output, seed=seed, tell=speaker.phase)
        view = why_view(words_of(done.opened), done.found)
    speaker.notes(done.opened.loaded.notes)
    print_why(speaker, view)
    if done.found.foreseen is not None:
        words = words_of(done.opened)
        Show(speaker).foreseen(foreseen_view(words.problem, done.found.foreseen, names=words.names))
    speaker.say("said.why", file=done.written)
    return DONE


def print_why(speaker: Speaker, view: WhyView) -> None:
    """The first rows of every table, with a word on how many there are."""
    told = _Told(speaker)
    told.table(
        "why.of_teams",
        ("team", "task", "arrive", "next_best", "nearest"),
        [(row.team, row.task, row.arrive, row.next[0], row.nearest) for row in view.stops],
    )
    told.table(
        "why.of_supplies",
        ("incident", "item", "source", "next_store", "nearer"),
        [(row.incident, row.item, row.source, row.next, row.nearer[0]) for row in view.demands if row.nearer],
    )
    straight = sum(not row.nearer for row in view.demands)
    if straight:
        speaker.say("said.why.straight", count=straight)
    told.table(
        "why.of_tasks",
        ("value_of", "releases", "effect", "basis"),
        [(row.what, row.releases, row.effect, row.basis) for row in view.tasks],
    )
    told.lines([] if view.tasks else [say("why.no_tasks")])
    told.lines([view.nothing] if view.nothing != say("why.nothing.none") else [])
    if view.roads:
        told.table(
            "why.of_roads",
            ("road", "touches", "effect", "basis"),
            [(row.what, row.releases, row.effect, row.basis) for row in view.roads],
        )
    told.table("why.of_times", ("factor", "kept_teams", "kept_supplies", "regret"), view.factors)
    told.lines(view.summary)
    if view.cover:
        told.table(
            view.cover_title,
            ("capability", "idle", "before", "after", "uncovered"),
            [(row.capability, row.idle, row.before, row.after, row.uncovered) for row in view.cover],
        )
        told.show.title(speaker.words("why.of_moves"))
        told.lines(view.moves or [say("why.no_moves")])
    else:
        told.lines([say("why.no_cover")])
    told.lines([say("why.units")])


class _Told:
    """Prints labels in the speaker's language."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.show = Show(speaker)

    def table(self, title: str | Label, columns: Sequence[str], rows: Sequence[Sequence[Label | str]]) -> None:
        self.show.title(self.speaker.words(title) if isinstance(title, str) else self.show.of(title))
        if not rows:
            return
        heads = [f"table.{column}" for column in columns]
        print_table(self.speaker, heads, ([self._of(cell) for cell in row] for row in rows[:MOST]))
        if len(rows) > MOST:
            self.speaker.say("said.why.more", count=len(rows) - MOST)

    def lines(self, labels: Iterable[Label]) -> None:
        for label in labels:
            self.speaker.out.print(self.show.of(label), markup=False, soft_wrap=True)

    def _of(self, cell: Label | str) -> str:
        return cell if isinstance(cell, str) else self.show.of(cell)
