"""Closures as a file people can draw: a GeoJSON FeatureCollection, as in a World folder."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from optimizer.errors import BadInput, Fault
from scenarios.exchange.json_text import read_json


def collection(closures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Closures as GeoJSON: the polygon is the geometry, everything else stands in the properties."""
    features = []
    for closure in closures:
        properties = {name: value for name, value in closure.items() if name != "polygon"}
        features.append({"type": "Feature", "properties": properties, "geometry": closure.get("polygon")})
    return {"type": "FeatureCollection", "features": features}


def read_collection(path: Path) -> list[dict[str, Any]]:
    """Closures as problem.json has them. Raises BadInput for what is no FeatureCollection; the closures themselves
    are checked by `checked`, or with the problem they become a part of."""
    content = read_json(path)
    try:
        rows = [(feature["properties"], feature.get("geometry")) for feature in content["features"]]
        return [dict(row) if shape is None else {**row, "polygon": shape} for row, shape in rows]
    except (KeyError, TypeError, ValueError, AttributeError, json.JSONDecodeError) as error:
        raise BadInput(str(path), [Fault("features", "ClosuresNotGeoJson", {"file": str(path)})]) from error


def checked(rows: list[dict[str, Any]], *, source: str) -> list[dict[str, Any]]:
    """The same rows. Raises BadInput with every fault of every closure, also those that only a plan would stumble
    over: one area that is none would stop every plan of its situation."""
    from pydantic import ValidationError

    from optimizer.network.closures import polygon_faults
    from scenarios.exchange.closures import ClosuresFile
    from scenarios.exchange.faults import faults_of
    from scenarios.exchange.references import reference_faults

    faults: list[Fault] = []
    try:
        ClosuresFile.model_validate({"closures": rows})
    except ValidationError as error:
        faults.extend(faults_of(error, ClosuresFile))
    faults.extend(reference_faults({"closures": rows, "travel": {}}))
    for row in rows:
        if row.get("polygon") is not None:
            faults.extend(polygon_faults(row["polygon"], f"closure {row.get('id')}.polygon"))
    if faults:
        raise BadInput(source, faults)
    return rows
