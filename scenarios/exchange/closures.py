"""Closures as a file of their own: the list of a problem file, or GeoJSON."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.errors import BadInput, Fault
from optimizer.network.closures import Closure
from scenarios.exchange.faults import faults_of
from scenarios.exchange.json_text import read_json
from scenarios.exchange.problem import ClosureRow, Row
from scenarios.exchange.references import reference_faults


class ClosuresFile(Row):
    closures: list[ClosureRow]


def closure_of(row: ClosureRow) -> Closure:
    """The row as the road network takes it."""
    return Closure(
        id=row.id,
        edges=None if row.edges is None else tuple(row.edges),
        road_name=row.road_name,
        polygon=row.polygon,
        from_=row.from_,
        to=row.to,
        speed_factor=float(row.speed_factor),
    )


def read_closures(path: Path, *, as_of: datetime | None) -> list[Closure]:
    """Closures of {"closures": [...]}, of a bare list, or of a GeoJSON FeatureCollection whose properties hold
    the fields of a closure. Raises `BadInput`, also where a closure has hours and no `as_of` was given."""
    source, content = str(path), read_json(path)
    if isinstance(content, list):
        content = {"closures": content}
    elif isinstance(content, dict) and content.get("type") == "FeatureCollection":
        content = {"closures": [_from_feature(feature) for feature in content.get("features") or []]}
    faults: list[Fault] = []
    rows: list[ClosureRow] = []
    try:
        rows = ClosuresFile.model_validate(content).closures
    except ValidationError as error:
        faults.extend(faults_of(error, ClosuresFile))
    if isinstance(content, dict):
        faults.extend(reference_faults({"closures": content.get("closures"), "travel": {}}))
    faults.extend(
        Fault(f"closures[{number}].{name}", "AsOfNeeded", {"name": row.id})
        for number, row in enumerate(rows)
        for name, instant in (("from", row.from_), ("to", row.to))
        if instant is not None and as_of is None
    )
    if faults:
        raise BadInput(source, faults)
    return [closure_of(row) for row in rows]


def _from_feature(feature: Any) -> Any:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return feature
    row = dict(feature["properties"])
    if row.get("edges") is None and row.get("road_name") is None:
        row["polygon"] = feature.get("geometry")
    return row
