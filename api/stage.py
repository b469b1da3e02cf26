"""What people call the things of a World, and how its stock stands: for the console and the reports."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from inventory.five_fixed import NO_LOT, RULES, Finding, Report
from inventory.kinds import KINDS
from optimizer.dispatch.problem import DispatchProblem
from scenarios.build import built_in
from scenarios.report import Label, MapPlace, Names, OverdueCheck, RuleState, Situation
from scenarios.report.wording import SHANGHAI
from scenarios.texts import catalogue, text
from scenarios.world import World

_LEVEL = {"county": 3, "town": 4, "village": 5}
_MOST_PLACES = 400  # more names than this would cover the map
_DONE_SOON = {"DUE_SOON", "ROUND_DUE_SOON"}


def label(key: str, **facts: object) -> Label:
    return Label(text(key, "zh", **facts), text(key, "en", **facts))


def names_of(world: World, report: Report) -> Names:
    """Every name the World knows; what has none shows as its id."""
    goods = (world.book or built_in()[1]).catalogue
    return Names(
        incidents=_named(world, "incidents"),
        teams=_named(world, "teams"),
        stores=_named(world, "stores"),
        items={item.id: Label(item.name_zh, item.name_en) for item in goods},
        units={item.id: Label(item.unit_zh, item.unit_en) for item in goods},
        capabilities=_worded("capability", {one for row in world.teams["capabilities"] for one in row}),
        kinds=_worded("kind", set(world.incidents["kind"])),
        checks=_check_names(world, report),
    )


def plain_names(world: World) -> Names:
    """Names of what is on the move; unlike `names_of` it needs no look at the stock."""
    return Names(incidents=_named(world, "incidents"), teams=_named(world, "teams"), stores=_named(world, "stores"))


def names_of_codes(problem: DispatchProblem) -> Names:
    """Words for the usual codes of a problem that comes without its World."""
    codes = {one.capability for one in problem.tasks} | {one for team in problem.teams for one in team.capabilities}
    return Names(capabilities=_worded("capability", codes))


def _named(world: World, table: str) -> dict[str, Label]:
    rows = world.table(table)
    return {
        id: Label(name, name_en or name)
        for id, name, name_en in zip(rows["id"], rows["name"], rows["name_en"], strict=True)
        if name
    }


def _worded(prefix: str, ids: set[str]) -> dict[str, Label]:
    """Labels of codes that stand in the catalogue of texts (`kind.flood`); other codes speak for themselves."""
    return {id: label(f"{prefix}.{id}") for id in sorted(ids) if f"{prefix}.{id}" in catalogue()}


def _check_names(world: World, report: Report) -> dict[str, Label]:
    """Task id -> "store: item, check"."""
    blocked = {task for gate in report.lots for task in gate.blocked}
    stores, items = _named(world, "stores"), _item_names(world)
    return {
        finding.task: Label(
            f"{_of(stores, finding.store).zh}的{_of(items, finding.item).zh}{_kind(finding).zh}",
            f"{_kind(finding).en} of {_of(items, finding.item).en} in {_of(stores, finding.store).en}",
        )
        for finding in report.findings
        if finding.task is not None and finding.task in blocked
    }


def _item_names(world: World) -> dict[str, Label]:
    goods = (world.book or built_in()[1]).catalogue
    return {item.id: Label(item.name_zh, item.name_en) for item in goods}


def _of(names: dict[str, Label], id: str | None) -> Label:
    return names.get(id or "", Label(id or "", id or ""))


def _kind(finding: Finding) -> Label:
    """What is to be done: the check by its kind, or the act that mends a state (putting away, repair …)."""
    if finding.kind in KINDS:
        return Label(*KINDS[finding.kind])
    act = f"act.{finding.code}"
    return label(act) if act in catalogue() else Label(finding.code, finding.code)


def situation_of(world: World, report: Report) -> Situation:
    """Counts of what there is, the five rules by store, and the checks that keep stock from leaving."""
    people = sum(count or 0 for count in world.incidents["people_affected"])
    free = sum(1 for gate in report.lots if gate.dispatchable)
    counts: tuple[tuple[str, str], ...] = (
        ("stores", f"{len(world.stores):,}"),
        ("lots", f"{len(report.lots):,}"),
        ("ready", f"{free / max(1, len(report.lots)):.1%}"),
        ("teams", f"{len(world.teams):,}"),
        ("vehicles", f"{len(world.vehicles):,}"),
        ("incidents", f"{len(world.incidents):,}"),
        ("people", f"{people:,}"),
        ("closures", f"{len(world.closures):,}"),
    )
    return Situation(
        title=Label(world.title_zh, world.title_en),
        summary=label("stage.summary", day=report.day),
        figures=tuple((label(f"stage.{name}"), value) for name, value in counts),
        five_fixed=tuple(_rule_state(rule, world, report) for rule in RULES),
        overdue=_overdue(world, report),
    )


def _rule_state(rule: str, world: World, report: Report) -> RuleState:
    """Custodians are judged by store, quantities by item of a store, the others by lot. Passed is what has no
    critical or major finding."""
    findings = [finding for finding in report.findings if finding.rule == rule]
    judged: dict[str, set[tuple[str | None, ...]]] = {
        "custodian": {(store,) for store in world.stores["id"]},
        "quantity": {*report.available, *((one.store, one.item) for one in findings)},
    }
    everything = judged.get(rule) or {(gate.store, gate.item, gate.lot) for gate in report.lots}
    parts = len(next(iter(everything), ()))
    failed = {
        (one.store, one.item, one.lot or NO_LOT)[:parts] for one in findings if one.severity in ("critical", "major")
    }
    count = Counter(one.severity for one in findings)
    return RuleState(
        rule=label(f"rule.{rule}"),
        checked=len(everything),
        passed=len(everything - failed),
        critical=count["critical"],
        major=count["major"],
        minor=count["minor"],
    )


def _overdue(world: World, report: Report) -> tuple[OverdueCheck, ...]:
    held: dict[str, Decimal] = {}
    for gate in report.lots:
        for task in gate.blocked:
            held[task] = held.get(task, Decimal(0)) + gate.held
    stores, items = _named(world, "stores"), _item_names(world)
    rows = [
        OverdueCheck(
            check=_kind(finding),
            store=_of(stores, finding.store),
            item=_of(items, finding.item),
            due=finding.due,
            blocks=True,
            units=held[finding.task],
        )
        for finding in report.findings
        if finding.task is not None and finding.task in held and finding.code not in _DONE_SOON
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.units or 0), row.store.zh, row.item.zh, row.check.zh)))


def places_of(world: World) -> tuple[MapPlace, ...]:
    """Places with coordinates, for the map; without the villages where they are too many."""
    table = world.places
    columns: Sequence[list[object]] = [table[name] for name in ("name", "name_en", "level", "lat", "lon")]
    many = len(table) > _MOST_PLACES
    return tuple(
        MapPlace(Label(name, name_en or name), lon, lat, _LEVEL[level])
        for name, name_en, level, lat, lon in zip(*columns, strict=True)
        if lat is not None and lon is not None and not (many and level == "village")
    )


def closures_of(world: World) -> tuple[Label, ...]:
    """Each closure in words: the road by name, else its id, and its hours where it has any."""
    found = []
    for closure in world.closures:
        what = closure.get("road_name") or closure["id"]
        slow = Decimal(str(closure.get("speed_factor", 0)))
        key = "stage.closed" if not slow else "stage.slowed"
        hours = {name: _clock(closure[name]) for name in ("from", "to") if closure.get(name) is not None}
        said = label(key, name=what, percent=f"{slow:.0%}")
        if hours:
            span = label(f"stage.hours.{'_'.join(hours)}", **hours)
            said = Label(f"{said.zh}（{span.zh}）", f"{said.en} ({span.en})")
        found.append(said)
    return tuple(found)


def _clock(instant: str | datetime) -> str:
    return f"{datetime.fromisoformat(str(instant)).astimezone(SHANGHAI):%m-%d %H:%M}"
