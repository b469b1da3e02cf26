"""The explanation of a plan in words: rows for the page, the console and the sentences of plan.why.json."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from optimizer.dispatch.problem import DispatchProblem
from optimizer.dispatch.why.alternatives import Alternative, Near, StopWhy, Why
from optimizer.dispatch.why.coverage import Coverage
from optimizer.dispatch.why.road_values import RoadValue
from optimizer.dispatch.why.sensitivity import LEVELS, Sensitivity
from optimizer.dispatch.why.stores import DemandWhy, Passed, PassedStore
from optimizer.dispatch.why.task_values import Basis, TaskValue, TaskValues
from optimizer.dispatch.why.whole import ALL, TEAMS
from scenarios.explanation import Explanation
from scenarios.report.labels import Label, Names, say
from scenarios.report.trip_rows import way_said
from scenarios.report.wording import NONE, clock, duration, number, percent, plain, quantity

FEW = 3  # things named in one sentence
LEAST_ROBUST = 8  # assignments listed
CHANGES = ("unserved", "critical_unmet", "completion", "other_unmet", "least_fill", "mean_fill", "deprivation")
MOST_TASKS = 20  # values listed for people; the document holds them all


@dataclass(frozen=True)
class Words:
    """What a sentence needs to name things; ids stand for themselves where nothing is known."""

    problem: DispatchProblem
    names: Names = field(default_factory=Names)
    closures: Mapping[str, Label] = field(default_factory=dict)
    places: Mapping[str, Label] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        return self.problem.as_of

    def task(self, id: str) -> Label:
        task = self.problem.tasks[self.problem.task_index[id]]
        what = self.names.tasks.get(id) or self.names.name("capabilities", task.capability)
        return say("why.task", incident=self.names.name("incidents", task.incident), task=what)

    def units(self, units: Decimal, item: str) -> Label:
        unit = self.names.units.get(item, plain(""))
        text = quantity(units)
        return Label(f"{text} {unit.zh}".strip(), f"{text} {unit.en}".strip())

    def listed(self, kind: str, ids: Any) -> Label:
        found = [self.names.name(kind, id) for id in ids]
        more = "…" if len(found) > FEW else ""
        return Label("、".join(one.zh for one in found[:FEW]) + more, ", ".join(one.en for one in found[:FEW]) + more)


@dataclass(frozen=True, slots=True)
class StopSaid:
    team: Label
    task: Label
    arrive: Label
    next: tuple[Label, ...]
    nearest: Label


@dataclass(frozen=True, slots=True)
class DemandSaid:
    incident: Label
    item: Label
    source: Label
    next: Label
    nearer: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class ValueSaid:
    what: Label
    releases: Label
    effect: Label
    basis: Label


@dataclass(frozen=True, slots=True)
class CoverSaid:
    capability: Label
    idle: str
    before: str
    after: str
    uncovered: Label


@dataclass(frozen=True)
class WhyView:
    """Rows of every table, in the order in which people read them."""

    stops: tuple[StopSaid, ...]
    demands: tuple[DemandSaid, ...]
    tasks: tuple[ValueSaid, ...]
    nothing: Label
    roads: tuple[ValueSaid, ...]
    factors: tuple[tuple[str, Label, Label, Label], ...]  # factor, completion, deprivation, regret
    summary: tuple[Label, ...]
    weak: tuple[tuple[Label, Label, str], ...]  # team, task, share of samples that keep it
    cover_title: Label
    cover: tuple[CoverSaid, ...]
    moves: tuple[Label, ...]


def why_view(words: Words, found: Explanation) -> WhyView:
    lines = found.sensitivity
    return WhyView(
        stops=tuple(stop_said(words, one) for one in found.stops),
        demands=tuple(demand_said(words, one) for one in found.demands),
        tasks=tuple(task_said(words, one) for one in found.tasks.ranked[:MOST_TASKS]),
        nothing=nothing_said(found.tasks),
        roads=tuple(road_said(words, one) for one in found.roads or ()),
        factors=factors_said(lines),
        summary=robust_said(words, lines),
        weak=tuple(
            (words.names.name("teams", one.team), words.task(one.task), percent(one.keeps, decimals=0))
            for one in lines.stops[:LEAST_ROBUST]
            if one.keeps < 1
        ),
        cover_title=say("why.of_cover", limit=duration(found.limits.cover_s)),
        cover=() if found.coverage is None else cover_said(words, found.coverage),
        moves=() if found.coverage is None else moves_said(words, found.coverage),
    )


# Teams


def stop_said(words: Words, one: StopWhy) -> StopSaid:
    if one.kept:
        best: tuple[Label, ...] = (say(f"why.kept.{one.kept}"),)
    else:
        best = tuple(alternative_said(words, other) for other in one.alternatives) or (say("why.no_other"),)
    return StopSaid(
        team=words.names.name("teams", one.team),
        task=words.task(one.task),
        arrive=clock(words.as_of, one.arrive_s),
        next=best,
        nearest=nearest_said(words, one),
    )


def alternative_said(words: Words, one: Alternative) -> Label:
    team, cost = words.names.name("teams", one.team), weighted(one.cost)
    key = "why.next" if not one.others else "why.next.others"
    return say(key, team=team, later=shift(one.later_s), cost=cost, others=weighted(one.others))


def nearest_said(words: Words, one: StopWhy) -> Label:
    """The nearest team and why it was not taken; where it cannot do the work, the nearest that can as well."""
    first = one.nearest
    if first is None:
        return say("why.near.nobody")
    said = near_said(words, first, one)
    second = one.nearest_capable
    if second is None or second.team == first.team or first.why is not Why.LACKS_CAPABILITY:
        return said
    return say("why.near.both", first=said, second=near_said(words, second, one))


def near_said(words: Words, near: Near, one: StopWhy) -> Label:
    facts = near.facts
    task = words.problem.tasks[words.problem.task_index[one.task]]
    busy = facts.get("tasks", ())
    return say(
        f"why.near.{near.why.value}" + (".kept" if near.why is Why.BUSY and "cost" not in facts else ""),
        team=words.names.name("teams", near.team),
        reach=duration(near.reach_s),
        capability=words.names.name("capabilities", task.capability),
        task=words.task(busy[0]) if busy else NONE,
        until=clock(words.as_of, facts.get("busy_until_s", facts.get("until_s"))),
        finish=clock(words.as_of, facts.get("finish_s")),
        latest=clock(words.as_of, facts.get("latest_s")),
        arrive=clock(words.as_of, facts.get("arrive_s")),
        later=shift(facts.get("later_s", 0)),
        cost=weighted(facts.get("cost", 0)),
    )


def shift(seconds: int) -> Label:
    """Sooner or later by so much."""
    if seconds == 0:
        return say("why.same_time")
    return say("why.later" if seconds > 0 else "why.sooner", duration=duration(abs(seconds)))


def weighted(seconds: float) -> Label:
    """Severity-weighted time with its sign, in hours or minutes."""
    sign, size = "−" if seconds < 0 else "+" if seconds > 0 else "", abs(seconds)
    if size >= 36_000:
        return say("why.hours", value=f"{sign}{number(size / 3600, decimals=0)}")
    if size >= 3600:
        return say("why.hours", value=f"{sign}{number(size / 3600, decimals=1)}")
    text = number(size / 60, decimals=1)
    return say("why.minutes", value=f"{sign}{'<0.1' if size and text == '0' else text}")


# Supplies


def demand_said(words: Words, one: DemandWhy) -> DemandSaid:
    stores = words.names.name("stores", one.stores[0])
    source = {"units": words.units(one.quantity, one.item), "store": stores, "count": len(one.stores)}
    last = clock(words.as_of, one.last_arrive_s)
    if one.next is None:
        after = say("why.store.none")
    else:
        after = say("why.store.next", store=words.names.name("stores", one.next.store),
                    later=shift(one.next.later_s), units=words.units(one.next.spare, one.item))  # fmt: skip
    said = say("why.store.one" if len(one.stores) == 1 else "why.store.many", last=last, **source)
    for trip in one.rounds:
        vehicle, way = words.names.name("vehicles", trip.vehicle), way_said(words.problem, trip, words.names)
        said = say("why.store.round", source=said, vehicle=vehicle, trip=trip.number, stops=way)
    return DemandSaid(
        incident=words.names.name("incidents", one.incident),
        item=words.names.name("items", one.item),
        source=said,
        next=after,
        nearer=tuple(passed_said(words, passed, one.item) for passed in one.nearer),
    )


def passed_said(words: Words, one: PassedStore, item: str) -> Label:
    facts = one.facts
    return say(
        f"why.passed.{one.why.value}",
        store=words.names.name("stores", one.store),
        units=words.units(Decimal(facts.get("units", facts.get("spare", 0))), item),
        to=words.listed("incidents", facts.get("to", ())),
        tasks=words.listed("checks", facts.get("tasks", ())) if one.why is Passed.FIVE_FIXED else NONE,
    )


# Values


def task_said(words: Words, one: TaskValue) -> ValueSaid:
    parts = [
        say("why.release", units=words.units(units, item), item=words.names.name("items", item),
            store=words.names.name("stores", store))
        for store, item, units in one.releases[:FEW]
    ]  # fmt: skip
    if one.basis is Basis.EXACT:
        settled = "first_trips" if one.queues else "exact"
        basis = settled if "deprivation" in one.exact else "shared"
    else:
        basis = "exact" if one.basis is Basis.SEARCH and set(ALL) <= set(one.exact) else one.basis.value
    changes = {name: getattr(one, name) for name in CHANGES}
    said = NONE if one.basis is Basis.OPEN else effect(changes)
    return ValueSaid(words.listed("checks", one.tasks), joined(parts), said, say(f"why.basis.{basis}"))


def road_said(words: Words, one: RoadValue) -> ValueSaid:
    touches = [say(f"why.touches.{name}") for name, yes in (("teams", one.touches_teams),
                                                           ("supplies", one.touches_supplies)) if yes]  # fmt: skip
    if one.basis is not Basis.EXACT:
        basis = "exact" if one.basis is Basis.SEARCH and set(ALL) <= set(one.exact) else one.basis.value
    elif not set(TEAMS) <= set(one.exact):
        basis = "at_least"
    elif "deprivation" not in one.exact:
        basis = "shared"
    else:
        basis = "first_trips" if words.problem.vehicles and one.touches_supplies else "exact"
    return ValueSaid(
        what=words.closures.get(one.closure, plain(one.closure)),
        releases=joined(touches) if touches else say("why.touches.nothing"),
        effect=NONE if one.basis is Basis.OPEN else effect({name: getattr(one, name) for name in CHANGES}),
        basis=say(f"why.basis.{basis}"),
    )


def effect(changes: Mapping[str, float]) -> Label:
    """The levels that change, the first in importance first; fill rates only where no unmet level says it."""
    parts = []
    for name, value in changes.items():
        if not value or abs(value) < 1e-9:
            continue
        if name in ("completion", "deprivation"):
            shown = weighted(value)
        elif name.endswith("_fill"):
            points = f"{value * 100:+.2f}".replace("-", "−").rstrip("0").rstrip(".")
            shown = plain(points if points not in ("+0", "−0") else ("+" if value > 0 else "−") + "<0.01")
        else:
            shown = plain(f"{value:+.2f}".replace("-", "−"))
        parts.append(say(f"why.effect.{name}", value=shown))
    return joined(parts) if parts else say("why.effect.nothing")


def joined(parts: list[Label]) -> Label:
    return Label("；".join(one.zh for one in parts), "; ".join(one.en for one in parts))


def nothing_said(found: TaskValues) -> Label:
    """How many tasks are worth nothing to this plan, by reason."""
    counts: dict[str, int] = {}
    for _, why in found.nothing:
        counts[why.value] = counts.get(why.value, 0) + 1
    if not counts:
        return say("why.nothing.none")
    parts = [say(f"why.nothing.{name}", count=f"{counts[name]:,}") for name in sorted(counts)]
    more = max(0, len(found.ranked) - MOST_TASKS)
    said = say("why.nothing", count=f"{len(found.nothing):,}", parts=joined(parts))
    return joined([say("why.more_tasks", count=more), said]) if more else said


# Sensitivity


def factors_said(found: Sensitivity) -> tuple[tuple[str, Label, Label, Label], ...]:
    base = next((one for one in found.samples if one.factor == 1), None)
    rows = []
    for one in found.samples:
        if one.factor in (None, 1) or base is None:
            continue
        change = {name: one.kept[n] - base.kept[n] for n, name in enumerate(LEVELS)}
        regret = {name: one.again[n] - one.kept[n] for n, name in enumerate(LEVELS)}
        teams = {name: change[name] for name in ("unserved", "completion")}
        goods = {name: change[name] for name in ("critical_unmet", "other_unmet", "deprivation")}
        percent_off = round((one.factor or 1) * 100) - 100
        rows.append((f"{percent_off:+d} %".replace("-", "−"), effect(teams), effect(goods), effect(regret)))
    return tuple(rows)


def robust_said(words: Words, found: Sensitivity) -> tuple[Label, ...]:
    legs = [one for one in found.samples if one.factor is None]
    if not legs:
        return ()
    place = LEVELS.index("completion")
    # where a plan made anew sends more teams, finishing times cannot be compared
    like = [one for one in legs if one.kept[0] == one.again[0]]
    regrets = sorted((one.kept[place] - one.again[place]) / max(1.0, one.kept[place]) for one in like)
    whole = sum(one.keeps == 1 for one in found.stops)
    lines = [say("why.legs.stops", whole=whole, count=len(found.stops))]
    if regrets:
        facts = {"median": percent(regrets[len(regrets) // 2], decimals=2), "most": percent(regrets[-1], decimals=2)}
        lines.insert(0, say("why.legs.regret", samples=len(legs), **facts))
    if len(like) < len(legs):
        lines.append(say("why.legs.more_teams", count=len(legs) - len(like), samples=len(legs)))
    for risk in found.tasks[:FEW]:
        facts = {"late": percent(risk.late, decimals=0), "lost": percent(risk.unserved, decimals=0)}
        lines.append(say("why.legs.risk", task=words.task(risk.task), **facts))
    if not found.tasks:
        lines.append(say("why.legs.no_risk"))
    return tuple(lines)


# Coverage


def cover_said(words: Words, found: Coverage) -> tuple[CoverSaid, ...]:
    rows = []
    for one in found.capabilities:
        names = [words.places.get(place, plain(place)) for place, _ in one.uncovered[:FEW]]
        more = one.uncovered_count - len(names)
        text = Label("、".join(name.zh for name in names), ", ".join(name.en for name in names))
        rows.append(
            CoverSaid(
                capability=words.names.name("capabilities", one.capability),
                idle=f"{len(one.idle):,}",
                before=percent(one.before / max(1, one.total)),
                after=percent(one.after / max(1, one.total)),
                uncovered=say("why.cover.more", places=text, count=more) if more > 0 else text if names else NONE,
            )
        )
    return tuple(rows)


def moves_said(words: Words, found: Coverage) -> tuple[Label, ...]:
    stores = words.problem.store_index
    return tuple(
        say("why.move", team=words.names.name("teams", one.team), gain=f"{one.gain:,}", way=duration(one.travel_s),
            base=words.names.name("stores" if one.base in stores else "teams", one.base))
        for one in found.moves
    )  # fmt: skip
