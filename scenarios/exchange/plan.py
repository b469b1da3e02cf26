"""plan.json: a `Plan` to text and back. No clock reading goes in, so equal plans give equal bytes; the run
times and the machine stand beside it in plan.run.json."""

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from optimizer.dispatch.plan import (
    Level,
    Plan,
    Reason,
    Replans,
    Shipment,
    Status,
    Stop,
    StoppedBy,
    TeamOrder,
    Unmet,
)
from optimizer.errors import BadInput, Fault
from scenarios.exchange import fields as f
from scenarios.exchange.faults import faults_of
from scenarios.exchange.json_text import dumps, parse_json, read_json, write_text
from scenarios.exchange.problem import Row
from scenarios.texts import both

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class StopRow(Row):
    incident: f.Id
    task: f.Id
    depart_s: f.SignedSeconds | None
    arrive_s: f.SignedSeconds
    start_s: f.SignedSeconds
    finish_s: f.SignedSeconds
    response_s: f.PlannedSeconds | None
    tier_met: f.Name | None
    route: f.GeoJson | None = None


class TeamOrderRow(Row):
    team: f.Id
    stops: list[StopRow]


class ShipmentRow(Row):
    id: f.Id
    store: f.Id
    incident: f.Id
    vehicle: f.Id | None = None
    trip: f.Count | None = None
    item: f.Id
    lot: f.Text
    quantity: f.Positive
    depart_s: f.SignedSeconds
    arrive_s: f.SignedSeconds
    task: f.Id | None = None
    team: f.Id | None = None


class CureRow(Row):
    zh: str
    en: str


class UnmetRow(Row):
    incident: f.Id
    task: f.Id | None = None
    item: f.Id | None = None
    quantity: f.Positive
    reason: Literal[tuple(reason.value for reason in Reason)]  # type: ignore[valid-type]
    facts: f.Facts = Field(default_factory=dict)
    cure: CureRow | None = None


class LevelRow(Row):
    name: f.Id
    value: f.LevelValue
    bound: f.LevelValue | None
    gap: f.Real | None
    practice: f.LevelValue
    gini: f.Real | None = None
    gini_practice: f.Real | None = None


class ReplansRow(Row):
    plan_sha256: Sha256
    changes: f.Whole


class PlanFile(Row):
    schema_version: Literal[1]
    problem_sha256: Sha256
    status: Literal["optimal", "feasible", "infeasible"]
    seed: f.Whole
    limits: f.Facts
    stopped_by: Literal["proof", "work", "time"]
    levels: list[LevelRow]
    team_orders: list[TeamOrderRow]
    shipments: list[ShipmentRow]
    unmet: list[UnmetRow]
    parameters: f.Facts = Field(default_factory=dict)
    replans: ReplansRow | None = None


def plan_content(plan: Plan) -> dict[str, Any]:
    """What plan.json holds, in the order in which it is written; `replans` only in a re-plan."""
    content = {
        "schema_version": 1,
        "problem_sha256": plan.problem_sha256,
        "status": plan.status.value,
        "seed": plan.seed,
        "limits": _sorted(plan.limits),
        "stopped_by": plan.stopped_by.value,
        "levels": [_level(level) for level in plan.levels],
        "team_orders": [
            {"team": order.team, "stops": [_stop(stop) for stop in order.stops]} for order in plan.team_orders
        ],
        "shipments": [_shipment(shipment) for shipment in plan.shipments],
        "unmet": [_unmet(unmet) for unmet in plan.unmet],
        "parameters": _sorted(plan.parameters),
    }
    if plan.replans is not None:
        content["replans"] = {"plan_sha256": plan.replans.plan_sha256, "changes": plan.replans.changes}
    return content


def dump_plan(plan: Plan) -> str:
    """The text of plan.json: equal plans give equal bytes."""
    return dumps(plan_content(plan))


def plan_sha256(plan: Plan) -> str:
    """The digest of its plan.json."""
    return hashlib.sha256(dump_plan(plan).encode()).hexdigest()


def write_plan(path: Path, plan: Plan) -> None:
    write_text(path, dump_plan(plan))


SHIPMENT_FIELDS = tuple(ShipmentRow.model_fields)
_STOP_FIELDS = tuple(name for name in StopRow.model_fields if name != "route")


