"""A solved problem as text that gives the very same problem again, without its roads, which the situation has."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.exchange.load import LoadedProblem, to_problem
from scenarios.exchange.problem import parse_problem_text

if TYPE_CHECKING:
    from optimizer.network.graph import RoadNetwork


def dump_problem(loaded: LoadedProblem) -> str:
    """A problem.json with the needs that were estimated written out, and of the stock what could matter."""
    problem = loaded.problem
    document: dict[str, Any] = loaded.file.model_dump(
        mode="json", by_alias=True, exclude={"stores": {"__all__": {"stock"}}}
    )
    needs: dict[str, list[dict[str, Any]]] = {}
    for one in problem.demands:
        needs.setdefault(one.incident, []).append({"item": one.item, "quantity": one.quantity})
    for row in document["incidents"]:
        if row["demands"] is None:
            row["demands"] = needs.get(row["id"], [])
    lots: dict[str, list[dict[str, Any]]] = {}
    for line in problem.stock:
        lots.setdefault(line.store, []).append(
            {
                "item": line.item,
                "lot": line.lot,
                "quantity": line.quantity,
                "expires": None if line.expires is None else line.expires.isoformat(),
                "reserve_floor": problem.reserve_floor.get((line.store, line.item)),
                "blocked": list(line.blocked),
            }
        )
    for row in document["stores"]:
        row["stock"] = lots.get(row["id"], [])
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)


def load_kept(text: str, network: "RoadNetwork", *, source: str) -> LoadedProblem:
    """Raises BadInput. Whether it is the problem that was kept, its `sha256` says: roads may have changed."""
    return to_problem(parse_problem_text(text, source=source), folder=Path(), network=network, source=source)
