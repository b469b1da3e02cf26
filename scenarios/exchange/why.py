"""plan.why.json: the explanation of a plan as a document. No clock reading; equal input and seed, equal bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from optimizer.dispatch.plan import Plan
from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.why.alternatives import StopWhy
from optimizer.dispatch.why.practised import Against
from optimizer.dispatch.why.sensitivity import LEVELS
from optimizer.dispatch.why.stores import DemandWhy
from scenarios.exchange.json_text import dumps, write_text
from scenarios.exchange.plan import dump_plan
from scenarios.explanation import Explanation
from scenarios.report.foreseen_rows import foreseen_content
from scenarios.report.labels import Label
from scenarios.report.why_rows import (
    Words,
    demand_said,
    moves_said,
    nothing_said,
    road_said,
    robust_said,
    stop_said,
    task_said,
)

SHOWN = 10  # decimals of a level's change


def why_path(plan: Path) -> Path:
    """plan.json -> plan.why.json"""
    return plan.with_name(f"{plan.stem}.why.json")


def write_why(path: Path, problem: DispatchProblem, plan: Plan, found: Explanation) -> None:
    write_text(path, dump_why(problem, plan, found))


def dump_why(problem: DispatchProblem, plan: Plan, found: Explanation) -> str:
    return dumps(why_content(problem, plan, found))


def why_content(
    problem: DispatchProblem, plan: Plan, found: Explanation, *, words: Words | None = None
) -> dict[str, Any]:
    """What plan.why.json holds, in the order in which it is written; sentences name things by id, or as `words` do."""
    words = words or Words(problem)
    return {
        "schema_version": 1,
        "problem_sha256": problem.sha256,
        "plan_sha256": sha256(dump_plan(plan).encode()).hexdigest(),
        "seed": found.seed,
        "limits": {
            "samples": found.limits.samples_for(problem),
            "values": found.limits.values,
            "cover_s": found.limits.cover_s,
            "moves": found.limits.moves,
        },
        "alternatives": {
            "teams": [_said(row, _stop(words, row)) for row in found.stops],
            "supplies": [_said(row, _demand(words, row)) for row in found.demands],
        },
        "values": {
            "tasks": [_said(row, task_said(words, row).effect) for row in found.tasks.ranked],
            "settled": found.tasks.settled,
            "solves": found.tasks.solves,
            "nothing": _by_reason(found.tasks.nothing),
            "nothing_said": _both(nothing_said(found.tasks)),
            "roads": None if found.roads is None else [_said(row, road_said(words, row).effect) for row in found.roads],
        },
        "sensitivity": {
            "levels": list(LEVELS),
            "samples": [_plain(row) for row in found.sensitivity.samples],
            "stops": [_plain(row) for row in found.sensitivity.stops],
            "tasks": [_plain(row) for row in found.sensitivity.tasks],
            "said": [_both(line) for line in robust_said(words, found.sensitivity)],
        },
        "coverage": None if found.coverage is None else _coverage(words, found),
        "foreseen": None if found.foreseen is None else foreseen_content(problem, found.foreseen),
    }


def choices_content(
    problem: DispatchProblem, plan: Plan, stops: Iterable[StopWhy], demands: Iterable[DemandWhy],
    against: Iterable[Against], *, words: Words,
) -> dict[str, Any]:  # fmt: skip
    """The part of it that can be told at once, and what practice would have done for each incident."""
    return {
        "problem_sha256": problem.sha256,
        "plan_sha256": sha256(dump_plan(plan).encode()).hexdigest(),
        "teams": [_said(row, _stop(words, row)) for row in stops],
        "supplies": [_said(row, _demand(words, row)) for row in demands],
        "incidents": [_plain(row) for row in against],
    }


def _stop(words: Words, row: Any) -> Label:
    said = stop_said(words, row)
    return Label(*("\n".join(parts) for parts in zip(*said.next, said.nearest, strict=True)))


def _demand(words: Words, row: Any) -> Label:
    said = demand_said(words, row)
    return Label(*("\n".join(parts) for parts in zip(said.source, said.next, *said.nearer, strict=True)))


def _coverage(words: Words, found: Explanation) -> dict[str, Any]:
    assert found.coverage is not None
    content: dict[str, Any] = _plain(found.coverage)
    content["said"] = [_both(line) for line in moves_said(words, found.coverage)]
    return content


def _by_reason(rows: Iterable[tuple[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task, why in rows:
        found.setdefault(why.value, []).append(task)
    return dict(sorted(found.items()))


def _said(row: Any, label: Label) -> dict[str, Any]:
    return {**_plain(row), "said": _both(label)}


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _plain(value: Any) -> Any:
    """Dataclasses as objects, facts in order of their names, floats rounded so that 0.1 + 0.2 leaves no trace."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return round(value, SHOWN) if isinstance(value, float) else value
