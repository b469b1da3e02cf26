"""What the OpenAPI page says an answer holds, and whether one holds just that."""

import re
from copy import deepcopy
from functools import cache
from typing import Any

from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator

JSON = "application/json"


class Page:
    """The page, with every key refused that it does not name."""

    def __init__(self, app: FastAPI) -> None:
        self.content = deepcopy(app.openapi())
        _close(self.content)
        paths = sorted(self.content["paths"], key=lambda path: path.count("{"))  # what is written out goes first
        self.paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]
        self.validator = cache(self._validator)

    def of(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """The template of a path and its operation; None for what is not on the page."""
        for pattern, template in self.paths:
            if pattern.fullmatch(path) and method.lower() in self.content["paths"][template]:
                return template, self.content["paths"][template][method.lower()]
        return None

    def check(self, answer: Any) -> None:
        """Raises AssertionError where an answer of 2xx is not what the page says."""
        asked = answer.request
        found = self.of(asked.method, asked.url.path)
        if found is None or not answer.is_success or answer.status_code == 206:
            return
        where, status = f"{asked.method} {found[0]}", str(answer.status_code)
        assert status in found[1]["responses"], f"{where} answers {status}, which is not on the page"
        declared = found[1]["responses"][status].get("content", {})
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not declared:
            assert not answer.content, f"{where}: the page knows of no content"
            return
        assert kind in declared, f"{where}: the page does not know {kind!r}"
        if kind == JSON:
            wrong = [
                f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
                for error in self.validator(found[0], asked.method.lower(), status).iter_errors(answer.json())
            ]
            assert not wrong, f"{where} answers otherwise than the page says:\n" + "\n".join(wrong[:20])

    def _validator(self, path: str, method: str, status: str) -> Draft202012Validator:
        schema = self.content["paths"][path][method]["responses"][status]["content"][JSON]["schema"]
        return Draft202012Validator({**schema, "components": self.content["components"]}, validate_formats=True)


page_of = cache(Page)  # made once for each app


def _close(schema: Any) -> None:
    """What a model does not name is refused, in place."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)
