"""problem.json as strict models: what a problem file may hold. Everything is checked before anything is used.

What each field means, in both languages, stands in scenarios/texts.csv under `field.<Model>.<field>` and is
printed by `wuding schema problem` and on the OpenAPI page. A list that is absent is empty; `demands` alone tell
absent (to be estimated) from empty (nothing is needed).
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimizer.dispatch.problem import DEFAULT_TIERS, LEVELS
from optimizer.errors import BadInput, Fault
from scenarios.exchange import fields as f
from scenarios.exchange.faults import faults_of
from scenarios.exchange.json_text import parse_json, read_json
from scenarios.exchange.references import reference_faults
from scenarios.texts import text

Counting = Literal["as_of", "cautious"]
"""How closures count (N1): as they are at `as_of`, or whatever holds within the horizon as if it held all the time."""


def _explain(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """field.Incident.severity tells what `severity` of IncidentRow means."""
    for field, part in schema.get("properties", {}).items():
        part.pop("title", None)
        key = f"field.{model.__name__.removesuffix('Row')}.{field}"
        part["description"] = f"{text(key, 'zh')} / {text(key, 'en')}"


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_explain)


class ProfileRow(Row):
    mode: Literal["drive", "walk"]
    max_kph: f.Measure
    factor: f.Measure | None = None
    access_kph: f.Measure | None = None
    height_m: f.Measure | None = None
    weight_t: f.Measure | None = None


class NetworkRow(Row):
    file: f.Id
    crs: f.Id | None = None
    profiles: dict[f.Id, ProfileRow] = {}


class ClosureRow(Row):
    id: f.Id
    edges: list[f.Name] | None = None
    road_name: f.Id | None = None
    polygon: f.GeoJson | None = None
    from_: f.Instant | None = Field(default=None, alias="from")
    to: f.Instant | None = None
    speed_factor: f.Factor


class ItemRow(Row):
    id: f.Id
    mass_kg: f.Quantity
    volume_m3: f.Quantity
    life_critical: f.Flag


class DemandRow(Row):
    item: f.Id
    quantity: f.Positive


class EquipmentRow(DemandRow):
    sent: f.Quantity | None = None
    there_at: f.Instant | None = None


class TaskRow(Row):
    id: f.Id
    capability: f.Id
    teams_needed: f.Count
    service_s: f.Seconds
    due_s: f.Seconds | None = None
    latest_s: f.Seconds | None = None
    equipment: list[EquipmentRow] = []
    synchronised: f.Flag = False


class IncidentRow(Row):
    id: f.Id
    lat: f.Latitude | None = None
    lon: f.Longitude | None = None
    kind: f.Id
    severity: f.Severity
    reported_at: f.Instant
    people_affected: f.Whole | None = None
    duration_h: f.Quantity | None = None
    tasks: list[TaskRow] = []
    demands: list[DemandRow] | None = None


class TeamRow(Row):
    id: f.Id
    tier: f.Name
    lat: f.Latitude | None = None
    lon: f.Longitude | None = None
    capabilities: list[f.Id] = []
    headcount: f.Whole
    profile: f.Id
    turnout_s: f.Seconds
    available_from: f.Instant | None = None
    available_until: f.Instant | None = None
    carries: list[f.Id] = []
    store: f.Id | None = None
    at_incident: f.Id | None = None


class StockRow(Row):
    item: f.Id
    lot: f.Text
    quantity: f.Quantity
    expires: f.Day | None = None
    reserve_floor: f.Quantity | None = None
    blocked: list[f.Id] = []


class StoreRow(Row):
    id: f.Id
    tier: f.Name
    lat: f.Latitude | None = None
    lon: f.Longitude | None = None
    stock: list[StockRow] = []


class VehicleRow(Row):
    id: f.Id
    store: f.Id
    payload_kg: f.Quantity
    volume_m3: f.Quantity
    profile: f.Id
    available_from: f.Instant | None = None


Matrix = dict[f.Id, dict[f.Id, f.Seconds | None]]


class TravelRow(Row):
    team_to_incident_s: Matrix | None = None
    incident_to_incident_s: dict[f.Id, Matrix] | None = None
    store_to_incident_s: Matrix | None = None
    en_route_to_incident_s: Matrix | None = None


class PinRow(Row):
    team: f.Id
    task: f.Id


class BanRow(Row):
    team: f.Id | None = None
    task: f.Id | None = None
    store: f.Id | None = None
    incident: f.Id | None = None
    item: f.Id | None = None


class StartedRow(Row):
    team: f.Id
    task: f.Id
    state: Literal["en_route", "on_scene"]
    arrives_at: f.Instant
    lat: f.Latitude | None = None
    lon: f.Longitude | None = None


class TierRow(Row):
    id: f.Name
    limit_s: f.Seconds


class WeightsRow(Row):
    due_penalty_s: f.Seconds = 600
    trip_cost_m: f.Whole = 1000
    store_cost_m: f.Whole = 2000
    deprivation_tolerance: f.Factor = Decimal("0.01")


class ParametersRow(Row):
    levels: list[f.Id] = list(LEVELS)
    weights: WeightsRow = WeightsRow()
    tiers: list[TierRow] = [TierRow(id=tier.id, limit_s=tier.limit_s) for tier in DEFAULT_TIERS]
    redispatch: dict[Literal["1", "2", "3", "4", "5"], list[f.Severity]] = {}
    horizon_h: f.Horizon = f.DEFAULT_HORIZON_H
    closures: Counting = "as_of"


class ProblemFile(Row):
    schema_version: Literal[1]
    as_of: f.Instant
    network: NetworkRow | None = None
    closures: list[ClosureRow] = []
    items: list[ItemRow] = []
    incidents: list[IncidentRow] = []
    teams: list[TeamRow] = []
    stores: list[StoreRow] = []
    vehicles: list[VehicleRow] = []
    travel: TravelRow | None = None
    service_s: dict[f.Id, dict[f.Id, f.Seconds]] = {}
    pins: list[PinRow] = []
    bans: list[BanRow] = []
    started: list[StartedRow] = []
    parameters: ParametersRow = ParametersRow()


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of the plan should know about the problem; words under `code` in texts.csv."""

    where: str
    code: str
    facts: dict[str, Any]


def parse_problem(document: Any, *, source: str) -> ProblemFile:
    """Models of a parsed problem file (or of a dict built in memory). Raises `BadInput` with every fault."""
    faults: list[Fault] = []
    problem = None
    try:
        problem = ProblemFile.model_validate(document)
    except ValidationError as error:
        faults.extend(faults_of(error, ProblemFile))
    if isinstance(document, dict):
        faults.extend(reference_faults(document))
    if faults or problem is None:
        raise BadInput(source, faults)
    return problem


def parse_problem_text(text: bytes | str, *, source: str) -> ProblemFile:
    return parse_problem(parse_json(text, source=source), source=source)


def read_problem(path: Path) -> ProblemFile:
    """Read and check a problem.json. Raises `BadInput` with every fault and its JSON path."""
    return parse_problem(read_json(path), source=str(path))
