"""The shape of plan.why.json: its rows are those of the optimizer's dataclasses, field by field."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model

from optimizer.dispatch.why.alternatives import StopWhy
from optimizer.dispatch.why.coverage import Coverage
from optimizer.dispatch.why.practised import Against
from optimizer.dispatch.why.road_values import RoadValue
from optimizer.dispatch.why.sensitivity import Sample, StopRobust, TaskRisk
from optimizer.dispatch.why.stores import DemandWhy
from optimizer.dispatch.why.task_values import Nothing, TaskValue
from scenarios.exchange import fields as f
from scenarios.exchange.foreseen import Met
from scenarios.exchange.plan import Sha256
from scenarios.exchange.problem import Row

PLAIN = {str: f.Id, int: f.SignedWhole, bool: f.Flag, float: f.Real, Decimal: f.Quantity}


class SaidRow(Row):
    zh: str
    en: str


@cache
def row_of(kind: type, **more: Any) -> type[Row]:
    """The row of a dataclass, and `more` fields: every field stands in every row."""
    hints = get_type_hints(kind)
    told = {one.name: (_typed(hints[one.name]), ...) for one in fields(kind)}
    made: type[Row] = create_model(
        f"{kind.__name__}Row", __base__=Row, **told, **{n: (t, ...) for n, t in more.items()}
    )
    return made


def _typed(hint: Any) -> Any:
    """What a dataclass says of a field, in the kinds of value of the exchange files."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(NoneType if one is NoneType else _typed(one) for one in parts)]  # noqa: UP007
    if origin is tuple:
        if parts[1:] == (Ellipsis,):
            return list[_typed(parts[0])]  # type: ignore[misc]
        return tuple[tuple(_typed(one) for one in parts)]  # type: ignore[misc]
    if origin is dict or hint is dict:
        return f.Facts
    if is_dataclass(hint):
        return row_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Literal[tuple(one.value for one in hint)]
    return PLAIN[hint]


class WhyLimitsRow(Row):
    samples: f.Whole
    values: f.Whole
    cover_s: f.Seconds
    moves: f.Whole


class AlternativesRow(Row):
    teams: list[row_of(StopWhy, said=SaidRow)]  # type: ignore[valid-type]
    supplies: list[row_of(DemandWhy, said=SaidRow)]  # type: ignore[valid-type]


class ValuesRow(Row):
    tasks: list[row_of(TaskValue, said=SaidRow)]  # type: ignore[valid-type]
    settled: f.Whole
    solves: f.Whole
    nothing: dict[Literal[tuple(one.value for one in Nothing)], list[f.Id]]  # type: ignore[valid-type]
    nothing_said: SaidRow
    roads: list[row_of(RoadValue, said=SaidRow)] | None  # type: ignore[valid-type]


class SensitivityRow(Row):
    levels: list[f.Id]
    samples: list[row_of(Sample)]  # type: ignore[valid-type]
    stops: list[row_of(StopRobust)]  # type: ignore[valid-type]
    tasks: list[row_of(TaskRisk)]  # type: ignore[valid-type]
    said: list[SaidRow]


class OriginRow(Row):
    kind: Literal["team", "en_route", "store", "incident"]
    id: f.Id


class LateLegRow(Row):
    kind: Literal["team", "vehicle", "goods"]
    id: f.Id
    trip: f.Whole | None
    from_: OriginRow = Field(alias="from")
    incident: f.Id
    profile: f.Id
    depart_s: f.SignedWhole
    arrive_s: f.SignedWhole
    arrives_s: f.SignedWhole | None
    later_s: f.SignedWhole | None
    leave_by_s: f.SignedWhole | None
    closures: list[row_of(Met)]  # type: ignore[valid-type]
    said: SaidRow


class ForeseenRow(Row):
    legs: f.Whole
    quicker: f.Whole
    late: list[LateLegRow]
    said: list[SaidRow]


class WhyFile(Row):
    schema_version: Literal[1]
    problem_sha256: Sha256
    plan_sha256: Sha256
    seed: f.Whole
    limits: WhyLimitsRow
    alternatives: AlternativesRow
    values: ValuesRow
    sensitivity: SensitivityRow
    coverage: row_of(Coverage, said=list[SaidRow]) | None  # type: ignore[valid-type]
    foreseen: ForeseenRow | None


class ChoicesFile(Row):
    problem_sha256: Sha256
    plan_sha256: Sha256
    teams: list[row_of(StopWhy, said=SaidRow)]  # type: ignore[valid-type]
    supplies: list[row_of(DemandWhy, said=SaidRow)]  # type: ignore[valid-type]
    incidents: list[row_of(Against)]  # type: ignore[valid-type]
