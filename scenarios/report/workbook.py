"""plan.xlsx: the same rows as the page, one sheet per table, both languages side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inventory.files import Sheet, write_workbook
from scenarios.report.foreseen_rows import ForeseenView
from scenarios.report.labels import Label, say
from scenarios.report.rows import STOCK_COLUMNS, ReportView
from scenarios.report.wording import duration


def write_plan_xlsx(path: Path | str, view: ReportView) -> None:
    """Write the workbook: levels, teams, supplies, unmet, stock, legs that a closing road holds up where there are
    any, and the five fixed where they are known.

    Headings and names are in both languages, ids beside the names. Raises `BadTable` for texts that a
    workbook cannot hold.
    """
    sheets = [_levels(view), _teams(view), _supplies(view), _unmet(view), _stock(view)]
    if view.foreseen is not None and view.foreseen.rows:
        sheets.append(_foreseen(view.foreseen))
    if view.situation.five_fixed or view.situation.overdue:
        sheets.append(_overdue(view))
    write_workbook(path, sheets)


def _heading(key: str, *, suffix: str = "") -> str:
    label = say(f"table.{key}")
    return f"{label.zh}{suffix} / {label.en}{suffix}"


def _both(key: str) -> tuple[str, str]:
    label = say(f"table.{key}")
    return label.zh, label.en


def _title(key: str) -> str:
    label = say(f"sheet.{key}")
    return f"{label.zh} {label.en}"[:31]


def _sheet(key: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sheet:
    return Sheet(_title(key), header, rows)


def _words(label: Label) -> str:
    return label.zh if label.zh == label.en else f"{label.zh} / {label.en}"


def _levels(view: ReportView) -> Sheet:
    header = ("#", *_both("level"), *map(_heading, ("unit", "plan", "bound", "gap", "practice", "change")))
    rows = [
        (row.order, row.label.zh, row.label.en, _words(row.unit),
         *map(_words, (row.value, row.bound, row.gap, row.practice, row.change)))
        for row in view.levels
    ]  # fmt: skip
    return _sheet("levels", header, rows)


def _teams(view: ReportView) -> Sheet:
    header = (
        "team_id", *_both("team"), _heading("tier"), _heading("order"), _heading("number"), "incident_id",
        *_both("incident"), "task_id", *_both("task"), *map(_heading, ("depart", "arrive", "start", "finish")),
        _heading("response"), _heading("response", suffix=" s"), _heading("tier_met"), _heading("due_met"),
        _heading("takes"),
    )  # fmt: skip
    rows = []
    for row in view.teams:
        due = None
        if row.due_s is not None:
            late = say("stop.late", duration=duration(row.late_s))
            due = _words(late if row.late_s else say("stop.in_time"))
        rows.append(
            (row.team, row.team_name.zh, row.team_name.en, _words(row.tier_name), row.order, row.number, row.incident,
             row.incident_name.zh, row.incident_name.en, row.task, row.task_name.zh, row.task_name.en,
             _words(row.depart), _words(row.arrive), _words(row.start), _words(row.finish), _words(row.response),
             row.response_s, _words(say("stop.started") if row.started else row.tier_met_name), due,
             None if row.takes is None else _words(row.takes))
        )  # fmt: skip
    return _sheet("teams", header, rows)


def _supplies(view: ReportView) -> Sheet:
    header = (
        "id", "store_id", *_both("store"), "item_id", *_both("item"), _heading("lot"), _heading("expires"),
        _heading("quantity"), *_both("unit_of_item"), _heading("number"), "incident_id", *_both("incident"),
        _heading("vehicle"), *map(_heading, ("trip", "depart", "arrive", "use")), "task_id", "team_id",
    )  # fmt: skip
    rows = [
        (row.id, row.store, row.store_name.zh, row.store_name.en, row.item, row.item_name.zh, row.item_name.en,
         row.lot, row.expires, row.quantity, row.unit.zh, row.unit.en, row.number, row.incident,
         row.incident_name.zh, row.incident_name.en, _words(row.vehicle_name), row.trip, _words(row.depart),
         _words(row.arrive), None if row.use is None else _words(row.use), row.task, row.team)
        for row in view.supplies
    ]  # fmt: skip
    return _sheet("supplies", header, rows)


def _unmet(view: ReportView) -> Sheet:
    header = (
        _heading("number"), "incident_id", *_both("incident"), "task_id", "item_id", *_both("what"),
        _heading("quantity"), *_both("unit_of_item"), *_both("reason"), *_both("cure"),
    )  # fmt: skip
    rows = [
        (row.number, row.incident, row.incident_name.zh, row.incident_name.en, row.task, row.item, row.what.zh,
         row.what.en, row.quantity, row.unit.zh, row.unit.en, row.reason_name.zh, row.reason_name.en, row.cure.zh,
         row.cure.en)
        for row in view.unmet
    ]  # fmt: skip
    return _sheet("unmet", header, rows)


def _foreseen(view: ForeseenView) -> Sheet:
    names = ("who", "way", "depart", "arrive", "arrives", "later", "met", "leave_by")
    rows = [tuple(_words(getattr(row, name)) for name in names) for row in view.rows]
    return _sheet("foreseen", tuple(map(_heading, names)), rows)


def _stock(view: ReportView) -> Sheet:
    header = ("item_id", *_both("item"), *_both("unit_of_item"), *map(_heading, STOCK_COLUMNS))
    rows = [
        (row.item, row.name.zh, row.name.en, row.unit.zh, row.unit.en, *(getattr(row, name) for name in STOCK_COLUMNS))
        for row in view.stock
    ]
    return _sheet("stock", header, rows)


def _overdue(view: ReportView) -> Sheet:
    """The rules first, then every overdue task: one sheet, because they are read together."""
    header = (*_both("rule"), *map(_heading, ("store", "item", "due", "units", "checked", "passed", "critical", "major",
                                              "minor")))  # fmt: skip
    rules = [
        (row.rule.zh, row.rule.en, None, None, None, None, row.checked, row.passed, row.critical, row.major, row.minor)
        for row in view.situation.five_fixed
    ]
    overdue = [
        (row.check.zh, row.check.en, _words(row.store), _words(row.item), row.due, row.units, None, None, None, None,
         None)
        for row in view.situation.overdue
    ]  # fmt: skip
    return _sheet("five_fixed", header, [*rules, *overdue])
