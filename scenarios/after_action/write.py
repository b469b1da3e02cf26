"""An after-action report as JSON, as a workbook, and (print.py) on paper."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.documents import Printed
from inventory.files import Sheet, write_workbook
from scenarios.after_action.model import AfterAction, NeedRow
from scenarios.after_action.words import Speech, moment
from scenarios.report.labels import say
from scenarios.report.wording import change, level_value

PLACES = Decimal("0.0001")


def write_pdf(path: Path | str, found: AfterAction, *, lang: str = "zh") -> Printed:
    """Print the report. Equal reports give equal bytes."""
    from scenarios.after_action.print import print_report  # the fonts are loaded only for paper

    return print_report(path, found, lang=lang)


def as_document(found: AfterAction, *, lang: str = "zh") -> dict[str, Any]:
    """The report as data: codes beside words in `lang`, seconds beside instants, shares 0 to 1."""
    said = Speech(found, lang)
    return {
        "situation": found.situation,
        "kind": found.kind,
        "title": said.title(),
        "partial": found.partial,
        "note": said.say("partial") if found.partial else None,
        "begins": found.begins,
        "ends": found.ends,
        "closed_at": found.closed_at,
        "summary": _shares(asdict(found.summary)),
        "tiers": [asdict(one) for one in found.tiers],
        "incidents": [
            _shares({**asdict(one), "name": said.name("incidents", one.code), "planned_s": one.planned_s,
                     "actual_s": one.actual_s})
            for one in found.incidents
        ],
        "teams": [
            {**asdict(one), "name": said.name("teams", one.team), "delay_s": one.delay_s} for one in found.stops
        ],
        "needs": [
            {**asdict(one), "name": said.name("items", one.item), "unit": _unit(said, one.item),
             "fill_planned": _rate(one.planned, one.asked), "fill_issued": _rate(one.issued, one.asked)}
            for one in found.needs
        ],
        "shipments": [
            {**asdict(one), "name": said.name("items", one.item), "unit": _unit(said, one.item),
             "store_name": said.name("stores", one.store), "delay_s": one.delay_s}
            for one in found.shipments
        ],
        "plans": [
            {**asdict(one), "levels": [{**asdict(level), "label": say(f"level.{level.name}").of(_lang(lang))}
                                       for level in one.levels]}
            for one in found.plans
        ],
        "events": [
            {"at": one.at, "kind": one.kind, "actor": one.actor, "incident": one.incident, "words": said.event(one),
             "facts": dict(one.facts)}
            for one in found.events
        ],
    }  # fmt: skip


def _lang(lang: str) -> Any:
    return "zh" if lang == "zh" else "en"


def _unit(said: Speech, item: str) -> str | None:
    return said.name("units", item) if item in said.found.called.units else None


def _rate(units: Decimal, asked: Decimal) -> float:
    return float(min(Decimal(1), units / asked).quantize(PLACES))


def _shares(row: dict[str, Any]) -> dict[str, Any]:
    """Fill rates as numbers, not as endless decimals."""
    return {
        name: float(value.quantize(PLACES)) if name.startswith("fill_") and value is not None else value
        for name, value in row.items()
    }


def write_xlsx(path: Path | str, found: AfterAction, *, lang: str = "zh") -> None:
    """A workbook with a sheet for each list; instants in China time, delays in seconds, shares 0 to 1. Nothing in it
    runs as a formula. Raises BadTable for texts that a workbook cannot hold."""
    said = Speech(found, lang)

    def sheet(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sheet:
        return Sheet(said.say(f"sheet.{title}"), [said.say(f"col.{head}") for head in heads], rows)

    name = said.name
    facts = {"situation": found.situation, "title": said.title(), "kind": said.say(f"kind.{found.kind}"),
             "partial": said.say("yes" if found.partial else "no"), "begins": moment(found.begins),
             "ends": moment(found.ends), **_shares(asdict(found.summary))}  # fmt: skip
    incidents = [
        (one.code, name("incidents", one.code), said.kind(one.kind), one.severity, one.place, said.status(one),
         one.people, moment(one.reported_at), one.reported_by, moment(one.closed_at), one.teams_needed,
         one.teams_ordered, one.teams_arrived, moment(one.arrive_planned), moment(one.arrived_at),
         said.tier(one.tier_planned, missed=one.planned_s is not None),
         said.tier(one.tier_actual, missed=one.actual_s is not None), _number(one.fill_planned),
         _number(one.fill_issued))
        for one in found.incidents
    ]  # fmt: skip
    stops = [
        (one.team, name("teams", one.team), one.incident, name("incidents", one.incident), one.task, one.plan,
         said.progress(one.status), moment(one.ordered_at), moment(one.depart_planned), moment(one.departed_at),
         moment(one.arrive_planned), moment(one.arrived_at), one.delay_s, moment(one.done_at))
        for one in found.stops
    ]  # fmt: skip
    shipments = [
        (one.plan, one.store, name("stores", one.store), one.incident, one.item, name("items", one.item), one.task,
         one.team, one.planned, one.issued, moment(one.depart_planned), moment(one.departed_at), one.delay_s)
        for one in found.shipments
    ]  # fmt: skip
    levels = [
        (plan.number, say(f"level.{level.name}").of(_lang(lang)), level_value(level.value).of(_lang(lang)),
         level_value(level.practice).of(_lang(lang)), change(level.value, level.practice)[0].of(_lang(lang)),
         verdict(said, level.better))
        for plan in found.plans for level in plan.levels
    ]  # fmt: skip
    plans = [
        (one.number, said.say(f"plan.{one.status}"), moment(one.recorded_at), one.actor, one.same_as, one.stops,
         one.shipments, one.unmet)
        for one in found.plans
    ]  # fmt: skip
    write_workbook(
        path,
        [
            sheet("summary", ("field", "figure"), [(said.say(f"field.{key}"), value) for key, value in facts.items()]),
            sheet("events", ("at", "incident", "what", "actor"),
                  [(moment(one.at), one.incident, said.event(one), one.actor) for one in found.events]),
            sheet("incidents", ("incident", "name", "kind", "severity", "place", "status", "people", "reported", "by",
                                "closed", "needed", "ordered", "arrived_teams", "first_planned", "first_actual",
                                "tier_planned", "tier_actual", "fill_planned", "fill_issued"), incidents),
            sheet("tiers", ("tier", "limit", "incidents", "met_planned", "met_actual"),
                  [(one.id, one.limit_s, one.incidents, one.planned, one.actual) for one in found.tiers]),
            sheet("teams", ("team", "name", "incident", "name", "task", "plan", "status", "ordered_at",
                            "depart_planned", "departed", "arrive_planned", "arrived", "delay_s", "done"), stops),
            sheet("needs", ("incident", "item", "name", "unit", "asked", "planned", "issued", "received",
                            "fill_planned", "fill_issued"), [_need(said, one) for one in found.needs]),
            sheet("shipments", ("plan", "store", "name", "incident", "item", "name", "task", "team", "planned",
                                "issued", "depart_planned", "departed", "delay_s"), shipments),
            sheet("practice", ("plan", "level", "value", "practice", "change", "verdict"), levels),
            sheet("plans", ("plan", "status", "approved", "by", "same_as", "stops", "shipments", "unmet"), plans),
        ],
    )  # fmt: skip


def _need(said: Speech, one: NeedRow) -> tuple[Any, ...]:
    return (one.incident, one.item, said.name("items", one.item), _unit(said, one.item), one.asked, one.planned,
            one.issued, one.received, _rate(one.planned, one.asked), _rate(one.issued, one.asked))  # fmt: skip


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value.quantize(PLACES))


def verdict(said: Speech, better: bool | None) -> str:
    return said.say("same" if better is None else "level.better" if better else "level.worse")
