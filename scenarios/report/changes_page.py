"""changes.html: what a re-plan changes, team by team and store by store, in both languages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from scenarios.report.labels import Label, Lang, say, texts
from scenarios.report.markup import both
from scenarios.report.page import contents_bar, page_buttons, whole_page
from scenarios.report.rows import Figure, ReportView
from scenarios.report.sections import GOOD, Column, badge, cells, chip, figure_list, section, table, units_of
from scenarios.report.wording import NONE, change, clock, duration, instant, level_value, plain

if TYPE_CHECKING:
    from optimizer.dispatch.replanning import Change, PlanDiff

PLAN = "plan.html"
CONTENTS = ("figures", "unmet", "teams", "supplies", "levels")
REAL = ("added", "dropped", "moved", "changed")  # what somebody must be told; the others keep their order
GRADE = {"added": True, "moved": None, "changed": None, "retimed": None, "dropped": False, "handed": False}


@dataclass(frozen=True)
class _Words:
    problem: DispatchProblem
    view: ReportView

    def incident(self, id: str) -> str:
        """With its number on the map; one that is over by its name alone."""
        name = both(self.view.names.name("incidents", id))
        card = next((card for card in self.view.incidents if card.id == id), None)
        return name if card is None else f"{badge(card.number, card.severity)} {name}"

    def task(self, id: str) -> Label:
        names, known = self.view.names, self.problem.task_index.get(id)
        if id in names.tasks or known is None:
            return names.name("tasks", id)
        return names.name("capabilities", self.problem.tasks[known].capability)

    def units(self, value: Decimal | None, item: str) -> str:
        return both(NONE) if value is None else units_of(value, self.view.names.units.get(item, plain("")))

    def clock(self, seconds: int | None) -> str:
        return both(clock(self.view.as_of, seconds))


def changes_html(
    view: ReportView, found: "PlanDiff", *, problem: DispatchProblem, plan: Plan, lang: Lang = "zh"
) -> str:
    """The whole page, `lang` shown first; `view` is that of the new `plan`. Equal input gives equal text."""
    words, title = _Words(problem, view), say("changes.title", title=view.title)
    about = [say("report.as_of", clock=instant(view.as_of))]
    if plan.replans is not None:
        about.append(say("changes.from", plan=plan.replans.plan_sha256[:12]))
    head = (
        f'<header class="top"><div><h1>{both(title)}</h1><p>{" · ".join(map(both, about))}</p></div>'
        f"{page_buttons()}</header>"
    )
    body = "\n".join(
        [
            f'<a class="skip" href="#main">{both(say("report.skip"))}</a>',
            head,
            _contents(),
            '<main id="main">',
            section("figures", figure_list(_figures(found)), heading=say("section.figures")),
            section("unmet", _unmet(words, found), heading=say("changes.unmet")),
            section("teams", _teams(words, found.assignments), heading=say("changes.teams")),
            section("supplies", _loads(words, found.shipments), heading=say("changes.loads")),
            section("levels", _levels(found), heading=say("changes.levels")),
            "</main>",
            f"<footer><p>{both(say('changes.note'))}</p></footer>",
        ]
    )
    return whole_page(body, title=title, lang=lang)


def _contents() -> str:
    links = "".join(f'<li><a href="#{one}">{both(say(f"contents.{one}"))}</a></li>' for one in CONTENTS)
    links += f'<li><a href="{PLAN}">{both(say("changes.whole"))}</a></li>'
    return contents_bar(links)


def _figures(found: "PlanDiff") -> Iterable[Figure]:
    for key, rows in (("teams", found.assignments), ("loads", found.shipments)):
        real, kept, timed = (
            sum(row.kind in kinds for row in rows) for kinds in (REAL, ("kept", "retimed"), ("retimed",))
        )
        note = say("changes.figure.note", kept=kept, retimed=timed)
        yield Figure(say(f"changes.figure.{key}"), plain(str(real)), note)
    concerned = _concerned(found.assignments)
    yield Figure(say("changes.figure.who"), plain(str(len(concerned))), say("changes.figure.who.note"))
    less, more = (sum(sign * (after - before) > 0 for *_, before, after in found.unmet) for sign in (-1, 1))
    note = say("changes.figure.unmet.note", less=less)
    yield Figure(say("changes.figure.unmet"), plain(str(more)), note, None if more == less == 0 else more == 0)


def _concerned(rows: Iterable["Change"]) -> set[str]:
    """Teams that must be told: whose list of tasks is another one."""
    return {who for row in rows if row.kind in REAL for who in (row.who, row.was) if who is not None}


def _by_who(rows: Iterable["Change"]) -> dict[str, list[tuple[str, "Change"]]]:
    """(kind, row) under the team or store it concerns; what moved also under the one that gives it up ("handed")."""
    found: dict[str, list[tuple[str, Change]]] = {}
    for row in rows:
        found.setdefault(row.who, []).append((row.kind, row))
        if row.kind == "moved" and row.was is not None:
            found.setdefault(row.was, []).append(("handed", row))
    return {who: found[who] for who in sorted(found)}


def _grouped(
    rows: Iterable["Change"],
    columns: Sequence[Column],
    name: Callable[[str], Label],
    line: Callable[[str, "Change"], str],
    *,
    caption: Label,
) -> str:
    """A group of rows per team or store, earliest arrival first."""

    def when(row: tuple[str, "Change"]) -> tuple[int, str]:
        kind, one = row
        now = one.arrive_before_s if kind == "handed" or one.arrive_s is None else one.arrive_s
        return now or 0, one.what

    groups = (
        f'<tbody><tr class="group"><th scope="rowgroup" colspan="{len(columns)}">{both(name(who))}</th></tr>'
        f"{''.join(line(*row) for row in sorted(mine, key=when))}</tbody>"
        for who, mine in _by_who(rows).items()
    )
    return table(columns, groups, caption=caption)


def _told(
    rows: Sequence["Change"],
    columns: Sequence[Column],
    name: Callable[[str], Label],
    line: Callable[[str, "Change"], str],
    *,
    caption: Label,
) -> str:
    """What is different open, what only comes at another time folded away, what stays only counted."""
    real = [row for row in rows if row.kind in REAL]
    timed = [row for row in rows if row.kind == "retimed"]
    parts = [f"<p>{both(say('changes.none'))}</p>"]
    if real:
        parts = [_grouped(real, columns, name, line, caption=caption)]
    if timed:
        body = _grouped(timed, columns, name, line, caption=say("changes.retimed", count=len(timed)))
        parts.append(f"<details><summary>{both(say('changes.retimed', count=len(timed)))}</summary>{body}</details>")
    kept = sum(row.kind == "kept" for row in rows)
    return "".join([*parts, f'<p class="hint">{both(say("changes.kept", count=kept))}</p>'])


def _teams(words: _Words, rows: Sequence["Change"]) -> str:
    columns = (("what_changes", ""), ("incident", ""), ("task", ""), ("arrive_before", "t"), ("arrive_now", "t"),
               ("shift", "t"))  # fmt: skip
    names = words.view.names

    def name(team: str) -> Label:
        label = names.name("teams", team)
        return label if team in words.problem.team_index else say("changes.team_gone", team=label)

    def line(kind: str, row: "Change") -> str:
        other = names.name("teams", row.who if kind == "handed" else row.was or "")
        return "<tr>" + cells(
            ("", _kind(kind, other, "team")),
            ("", words.incident(row.incident)),
            ("", both(words.task(row.what))),
            *_times(words, kind, row),
        ) + "</tr>"  # fmt: skip

    return _told(rows, columns, name, line, caption=say("changes.teams"))


def _loads(words: _Words, rows: Sequence["Change"]) -> str:
    columns = (("what_changes", ""), ("item", ""), ("incident", ""), ("quantity_before", "n"), ("quantity_now", "n"),
               ("arrive_before", "t"), ("arrive_now", "t"), ("shift", "t"))  # fmt: skip
    names = words.view.names

    def line(kind: str, row: "Change") -> str:
        other = names.name("stores", row.who if kind == "handed" else row.was or "")
        before = None if kind == "moved" else row.quantity_before
        now = None if kind == "handed" else row.quantity
        return "<tr>" + cells(
            ("", _kind(kind, other, "store")),
            ("", both(names.name("items", row.what))),
            ("", words.incident(row.incident)),
            ("n", words.units(before, row.what)),
            ("n", words.units(now, row.what)),
            *_times(words, kind, row),
        ) + "</tr>"  # fmt: skip

    return _told(rows, columns, lambda who: names.name("stores", who), line, caption=say("changes.loads"))


def _kind(kind: str, other: Label, whose: str) -> str:
    key = f"changes.{kind}.{whose}"
    return chip(say(key, other=other) if key in texts() else say(f"changes.{kind}"), good=GRADE[kind])


def _times(words: _Words, kind: str, row: "Change") -> tuple[tuple[str, str], ...]:
    """Arrival before, arrival now, and by how much that differs at the incident."""
    now = None if kind == "handed" else row.arrive_s
    before = None if kind == "moved" else row.arrive_before_s
    shift = None if now is None or row.arrive_before_s is None else now - row.arrive_before_s
    better = None if not shift else shift < 0
    return (
        ("t", words.clock(before)),
        ("t" if now is None else "t strong", words.clock(now)),
        ("t" + GOOD[better], "" if shift is None else both(_shift(shift))),
    )


def _shift(seconds: int) -> Label:
    if not seconds:
        return say("why.same_time")
    return say("why.later" if seconds > 0 else "why.sooner", duration=duration(seconds))


def _unmet(words: _Words, found: "PlanDiff") -> str:
    if not found.unmet:
        return f"<p>{both(say('changes.unmet.none'))}</p>"
    columns = (("incident", ""), ("what", ""), ("missing_before", "n"), ("missing_now", "n"))

    def line(incident: str, what: str, before: Decimal, now: Decimal) -> str:
        names = words.view.names
        if what in words.problem.task_index:
            name, unit = words.task(what), say("unmet.unit.team")
        else:
            name, unit = names.name("items", what), names.units.get(what, plain(""))
        return "<tr>" + cells(
            ("", words.incident(incident)),
            ("", both(name)),
            ("n", units_of(before, unit)),
            ("n strong" + GOOD[now < before], units_of(now, unit)),
        ) + "</tr>"  # fmt: skip

    return table(columns, (line(*row) for row in found.unmet), caption=say("changes.unmet"))


def _levels(found: "PlanDiff") -> str:
    columns = (("level", ""), ("unit", ""), ("level_before", "n"), ("level_now", "n"), ("change_of_plan", "n"))
    rows = []
    for order, row in enumerate(found.levels, start=1):
        said, better = (NONE, None) if row.before is None or row.after is None else change(row.after, row.before)
        rows.append(
            "<tr>"
            + cells(
                ("", f"{order} {both(say(f'level.{row.name}'))}"),
                ("", both(say(f"level.{row.name}.unit"))),
                ("n", both(level_value(row.before))),
                ("n strong", both(level_value(row.after))),
                ("n" + GOOD[better], both(said)),
            )
            + "</tr>"
        )
    note = f'<p class="hint">{both(say("changes.levels.note"))}</p>'
    return table(columns, rows, caption=say("changes.levels")) + note
