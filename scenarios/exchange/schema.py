"""JSON Schemas (draft 2020-12) of problem.json and plan.json, each field explained in both languages."""

from typing import Any, Literal

from pydantic import BaseModel

from scenarios.exchange.plan import PlanFile
from scenarios.exchange.problem import ProblemFile
from scenarios.texts import text

FILES: dict[str, type[BaseModel]] = {"problem": ProblemFile, "plan": PlanFile}


def schema_of(name: Literal["problem", "plan"]) -> dict[str, Any]:
    """The schema of a file. What a schema cannot say (names that must exist, one of network and travel) is
    said in the descriptions and checked when the file is read."""
    model = FILES[name]
    made = model.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    _describe(model.__name__, made)
    for row_name, definition in definitions.items():
        _describe(row_name, definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": f"{name}.json",
        "description": _words(f"file.{name}"),
        "$defs": definitions,
    }


def field_key(row: str, field: str) -> str:
    """The text key of a field: field.Incident.severity for severity of IncidentRow."""
    return f"field.{row.removesuffix('Row')}.{field}"


def _describe(row: str, definition: dict[str, Any]) -> None:
    definition.pop("description", None)
    definition.pop("title", None)
    for field, schema in definition.get("properties", {}).items():
        schema.pop("title", None)
        schema["description"] = _words(field_key(row, field))


def _words(key: str) -> str:
    return f"{text(key, 'zh')} / {text(key, 'en')}"
