"""The section of plan.html that says why: alternatives, values, sensitivity, cover left afterwards."""

from collections.abc import Iterable, Sequence

from scenarios.report.labels import Label, say
from scenarios.report.markup import both
from scenarios.report.sections import cells, section, table
from scenarios.report.why_rows import ValueSaid, WhyView


def why_section(view: WhyView) -> str:
    """Long tables are folded away: the page opens with what people decide on first."""
    parts = [
        _folded("why.of_teams", _teams(view)),
        _folded("why.of_supplies", _supplies(view)),
        _part("why.of_tasks", _values(view.tasks, "value_of", "releases", caption=say("why.of_tasks")))
        + f'<p class="note">{both(view.nothing)}</p>',
    ]
    if view.roads:
        parts.append(_part("why.of_roads", _values(view.roads, "road", "touches", caption=say("why.of_roads"))))
    parts.append(_part("why.of_times", _times(view)))
    if view.cover:
        parts.append(f"<h3>{both(view.cover_title)}</h3>{_cover(view)}")
        moves = _list(view.moves) if view.moves else f"<p>{both(say('why.no_moves'))}</p>"
        parts.append(_part("why.of_moves", moves))
    note = f'<p class="note">{both(say("why.units"))}</p>'
    return section("why", note + "".join(parts), heading=say("section.why"))


def _part(key: str, body: str) -> str:
    return f"<h3>{both(say(key))}</h3>{body}"


def _folded(key: str, body: str) -> str:
    return f"<details><summary>{both(say(key))}</summary>{body}</details>"


def _list(lines: Iterable[Label]) -> str:
    return f"<ul>{''.join(f'<li>{both(line)}</li>' for line in lines)}</ul>"


def _stacked(lines: Sequence[Label]) -> str:
    return "<br>".join(both(line) for line in lines) or "—"


def _teams(view: WhyView) -> str:
    columns = (("team", ""), ("task", ""), ("arrive", "t"), ("next_best", "wide"), ("nearest", "wide"))
    rows = (
        "<tr>"
        + cells(
            ("", both(row.team)),
            ("", both(row.task)),
            ("t", both(row.arrive)),
            ("wide", _stacked(row.next)),
            ("wide", both(row.nearest)),
        )
        + "</tr>"
        for row in view.stops
    )
    return table(columns, rows, caption=say("why.of_teams"), tall=True)


def _supplies(view: WhyView) -> str:
    columns = (("incident", ""), ("item", ""), ("source", "wide"), ("next_store", ""), ("nearer", "wide"))
    rows = (
        "<tr>"
        + cells(
            ("", both(row.incident)),
            ("", both(row.item)),
            ("wide", both(row.source)),
            ("", both(row.next)),
            ("wide", _stacked(row.nearer)),
        )
        + "</tr>"
        for row in view.demands
    )
    return table(columns, rows, caption=say("why.of_supplies"), tall=True)


def _values(rows: Sequence[ValueSaid], what: str, releases: str, *, caption: Label) -> str:
    if not rows:
        return f"<p>{both(say('why.no_tasks'))}</p>"
    columns = ((what, ""), (releases, ""), ("effect", "wide"), ("basis", ""))
    lines = (
        "<tr>"
        + cells(("", both(row.what)), ("", both(row.releases)), ("wide", both(row.effect)), ("", both(row.basis)))
        + "</tr>"
        for row in rows
    )
    return table(columns, lines, caption=caption, tall=True)


def _times(view: WhyView) -> str:
    columns = (("factor", "n"), ("kept_teams", ""), ("kept_supplies", ""), ("regret", ""))
    rows = (
        "<tr>" + cells(("n", factor), ("", both(teams)), ("", both(goods)), ("", both(regret))) + "</tr>"
        for factor, teams, goods, regret in view.factors
    )
    parts = [table(columns, rows, caption=say("why.of_times")), _list(view.summary)]
    if view.weak:
        weak = (
            "<tr>" + cells(("", both(team)), ("", both(task)), ("n", share)) + "</tr>"
            for team, task, share in view.weak
        )
        body = table((("team", ""), ("task", ""), ("keeps", "n")), weak, caption=say("why.of_weak"))
        parts.append(f"<h4>{both(say('why.of_weak'))}</h4>{body}")
    return "".join(parts)


def _cover(view: WhyView) -> str:
    columns = (("capability", ""), ("idle", "n"), ("before", "n"), ("after", "n"), ("uncovered", "wide"))
    rows = (
        "<tr>"
        + cells(
            ("", both(row.capability)),
            ("n", row.idle),
            ("n", row.before),
            ("n", row.after),
            ("wide", both(row.uncovered)),
        )
        + "</tr>"
        for row in view.cover
    )
    return table(columns, rows, caption=view.cover_title)
