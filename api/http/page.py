"""What the OpenAPI page says beside what the routes say themselves: an example of every body, and the links that lead
from an answer to what can be asked next."""

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from api.http.problems import MEDIA_TYPE

_LIVE = "$request.path.situation"
_IN = {"situation": _LIVE}


def _named(name: str, field: str | None = None, /, **more: str) -> dict[str, str]:
    """The parameter `name` of the next request is `field` of this answer."""
    return {name: f"$response.body#/{field or name}", **more}


# answer -> what can be asked next -> where its parameters come from
LINKS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "POST /transfers": {
        **{f"POST /transfers/{{number}}/{step}": _named("number")
           for step in ("approve", "refuse", "cancel", "pick", "send", "receive")},
        "GET /transfers/{number}": _named("number"),
    },
    "POST /counts": {
        **{f"POST /counts/{{number}}/{step}": _named("number") for step in ("lines", "close", "approve", "reject")},
        "GET /counts/{number}": _named("number"),
    },
    "POST /situations/{situation}/incidents": {
        f"{method} /situations/{{situation}}/incidents/{{incident}}{rest}": _named("incident", "code", **_IN)
        for method, rest in (("GET", ""), ("PATCH", ""), ("POST", "/merge"))
    },
    "POST /situations/{situation}/closures": {
        "DELETE /situations/{situation}/closures/{closure}": _named("closure", "id", **_IN),
    },
    "POST /situations/{situation}/directives": {
        "DELETE /situations/{situation}/directives/{number}": _named("number", "id", **_IN),
    },
    "POST /situations/{situation}/alerts": {
        "GET /situations/{situation}/alerts/{number}/content": _named("number", "alert", **_IN),
    },
    "POST /situations/{situation}/aid-requests": {
        "GET /aid-requests/{number}": _named("number"),
        "POST /aid-requests/{number}/answer": _named("number"),
    },
    "POST /situations/{situation}/handovers": {
        "POST /situations/{situation}/handovers/{number}/take": _named("number", "id", **_IN),
    },
    "POST /shelters": {"GET /shelters/{code}": _named("code"), "PATCH /shelters/{code}": _named("code")},
    "POST /users": {
        "GET /users/{name}": _named("name"), "PATCH /users/{name}": _named("name"),
        "PUT /users/{name}/password": _named("name"), "GET /users/{name}/tokens": _named("name"),
        "POST /users/{name}/tokens": _named("name"),
    },
    **{
        f"POST /{name}": {f"GET /{name}/{{code}}": _named("code"), f"PATCH /{name}/{{code}}": _named("code")}
        for name in ("places", "stores", "items", "teams", "vehicles", "people")
    },
    "POST /teams/{code}/shifts": {
        "DELETE /teams/{code}/shifts/{number}": {"code": "$request.path.code", **_named("number", "id")},
    },
    "PUT /kits/{code}": {"GET /kits/{code}": _named("code")},
    "POST /files": {"GET /files/{number}/content": _named("number", "id"), "GET /files/{code}": _named("code", "id")},
    "POST /staffing/studies": {
        "GET /staffing/studies/{number}": _named("number"), "PUT /staffing/studies/{number}": _named("number"),
        "POST /staffing/studies/{number}/run": _named("number"),
        "GET /staffing/studies/{number}/answer": _named("number"),
    },
    "POST /staffing/studies/{number}/run": {
        "GET /jobs/{code}": _named("code"), "GET /jobs/{code}/result": _named("code"),
        "POST /jobs/{code}/cancel": _named("code"),
    },
    "POST /jobs": {
        "GET /jobs/{code}": _named("code"), "GET /jobs/{code}/result": _named("code"),
        "POST /jobs/{code}/cancel": _named("code"), "POST /jobs/{code}/retry": _named("code"),
    },
    **{
        f"POST /stock/{step}": {"GET /movements": _named("operation")}
        for step in ("receive", "move", "state", "write-off", "issue", "return", "lend")
    },
}  # fmt: skip


def page(app: FastAPI, prefix: str) -> Callable[[], dict[str, Any]]:
    """In place of `app.openapi`. A link or an example of a route that there is not would be a mistake of ours."""
    of_routes = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = of_routes()
            known = {
                f"{method.upper()} {path.removeprefix(prefix)}": operation
                for path, methods in made["paths"].items()
                for method, operation in methods.items()
            }
            _file_problems(known)
            _say_what_is_absent(known)
            _exemplify(known)
            _link(known)
        assert app.openapi_schema is not None
        return app.openapi_schema

    return whole


def _file_problems(known: Mapping[str, dict[str, Any]]) -> None:
    """Under their own media type: the framework files every model under application/json."""
    for operation in known.values():
        for answer in operation["responses"].values():
            held = answer.get("content", {})
            if held.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/Problem"):
                held[MEDIA_TYPE] = held.pop("application/json")


def _say_what_is_absent(known: Mapping[str, dict[str, Any]]) -> None:
    """A parameter that may be left out is no null: nothing in an address is."""
    for operation in known.values():
        for parameter in operation.get("parameters", ()):
            kinds = [one for one in parameter["schema"].get("anyOf", ()) if one != {"type": "null"}]
            if len(kinds) == 1:
                parameter["schema"] = kinds[0]


def examples() -> dict[str, Any]:
    """By method and path, the body of a request."""
    return dict(json.loads(files("api.http").joinpath("examples.json").read_text(encoding="utf-8")))


def _exemplify(known: Mapping[str, dict[str, Any]]) -> None:
    for name, body in examples().items():
        known[name]["requestBody"]["content"]["application/json"]["example"] = body


def _link(known: Mapping[str, dict[str, Any]]) -> None:
    for name, targets in LINKS.items():
        (answer,) = (known[name]["responses"][status] for status in ("200", "201", "202")
                     if status in known[name]["responses"])  # fmt: skip
        answer["links"] = answer.get("links", {}) | {
            known[target]["operationId"]: {
                "operationId": known[target]["operationId"],
                "parameters": {_where(known[target], parameter): source for parameter, source in sources.items()},
            }
            for target, sources in targets.items()
        }


def _where(operation: Mapping[str, Any], parameter: str) -> str:
    """Said with its place, as names may be in the path and in the query."""
    places = [one["in"] for one in operation["parameters"] if one["name"] == parameter]
    return f"{'path' if 'path' in places else places[0]}.{parameter}"