def _fields(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _shipment(shipment: Shipment) -> dict[str, Any]:
    """Of equipment also for which task, and which team takes it along."""
    content = _fields(shipment, SHIPMENT_FIELDS)
    return {name: value for name, value in content.items() if value is not None or name not in ("task", "team")}


def _stop(stop: Stop) -> dict[str, Any]:
    content = _fields(stop, _STOP_FIELDS)
    return content if stop.route is None else {**content, "route": stop.route}


def _level(level: Level) -> dict[str, Any]:
    content = _fields(level, ("name", "value", "bound", "gap", "practice"))
    if level.gini is not None:
        content["gini"] = level.gini
    if level.gini_practice is not None:
        content["gini_practice"] = level.gini_practice
    return content


def _unmet(unmet: Unmet) -> dict[str, Any]:
    what = {"task": unmet.task} if unmet.task is not None else {"item": unmet.item}
    return {
        "incident": unmet.incident,
        **what,
        "quantity": unmet.quantity,
        "reason": unmet.reason.value,
        "facts": _sorted(unmet.facts),
        "cure": cure(unmet),
    }


def cure(unmet: Unmet) -> dict[str, str]:
    """The act that would mend what is not met, in both languages."""
    if "equipment" in unmet.facts:
        return both(f"cure.equipment.{unmet.reason.value}", **unmet.facts)
    key = "cure.pin" if "pin_team" in unmet.facts else f"cure.{unmet.reason.value}"
    if unmet.reason is Reason.FIVE_FIXED and not unmet.facts.get("tasks"):
        key = f"{key}.plain"
    if unmet.reason is Reason.BELOW_RESERVE_FLOOR and unmet.facts.get("tasks"):
        key = f"{key}.tasks"
    if unmet.reason is Reason.UNREACHABLE and "closures" in unmet.facts:
        key = f"{key}.closures" if unmet.facts["closures"] else f"{key}.no_road"
    return both(key, **unmet.facts)


def _sorted(content: Any) -> Any:
    """Keys in order at every depth, so that the order in which facts were gathered leaves no trace."""
    if isinstance(content, Mapping):
        return {str(key): _sorted(content[key]) for key in sorted(content, key=str)}
    if isinstance(content, set | frozenset):
        return sorted(content)
    if isinstance(content, list | tuple):
        return [_sorted(part) for part in content]
    return content


def load_plan(path: Path) -> Plan:
    """Read and check a plan.json. Raises `BadInput` with every fault and its JSON path."""
    return parse_plan(read_json(path), source=str(path))


def parse_plan_text(text: bytes | str, *, source: str) -> Plan:
    return parse_plan(parse_json(text, source=source), source=source)


def parse_plan(document: Any, *, source: str) -> Plan:
    """The plan of a parsed plan file. Whether it is a good plan is for the checker to say."""
    try:
        file = PlanFile.model_validate(document)
    except ValidationError as error:
        raise BadInput(source, list(faults_of(error, PlanFile))) from None
    unclear = [
        Fault(f"unmet[{number}]", "UnmetUnclear", {"incident": row.incident})
        for number, row in enumerate(file.unmet)
        if (row.task is None) == (row.item is None)
    ]
    if unclear:
        raise BadInput(source, unclear)
    return Plan(
        problem_sha256=file.problem_sha256,
        status=Status(file.status),
        seed=file.seed,
        limits=file.limits,
        stopped_by=StoppedBy(file.stopped_by),
        levels=tuple(Level(**_fields(row, tuple(LevelRow.model_fields))) for row in file.levels),
        team_orders=tuple(
            TeamOrder(row.team, tuple(Stop(**_fields(stop, tuple(StopRow.model_fields))) for stop in row.stops))
            for row in file.team_orders
        ),
        shipments=tuple(Shipment(**_fields(row, SHIPMENT_FIELDS)) for row in file.shipments),
        unmet=tuple(
            Unmet(row.incident, row.quantity, Reason(row.reason), row.facts, row.task, row.item) for row in file.unmet
        ),
        parameters=file.parameters,
        replans=None if file.replans is None else Replans(file.replans.plan_sha256, file.replans.changes),
    )


def run_record(seconds: Mapping[str, float], *, foreseen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What belongs to one run and not to the plan: how long the phases took, on what machine, with what; and, where
    roads change on the way, what the plan is `foreseen` to drive into."""
    packages = ("wuding", "numpy", "scipy", "numba", "ortools", "pyroutingkit")
    return {
        "schema_version": 1,
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in packages}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cpus": os.cpu_count()},
        **({} if foreseen is None else {"foreseen": foreseen}),
    }


def run_path(plan: Path) -> Path:
    """plan.json -> plan.run.json"""
    return plan.with_name(f"{plan.stem}.run.json")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
