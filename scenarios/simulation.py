"""From a problem to a simulation: its places, teams and stores as ground, its incidents as what may happen there; a
stream of reports from a file; and the result as a document."""

import csv
import io
import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.dispatch.problem import DispatchProblem
from optimizer.errors import BadInput, Fault
from optimizer.simulation import Experiment, Ground, Incidents
from optimizer.simulation.experiment import JUDGED, Case
from optimizer.simulation.statistics import Interval
from optimizer.units import UNREACHABLE, IntArray
from scenarios.exchange.fields import Refused, instant
from scenarios.exchange.json_text import parse_json, read_bytes

COLUMNS = ("incident", "reported_at")
MOST_ROWS = 100_000
LONGEST_S = 8784 * 3600  # a leap year between the first report and the last
OURS = "replanning"
PRACTICES = ("nearest_first", "nearest_capable")


def ground_of(problem: DispatchProblem) -> tuple[Ground, Incidents, IntArray]:
    """The ground, the incidents and their `reported_s` (from as_of) of a problem, at its own travel times.

    A task that needs several teams is as many calls. Teams that can serve none of the tasks and goods that nobody asks
    for are left out. Shifts, pins, bans, started stops, vehicles and five-fixed releases play no part.
    """
    index, travel = problem.incident_index, problem.travel
    tasks = sorted(problem.tasks, key=lambda task: (index[task.incident], task.id))
    rows = [task for task in tasks for _ in range(task.teams_needed)]
    owner = _ints([index[task.incident] for task in rows])
    capabilities = tuple(sorted({task.capability for task in rows}))
    holds = np.array([[one in team.capabilities for one in capabilities] for team in problem.teams], bool)
    holds = holds.reshape(len(problem.teams), len(capabilities))
    able = _ints([capabilities.index(task.capability) for task in rows])
    useful = (holds[:, able] & (travel.team_to_incident_s[:, owner] < UNREACHABLE)).any(axis=1)
    demands = sorted(problem.demands, key=lambda demand: (index[demand.incident], demand.item))
    items = tuple(sorted({demand.item for demand in demands}))
    lump = {item: _lump(problem, item) for item in items}
    stock = _stock(problem, items, lump)
    stores = stock.any(axis=1) & (travel.store_to_incident_s < UNREACHABLE).any(axis=1)
    ground = Ground(
        teams=tuple(team.id for team, kept in zip(problem.teams, useful, strict=True) if kept),
        capabilities=capabilities,
        holds=holds[useful],
        turnout_s=_ints([team.turnout_s for team in problem.teams])[useful],
        base_s=travel.team_to_incident_s[useful],
        group=travel.team_group[useful],
        between_s=travel.incident_to_incident_s.copy(),
        stores=tuple(store.id for store, kept in zip(problem.stores, stores, strict=True) if kept),
        items=items,
        store_s=travel.store_to_incident_s[stores],
        stock=stock[stores],
    )
    incidents = Incidents(
        place=np.arange(len(problem.incidents)),
        severity=_ints([one.severity for one in problem.incidents]),
        call_incident=owner,
        capability=able,
        expected_s=_ints([task.service_s for task in rows]),
        due_s=_ints([UNREACHABLE if task.due_s is None else task.due_s for task in rows]),
        latest_s=_ints([UNREACHABLE if task.latest_s is None else task.latest_s for task in rows]),
        need_incident=_ints([index[demand.incident] for demand in demands]),
        item=_ints([items.index(demand.item) for demand in demands]),
        quantity=_ints([int(demand.quantity / lump[demand.item]) for demand in demands]),
    )
    return ground, incidents, _ints([one.reported_s for one in problem.incidents])


