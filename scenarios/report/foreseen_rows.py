"""What a plan drives into, in words: the rows of the page and the console, and the sentences of the documents."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from optimizer.dispatch.problem import DispatchProblem
from scenarios.report.labels import Label, Names, say
from scenarios.report.wording import NONE, clock, duration, percent, plain

if TYPE_CHECKING:  # with them comes the routing engine
    from scenarios.exchange.foreseen import Foreseen, LateLeg, Met
    from scenarios.exchange.legs import Leg


@dataclass(frozen=True, slots=True)
class LateRow:
    """A leg that arrives later than the plan says; `said` is the row as a sentence."""

    who: Label
    way: Label
    depart: Label
    arrive: Label  # as planned
    arrives: Label
    later: Label
    met: Label
    leave_by: Label
    said: Label


@dataclass(frozen=True, slots=True)
class ForeseenView:
    """`summary` says how many legs were measured and how many are late; `remedy` only where some are."""

    rows: tuple[LateRow, ...]
    summary: Label
    remedy: Label | None
    quicker: Label | None


def foreseen_view(problem: DispatchProblem, found: "Foreseen", *, names: Names | None = None) -> ForeseenView:
    names = names or Names()
    key = "foreseen.late" if found.late else "foreseen.none"
    return ForeseenView(
        rows=tuple(_row(problem, one, names) for one in found.late),
        summary=say(key, late=len(found.late), legs=found.legs),
        remedy=say("foreseen.remedy") if found.late else None,
        quicker=say("foreseen.quicker", count=found.quicker) if found.quicker else None,
    )


def foreseen_content(problem: DispatchProblem, found: "Foreseen") -> dict[str, Any]:
    """For plan.run.json and plan.why.json; sentences name things by id."""
    view = foreseen_view(problem, found)
    return {
        "legs": found.legs,
        "quicker": found.quicker,
        "late": [
            {**_leg(one.leg), "arrives_s": one.arrives_s, "later_s": one.later_s,
             "closures": [asdict(met) for met in one.met], "leave_by_s": one.leave_by_s, "said": row.said._asdict()}
            for one, row in zip(found.late, view.rows, strict=True)
        ],
        "said": [line._asdict() for line in (view.summary, view.remedy, view.quicker) if line is not None],
    }  # fmt: skip


def _leg(leg: "Leg") -> dict[str, Any]:
    content = asdict(leg)
    kind, id = content.pop("origin")
    return {**content, "from": {"kind": kind, "id": id}}


def _row(problem: DispatchProblem, late: "LateLeg", names: Names) -> LateRow:
    leg, as_of = late.leg, problem.as_of
    facts = {
        "who": _who(leg, names),
        "origin": _origin(leg, names),
        "to": names.name("incidents", leg.incident),
        "depart": clock(as_of, leg.depart_s),
        "arrive": clock(as_of, leg.arrive_s),
        "arrives": say("foreseen.not_at_all") if late.arrives_s is None else clock(as_of, late.arrives_s),
        "later": duration(late.later_s),
        "met": _joined(_met(problem, one) for one in late.met),
    }
    leave_by = clock(as_of, late.leave_by_s)
    said = say("foreseen.row.never" if late.arrives_s is None else "foreseen.row", **facts)
    if late.leave_by_s is not None:
        said = say("foreseen.row.leave_by", said=said, clock=leave_by)
    return LateRow(
        who=facts["who"],
        way=say("foreseen.way", origin=facts["origin"], to=facts["to"]),
        depart=facts["depart"],
        arrive=facts["arrive"],
        arrives=facts["arrives"],
        later=facts["later"],
        met=facts["met"],
        leave_by=leave_by,
        said=said,
    )


def _who(leg: "Leg", names: Names) -> Label:
    if leg.kind == "team":
        return names.name("teams", leg.id)
    if leg.kind == "vehicle":
        return say("foreseen.vehicle", vehicle=names.name("vehicles", leg.id), trip=leg.trip)
    return say("foreseen.goods")


def _origin(leg: "Leg", names: Names) -> Label:
    kind, id = leg.origin
    return names.name(f"{kind}s", id) if kind in ("store", "incident") else say(f"foreseen.from.{kind}")


def _met(problem: DispatchProblem, met: "Met") -> Label:
    """The closure by the name of its road, else its id."""
    key = "foreseen.slows" if met.speed_factor else "foreseen.closes"
    slow = percent(met.speed_factor, decimals=0)
    return say(key, road=plain(met.road or met.closure), clock=clock(problem.as_of, met.from_s), percent=slow)


def _joined(labels: Iterable[Label]) -> Label:
    listed = list(labels)
    return Label("；".join(one.zh for one in listed), "; ".join(one.en for one in listed)) if listed else NONE
