"""The published schemas say what the readers take."""

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from api import cli
from optimizer.dispatch.plan import Plan, Status, StoppedBy
from scenarios.exchange.json_text import dumps
from scenarios.exchange.plan import plan_content
from scenarios.exchange.schema import FileName, schema_of

CHECKS = {
    "type", "const", "enum", "properties", "required", "additionalProperties", "items", "anyOf", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "propertyNames",
    "prefixItems", "minItems", "maxItems", "$ref",
}  # fmt: skip
WORDS = {"description", "title", "default", "format", "$schema", "$defs"}
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def wrong(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$") -> list[str]:
    """A small validator of the keywords used here; an unknown keyword is an error, never a pass."""
    assert not schema.keys() - CHECKS - WORDS, schema.keys() - CHECKS - WORDS
    if "$ref" in schema:
        return wrong(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    found: list[str] = []
    if "anyOf" in schema and all(wrong(value, one, root, path) for one in schema["anyOf"]):
        found.append(f"{path}: none of anyOf")
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(
            isinstance(value, TYPES[name]) and not (isinstance(value, bool) and name != "boolean") for name in names
        ):
            return [*found, f"{path}: not {names}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{path}: const")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: enum")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
            found.append(f"{path}: length")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{path}: pattern")
    elif isinstance(value, int | float):
        bounds = (
            value >= schema.get("minimum", value),
            value <= schema.get("maximum", value),
            value > schema.get("exclusiveMinimum", value - 1),
            value < schema.get("exclusiveMaximum", value + 1),
        )
        if not all(bounds):
            found.append(f"{path}: bounds")
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9):
            found.append(f"{path}: how many")
        first = schema.get("prefixItems", [])
        for number, part in enumerate(value):
            kind = first[number] if number < len(first) else schema.get("items", {})
            found += wrong(part, kind, root, f"{path}[{number}]")
    elif isinstance(value, dict):
        found += [f"{path}.{name}: missing" for name in schema.get("required", []) if name not in value]
        for name, part in value.items():
            if "propertyNames" in schema:
                found += wrong(name, schema["propertyNames"], root, f"{path}.{name}")
            if name in schema.get("properties", {}):
                found += wrong(part, schema["properties"][name], root, f"{path}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{path}.{name}: unknown")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += wrong(part, schema["additionalProperties"], root, f"{path}.{name}")
    return found


def test_the_example_problem_fits_its_schema(document: dict[str, Any]) -> None:
    schema = schema_of("problem")
    assert wrong(json.loads(dumps(document)), schema, schema) == []


@pytest.mark.parametrize(
    ("where", "value"), [("schema_version", 2), ("as_of", None), ("teams", {}), ("colour", 1), ("incidents", [{}])]
)
def test_what_the_reader_refuses_the_schema_refuses(document: dict[str, Any], where: str, value: Any) -> None:
    document[where] = value
    schema = schema_of("problem")
    assert wrong(json.loads(dumps(document)), schema, schema)


def test_an_empty_plan_fits_its_schema() -> None:
    plan = Plan("0" * 64, Status.OPTIMAL, 0, {}, StoppedBy.PROOF, (), (), (), ())
    schema = schema_of("plan")
    assert wrong(json.loads(dumps(plan_content(plan))), schema, schema) == []


@pytest.mark.parametrize("name", ["problem", "plan", "why"])
def test_every_field_is_explained_in_both_languages(name: FileName) -> None:
    schema = schema_of(name)
    assert schema["$schema"].endswith("2020-12/schema")
    for part in (schema, *schema["$defs"].values()):
        for field, described in part["properties"].items():
            chinese, _, english = described["description"].partition(" / ")
            assert re.search("[\u4e00-\u9fff]", chinese), field
            assert re.search("[a-z]", english), field


@pytest.fixture(scope="module", params=["county", "panshi-rainstorm", "flood-drill"])
def why(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `wuding solve --explain` writes beside the plan of a scenario."""
    folder = tmp_path_factory.mktemp(request.param)
    assert cli.run(["scenario", "build", request.param, "--out", str(folder / "world")]) == 0
    assert cli.run(["solve", str(folder / "world"), "--out", str(folder / "plan.json"), "--explain"]) == 0
    found: dict[str, Any] = json.loads((folder / "plan.why.json").read_text("utf-8"))
    return found


def test_every_explanation_fits_its_schema(why: dict[str, Any]) -> None:
    schema = schema_of("why")
    assert wrong(why, schema, schema) == []
    assert why["coverage"]["capabilities"]
    assert why["values"]["roads"]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("values", "tasks"), [{}]),
        (("values", "nothing"), {"BECAUSE": ["T1"]}),
        (("values", "roads"), {}),
        (("alternatives", "colour"), 1),
        (("coverage", "limit_s"), "soon"),
        (("plan_sha256",), "abc"),
    ],
)
def test_what_is_no_explanation_does_not_fit(why: dict[str, Any], where: tuple[str, ...], value: Any) -> None:
    schema, changed = schema_of("why"), deepcopy(why)
    part = changed
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    assert wrong(changed, schema, schema)