def within_a_year(reported_s: IntArray, *, source: str) -> None:
    """Raises `BadInput` for reports so far apart that a wrong date is likelier, and a replay would take for ever."""
    span = int(reported_s.max() - reported_s.min()) if len(reported_s) else 0
    if span > LONGEST_S:
        facts = {"days": span // 86400, "limit": LONGEST_S // 86400}
        raise BadInput(source, [Fault("reported_at", "ReportsTooFarApart", facts)])


def _ints(values: Sequence[int]) -> IntArray:
    return np.array(values, np.int64)


def _lump(problem: DispatchProblem, item: str) -> Decimal:
    """The smallest step of an item's demands (S8)."""
    exponents = [int(one.quantity.as_tuple().exponent) for one in problem.demands if one.item == item]
    return Decimal(1).scaleb(min(0, *exponents, 0))


def _stock(problem: DispatchProblem, items: tuple[str, ...], lump: dict[str, Decimal]) -> IntArray:
    """(stores, items) lumps that may leave (S1)."""
    found = np.zeros((len(problem.stores), len(items)), np.int64)
    held: dict[tuple[str, str], Decimal] = {}
    for line in problem.stock:
        fit = not line.blocked and (line.expires is None or line.expires >= problem.as_of.date())
        if fit and line.item in lump:
            held[line.store, line.item] = held.get((line.store, line.item), Decimal(0)) + line.quantity
    for (store, item), units in held.items():
        free = max(Decimal(0), units - problem.reserve_floor.get((store, item), Decimal(0)))
        found[problem.store_index[store], items.index(item)] = int(free / lump[item])
    return found


def read_reports(path: Path, *, problem: DispatchProblem) -> tuple[IntArray, IntArray]:
    """(rows of problem.incidents, reported_s from as_of) of a CSV or JSON file of reports: `incident` (an id of the
    problem, as often as it happens) and `reported_at` (an instant with offset). Raises `BadInput` with every fault."""
    source = str(path)
    text = read_bytes(path)
    rows = _json_rows(text, source) if path.suffix.lower() == ".json" else _csv_rows(text, source)
    if not rows:
        raise BadInput(source, [Fault("", "ReportsEmpty", {"columns": list(COLUMNS)})])
    if len(rows) > MOST_ROWS:
        raise BadInput(source, [Fault("", "ReportsTooMany", {"count": len(rows), "limit": MOST_ROWS})])
    faults: list[Fault] = []
    which: list[int] = []
    when: list[int] = []
    for place, row in rows:
        name, moment = row.get("incident"), row.get("reported_at")
        missing = [column for column in COLUMNS if row.get(column) in (None, "")]
        faults += [Fault(f"{place}, {column}", "FieldMissing", {"name": column}) for column in missing]
        if name not in (None, "") and name not in problem.incident_index:
            known = [one.id for one in problem.incidents]
            facts = {"name": str(name)[:60], "known": [*known[:8], "…"] if len(known) > 8 else known}
            faults.append(Fault(f"{place}, incident", "ReportOfNoIncident", facts))
        reported = None
        if moment not in (None, ""):
            try:
                reported = instant(moment)
            except Refused as refused:
                faults.append(Fault(f"{place}, reported_at", refused.code, {"value": str(moment)[:60]}))
        if not faults and reported is not None:
            which.append(problem.incident_index[str(name)])
            when.append(math.floor((reported - problem.as_of).total_seconds()))
    if faults:
        raise BadInput(source, faults)
    order = np.lexsort((which, when))  # the order of rows says nothing
    return _ints(which)[order], _ints(when)[order]


def _csv_rows(text: bytes, source: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        lines = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        table = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except UnicodeDecodeError as error:
        raise BadInput(source, [Fault(f"byte {error.start + 1}", "NotUtf8", {})]) from None
    except csv.Error as error:
        raise BadInput(source, [Fault("", "ReportsNotCsv", {"cause": str(error)})]) from None
    if not table:
        return []
    head = [cell.strip() for cell in table[0][1]]
    _known_fields(head, "row 1", source, require=True)
    found, faults = [], []
    for number, row in table[1:]:
        if len(row) != len(head):
            faults.append(Fault(f"row {number}", "ReportsRowLength", {"found": len(row), "wanted": len(head)}))
            continue
        found.append((f"row {number}", dict(zip(head, (cell.strip() for cell in row), strict=True))))
    if faults:
        raise BadInput(source, faults)
    return found


def _json_rows(text: bytes, source: str) -> list[tuple[str, dict[str, Any]]]:
    content = parse_json(text, source=source)
    if not isinstance(content, list):
        raise BadInput(source, [Fault("", "ListExpected", {"value": "{…}"})])
    for number, row in enumerate(content):
        if not isinstance(row, dict):
            raise BadInput(source, [Fault(f"[{number}]", "ObjectExpected", {"value": str(row)[:60]})])
        _known_fields(list(row), f"[{number}]", source, require=False)
    return [(f"[{number}]", row) for number, row in enumerate(content)]


def _known_fields(found: list[str], where: str, source: str, *, require: bool) -> None:
    faults = [
        Fault(where, "FieldUnknown", {"name": name, "known": list(COLUMNS)}) for name in found if name not in COLUMNS
    ]
    faults += [Fault(where, "FieldMissing", {"name": name}) for name in COLUMNS if require and name not in found]
    faults += [Fault(where, "ReportsTwice", {"name": name}) for name in COLUMNS if found.count(name) > 1]
    if faults:
        raise BadInput(source, faults)


def result_document(experiment: Experiment, *, ground: Ground, about: dict[str, Any]) -> dict[str, Any]:
    """simulation.json: no clock reading, same arguments same bytes; times in seconds, shares of 1, null unknown."""
    design, rules = experiment.design, experiment.design.rules
    return {
        "schema_version": 1,
        **about,
        "seed": design.seed,
        "ground": {
            "teams": len(ground.teams), "places": int(ground.base_s.shape[1]), "stores": len(ground.stores),
            "capabilities": list(ground.capabilities), "items": list(ground.items),
        },
        "design": {
            "replications": design.replications, "warm_up_s": design.warm_up_s, "span_s": design.span_s,
            "confidence": 0.95, "tiers": [{"id": tier.id, "limit_s": tier.limit_s} for tier in rules.tiers],
            "redispatch": {str(severity): list(to) for severity, to in rules.redispatch},
            "due_penalty_s": rules.due_penalty_s, "replenish_s": rules.replenish_s,
            "supply_limit_s": rules.supply_limit_s, "empty_store_s": rules.empty_store_s,
        },
        "cases": [_case_document(case) for case in experiment.cases],
    }  # fmt: skip


def _case_document(case: Case) -> dict[str, Any]:
    tiers = [f"tiers.{number}" for number in range(len(next(iter(case.runs.values()))[0].tiers))]
    others = [name for name in PRACTICES if name in case.runs]
    return {
        "name": case.name,
        "utilisation": case.utilisation,
        "incidents_per_hour": _round(case.per_hour),
        "calls": [run.calls for run in next(iter(case.runs.values()))],
        "policies": {
            policy: {name: _interval(case.mean(policy, name)) for name in (*JUDGED, *tiers)} for policy in case.runs
        },
        "reduction_of_response_weighted_s": {
            other: _interval(case.reduction("response_weighted_s", ours=OURS, other=other)) for other in others
        },
        "replications": {
            policy: [_round(run.response_weighted_s) for run in runs] for policy, runs in case.runs.items()
        },
    }


def _interval(found: Interval) -> dict[str, float | None]:
    return {"mean": _round(found.mean), "low": _round(found.low), "high": _round(found.high)}


def _round(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)
