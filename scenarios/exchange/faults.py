"""What the model library reports, told in our own codes and paths."""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from optimizer.errors import Fault

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

CODES = {
    "missing": "FieldMissing",
    "extra_forbidden": "FieldUnknown",
    "string_type": "TextExpected",
    "string_unicode": "TextExpected",
    "string_too_short": "TextEmpty",
    "string_too_long": "TextTooLong",
    "int_type": "WholeNumberExpected",
    "int_from_float": "WholeNumberExpected",
    "int_parsing_size": "WholeNumberExpected",
    "float_type": "NumberExpected",
    "finite_number": "NumberExpected",
    "string_pattern_mismatch": "TextPattern",
    "greater_than_equal": "NumberTooSmall",
    "less_than_equal": "NumberTooLarge",
    "bool_type": "TrueFalseExpected",
    "list_type": "ListExpected",
    "dict_type": "ObjectExpected",
    "model_type": "ObjectExpected",
    "model_attributes_type": "ObjectExpected",
    "literal_error": "ChoiceUnknown",
}
OUR_CODE = re.compile(r"[A-Z][A-Za-z]+")


def json_path(location: Sequence[str | int]) -> str:
    """incidents[3].tasks[0].severity; keys that are not plain names are quoted: travel["T 1"]."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_NAME.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step, ensure_ascii=False)}]"
    return path


def faults_of(error: ValidationError, model: type[BaseModel]) -> Iterator[Fault]:
    """One fault per thing refused, with its path and, for an unknown field, the names that are known."""
    seen = set()
    for detail in error.errors(include_url=False):
        location = [step for step in detail["loc"] if step != "[key]"]
        kind, context = detail["type"], detail.get("ctx", {})
        code = kind if OUR_CODE.fullmatch(kind) else CODES.get(kind, "ValueUnusable")
        facts: dict[str, Any] = {"value": shown(detail["input"])}
        if code == "FieldUnknown":
            name, known = str(location[-1]), _field_names(model, location[:-1])
            near = difflib.get_close_matches(name, known, n=1)
            code = "FieldMisspelt" if near else code
            facts = {"name": name, "known": known, **({"near": near[0]} if near else {})}
        elif code == "FieldMissing":
            facts = {"name": location[-1]}
        elif code in ("NumberTooSmall", "NumberTooLarge"):
            facts["limit"] = context.get("ge", context.get("le"))
        elif code == "TextTooLong":
            facts["limit"] = context.get("max_length", context.get("limit"))
        elif code == "ChoiceUnknown":
            facts["choices"] = context["expected"].replace(" or ", ", ")
        else:
            facts.update(context)
        where = json_path(location)
        if (where, code) not in seen:  # each branch of a union reports the same value
            seen.add((where, code))
            yield Fault(where, code, facts)


def shown(value: Any) -> str:
    """The offending value, short enough for a message."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    number = isinstance(value, int | float | Decimal)
    text = str(value) if number else json.dumps(str(value), ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _field_names(model: Any, location: Sequence[str | int]) -> list[str]:
    for step in location:
        if isinstance(model, type) and issubclass(model, BaseModel):
            by_alias = {field.alias or name: field for name, field in model.model_fields.items()}
            if step not in by_alias:
                return []
            model = by_alias[str(step)].annotation
        else:
            model = _inside(model)
        model = _required_part(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _required_part(annotation: Any) -> Any:
    """X of `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Annotated:
        return get_args(annotation)[0]
    return annotation


def _inside(annotation: Any) -> Any:
    arguments = get_args(annotation)
    return arguments[-1] if arguments else annotation
