"""One form for every way of writing the same problem, and its fingerprint.

Lists sorted by id, defaults written out, decimals without trailing zeros, instants in UTC, unreachable cells
left out: shuffling a list, reordering keys or writing 5.0 for 5 changes nothing. Neither does stock of an item
that nobody asks for.
"""

import hashlib
import json
from typing import Any

from scenarios.exchange.problem import ProblemFile
from scenarios.exchange.stock import Stock, stock_that_matters


def canonical(problem: ProblemFile, *, network_sha256: str | None = None, stock: Stock | None = None) -> dict[str, Any]:
    """The document in its one form, its stock by the fingerprint of what matters of it (`stock`, where it is at hand
    already); with a road network its content stands in for its file name."""
    document = problem.model_dump(mode="json", by_alias=True, exclude={"stores": {"__all__": {"stock"}}})
    document["stock"] = _sha256((stock or stock_that_matters(problem)).text())
    for name in ("items", "incidents", "teams", "stores", "vehicles", "closures"):
        document[name].sort(key=_id)
    for incident in document["incidents"]:
        incident["tasks"].sort(key=_id)
        for task in incident["tasks"]:
            task["equipment"] = sorted(map(_equipment, task["equipment"]), key=lambda row: str(row["item"]))
        if incident["demands"] is not None:
            incident["demands"].sort(key=lambda row: row["item"])
    for team in document["teams"]:
        for name in ("capabilities", "carries"):
            team[name] = sorted(set(team[name]))
        if team["at_incident"] is None:
            del team["at_incident"]
    for closure in document["closures"]:
        if closure["edges"] is not None:
            closure["edges"] = sorted(set(closure["edges"]))
    document["pins"].sort(key=lambda row: (row["team"], row["task"]))
    document["vehicles"] = list(map(_without_empty, document["vehicles"]))
    document["started"] = sorted(map(_without_empty, document["started"]), key=lambda row: str(row["team"]))
    bans = {
        tuple(row[name] or "" for name in ("team", "task", "store", "incident", "item")) for row in document["bans"]
    }
    document["bans"] = [list(ban) for ban in sorted(bans)]
    parameters = document["parameters"]
    if parameters["closures"] == "as_of":  # as files say that know of nothing else
        del parameters["closures"]
    parameters["tiers"].sort(key=lambda row: (row["limit_s"], row["id"]))
    parameters["redispatch"] = {key: sorted(set(value)) for key, value in parameters["redispatch"].items()}
    document["service_s"] = _without_empty(document["service_s"])
    if document["travel"] is not None:
        document["travel"] = _without_empty(document["travel"])
    if document["network"] is not None and network_sha256 is not None:
        # what is in the roads counts; where they lie and in what system they were drawn is part of that
        document["network"] |= {"file": f"sha256:{network_sha256}", "crs": None}
    return document


def sha256_of(document: dict[str, Any]) -> str:
    return _sha256(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _equipment(row: dict[str, Any]) -> dict[str, Any]:
    """As files say that know of nothing sent before, where nothing was."""
    return _without_empty({**row, "sent": None if row["sent"] == "0" else row["sent"]})


def _id(row: dict[str, Any]) -> str:
    return str(row["id"])


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for key, value in table.items():
        inner = _without_empty(value) if isinstance(value, dict) else value
        if inner is not None and inner != {}:
            kept[key] = inner
    return kept
