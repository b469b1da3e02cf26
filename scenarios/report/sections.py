"""The sections of plan.html, one function each; tables in two languages, every text escaped."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from itertools import groupby

from scenarios.report.labels import Label, say
from scenarios.report.markup import both
from scenarios.report.rows import STOCK_COLUMNS, Figure, IncidentCard, ReportView, StopRow, SupplyRow, UnmetRow
from scenarios.report.trip_rows import TripRow, trip_list
from scenarios.report.wording import duration, percent, plain, quantity

OVERDUE_AT_MOST = 40  # rows on the page; the workbook lists them all
GOOD = {True: " good", False: " bad", None: ""}
Column = tuple[str, str]  # text key of the heading, class of its cells


def section(id: str, body: str, *, heading: Label) -> str:
    return f'<section id="{id}" aria-labelledby="h-{id}"><h2 id="h-{id}">{both(heading)}</h2>{body}</section>'


def table(columns: Sequence[Column], rows: Iterable[str], *, caption: Label, tall: bool = False) -> str:
    """A table that scrolls inside its own box, by keyboard too, so that the page never scrolls sideways."""
    heads = "".join(f'<th scope="col"{_class(name)}>{both(say(f"table.{key}"))}</th>' for key, name in columns)
    body = "".join(rows)
    if not body.startswith("<tbody"):
        body = f"<tbody>{body}</tbody>"
    return (
        f'<div class="scroll{" tall" if tall else ""}" tabindex="0"><table><caption>{both(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead>{body}</table></div>"
    )


def cells(*parts: tuple[str, str]) -> str:
    """Cells of (class, markup), the first as the head of its row."""
    head, *rest = parts
    return f'<th scope="row"{_class(head[0])}>{head[1]}</th>' + "".join(
        f"<td{_class(name)}>{markup}</td>" for name, markup in rest
    )


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def units_of(value: Decimal, unit: Label) -> str:
    return f"{quantity(value)} {both(unit)}".strip()


def badge(number: int, severity: int) -> str:
    return f'<b class="badge sev{severity}">{number}</b>'


def _incident_link(number: int, name: Label, *, severity: int) -> str:
    return f'<a href="#incident-{number}">{badge(number, severity)} {both(name)}</a>'


# Key figures


def figures_section(view: ReportView) -> str:
    return section("figures", figure_list((*view.figures, _unmet_figure(view))), heading=say("section.figures"))


def figure_list(figures: Iterable[Figure]) -> str:
    items = "".join(
        f'<li class="figure{GOOD[one.good]}"><span class="what">{both(one.label)}</span>'
        f'<strong>{both(one.value)}</strong><span class="note">{both(one.note)}</span></li>'
        for one in figures
    )
    return f'<ul class="figures">{items}</ul>'


def _unmet_figure(view: ReportView) -> Figure:
    count = len(view.unmet)
    note = say("figure.unmet.note") if count else say("figure.unmet.none")
    return Figure(say("figure.unmet"), plain(str(count)), note, count == 0)


# Incidents


def incidents_section(view: ReportView) -> str:
    cards = "".join(map(_card, view.incidents))
    return section("incidents", f'<div class="cards">{cards}</div>', heading=say("section.incidents"))


def _card(card: IncidentCard) -> str:
    number = card.number
    facts = [card.kind, say("card.severity", severity=card.severity), say("card.reported", clock=card.reported)]
    if card.people is not None:
        facts.append(say("card.people", people=f"{card.people:,}"))
    chips = [_teams_chip(card)]
    if card.fill_rate is not None:
        chips.append(chip(say("card.fill", rate=percent(card.fill_rate)), good=card.fill_rate == 1))
    if card.first_arrival is not None:
        chips.append(chip(say("card.first", clock=card.first_arrival), good=None))
    parts = [
        f'<article class="card" id="incident-{number}" data-i="{number}" aria-labelledby="name-{number}">',
        f"<header>{badge(number, card.severity)}"
        f'<h3 id="name-{number}">{both(card.name)}</h3>'
        f'<button type="button" class="only" data-only="{number}" aria-pressed="false" '
        f'aria-describedby="name-{number}">{both(say("card.focus"))}</button></header>',
        f'<p class="facts">{" · ".join(map(both, facts))}</p><p class="chips">{"".join(chips)}</p>',
    ]
    if card.stops:
        parts.append(_list(say("card.who"), map(_stop_item, card.stops)))
    if card.supplies:
        parts.append(_list(say("card.what"), _supply_items(card.supplies)))
    if card.unmet:
        parts.append(_list(say("card.missing"), map(_unmet_item, card.unmet), name="missing"))
    return "".join([*parts, "</article>"])


def _teams_chip(card: IncidentCard) -> str:
    if not card.needed:
        return chip(say("card.no_team_needed"), good=None)
    if not card.provided:
        return chip(say("card.no_team"), good=False)
    label = say("card.teams", provided=card.provided, needed=card.needed)
    return chip(label, good=card.provided >= card.needed)


def chip(label: Label, *, good: bool | None) -> str:
    return f'<span class="chip{GOOD[good]}">{both(label)}</span>'


def _list(heading: Label, items: Iterable[str], *, name: str = "") -> str:
    return f"<h4{_class(name)}>{both(heading)}</h4><ul{_class(name)}>{''.join(items)}</ul>"


def _stop_item(row: StopRow) -> str:
    facts = [f"<b>{both(row.team_name)}</b>", both(row.task_name)]
    if row.order > 1:
        facts.append(both(say("stop.nth", order=row.order)))
    if row.takes is not None:
        facts.append(both(say("stop.takes", goods=row.takes)))
    when = f"{both(row.depart)} → <b>{both(row.arrive)}</b>{_wait_chip(row)}"
    note = both(say("stop.started")) if row.started else f"{both(row.response)}, {both(row.tier_met_name)}"
    return f'<li>{" · ".join(facts)}<br><span class="when">{when} ({note}) {_due_chip(row)}</span></li>'


def _due_chip(row: StopRow) -> str:
    if row.due_s is None:
        return ""
    if row.late_s:
        return chip(say("stop.late", duration=duration(row.late_s)), good=False)
    return chip(say("stop.in_time"), good=True)


def _wait_chip(row: StopRow) -> str:
    return "" if row.waits is None else " " + chip(row.waits, good=None)


def _supply_items(rows: Sequence[SupplyRow]) -> Iterable[str]:
    """Goods by item and what they are for: how much in all, from how many stores, first and last arrival."""

    def kind(row: SupplyRow) -> tuple[str, str, str]:
        return row.item, row.task or "", row.team or ""

    for _, group in groupby(sorted(rows, key=lambda row: (kind(row), row.arrive_s, row.id)), key=kind):
        some = list(group)
        amount = units_of(sum((row.quantity for row in some), Decimal(0)), some[0].unit)
        stores = {row.store for row in some}
        if len(stores) == 1:
            source = say("card.from_store", store=some[0].store_name, clock=some[-1].arrive)
        elif some[0].arrive == some[-1].arrive:
            source = say("card.from_stores_at", count=len(stores), clock=some[-1].arrive)
        else:
            source = say("card.from_stores", count=len(stores), first=some[0].arrive, last=some[-1].arrive)
        when = f'<span class="when">{both(source)}{_use(some[0])}</span>'
        yield f"<li><b>{both(some[0].item_name)}</b> {amount} {when}</li>"


def _use(row: SupplyRow) -> str:
    """What equipment is for and, where a team takes it along, which."""
    if row.use is None:
        return ""
    along = "" if row.team is None else f" · {both(row.vehicle_name)}"
    return f"<br>{both(row.use)}{along}"


def _unmet_item(row: UnmetRow) -> str:
    return (
        f"<li><b>{both(row.what)}</b> {units_of(row.quantity, row.unit)} · {both(row.reason_name)}<br>"
        f'<span class="when">{both(row.cure)}</span></li>'
    )


# Orders


def teams_section(view: ReportView) -> str:
    columns = (("team", ""), ("tier", ""), ("order", "n"), ("incident", ""), ("task", ""), ("depart", "t"),
               ("arrive", "t"), ("due_met", ""), ("finish", "t"), ("response", "t"), ("tier_met", ""))  # fmt: skip
    severities = {card.number: card.severity for card in view.incidents}
    rows = (
        f'<tr data-i="{row.number}">'
        + cells(
            ("", both(row.team_name)),
            ("", both(row.tier_name)),
            ("n", str(row.order)),
            ("", _incident_link(row.number, row.incident_name, severity=severities[row.number])),
            (
                "",
                both(row.task_name) + ("" if row.takes is None else f"<br>{both(say('stop.takes', goods=row.takes))}"),
            ),
            ("t", both(row.depart)),
            ("t", both(row.arrive) + _wait_chip(row)),
            ("", _due_chip(row)),
            ("t", both(row.finish)),
            ("t", both(row.response)),
            ("", both(say("stop.started") if row.started else row.tier_met_name)),
        )
        + "</tr>"
        for row in view.teams
    )
    body = table(columns, rows, caption=say("section.teams"), tall=True)
    return section("teams", body, heading=say("section.teams"))


def supplies_section(view: ReportView) -> str:
    """By store, item and lot, earliest expiry first; one row group per store."""
    columns: list[Column] = [("item", ""), ("lot", ""), ("expires", "t"), ("quantity", "n"), ("incident", "")]
    vehicles = any(row.vehicle or row.team for row in view.supplies)
    if vehicles:
        columns += [("vehicle", ""), ("trip", "n")]
    columns += [("depart", "t"), ("arrive", "t")]
    severities = {card.number: card.severity for card in view.incidents}

    def line(row: SupplyRow) -> str:
        expiry = say("ship.no_expiry") if row.expires is None else plain(row.expires.isoformat())
        parts = [
            ("", both(row.item_name) + _use(row)),
            ("", escape(row.lot)),
            ("t", both(expiry)),
            ("n", units_of(row.quantity, row.unit)),
            ("", _incident_link(row.number, row.incident_name, severity=severities[row.number])),
        ]
        if vehicles:
            parts += [("", both(row.vehicle_name)), ("n", "" if row.trip is None else str(row.trip))]
        parts += [("t", both(row.depart)), ("t", both(row.arrive))]
        return f'<tr data-i="{row.number}">{cells(*parts)}</tr>'

    trips: dict[str, list[TripRow]] = {}
    for trip in view.trips:
        trips.setdefault(trip.store, []).append(trip)

    def store_groups() -> Iterable[str]:
        for store, group in groupby(view.supplies, key=lambda row: row.store):
            rows = list(group)
            numbers = " ".join(map(str, sorted({row.number for row in rows})))
            yield (
                f'<tbody data-i="{numbers}"><tr class="group"><th scope="rowgroup" colspan="{len(columns)}">'
                f"{both(rows[0].store_name)}{trip_list(trips.get(store, ()))}</th></tr>"
                f"{''.join(map(line, rows))}</tbody>"
            )

    body = table(columns, store_groups(), caption=say("section.supplies"), tall=True)
    return section("supplies", body, heading=say("section.supplies"))


def unmet_section(view: ReportView) -> str:
    heading = say("section.unmet")
    if not view.unmet:
        return section("unmet", f"<p>{both(say('unmet.none'))}</p>", heading=heading)
    columns = (("incident", ""), ("what", ""), ("quantity", "n"), ("reason", ""), ("cure", "wide"))
    severities = {card.number: card.severity for card in view.incidents}
    rows = (
        f'<tr data-i="{row.number}">'
        + cells(
            ("", _incident_link(row.number, row.incident_name, severity=severities[row.number])),
            ("", both(row.what)),
            ("n", units_of(row.quantity, row.unit)),
            ("", both(row.reason_name)),
            ("wide", both(row.cure)),
        )
        + "</tr>"
        for row in view.unmet
    )
    return section("unmet", table(columns, rows, caption=heading, tall=True), heading=heading)


# Situation


def situation_section(view: ReportView, *, closures: Sequence[Label]) -> str:
    situation, parts = view.situation, []
    if situation.figures:
        pairs = "".join(
            f"<div><dt>{both(what)}</dt><dd>{escape(value)}</dd></div>" for what, value in situation.figures
        )
        parts.append(f'<dl class="counts">{pairs}</dl>')
    if closures:
        parts.append(_list(say("situation.closures"), (f"<li>{both(one)}</li>" for one in closures), name="inline"))
    parts += [_five_fixed(view), _overdue(view), _stock(view)]
    return section("situation", "".join(parts), heading=say("section.situation"))


def _part(heading: Label, body: str) -> str:
    return f"<h3>{both(heading)}</h3>{body}"


def _five_fixed(view: ReportView) -> str:
    heading = say("section.five_fixed")
    if not view.situation.five_fixed:
        return _part(heading, f"<p>{both(say('situation.none'))}</p>")
    columns = (("rule", ""), ("checked", "n"), ("passed", "n"), ("share", "n"), ("critical", "n"), ("major", "n"),
               ("minor", "n"))  # fmt: skip
    rows = (
        "<tr>"
        + cells(
            ("", both(row.rule)),
            *(("n", text) for text in (
                f"{row.checked:,}", f"{row.passed:,}", percent(row.passed / row.checked) if row.checked else "—",
                f"{row.critical:,}", f"{row.major:,}", f"{row.minor:,}",
            )),
        )
        + "</tr>"
        for row in view.situation.five_fixed
    )  # fmt: skip
    return _part(heading, table(columns, rows, caption=heading))


def _overdue(view: ReportView) -> str:
    heading, overdue = say("section.overdue"), view.situation.overdue
    if not overdue:
        return _part(heading, f"<p>{both(say('situation.no_overdue'))}</p>")
    columns = (("check", ""), ("store", ""), ("item", ""), ("due", "t"), ("units", "n"))
    rows = (
        "<tr>"
        + cells(
            ("", both(row.check)),
            ("", both(row.store)),
            ("", both(row.item)),
            ("t", "" if row.due is None else row.due.isoformat()),
            ("n", "" if row.units is None else quantity(row.units)),
        )
        + "</tr>"
        for row in overdue[:OVERDUE_AT_MOST]
    )
    rest = len(overdue) - OVERDUE_AT_MOST
    more = f"<p>{both(say('situation.more', count=f'{rest:,}'))}</p>" if rest > 0 else ""
    return _part(heading, table(columns, rows, caption=heading, tall=True) + more)


def _stock(view: ReportView) -> str:
    heading = say("section.stock")
    names = STOCK_COLUMNS if any(row.equipment for row in view.stock) else STOCK_COLUMNS[:-1]
    columns = (("item", ""), ("unit", ""), *((name, "n") for name in names))
    rows = (
        f"<tr{_class('short' if row.shipped < row.demanded else '')}>"
        + cells(("", both(row.name)), ("", both(row.unit)), *(("n", quantity(getattr(row, name))) for name in names))
        + "</tr>"
        for row in view.stock
    )
    return _part(heading, table(columns, rows, caption=heading, tall=True))


# Proof and method


def levels_section(view: ReportView) -> str:
    columns = (("level", ""), ("unit", ""), ("plan", "n"), ("bound", "n"), ("gap", "n"), ("practice", "n"),
               ("change", "n"))  # fmt: skip
    rows = (
        "<tr>"
        + cells(
            ("", f"{row.order} {both(row.label)}"),
            ("", both(row.unit)),
            ("n strong", both(row.value)),
            ("n", both(row.bound)),
            ("n", both(row.gap)),
            ("n", both(row.practice)),
            ("n" + GOOD[row.better], both(row.change)),
        )
        + "</tr>"
        for row in view.levels
    )
    heading = say("section.levels")
    note = f'<p class="note">{both(say("method.gap"))}</p>'
    return section("levels", table(columns, rows, caption=heading) + note, heading=heading)


def method_footer(view: ReportView) -> str:
    lines = "".join(
        f"<p>{both(say(key))}</p>" for key in ("method.teams", "method.supplies", "method.practice", "method.limits")
    )
    facts: list[tuple[Label, str]] = [
        (say("footer.status"), both(view.status)),
        (say("footer.stopped"), both(view.stopped_by)),
        *((what, f"<code>{escape(value)}</code>") for what, value in view.footer),
        (say("footer.font"), both(say("footer.font.value"))),
    ]
    pairs = "".join(f"<div><dt>{both(what)}</dt><dd>{value}</dd></div>" for what, value in facts)
    return (
        f'<footer aria-labelledby="h-method"><h2 id="h-method">{both(say("section.method"))}</h2>'
        f'{lines}<dl class="run">{pairs}</dl></footer>'
    )
