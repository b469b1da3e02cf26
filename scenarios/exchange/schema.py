"""JSON Schemas (draft 2020-12) of problem.json, plan.json and plan.why.json, each field explained in both languages."""

from typing import Any, Literal

from pydantic import BaseModel

from scenarios.exchange.plan import PlanFile
from scenarios.exchange.problem import ProblemFile
from scenarios.texts import text

FileName = Literal["problem", "plan", "why"]
TITLES = {"problem": "problem.json", "plan": "plan.json", "why": "plan.why.json"}


def schema_of(name: FileName) -> dict[str, Any]:
    """The schema of a file. What a schema cannot say (names that must exist, one of network and travel) is
    said in the descriptions and checked when the file is read."""
    model = _model(name)
    made = model.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    for definition in definitions.values():
        definition.pop("description", None)
        definition.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": TITLES[name],
        "description": _words(f"file.{name}"),
        "$defs": definitions,
    }


def _model(name: FileName) -> type[BaseModel]:
    if name == "why":
        from scenarios.exchange.why_schema import WhyFile  # with it come the solvers

        return WhyFile
    return ProblemFile if name == "problem" else PlanFile


def _words(key: str) -> str:
    return f"{text(key, 'zh')} / {text(key, 'en')}"
